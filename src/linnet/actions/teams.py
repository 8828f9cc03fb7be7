"""Teams: their members and service accounts."""

import re
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final

from linnet.actions.context import Context
from linnet.actions.users import NO_PASSWORD, clean_email, clean_name
from linnet.model.access import Actor, KeyKind, Membership, Role, Team, User, may_manage
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, NotAllowed, QuotaReached, TeamNotFound, UserNotFound
from linnet.storage.unit_of_work import UnitOfWork

MAX_MEMBERS: Final = 1000
# Of one user, and so in every question of what it may do.
MAX_TEAMS: Final = 100
_NOT_IN_ADDRESSES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Member:
    """Who is what in a team."""

    user: User
    membership: Membership


def create_team(context: Context, name: str) -> Team:
    """A new team, whose owner is the actor; QuotaReached for who is in MAX_TEAMS."""
    actor = context.actor
    if actor.key_kind is KeyKind.PUBLIC or (actor.only_domain_id, actor.only_team_id) != (None, None):
        raise NotAllowed("This key is restricted and cannot create teams.")
    cleaned = clean_name(name)
    with context.database.write() as work:
        user = work.users.find(actor.user_id)
        if user is None or user.service:
            raise NotAllowed("A service account belongs to one team and cannot create others.")
        team = work.teams.add(cleaned, context.now())
        _save(work, Membership(team_id=team.id, user_id=user.id, role=Role.OWNER))
        context.note(work, Event.TEAM_CREATED, str(team.id), team_id=team.id, name=team.name)
    return team


def list_members(context: Context, team_id: int) -> list[Member]:
    """The members of a team of the actor, people and service accounts, oldest users first."""
    with context.database.read() as work:
        if context.actor.key_kind is KeyKind.PUBLIC or context.actor.membership_in(team_id) is None:
            raise _unknown(team_id)
        return members_of(work, team_id)


def members_of(work: UnitOfWork, team_id: int) -> list[Member]:
    """The members of a team."""
    found = work.teams.members(team_id)
    people = work.users.find_many([each.user_id for each in found])
    return [Member(people[each.user_id], each) for each in found]


def save_member(context: Context, team_id: int, email: str, role: Role, *, own_links_only: bool = False) -> Member:
    """Make a person a member, or change what a member is; only an owner makes and unmakes owners, and one stays."""
    membership = _membership(team_id, 0, role, own_links_only)
    with context.database.write() as work:
        _reserve(work, context.actor, team_id)
        user = work.users.find_by_email(clean_email(email))
        former = _member(work, team_id, user.id) if user is not None else None
        # A service account is found by who manages its team, and by nobody else.
        if user is None or (user.service and former is None):
            raise UserNotFound(f"There is no user {email.strip()[:254]}.", field="email")
        if user.service and role is Role.OWNER:
            raise InvalidField("role of a service account must be admin, user or read_only.", field="role")
        membership = replace(membership, user_id=user.id)
        _refuse_loss_of_owners(work, context.actor, team_id, None if former is None else former.role, role)
        if former is None:
            _refuse_crowds(work, team_id)
        _save(work, membership)
        event = Event.MEMBER_ADDED if former is None else Event.MEMBER_CHANGED
        context.note(work, event, str(user.id), team_id=team_id, role=role.value, own_links_only=own_links_only)
    return Member(user, membership)


def remove_member(context: Context, team_id: int, email: str) -> None:
    """End a membership, and the permissions that came with it. A service account, which is nothing without its team, loses its
    keys too."""
    with context.database.write() as work:
        _reserve(work, context.actor, team_id)
        user = work.users.find_by_email(email.strip())
        former = _member(work, team_id, user.id) if user is not None else None
        if user is None or former is None:
            raise UserNotFound(f"There is no member {email.strip()[:254]} in team {team_id}.", field="email")
        _refuse_loss_of_owners(work, context.actor, team_id, former.role, None)
        work.teams.remove_member(team_id, user.id)
        work.permissions.remove_of(user.id, team_id)
        if user.service:
            work.keys.revoke_of(user.id, context.now())
        context.note(work, Event.MEMBER_REMOVED, str(user.id), team_id=team_id)


def add_service_account(context: Context, team_id: int, name: str, role: Role, *, own_links_only: bool = False) -> Member:
    """A new service account of a team: it acts through API keys alone, and nobody signs in as it."""
    membership = _membership(team_id, 0, role, own_links_only)
    if role is Role.OWNER:
        raise InvalidField("role of a service account must be admin, user or read_only.", field="role")
    cleaned = clean_name(name)
    short = _NOT_IN_ADDRESSES.sub("-", cleaned.lower())[:40].strip("-") or "service"
    with context.database.write() as work:
        _reserve(work, context.actor, team_id)
        _refuse_crowds(work, team_id)
        account = work.users.add(
            email=f"{short}-{token_hex(6)}@service.invalid",
            name=cleaned,
            password_hash=NO_PASSWORD,
            created_at=context.now(),
            service=True,
        )
        membership = replace(membership, user_id=account.id)
        _save(work, membership)
        context.note(work, Event.MEMBER_ADDED, str(account.id), team_id=team_id, role=role.value, service=True)
    return Member(account, membership)


def team_named(work: UnitOfWork, name: str) -> Team:
    """The team with this number, or the only one with this name; TeamNotFound otherwise."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 0
    if (team := work.teams.find(number)) is not None:
        return team
    found = work.teams.find_by_name(name.strip())
    if len(found) > 1:
        raise TeamNotFound(f"More than one team has the name '{name[:100]}'; give its number.", field="team")
    if not found:
        raise TeamNotFound(f"There is no team '{name[:100]}'.", field="team")
    return found[0]


def _membership(team_id: int, user_id: int, role: Role, own_links_only: bool) -> Membership:
    if own_links_only and role is not Role.USER:
        raise InvalidField("Only the role user can be narrowed to own links.", field="ownLinksOnly")
    return Membership(team_id=team_id, user_id=user_id, role=role, own_links_only=own_links_only)


def _reserve(work: UnitOfWork, actor: Actor, team_id: int) -> None:
    """The team is the actor's to change, and nobody else changes it meanwhile."""
    if actor.key_kind is KeyKind.PUBLIC or actor.membership_in(team_id) is None or work.teams.find(team_id) is None:
        raise _unknown(team_id)
    if not may_manage(actor, team_id):
        raise NotAllowed(f"Only owners and admins of team {team_id} may do this.")
    work.teams.reserve(team_id)


def _unknown(team_id: int) -> TeamNotFound:
    return TeamNotFound(f"There is no team {team_id} among yours.", field="teamId")


def _member(work: UnitOfWork, team_id: int, user_id: int) -> Membership | None:
    return next((each for each in work.teams.memberships_of(user_id) if each.team_id == team_id), None)


def _refuse_loss_of_owners(work: UnitOfWork, actor: Actor, team_id: int, was: Role | None, becomes: Role | None) -> None:
    """NotAllowed where somebody who is no owner would make or unmake one, or a team would be left without."""
    if Role.OWNER not in (was, becomes):
        return
    mine = actor.membership_in(team_id)
    if mine is None or mine.role is not Role.OWNER:
        raise NotAllowed("Only an owner of the team makes and unmakes owners.")
    if becomes is not Role.OWNER and sum(each.role is Role.OWNER for each in work.teams.members(team_id)) == 1:
        raise NotAllowed("A team needs an owner; make somebody else one first.")


def _refuse_crowds(work: UnitOfWork, team_id: int) -> None:
    if len(work.teams.members(team_id)) >= MAX_MEMBERS:
        raise QuotaReached(f"A team has at most {MAX_MEMBERS} members.")


def _save(work: UnitOfWork, membership: Membership) -> None:
    others = [each for each in work.teams.memberships_of(membership.user_id) if each.team_id != membership.team_id]
    if len(others) >= MAX_TEAMS:
        raise QuotaReached(f"A user is in at most {MAX_TEAMS} teams.")
    work.teams.save_member(membership)
