"""API keys as people look at them: with whom they act for, and what they reach."""

from dataclasses import dataclass

from linnet.actions.context import Context
from linnet.actions.keys import list_keys
from linnet.model.access import Action, ApiKey, Team, User, managed_team_ids, may
from linnet.model.domain import Domain
from linnet.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A key, and for whom it acts. ``domain`` and ``team`` are what it is restricted to; None also for one that is not the
    actor's to see any more."""

    key: ApiKey
    owner: User
    domain: Domain | None
    team: Team | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyViews:
    """A page of keys; ``next`` is the number after which the following page begins, None on the last one."""

    views: list[KeyView]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A service account for which the actor may make keys, and its team."""

    user: User
    team: Team


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChoices:
    """To which teams a new key of the actor can be restricted, and for which service accounts it can act."""

    teams: tuple[Team, ...]
    accounts: tuple[Account, ...]


def list_key_views(context: Context, *, after: int = 0) -> KeyViews:
    """The keys that ``list_keys`` shows, those that work first, the newest of a page first."""
    page = list_keys(context, after=after)
    now = context.now()
    with context.database.read() as work:
        owners = work.users.find_many({key.owner_id for key in page.keys})
        teams = {team.id: team for team in work.teams.find_many(context.actor.team_ids)}
        domains = _domains(context, work, {key.domain_id for key in page.keys if key.domain_id is not None})
    views = [
        KeyView(key=key, owner=owners[key.owner_id], domain=domains.get(key.domain_id), team=teams.get(key.team_id or 0))
        for key in page.keys
    ]
    return KeyViews(views=sorted(views, key=lambda each: (each.key.is_over(now), -each.key.id)), next=page.next)


def key_choices(context: Context) -> KeyChoices:
    """What can be chosen for a new key."""
    actor = context.actor
    with context.database.read() as work:
        teams = {team.id: team for team in work.teams.find_many(actor.team_ids)}
        members = [each for team_id in managed_team_ids(actor) for each in work.teams.members(team_id)]
        users = work.users.find_many({each.user_id for each in members})
    accounts = [
        Account(user=users[each.user_id], team=teams[each.team_id])
        for each in members
        if each.team_id in teams and users[each.user_id].service
    ]
    return KeyChoices(teams=tuple(teams.values()), accounts=tuple(accounts))


def _domains(context: Context, work: UnitOfWork, domain_ids: set[int]) -> dict[int | None, Domain]:
    found = [work.domains.find(each) for each in domain_ids]
    return {domain.id: domain for domain in found if domain is not None and may(context.actor, Action.READ, domain)}
