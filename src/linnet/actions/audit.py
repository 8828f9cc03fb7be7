"""The audit log, as far as the actor may see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linnet.actions.context import Context, domain_by_id, refuse_public
from linnet.actions.keys import list_keys
from linnet.model.access import Action, Actor, ApiKey, Team, User, managed_team_ids, may
from linnet.model.audit import AuditFilter, Entry
from linnet.model.errors import InvalidField
from linnet.storage.audit import EVERYTHING, Position
from linnet.storage.unit_of_work import UnitOfWork

# Of who has more, the entries of these first ones are joined; those of any domain are had by naming it.
MAX_DOMAINS: Final = 1000
MAX_PAGE: Final = 150
MAX_TEXT: Final = 200
# Entries of one file, and what is read of them at once.
MAX_EXPORTED: Final = 100_000
_PORTION: Final = 1_000
_MOST_ID: Final = 2**31 - 1
_MOST_PEOPLE: Final = 500


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


@dataclass(frozen=True, slots=True)
class AuditChoices:
    """By what the actor can filter: people and keys of its own, and teams that it manages with their people."""

    people: list[User]
    keys: Sequence[ApiKey]
    teams: list[Team]


def list_audit(
    context: Context,
    *,
    limit: int = 50,
    before: Position | None = None,
    domain_id: int | None = None,
    wanted: AuditFilter = EVERYTHING,
) -> AuditPage:
    """What was done, newest first: by the actor, in teams that it manages, and with domains that it may configure.

    ``domain_id``: with one domain alone; DomainNotFound when the actor may not see it. A restricted key sees what concerns its
    team or domain. ``wanted`` chooses among these.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidField(f"limit must be between 1 and {MAX_PAGE}.", field="limit")
    return _page(context, limit, before, domain_id, wanted)


def exported_audit(
    context: Context, *, domain_id: int | None = None, wanted: AuditFilter = EVERYTHING
) -> Iterator[list[Noted]]:
    """The same as a whole, newest first, in portions: at most MAX_EXPORTED entries. Refusals come before the first portion."""
    first = _page(context, _PORTION, None, domain_id, wanted)
    return _portions(context, first, domain_id, wanted)


def audit_choices(context: Context) -> AuditChoices:
    """By what the actor can filter the log; of more than 500 people, the first."""
    refuse_public(context.actor)
    with context.database.read() as work:
        managed = managed_team_ids(context.actor)
        teams = [team for team_id in managed if (team := work.teams.find(team_id)) is not None]
        ids = {each.user_id for team_id in managed for each in work.teams.members(team_id)} | {context.actor.user_id}
        people = work.users.find_many(set(sorted(ids)[:_MOST_PEOPLE]))
    return AuditChoices(sorted(people.values(), key=lambda user: user.email), list_keys(context).keys, teams)


def _portions(context: Context, page: AuditPage, domain_id: int | None, wanted: AuditFilter) -> Iterator[list[Noted]]:
    told = 0
    while page.noted:
        yield page.noted
        told += len(page.noted)
        if page.next is None or told >= MAX_EXPORTED:
            return
        page = _page(context, min(_PORTION, MAX_EXPORTED - told), page.next, domain_id, wanted)


def _page(context: Context, limit: int, before: Position | None, domain_id: int | None, wanted: AuditFilter) -> AuditPage:
    refuse_public(context.actor)
    if len(wanted.text) > MAX_TEXT:
        raise InvalidField(f"text may have at most {MAX_TEXT} characters.", field="text")
    if any(number is not None and number > _MOST_ID for number in (wanted.user_id, wanted.key_id, wanted.team_id)):
        # Nobody has such a number.
        return AuditPage([], None)
    with context.database.read() as work:
        seen = _seen(work, context.actor, domain_id)
        found = work.audit.search(**seen, limit=limit + 1, before=before, wanted=wanted)
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
