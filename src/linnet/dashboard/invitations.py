"""Invitations to teams: made on the team's page, and accepted by who has the link."""

from typing import Any, Final

from litestar import Response

from linnet.actions.invitations import (
    InvitationDraft,
    accept_invitation,
    create_invitation,
    find_invitation,
    join_with_account,
    mail_invitation,
    withdraw_invitation,
)
from linnet.actions.team_settings import get_team
from linnet.actions.users import MAX_NAME, MAX_PASSWORD, MIN_PASSWORD
from linnet.dashboard.attempts import count_attempt
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import go_to, wait
from linnet.dashboard.sign_in import begin
from linnet.dashboard.team_members import chosen_role
from linnet.dashboard.teams import team_page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Invitation, Rule, Subject
from linnet.model.account import SignInMethod
from linnet.model.errors import AlreadyMember, InvitationNotFound, Refusal

_RULE: Final = Rule(Subject.TEAM, Action.CONFIGURE)
_LETTERS_A_DAY: Final = 100
_DAY: Final = 24 * 3600


def _create(asked: Asked) -> Response[Any]:
    """Make an invitation and show its link, in this answer alone."""
    form = asked.form
    try:
        role, own_links_only = chosen_role(form)
        draft = InvitationDraft(
            role=role,
            own_links_only=own_links_only,
            email=form.text("email") or None,
            uses=form.number("uses") or 0 if form.text("uses") else 1,
        )
        token, invitation = create_invitation(asked.context, asked.path["team_id"], draft)
    except Refusal as refusal:
        return team_page(asked, form="invite", refusal=refusal)
    team = get_team(asked.context, asked.path["team_id"]).team
    mailed = _admits_letter(asked, invitation) and mail_invitation(asked.context, team, invitation, token)
    link = f"{asked.address}/invitation/{token}"
    return asked.page("invitation_created.html", team=team, invitation=invitation, mailed=mailed, link=link)


def _admits_letter(asked: Asked, invitation: Invitation) -> bool:
    """Whether the server writes to a stranger on somebody's behalf once more: whoever wants more passes links on himself."""
    if invitation.email is None:
        return False
    name = f"invitations mailed for {asked.context.actor.user_id}"
    return not asked.options.admit(name, limit=_LETTERS_A_DAY, window_seconds=_DAY)


def _withdraw(asked: Asked) -> Response[Any]:
    team_id = asked.path["team_id"]
    withdraw_invitation(asked.context, team_id, asked.path["invitation_id"])
    return asked.go_to(
        f"/dashboard/teams/{team_id}", notice=gettext("The invitation is withdrawn. Its link leads nowhere now.")
    )


def _open(asked: Asked) -> Response[Any]:
    """What the link shows: to who is signed in the way in, to others how to get an account or use the one they have."""
    token = asked.path["invitation_token"]
    if asked.session is not None:
        return asked.go_to(f"/dashboard/invitation/{token}")
    return _account_page(asked)


def _join(asked: Asked) -> Response[Any]:
    """Make an account; the attempts of an address are bounded like those to sign in."""
    form = asked.form
    try:
        count_attempt(asked, f"invitation address {asked.visitor}")
        user = join_with_account(
            asked.context,
            asked.path["invitation_token"],
            name=form.text("name"),
            email=form.text("email"),
            password=form.raw("password"),
        )
    except InvitationNotFound:
        return _over(asked)
    except Refusal as refusal:
        errors = {refusal.field: refusal.message} if refusal.field else {}
        problem = "" if errors else refusal.message
        status = asked.options.status_of(refusal)
        return wait(_account_page(asked, errors=errors, problem=problem, status=status), refusal)
    _, cookie = begin(asked, user, method=SignInMethod.PASSWORD)
    return go_to("/dashboard/teams", cookie)


def _account_page(asked: Asked, *, errors: dict[str, str] | None = None, problem: str = "", status: int = 200) -> Response[Any]:
    try:
        offer = find_invitation(asked.context, asked.path["invitation_token"])
    except InvitationNotFound:
        return _over(asked)
    return asked.page(
        "invitation.html",
        status=status,
        offer=offer,
        token=asked.path["invitation_token"],
        sent=asked.form,
        errors=errors or {},
        problem=problem,
        bounds=(MIN_PASSWORD, MAX_PASSWORD, MAX_NAME),
    )


def _offer(asked: Asked) -> Response[Any]:
    """The way in for who is signed in."""
    return _offer_page(asked)


def _accept(asked: Asked) -> Response[Any]:
    try:
        team = accept_invitation(asked.context, asked.path["invitation_token"])
    except InvitationNotFound:
        return _over(asked)
    except AlreadyMember as refusal:
        return asked.go_to("/dashboard/teams", notice=refusal.message)
    except Refusal as refusal:
        return _offer_page(asked, refusal)
    return asked.go_to(f"/dashboard/teams/{team.id}", notice=gettext("Welcome to the team."))


def _offer_page(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    try:
        offer = find_invitation(asked.context, asked.path["invitation_token"])
    except InvitationNotFound:
        return _over(asked)
    status, problem = (asked.options.status_of(refusal), refusal.message) if refusal is not None else (200, "")
    return asked.page(
        "invitation_accept.html", status=status, offer=offer, token=asked.path["invitation_token"], problem=problem
    )


def _over(asked: Asked) -> Response[Any]:
    return asked.page("invitation_over.html", status=404)


PAGES: Final = (
    Page("POST", "/dashboard/teams/{team_id:int}/invitations", _create, _RULE),
    Page("POST", "/dashboard/teams/{team_id:int}/invitations/{invitation_id:int}/withdraw", _withdraw, _RULE),
    Page("GET", "/invitation/{invitation_token:str}", _open, Rule(Subject.ANYBODY)),
    Page("POST", "/invitation/{invitation_token:str}", _join, Rule(Subject.ANYBODY)),
    Page("GET", "/dashboard/invitation/{invitation_token:str}", _offer, Rule(Subject.SELF)),
    Page("POST", "/dashboard/invitation/{invitation_token:str}", _accept, Rule(Subject.SELF)),
)
