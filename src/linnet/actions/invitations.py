"""Invitations to teams: made, listed, withdrawn, and accepted by who has the link."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import SystemRandom
from typing import Final

from linnet.actions.context import Context
from linnet.actions.passwords import hash_password
from linnet.actions.teams import checked_membership, join, reserve_team
from linnet.actions.users import check_password, clean_email, clean_name
from linnet.model.access import Actor, Invitation, Role, Team, User, owns_team
from linnet.model.audit import Event
from linnet.model.errors import (
    AlreadyMember,
    InvalidField,
    InvitationNotFound,
    NotAllowed,
    QuotaReached,
    UserTaken,
)
from linnet.model.ids import random_characters
from linnet.network.mail import Mail
from linnet.storage.unit_of_work import UnitOfWork

LIFE: Final = timedelta(days=7)
# Of one team, that can be accepted.
MAX_INVITATIONS: Final = 100
MAX_USES: Final = 100
_TOKEN_CHARACTERS: Final = 43  # 256 bits in base 62


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationDraft:
    """What is asked of a new invitation: what who accepts becomes, the only address that may, and how many may."""

    role: Role = Role.USER
    own_links_only: bool = False
    email: str | None = None
    uses: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an invitation offers to who has its link; ``inviter`` is who made it."""

    team: Team
    invitation: Invitation
    inviter: User


def create_invitation(context: Context, team_id: int, draft: InvitationDraft) -> tuple[str, Invitation]:
    """A new invitation for seven days: the token for its link, this once, and what is kept of it. Only an owner invites
    owners. QuotaReached at MAX_INVITATIONS."""
    checked_membership(team_id, draft.role, draft.own_links_only)
    email = clean_email(draft.email) if draft.email is not None and draft.email.strip() else None
    most = 1 if email is not None else MAX_USES
    if not 1 <= draft.uses <= most:
        raise InvalidField(
            "uses must be 1 for an invitation to one e-mail address."
            if email is not None
            else f"uses must be between 1 and {MAX_USES}.",
            field="uses",
        )
    token, now = random_characters(_TOKEN_CHARACTERS, SystemRandom()), context.now()
    with context.database.write() as work:
        reserve_team(work, context.actor, team_id)
        if draft.role is Role.OWNER and not owns_team(context.actor, team_id):
            raise NotAllowed("Only an owner of the team makes and unmakes owners.", field="role")
        work.invitations.remove_over(team_id, now)
        if len(work.invitations.search(team_id)) >= MAX_INVITATIONS:
            raise QuotaReached(f"A team has at most {MAX_INVITATIONS} open invitations; withdraw one that nobody needs.")
        invitation = Invitation(
            id=0,
            team_id=team_id,
            role=draft.role,
            own_links_only=draft.own_links_only,
            email=email,
            invited_by=context.actor.user_id,
            created_at=now,
            expires_at=now + LIFE,
            uses_left=draft.uses,
        )
        invitation = work.invitations.add(invitation, _digest(token))
        context.note(
            work,
            Event.INVITATION_CREATED,
            str(invitation.id),
            team_id=team_id,
            role=draft.role.value,
            email=email,
            uses=draft.uses,
        )
    return token, invitation


def mail_invitation(context: Context, team: Team, invitation: Invitation, token: str) -> bool:
    """Send an invitation to the address that it names; False where it names none, or no mail is sent here."""
    if invitation.email is None:
        return False
    text = (
        f"You are invited to the team {team.name}.\n\n"
        f"Accept the invitation here:\n{context.dashboard_url}/invitation/{token}\n\n"
        f"The link works until {invitation.expires_at:%d %B %Y, %H:%M} UTC, and for you alone. "
        "Who expected no invitation can ignore this letter.\n"
    )
    return context.send_mail(Mail(to=invitation.email, subject=f"Invitation to the team {team.name}", text=text))


def list_invitations(context: Context, team_id: int) -> list[Invitation]:
    """The invitations to a team that can be accepted, the newest first; to those who may make some."""
    with context.database.read() as work:
        reserve_team(work, context.actor, team_id)
        return [each for each in work.invitations.search(team_id) if not each.is_over(context.now())]


def withdraw_invitation(context: Context, team_id: int, invitation_id: int) -> None:
    """End an invitation before somebody accepts it; InvitationNotFound when it is none of this team."""
    with context.database.write() as work:
        reserve_team(work, context.actor, team_id)
        invitation = work.invitations.find(team_id, invitation_id)
        if invitation is None:
            raise InvitationNotFound(f"There is no invitation {invitation_id} to this team.")
        # Who may not make owners does not decide about who does.
        if invitation.role is Role.OWNER and not owns_team(context.actor, team_id):
            raise NotAllowed("Only an owner of the team withdraws the invitation of an owner.")
        work.invitations.remove(invitation.id)
        context.note(work, Event.INVITATION_WITHDRAWN, str(invitation.id), team_id=team_id)


def find_invitation(context: Context, token: str) -> Offer:
    """What the invitation with this token offers, to anybody who has it; InvitationNotFound when nobody can accept it."""
    with context.database.read() as work:
        return _offer(context, work, token)


def accept_invitation(context: Context, token: str) -> Team:
    """Make the actor, a person who is signed in, a member; AlreadyMember for who is one, NotAllowed for who is not meant."""
    actor = context.actor
    if actor.key_kind is not None:
        raise NotAllowed("People accept invitations, not API keys.")
    with context.database.write() as work:
        offer = _offer(context, work, token)
        work.teams.reserve(offer.team.id)
        user = work.users.find(actor.user_id)
        if user is None or user.service:
            raise NotAllowed("Only people who are signed in accept invitations.")
        _accept(context, work, offer, user)
    return offer.team


def join_with_account(context: Context, token: str, *, name: str, email: str, password: str) -> User:
    """Make an account and, with it, a member of the inviting team, for who has none; UserTaken for who has one, and NotAllowed
    for another address than the one that the invitation names."""
    offer = find_invitation(context, token)
    named, address = clean_name(name), clean_email(email)
    check_password(password)
    _refuse_others(offer.invitation, address)
    password_hash = hash_password(password)
    with context.database.write() as work:
        offer = _offer(context, work, token)
        work.teams.reserve(offer.team.id)
        if work.users.find_by_email(address) is not None:
            raise UserTaken(f"There is an account for {address} already. Sign in to accept the invitation.", field="email")
        user = work.users.add(email=address, name=named, password_hash=password_hash, created_at=context.now())
        work.users.set_email_proved(user.id, False)
        theirs = replace(context, actor=Actor(user_id=user.id))
        theirs.note(work, Event.USER_CREATED, str(user.id), email=address, invitation=offer.invitation.id)
        _accept(theirs, work, offer, user)
    return user


def _accept(context: Context, work: UnitOfWork, offer: Offer, user: User) -> None:
    invitation = offer.invitation
    _refuse_others(invitation, user.email)
    if any(each.team_id == invitation.team_id for each in work.teams.memberships_of(user.id)):
        raise AlreadyMember(f"You are a member of {offer.team.name} already.")
    # The last look: another may have taken the last use, or it was withdrawn, while the team was waited for.
    if not work.invitations.use(invitation.id):
        raise _unknown()
    join(work, replace(checked_membership(invitation.team_id, invitation.role, invitation.own_links_only), user_id=user.id))
    context.note(
        work,
        Event.INVITATION_ACCEPTED,
        str(user.id),
        team_id=invitation.team_id,
        invitation=invitation.id,
        role=invitation.role.value,
        invited_by=invitation.invited_by,
    )


def _offer(context: Context, work: UnitOfWork, token: str) -> Offer:
    invitation = work.invitations.find_by_digest(_digest(token))
    if invitation is None or invitation.is_over(context.now()):
        raise _unknown()
    team, inviter = work.teams.find(invitation.team_id), work.users.find(invitation.invited_by)
    if team is None or inviter is None:
        raise _unknown()
    return Offer(team=team, invitation=invitation, inviter=inviter)


def _refuse_others(invitation: Invitation, email: str) -> None:
    if invitation.email is not None and invitation.email.lower() != email.lower():
        raise NotAllowed(f"This invitation is meant for {invitation.email} alone.", field="email")


def _unknown() -> InvitationNotFound:
    return InvitationNotFound("This invitation cannot be accepted: it was used, withdrawn, or has expired. Ask for a new one.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token[:256].encode(errors="replace")).digest()
