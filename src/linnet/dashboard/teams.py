"""Teams: the list, and all about one of them."""

from typing import Any, Final

from litestar import Response

from linnet.actions.invitations import MAX_USES, list_invitations
from linnet.actions.key_views import list_key_views
from linnet.actions.team_settings import (
    delete_team,
    domains_of_team,
    get_team,
    list_teams,
    rename_team,
    require_second_factor,
)
from linnet.actions.teams import create_team, leave_team, list_members
from linnet.actions.users import MAX_NAME
from linnet.dashboard.forms import Form, errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Role, Rule, Subject, may_manage, owns_team
from linnet.model.errors import InvalidField, Refusal, SecondFactorNeeded

_READ: Final = Rule(Subject.TEAM, Action.READ)
_CHANGE: Final = Rule(Subject.TEAM, Action.CONFIGURE)
# What service accounts can be: all but owners.
_ACCOUNT_ROLES: Final = (Role.ADMIN, Role.USER, Role.READ_ONLY)


def _list(asked: Asked) -> Response[Any]:
    return _list_page(asked)


def _create(asked: Asked) -> Response[Any]:
    try:
        team = create_team(asked.context, asked.form.text("name"))
    except Refusal as refusal:
        return _list_page(asked, refusal)
    return asked.go_to(f"/dashboard/teams/{team.id}", notice=gettext("The team is created. Invite its members now."))


def _list_page(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    teams, errors = list_teams(asked.context), errors_of(refusal, "name")
    status = 400 if errors else 200
    return asked.page("teams.html", status=status, teams=teams, sent=asked.form, errors=errors, most=MAX_NAME)


def _show(asked: Asked) -> Response[Any]:
    try:
        return team_page(asked)
    except SecondFactorNeeded:
        # What the list says anyway: that there is the team, and what it waits for.
        (found,) = (each for each in list_teams(asked.context) if each.team.id == asked.path["team_id"])
        return asked.page("team_locked.html", status=403, overview=found)


def team_page(asked: Asked, *, form: str = "", refusal: Refusal | None = None) -> Response[Any]:
    """The page of a team; with a ``refusal``, it says what is wrong, and the part that is called ``form`` keeps what was typed.
    Who has no such part is refused without the page."""
    context, team_id = asked.context, asked.path["team_id"]
    overview = get_team(context, team_id)
    manages = may_manage(context.actor, team_id)
    if refusal is not None and not manages:
        raise refusal
    owns = owns_team(context.actor, team_id)
    members = list_members(context, team_id)
    accounts = {each.user.id for each in members if each.user.service}
    roles = [role for role in Role if owns or role is not Role.OWNER]
    field = (refusal.field or "") if refusal is not None else ""
    return asked.page(
        "team.html",
        status=asked.options.status_of(refusal) if refusal is not None else 200,
        overview=overview,
        team=overview.team,
        manages=manages,
        owns=owns,
        people=[each for each in members if not each.user.service],
        accounts=[each for each in members if each.user.service],
        keys=_keys_of(asked, accounts) if manages and accounts else {},
        invitations=list_invitations(context, team_id) if manages else [],
        domains=domains_of_team(context, team_id),
        roles=roles,
        account_roles=_ACCOUNT_ROLES,
        form=form,
        problem=refusal.message if refusal is not None else "",
        errors={field: refusal.message} if refusal is not None and field else {},
        sent=asked.form if refusal is not None else Form(),
        most=MAX_NAME,
        most_uses=MAX_USES,
    )


def _keys_of(asked: Asked, owner_ids: set[int]) -> dict[int, int]:
    """How many keys that work each of the owners has, as far as the first page of keys tells."""
    counted: dict[int, int] = {}
    after: int | None = 0
    while after is not None:
        page = list_key_views(asked.context, after=after)
        for view in page.views:
            if view.owner.id in owner_ids and not view.key.is_over(asked.context.now()):
                counted[view.owner.id] = counted.get(view.owner.id, 0) + 1
        after = page.next
    return counted


def _rename(asked: Asked) -> Response[Any]:
    try:
        rename_team(asked.context, asked.path["team_id"], asked.form.text("name"))
    except InvalidField as refusal:
        return team_page(asked, form="rename", refusal=refusal)
    return asked.go_to(_address(asked), notice=gettext("The team has its new name."))


def _second_factor(asked: Asked) -> Response[Any]:
    required = asked.form.flag("required")
    try:
        require_second_factor(asked.context, asked.path["team_id"], required)
    except SecondFactorNeeded as refusal:
        return team_page(asked, form="second-factor", refusal=refusal)
    closed = gettext("The team is open to members with a second factor alone.")
    notice = closed if required else gettext("The team is open to all its members.")
    return asked.go_to(_address(asked), notice=notice)


def _leave(asked: Asked) -> Response[Any]:
    """End a membership of the reader's own, whatever the team requires of its members."""
    team_id = asked.form.number("team")
    if team_id is None:
        raise InvalidField(gettext("Say which team you leave."), field="team")
    leave_team(asked.context, team_id)
    return asked.go_to("/dashboard/teams", notice=gettext("You have left the team."))


def _delete(asked: Asked) -> Response[Any]:
    """End the team, once its name was typed: that is not done by a slip of the hand."""
    team = get_team(asked.context, asked.path["team_id"]).team
    try:
        if owns_team(asked.context.actor, team.id) and asked.form.text("name") != team.name:
            raise InvalidField(gettext("Type the team's name as it stands above."), field="name")
        delete_team(asked.context, team.id)
    except Refusal as refusal:
        return team_page(asked, form="delete", refusal=refusal)
    return asked.go_to("/dashboard/teams", notice=gettext("The team is deleted."))


def _address(asked: Asked) -> str:
    return f"/dashboard/teams/{asked.path['team_id']}"


PAGES: Final = (
    Page("GET", "/dashboard/teams", _list, Rule(Subject.SELF)),
    Page("POST", "/dashboard/teams", _create, Rule(Subject.SELF)),
    Page("POST", "/dashboard/teams/leave", _leave, Rule(Subject.SELF)),
    Page("GET", "/dashboard/teams/{team_id:int}", _show, _READ),
    Page("POST", "/dashboard/teams/{team_id:int}/rename", _rename, _CHANGE),
    Page("POST", "/dashboard/teams/{team_id:int}/second-factor", _second_factor, _CHANGE),
    Page("POST", "/dashboard/teams/{team_id:int}/delete", _delete, Rule(Subject.TEAM, Action.DISSOLVE)),
)
