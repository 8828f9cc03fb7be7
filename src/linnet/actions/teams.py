"""Teams: the members and service accounts in them."""

import re
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final

from linnet.actions.context import Context
from linnet.actions.placing import record_unshared
from linnet.actions.users import NO_PASSWORD, clean_email, clean_name
from linnet.model.access import Actor, KeyKind, Membership, Role, Team, User, may_manage, owns_team
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, NotAllowed, QuotaReached, SecondFactorNeeded, TeamNotFound, UserNotFound
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
        join(work, Membership(team_id=team.id, user_id=user.id, role=Role.OWNER))
        context.note(work, Event.TEAM_CREATED, str(team.id), team_id=team.id, name=team.name)
    return team


def list_members(context: Context, team_id: int) -> list[Member]:
    """The members of a team of the actor, people and service accounts, oldest users first."""
    refuse_strangers(context.actor, team_id)
    with context.database.read() as work:
        return members_of(work, team_id)


def members_of(work: UnitOfWork, team_id: int) -> list[Member]:
    """The members of a team."""
    found = work.teams.members(team_id)
    people = work.users.find_many([each.user_id for each in found])
    return [Member(people[each.user_id], each) for each in found]


def save_member(context: Context, team_id: int, email: str, role: Role, *, own_links_only: bool = False) -> Member:
    """Make a person a member, or change what a member is; only an owner makes and unmakes owners, and one stays. Invitations
    that a member made end with the role in which it made them."""
    membership = checked_membership(team_id, role, own_links_only)
    with context.database.write() as work:
        reserve_team(work, context.actor, team_id)
        user = work.users.find_by_email(clean_email(email))
        former = _member(work, team_id, user.id) if user is not None else None
        # A service account is found by who manages its team, and by nobody else.
        if user is None or (user.service and former is None):
            raise UserNotFound(f"There is no user {email.strip()[:254]}.", field="email")
        if user.service and role is Role.OWNER:
            raise InvalidField("role of a service account must be admin, user or read_only.", field="role")
        membership = replace(membership, user_id=user.id)
        _refuse_loss_of_owners(work, context.actor, team_id, None if former is None else former.role, role)
        if former is not None and former.role is not role:
            work.invitations.remove_by(user.id, team_id)
        join(work, membership)
        event = Event.MEMBER_ADDED if former is None else Event.MEMBER_CHANGED
        context.note(work, event, str(user.id), team_id=team_id, role=role.value, own_links_only=own_links_only)
    return Member(user, membership)


def remove_member(context: Context, team_id: int, email: str) -> None:
    """End a membership, and the permissions that came with it. A service account, which is nothing without its team, loses its
    keys too."""
    with context.database.write() as work:
        reserve_team(work, context.actor, team_id)
        user = work.users.find_by_email(email.strip())
        former = _member(work, team_id, user.id) if user is not None else None
        if user is None or former is None:
            raise UserNotFound(f"There is no member {email.strip()[:254]} in team {team_id}.", field="email")
        _refuse_loss_of_owners(work, context.actor, team_id, former.role, None)
        _end(context, work, user, team_id)
    context.publish(work.sequence)


def leave_team(context: Context, team_id: int) -> None:
    """End a membership of one's own, whatever the team requires; the last owner stays."""
    actor = context.actor
    if actor.key_kind is not None:
        raise NotAllowed("People leave teams, not API keys.")
    with context.database.write() as work:
        work.teams.reserve(team_id)
        user, former = work.users.find(actor.user_id), _member(work, team_id, actor.user_id)
        if user is None or former is None:
            raise unknown_team(team_id)
        if former.role is Role.OWNER:
            _refuse_last_owner(work, team_id)
        _end(context, work, user, team_id)
    context.publish(work.sequence)


def add_service_account(context: Context, team_id: int, name: str, role: Role, *, own_links_only: bool = False) -> Member:
    """A new service account of a team: it acts through API keys alone, and nobody signs in as it."""
    membership = checked_membership(team_id, role, own_links_only)
    if role is Role.OWNER:
        raise InvalidField("role of a service account must be admin, user or read_only.", field="role")
    cleaned = clean_name(name)
    short = _NOT_IN_ADDRESSES.sub("-", cleaned.lower())[:40].strip("-") or "service"
    with context.database.write() as work:
        reserve_team(work, context.actor, team_id)
        account = work.users.add(
            email=f"{short}-{token_hex(6)}@service.invalid",
            name=cleaned,
            password_hash=NO_PASSWORD,
            created_at=context.now(),
            service=True,
        )
        membership = replace(membership, user_id=account.id)
        join(work, membership)
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


def checked_membership(team_id: int, role: Role, own_links_only: bool) -> Membership:
    """What somebody becomes in a team, for a user that is named later; InvalidField for what no member can be."""
    if own_links_only and role is not Role.USER:
        raise InvalidField("Only the role user can be narrowed to own links.", field="ownLinksOnly")
    return Membership(team_id=team_id, user_id=0, role=role, own_links_only=own_links_only)


def refuse_strangers(actor: Actor, team_id: int) -> None:
    """TeamNotFound for a team that is not the actor's, SecondFactorNeeded for one that is closed to it."""
    if actor.key_kind is KeyKind.PUBLIC or actor.membership_in(team_id) is None:
        if any(each.team_id == team_id for each in actor.locked):
            raise SecondFactorNeeded("This team asks its members for a second factor. Set one up for yourself to come in.")
        raise unknown_team(team_id)


def reserve_team(work: UnitOfWork, actor: Actor, team_id: int) -> Team:
    """The team, which is the actor's to change, and which nobody else changes meanwhile where ``work`` writes."""
    refuse_strangers(actor, team_id)
    if work.writing:
        work.teams.reserve(team_id)
    team = work.teams.find(team_id)
    if team is None:
        raise unknown_team(team_id)
    if not may_manage(actor, team_id):
        raise NotAllowed(f"Only owners and admins of team {team_id} may do this.")
    return team


def join(work: UnitOfWork, membership: Membership) -> None:
    """Store a membership, new or not; QuotaReached where the team or the user has as many as can be."""
    mine = work.teams.memberships_of(membership.user_id)
    if all(each.team_id != membership.team_id for each in mine):
        if len(work.teams.members(membership.team_id)) >= MAX_MEMBERS:
            raise QuotaReached(f"A team has at most {MAX_MEMBERS} members.")
        if len(mine) >= MAX_TEAMS:
            raise QuotaReached(f"A user is in at most {MAX_TEAMS} teams.")
    work.teams.save_member(membership)


def unknown_team(team_id: int) -> TeamNotFound:
    """The refusal of a team that is not there, or not the actor's."""
    return TeamNotFound(f"There is no team {team_id} among yours.", field="teamId")


def _end(context: Context, work: UnitOfWork, user: User, team_id: int) -> None:
    work.teams.remove_member(team_id, user.id)
    record_unshared(work, work.permissions.remove_of(user.id, team_id))
    work.invitations.remove_by(user.id, team_id)
    if user.service:
        work.keys.revoke_of(user.id, context.now())
    context.note(work, Event.MEMBER_REMOVED, str(user.id), team_id=team_id)


def _member(work: UnitOfWork, team_id: int, user_id: int) -> Membership | None:
    return next((each for each in work.teams.memberships_of(user_id) if each.team_id == team_id), None)


def _refuse_loss_of_owners(work: UnitOfWork, actor: Actor, team_id: int, was: Role | None, becomes: Role | None) -> None:
    """NotAllowed where somebody who is no owner would make or unmake one, or a team would be left without."""
    if Role.OWNER not in (was, becomes):
        return
    if not owns_team(actor, team_id):
        raise NotAllowed("Only an owner of the team makes and unmakes owners.")
    if becomes is not Role.OWNER:
        _refuse_last_owner(work, team_id)


def _refuse_last_owner(work: UnitOfWork, team_id: int) -> None:
    if sum(each.role is Role.OWNER for each in work.teams.members(team_id)) == 1:
        raise NotAllowed("A team needs an owner; make somebody else one first.")
