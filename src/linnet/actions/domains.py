"""Domains: listed and created."""

from collections.abc import Sequence
from dataclasses import replace
from secrets import SystemRandom

from linnet.actions.context import Context, domain_by_hostname
from linnet.actions.domain_checks import get_domain
from linnet.actions.domain_settings import team_to_use
from linnet.model.access import Action, may
from linnet.model.audit import Event
from linnet.model.domain import Domain, clean_hostname
from linnet.model.domain_state import NOT_VERIFIED, checked, is_local, unasked_state
from linnet.model.errors import DomainTaken, InvalidField, NotAllowed, QuotaReached
from linnet.model.ids import random_characters
from linnet.model.path import LinkType
from linnet.storage.unit_of_work import UnitOfWork

__all__ = ["create_domain", "get_domain", "get_domain_named", "list_domains"]

_TOKEN_CHARACTERS = 32


def list_domains(
    context: Context,
    *,
    limit: int = 100,
    offset: int = 0,
    pattern: str | None = None,
    team_id: int | None = None,
    without_team: bool = False,
) -> Sequence[Domain]:
    """The actor's domains by id; ``pattern`` is part of the hostname. Those of one team, or ``without_team`` those of none."""
    if not 1 <= limit <= 300:
        raise InvalidField("limit must be between 1 and 300.", field="limit")
    if not 0 <= offset < 2**31:
        raise InvalidField("offset must be between 0 and 2147483647.", field="offset")
    actor = context.actor
    team_ids = tuple(each for each in actor.team_ids if team_id in (None, each) and not without_team)
    own = actor.user_id if actor.only_team_id is None and team_id is None else None
    with context.database.read() as work:
        if actor.only_domain_id is not None:
            domain = work.domains.find(actor.only_domain_id)
            found = [domain] if domain is not None and (pattern or "").lower() in domain.hostname else []
            wanted = [each for each in found if may(actor, Action.READ, each)]
            wanted = [each for each in wanted if team_id in (None, each.team_id) and not (without_team and each.team_id)]
            return wanted[offset : offset + limit]
        if own is None and not team_ids:
            return []
        return work.domains.search(owner_id=own, team_ids=team_ids, pattern=pattern, limit=limit, offset=offset)


def get_domain_named(context: Context, hostname: str) -> Domain:
    """The domain with this hostname; DomainNotFound also for another's."""
    with context.database.read() as work:
        return domain_by_hostname(work, context.actor, Action.READ, hostname)


def create_domain(
    context: Context,
    hostname: str,
    *,
    hide_referrer: bool = False,
    link_type: LinkType = LinkType.RANDOM,
    https_links: bool = False,
    team_id: int | None = None,
    reserved: frozenset[str],
    trusted: bool = False,
) -> Domain:
    """Register a hostname, and check where it leads; DomainTaken when somebody has. ``reserved`` are the installation's own
    hosts. Where several people have an account, it is served once a TXT record proves whose it is, unless the caller is
    ``trusted`` (the administrator)."""
    actor = context.actor
    if not may(actor, Action.CREATE_DOMAIN, None):
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
        owner_id=actor.user_id,
        created_at=now,
        updated_at=now,
        state=unasked_state(name),
        hide_referrer=hide_referrer,
        link_type=link_type,
        https_links=https_links,
        team_id=team_id or actor.only_team_id,
    )
    with context.database.read() as work:
        _refuse(context, work, draft)
        proof_needed = not trusted and not is_local(name) and work.users.count_people() > 1
    if proof_needed:
        token = random_characters(_TOKEN_CHARACTERS, SystemRandom())
        draft = replace(draft, state=NOT_VERIFIED, verified=False, verification_token=token)
    else:
        # Before the transaction, which must not wait for name servers.
        draft = checked(draft, context.names.findings(name), now)
    with context.database.write() as work:
        _refuse(context, work, draft)
        domain = work.domains.add(draft)
        work.changes.record_domain(domain.id)
        context.note(work, Event.DOMAIN_CREATED, str(domain.id), domain, hostname=domain.hostname)
    context.publish(work.sequence)
    return domain


def _refuse(context: Context, work: UnitOfWork, draft: Domain) -> None:
    """What stands against ``draft``, seen from the database."""
    if draft.team_id is not None:
        team_to_use(work, context.actor, draft.team_id)
    if work.domains.find_by_hostname(draft.hostname) is not None:
        raise DomainTaken(f"The domain {draft.hostname} is already registered here.", field="hostname")
    most = context.max_domains
    if most is not None and work.domains.count(draft.owner_id) >= most:
        raise QuotaReached(f"You have {most} domains, as many as this installation allows.", field="hostname")
