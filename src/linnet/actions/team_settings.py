"""Teams as a whole: listed, renamed, made stricter, ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linnet.actions.context import Context
from linnet.actions.teams import refuse_strangers, reserve_team, unknown_team
from linnet.actions.users import clean_name
from linnet.model.access import KeyKind, Membership, Team, owns_team
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import NotAllowed, SecondFactorNeeded, TeamNotEmpty
from linnet.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamOverview:
    """A team of the actor. ``locked``: it requires a second factor that the actor has not given, and shows nothing else."""

    team: Team
    membership: Membership
    members: int
    domains: int
    locked: bool = False


def list_teams(context: Context) -> list[TeamOverview]:
    """The teams of the actor, the oldest first, those that are locked too."""
    actor = context.actor
    if actor.key_kind is KeyKind.PUBLIC:
        return []
    mine = {each.team_id: each for each in (*actor.memberships, *actor.locked) if actor.only_team_id in (None, each.team_id)}
    locked = {each.team_id for each in actor.locked}
    with context.database.read() as work:
        return [_overview(work, team, mine[team.id], locked=team.id in locked) for team in work.teams.find_many(mine)]


def get_team(context: Context, team_id: int) -> TeamOverview:
    """A team of the actor; TeamNotFound for any other, SecondFactorNeeded for one that is locked."""
    refuse_strangers(context.actor, team_id)
    membership = context.actor.membership_in(team_id)
    with context.database.read() as work:
        team = work.teams.find(team_id)
        if team is None or membership is None:
            raise unknown_team(team_id)
        return _overview(work, team, membership)


def domains_of_team(context: Context, team_id: int, *, limit: int = 300) -> Sequence[Domain]:
    """The first domains of a team of the actor, by number."""
    refuse_strangers(context.actor, team_id)
    with context.database.read() as work:
        return work.domains.search(team_ids=(team_id,), limit=limit)


def rename_team(context: Context, team_id: int, name: str) -> Team:
    """Call a team otherwise."""
    cleaned = clean_name(name)
    with context.database.write() as work:
        return _save(context, work, replace(reserve_team(work, context.actor, team_id), name=cleaned))


def require_second_factor(context: Context, team_id: int, required: bool) -> Team:
    """Open a team to those alone who have a second factor, or to all members again.

    Who has none sees that there is the team, and nothing in it, from the next request on; its API keys do not reach the team
    either. Service accounts are not people, and stay as they are. NotAllowed for who has none itself: it would lock itself out.
    """
    with context.database.write() as work:
        team = reserve_team(work, context.actor, team_id)
        if required and not work.second_factors.is_on(context.actor.user_id):
            raise SecondFactorNeeded("Set up a second factor for yourself first: you would lock yourself out.")
        return _save(context, work, replace(team, require_second_factor=required))


def delete_team(context: Context, team_id: int) -> None:
    """End a team that has no domains, with its invitations and service accounts, whose keys and those that are restricted to
    the team are revoked; an owner's right. TeamNotEmpty while there are domains."""
    with context.database.write() as work:
        team = reserve_team(work, context.actor, team_id)
        if not owns_team(context.actor, team_id):
            raise NotAllowed("Only an owner deletes the team.")
        if number := work.domains.count_in([team_id]).get(team_id):
            raise TeamNotEmpty(f"{team.name} has domains yet ({number}). Move them elsewhere first.")
        members = [each.user_id for each in work.teams.members(team_id)]
        for user in work.users.find_many(members).values():
            if user.service:
                work.keys.revoke_of(user.id, context.now())
        work.keys.free_of_team(team_id, context.now())
        work.teams.remove(team_id)
        context.note(work, Event.TEAM_DELETED, str(team_id), team_id=team_id, name=team.name)


def _save(context: Context, work: UnitOfWork, team: Team) -> Team:
    if team != work.teams.find(team.id):
        work.teams.save(team)
        context.note(
            work,
            Event.TEAM_UPDATED,
            str(team.id),
            team_id=team.id,
            name=team.name,
            require_second_factor=team.require_second_factor,
        )
    return team


def _overview(work: UnitOfWork, team: Team, membership: Membership, *, locked: bool = False) -> TeamOverview:
    ids = [] if locked else [team.id]
    members, domains = work.teams.count_members(ids), work.domains.count_in(ids)
    return TeamOverview(
        team=team,
        membership=membership,
        members=members.get(team.id, 0),
        domains=domains.get(team.id, 0),
        locked=locked,
    )
