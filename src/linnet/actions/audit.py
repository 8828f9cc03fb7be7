"""The audit log, as far as the actor may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from linnet.actions.context import Context, domain_by_id, refuse_public
from linnet.model.access import Action, Actor, User, managed_team_ids, may
from linnet.model.audit import Entry
from linnet.model.errors import InvalidField
from linnet.storage.audit import Position
from linnet.storage.unit_of_work import UnitOfWork

# Of who has more, the entries of these first ones are joined; those of any domain are had by naming it.
MAX_DOMAINS: Final = 1000


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry with the user who made it; None when there is no such user any more."""

    entry: Entry
    user: User | None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of the log; behind ``next`` the following one begins, None on the last."""

    noted: list[Noted]
    next: Position | None


def list_audit(
    context: Context,
    *,
    limit: int = 50,
    before: Position | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    domain_id: int | None = None,
) -> AuditPage:
    """What was done, newest first: by the actor, in teams that it manages, and with domains that it may configure.

    ``domain_id``: with one domain alone; DomainNotFound when the actor may not see it. A restricted key sees what concerns its
    team or domain.
    """
    if not 1 <= limit <= 150:
        raise InvalidField("limit must be between 1 and 150.", field="limit")
    refuse_public(context.actor)
    with context.database.read() as work:
        seen = _seen(work, context.actor, domain_id)
        found = work.audit.search(**seen, limit=limit + 1, before=before, since=since, until=until)
        entries = found[:limit]
        users = work.users.find_many({entry.user_id for entry in entries})
    last = entries[-1] if len(found) > limit else None
    return AuditPage(
        [Noted(entry, users.get(entry.user_id)) for entry in entries], None if last is None else (last.at, last.id)
    )


def _seen(work: UnitOfWork, actor: Actor, asked_id: int | None) -> dict[str, Any]:
    """Which entries the actor sees, in the words of the repository."""
    if asked_id is not None:
        domain_by_id(work, actor, Action.READ, asked_id)
    domain_id = actor.only_domain_id if asked_id is None else asked_id
    if domain_id is not None:
        domain = work.domains.find(domain_id)
        if domain is not None and may(actor, Action.CONFIGURE, domain):
            return {"user_id": None, "domain_ids": (domain_id,)}
        return {"user_id": actor.user_id, "domain_ids": (), "only_domain_id": domain_id}
    managed = managed_team_ids(actor)
    if actor.only_team_id is not None:
        if managed:
            return {"user_id": None, "domain_ids": _domains(work, None, managed), "team_ids": managed}
        return {"user_id": actor.user_id, "domain_ids": (), "only_team_id": actor.only_team_id}
    return {"user_id": actor.user_id, "domain_ids": _domains(work, actor.user_id, managed), "team_ids": managed}


def _domains(work: UnitOfWork, owner_id: int | None, team_ids: Sequence[int]) -> list[int]:
    return [domain.id for domain in work.domains.search(owner_id=owner_id, team_ids=team_ids, limit=MAX_DOMAINS)]
