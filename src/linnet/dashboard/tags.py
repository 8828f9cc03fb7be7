"""Tags of a domain: listed with how many links have them, renamed, and removed."""

from bisect import bisect_right
from typing import Any, Final
from urllib.parse import quote, urlencode

from litestar import Response

from linnet.actions.link_table import label_counts
from linnet.actions.tags import TagChanged, list_tags, remove_tag, rename_tag
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext, ngettext
from linnet.model.access import Action, Rule, Subject, may
from linnet.model.errors import InvalidField
from linnet.model.link import MAX_TAG

_PAGE: Final = 100


def _tags(asked: Asked) -> Response[Any]:
    return _list(asked)


def _list(asked: Asked, *, editing: str = "", typed: str = "", error: str = "") -> Response[Any]:
    domain = asked.domain()
    wanted = asked.query.text("q").casefold()
    every = [tag for tag in list_tags(asked.context, domain.id) if wanted in tag.casefold()]
    after = asked.query.raw("after")
    first = bisect_right(every, after) if after else 0
    shown = every[first : first + _PAGE]
    more = len(every) > first + _PAGE
    editing = editing or asked.query.raw("edit")
    return asked.page(
        "tags.html",
        status=400 if error else 200,
        domain=domain,
        tags=shown,
        total=len(every),
        counts=label_counts(asked.context, asked.options.search, domain, "tag", shown),
        may_write=may(asked.context.actor, Action.WRITE, domain),
        editing=editing if editing in every else "",
        typed=typed or editing,
        error=error,
        wanted=asked.query.text("q"),
        following=urlencode({"q": asked.query.text("q"), "after": shown[-1]}) if more else "",
        longest=MAX_TAG,
        quote=lambda text: quote(text, safe=""),
    )


def _change(asked: Asked) -> Response[Any]:
    """Rename a tag, or take it off all links."""
    domain_id = asked.domain_to_change().id
    tag, new = asked.form.raw("tag"), asked.form.text("new")
    if asked.form.text("do") == "remove":
        return _told(asked, domain_id, remove_tag(asked.context, domain_id, tag))
    try:
        return _told(asked, domain_id, rename_tag(asked.context, domain_id, tag, new))
    except InvalidField as refusal:
        return _list(asked, editing=tag, typed=new, error=refusal.message)


def _told(asked: Asked, domain_id: int, changed: TagChanged) -> Response[Any]:
    told = ngettext("%(num)d link was changed.", "%(num)d links were changed.", changed.links) % {"num": changed.links}
    if not changed.whole:
        told += " " + gettext("More links have the tag than are changed at once; do it again for the rest.")
    return asked.go_to(f"/dashboard/domains/{domain_id}/tags", notice=told)


PAGES: Final = (
    Page("GET", "/dashboard/domains/{domain_id:int}/tags", _tags, Rule(Subject.DOMAIN, Action.READ)),
    Page("POST", "/dashboard/domains/{domain_id:int}/tags", _change, Rule(Subject.DOMAIN, Action.WRITE)),
)
