"""Permissions for a link: who of the team sees and changes it beside its role."""

from typing import Any, Final

from litestar import Response

from linnet.actions.link_queries import get_link
from linnet.actions.permissions import add_permission, link_sharing, remove_permission
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Rule, Subject


def _show(asked: Asked) -> Response[Any]:
    sharing = link_sharing(asked.context, asked.path["link_id"])
    short_url = asked.options.short_url(sharing.domain, sharing.link.path)
    return asked.page("link_permissions.html", sharing=sharing, domain=sharing.domain, link=sharing.link, short_url=short_url)


def _give(asked: Asked) -> Response[Any]:
    found = get_link(asked.context, asked.path["link_id"])
    add_permission(asked.context, found.domain.id, found.link.id, asked.path["user_id"])
    return _back(asked, gettext("The permission is given."))


def _take(asked: Asked) -> Response[Any]:
    found = get_link(asked.context, asked.path["link_id"])
    remove_permission(asked.context, found.domain.id, found.link.id, asked.path["user_id"])
    return _back(asked, gettext("The permission is taken back."))


def _back(asked: Asked, notice: str) -> Response[Any]:
    return asked.go_to(f"/dashboard/links/{asked.path['link_id']}/permissions", notice=notice)


_HERE: Final = "/dashboard/links/{link_id:str}/permissions"
PAGES: Final = (
    Page("GET", _HERE, _show, Rule(Subject.LINK, Action.READ)),
    Page("POST", _HERE + "/{user_id:int}", _give, Rule(Subject.LINK, Action.PERMIT)),
    Page("POST", _HERE + "/{user_id:int}/remove", _take, Rule(Subject.LINK, Action.PERMIT)),
)
