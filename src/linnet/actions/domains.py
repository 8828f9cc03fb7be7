"""Domains: listed, read and created."""

from collections.abc import Sequence

from linnet.actions.context import Context, domain_by_id
from linnet.model.access import Action, may
from linnet.model.audit import Event
from linnet.model.domain import Domain, clean_hostname
from linnet.model.errors import InvalidField, NotAllowed
from linnet.model.path import LinkType


def list_domains(context: Context, *, limit: int = 100, offset: int = 0, pattern: str | None = None) -> Sequence[Domain]:
    """The actor's domains by id; ``pattern`` is part of the hostname."""
    if not 1 <= limit <= 300:
        raise InvalidField("limit must be between 1 and 300.", field="limit")
    if not 0 <= offset < 2**31:
        raise InvalidField("offset must be between 0 and 2147483647.", field="offset")
    actor = context.actor
    with context.database.read() as work:
        if actor.only_domain_id is not None:
            domain = work.domains.find(actor.only_domain_id)
            found = [domain] if domain is not None and (pattern or "") in domain.hostname else []
            return [each for each in found if may(actor, Action.READ, each)][offset : offset + limit]
        own = actor.user_id if actor.only_team_id is None else None
        if own is None and not actor.team_ids:
            return []
        return work.domains.search(owner_id=own, team_ids=actor.team_ids, pattern=pattern, limit=limit, offset=offset)


def get_domain(context: Context, domain_id: int) -> Domain:
    """A domain; DomainNotFound also for another's."""
    with context.database.read() as work:
        return domain_by_id(work, context.actor, Action.READ, domain_id)


def create_domain(
    context: Context,
    hostname: str,
    *,
    hide_referrer: bool = False,
    link_type: LinkType = LinkType.RANDOM,
    reserved: frozenset[str],
) -> Domain:
    """Register a hostname; DomainTaken when somebody has. ``reserved`` are the installation's own hosts."""
    if not may(context.actor, Action.CREATE_DOMAIN, None):
        raise NotAllowed("This key is restricted to a domain and cannot create others.")
    name = clean_hostname(hostname)
    if name in reserved:
        raise InvalidField(
            f"hostname '{name}' is this server's own, for the dashboard or the API; take another one for links.",
            field="hostname",
        )
    now = context.now()
    draft = Domain(
        id=0,
        hostname=name,
        owner_id=context.actor.user_id,
        created_at=now,
        updated_at=now,
        hide_referrer=hide_referrer,
        link_type=link_type,
        team_id=context.actor.only_team_id,
    )
    with context.database.write() as work:
        domain = work.domains.add(draft)
        work.changes.record_domain(domain.id)
        context.note(work, Event.DOMAIN_CREATED, str(domain.id), domain, hostname=domain.hostname)
    context.publish(work.sequence)
    return domain
