"""Notes: what people are told of, in the dashboard and by mail."""

from collections.abc import Iterable
from typing import Any, Final
from zoneinfo import ZoneInfo

from linnet.actions.context import Context
from linnet.model.access import Role
from linnet.model.domain import Domain
from linnet.model.profile import MAX_NOTES, NOTES_KEPT, Note, NoteKind, Profile, is_monday_morning
from linnet.storage.unit_of_work import UnitOfWork

MAX_PAGE: Final = 50
_PROFILES_AT_ONCE: Final = 500
_MANAGERS: Final = frozenset({Role.OWNER, Role.ADMIN})


def tell(context: Context, work: UnitOfWork, user_ids: Iterable[int], kind: NoteKind, **details: Any) -> None:
    """Tell people of something, in the transaction in which it happened. Each keeps its last 200 notes."""
    chosen = sorted(set(user_ids))
    for user_id in chosen:
        by_mail = kind in work.profiles.get(user_id).mail
        note = Note(id=0, user_id=user_id, kind=kind, at=context.now(), details=details)
        work.notes.add(note, by_mail=by_mail)
    work.notes.trim(chosen, most=MAX_NOTES)


def caretakers(work: UnitOfWork, domain: Domain) -> list[int]:
    """The people who answer for a domain: who registered it or, in a team, its owners and admins."""
    if domain.team_id is None:
        return [domain.owner_id]
    managers = [each.user_id for each in work.teams.members(domain.team_id) if each.role in _MANAGERS]
    people = work.users.find_many(managers)
    return [each for each in managers if each in people and not people[each].service]


def list_notes(context: Context, *, before: int | None = None) -> list[Note]:
    """The actor's notes, newest first, at most 50 of those with a number below ``before``."""
    with context.database.read() as work:
        return work.notes.search(context.actor.user_id, limit=MAX_PAGE, before=before)


def count_unread(context: Context) -> int:
    """How many notes the actor has not read."""
    with context.database.read() as work:
        return work.notes.count_unread(context.actor.user_id)


def mark_read(context: Context, up_to: int) -> None:
    """The actor has read its notes up to the one with this number."""
    with context.database.write() as work:
        work.notes.mark_read(context.actor.user_id, up_to, context.now())


def claim_letters(context: Context, *, limit: int) -> list[tuple[str, Profile, Note]]:
    """Notes that are to be mailed, each with the address and the profile of who gets it; they are claimed, for nobody to get
    one twice. For housekeeping alone."""
    with context.database.write() as work:
        claimed = work.notes.claim_mail(limit=limit)
        people = work.users.find_many({note.user_id for note in claimed})
        profiles = {user_id: work.profiles.get(user_id) for user_id in people}
    return [(people[note.user_id].email, profiles[note.user_id], note) for note in claimed if note.user_id in people]


def claim_summaries(context: Context, *, limit: int) -> list[Profile]:
    """Who is to get the clicks of last week now, claimed, for nobody to get them twice: at most ``limit``. For housekeeping
    alone."""
    now, due, after = context.now(), list[Profile](), 0
    with context.database.read() as work:
        while len(due) < limit and (page := work.profiles.with_summary(after=after, limit=_PROFILES_AT_ONCE)):
            due += [each for each in page if is_monday_morning(now.astimezone(ZoneInfo(each.time_zone)), each.summary_at)]
            after = page[-1].user_id
    if not due:
        return []
    with context.database.write() as work:
        return [each for each in due[:limit] if work.profiles.claim_summary(each, now)]


def forget_notes(context: Context) -> int:
    """Remove notes that are older than 90 days; how many. For housekeeping alone."""
    with context.database.write() as work:
        return work.notes.forget(context.now() - NOTES_KEPT)
