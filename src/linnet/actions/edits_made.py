"""Who changed or removed a link while somebody had it open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from linnet.actions.context import Context, link_and_domain
from linnet.actions.restoring import removed_and_domain
from linnet.model.access import Action, User
from linnet.model.audit import AuditFilter, Entry, Event
from linnet.model.domain import Domain
from linnet.model.removal import RemovedLink
from linnet.storage.unit_of_work import UnitOfWork

# Of a domain in which more happens meanwhile, the newest ones are looked at.
_MOST_ENTRIES: Final = 500
_LONGEST: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class EditMade:
    """What somebody did to a link; ``user`` is None for housekeeping, and for who has no account any more."""

    user: User | None
    at: datetime
    event: Event


def edits_since(context: Context, link_id: str, since: datetime) -> list[EditMade]:
    """What was done to a link that the actor sees, newest first; at most the last 30 days."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        return _edits(context, work, domain, link.id, since)


@dataclass(frozen=True, slots=True)
class RemovedMeanwhile:
    """A link that is gone and can be restored, and what was done to it, newest first."""

    removed: RemovedLink
    domain: Domain
    edits: list[EditMade]


def removed_since(context: Context, link_id: str, since: datetime) -> RemovedMeanwhile:
    """A link that was removed; LinkNotFound where the actor cannot restore it."""
    with context.database.read() as work:
        removed, domain = removed_and_domain(context, work, link_id)
        return RemovedMeanwhile(removed, domain, _edits(context, work, domain, removed.link.id, since))


def _edits(context: Context, work: UnitOfWork, domain: Domain, link_id: str, since: datetime) -> list[EditMade]:
    since = max(since, context.now() - _LONGEST)
    entries = [
        entry
        for entry in work.audit.search(
            user_id=None, domain_ids=[domain.id], limit=_MOST_ENTRIES, wanted=AuditFilter(since=since)
        )
        if _is_about(entry, link_id) and entry.event is not Event.LINK_CREATED
    ]
    users = work.users.find_many({entry.user_id for entry in entries}) if entries else {}
    return [EditMade(users.get(entry.user_id), entry.at, entry.event) for entry in entries]


def _is_about(entry: Entry, link_id: str) -> bool:
    return entry.subject == link_id or any(link_id in (entry.details.get(name) or ()) for name in ("link_ids", "links"))
