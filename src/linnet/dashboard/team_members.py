"""Members and service accounts of a team, changed from its page."""

from typing import Any, Final

from litestar import Response

from linnet.actions.teams import Member, add_service_account, list_members, remove_member, save_member
from linnet.dashboard.forms import Form
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.teams import team_page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Role, Rule, Subject
from linnet.model.errors import InvalidField, Refusal, UserNotFound

_RULE: Final = Rule(Subject.TEAM, Action.CONFIGURE)
# Own links only is a role of its own where people choose.
OWN_LINKS: Final = "own_links"


def chosen_role(form: Form) -> tuple[Role, bool]:
    """The role that was chosen, and whether it is narrowed to own links."""
    chosen = form.text("role")
    if chosen == OWN_LINKS:
        return Role.USER, True
    if chosen not in list(Role):
        raise InvalidField(gettext("Choose a role."), field="role")
    return Role(chosen), False


def _change(asked: Asked) -> Response[Any]:
    member = _member(asked)
    try:
        role, own_links_only = chosen_role(asked.form)
        save_member(asked.context, asked.path["team_id"], member.user.email, role, own_links_only=own_links_only)
    except Refusal as refusal:
        return team_page(asked, form="members", refusal=refusal)
    return _back(asked, gettext("The role of %(name)s is changed.") % {"name": _called(member)})


def _remove(asked: Asked) -> Response[Any]:
    member = _member(asked)
    try:
        remove_member(asked.context, asked.path["team_id"], member.user.email)
    except Refusal as refusal:
        return team_page(asked, form="members", refusal=refusal)
    if member.user.id == asked.context.actor.user_id:
        return asked.go_to("/dashboard/teams", notice=gettext("You have left the team."))
    return _back(asked, gettext("%(name)s is not in the team any more.") % {"name": _called(member)})


def _add_account(asked: Asked) -> Response[Any]:
    try:
        role, own_links_only = chosen_role(asked.form)
        member = add_service_account(
            asked.context, asked.path["team_id"], asked.form.text("name"), role, own_links_only=own_links_only
        )
    except Refusal as refusal:
        return team_page(asked, form="accounts", refusal=refusal)
    return _back(
        asked, gettext("The service account %(name)s is created. Create a key for it now.") % {"name": member.user.name}
    )


def _member(asked: Asked) -> Member:
    """The member whom the address names; nobody outside the team is found."""
    found = list_members(asked.context, asked.path["team_id"])
    member = next((each for each in found if each.user.id == asked.path["user_id"]), None)
    if member is None:
        raise UserNotFound(gettext("There is no such member in this team."))
    return member


def _called(member: Member) -> str:
    return member.user.name or member.user.email


def _back(asked: Asked, notice: str) -> Response[Any]:
    return asked.go_to(f"/dashboard/teams/{asked.path['team_id']}", notice=notice)


PAGES: Final = (
    Page("POST", "/dashboard/teams/{team_id:int}/members/{user_id:int}", _change, _RULE),
    Page("POST", "/dashboard/teams/{team_id:int}/members/{user_id:int}/remove", _remove, _RULE),
    Page("POST", "/dashboard/teams/{team_id:int}/accounts", _add_account, _RULE),
)
