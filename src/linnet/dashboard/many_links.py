"""What is done to many links at once: asked about where it takes them away, done, and told."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response

from linnet.actions.link_table import matching_links
from linnet.actions.many_links import Archived, Change, Moved, Outcome, Removed, Tagged, change_links, change_matching
from linnet.actions.qr import MAX_CODES, QrWish, generate_qr_codes_bulk
from linnet.actions.restoring import list_removed_links, restore_link
from linnet.dashboard.link_table import address_of, sent_query
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import attachment
from linnet.dashboard.texts import gettext, ngettext
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import InvalidField, LinkNotFound, PathTaken, QuotaReached
from linnet.model.search import query_values

# Links that are taken back by one button, right after they were removed; others are on the page of removed links.
MAX_UNDONE: Final = 20
_RESTORED_AT_ONCE: Final = 150


def _change(asked: Asked) -> Response[Any]:
    """Do to the chosen links what the button says."""
    domain = asked.domain()
    form, query = asked.form, sent_query(asked)
    # A button beside a link names it behind a colon.
    action, _, one = form.text("do").partition(":")
    chosen, every = ([one], False) if one else (form.all("link"), form.flag("all"))
    if not chosen and not every:
        raise InvalidField(gettext("Choose some links first: mark them in the list."), field="link")
    change = _change_of(asked, action)
    if action == "delete" and not form.flag("sure"):
        count = form.number("count") if every else len(chosen)
        shown: dict[str, Any] = {"chosen": chosen, "every": every, "count": count, "values": query_values(query)}
        return asked.page("links_delete.html", domain=domain, back=address_of(domain.id, query), **shown)
    if every:
        outcome = change_matching(asked.context, asked.options.search, domain.id, query, change)
    else:
        outcome = change_links(asked.context, domain.id, chosen, change)
    if outcome.left:
        return asked.page(
            "links_changed.html", domain=domain, outcome=outcome, done=_told(action, outcome), back=address_of(domain.id, query)
        )
    undo = {"removed": ",".join(chosen)} if action == "delete" and not every and len(chosen) <= MAX_UNDONE else {}
    return asked.go_to(address_of(domain.id, query, **undo), notice=_told(action, outcome))


def _change_of(asked: Asked, action: str) -> Change:
    form = asked.form
    if action in ("tag", "untag"):
        return Tagged(form.text("with_tag"), added=action == "tag")
    if action == "move":
        folder = form.text("to_folder")
        if not folder:
            raise InvalidField(gettext("Choose the folder to move the links to."), field="to_folder")
        return Moved(None if folder == "-" else folder)
    if action in ("archive", "unarchive"):
        return Archived(archived=action == "archive")
    if action == "delete":
        return Removed()
    raise InvalidField("do must be tag, untag, move, archive, unarchive or delete.", field="do")


def _told(action: str, outcome: Outcome) -> str:
    """What was done, in a few sentences."""
    done = {
        "tag": ngettext("%(num)d link was tagged.", "%(num)d links were tagged.", outcome.done),
        "untag": ngettext("The tag was taken off %(num)d link.", "The tag was taken off %(num)d links.", outcome.done),
        "move": ngettext("%(num)d link was moved.", "%(num)d links were moved.", outcome.done),
        "archive": ngettext("%(num)d link was archived.", "%(num)d links were archived.", outcome.done),
        "unarchive": ngettext("%(num)d link is active again.", "%(num)d links are active again.", outcome.done),
        "delete": ngettext("%(num)d link was deleted.", "%(num)d links were deleted.", outcome.done),
    }[action] % {"num": outcome.done}
    told = [done]
    if outcome.unchanged:
        same = ngettext("%(num)d was so already.", "%(num)d were so already.", outcome.unchanged)
        told.append(same % {"num": outcome.unchanged})
    if outcome.more:
        told.append(gettext("More links match than are changed at once; do it again for the rest."))
    return " ".join(told)


def _codes(asked: Asked) -> Response[Any]:
    """The QR codes of the chosen links, in a file."""
    domain = asked.domain()
    chosen = asked.form.all("link")
    if asked.form.flag("all"):
        found = matching_links(asked.context, asked.options.search, domain.id, sent_query(asked), limit=MAX_CODES + 1)
        chosen = [link.id for links in found for link in links]
        if len(chosen) > MAX_CODES:
            raise InvalidField(gettext("A file holds the codes of at most 150 links; search for fewer."), field="link")
    if not chosen:
        raise InvalidField(gettext("Choose some links first: mark them in the list."), field="link")
    archive = generate_qr_codes_bulk(asked.context, asked.options.studio, chosen, QrWish(), domain_id=domain.id)
    return attachment(archive, "application/zip", "qr-codes.zip")


def _removed(asked: Asked) -> Response[Any]:
    """The links that were removed and can be brought back."""
    domain_id = asked.path["domain_id"]
    before = _position(asked.query.text("before"))
    page = list_removed_links(asked.context, domain_id, limit=50, before=before)
    short_url = asked.options.short_url
    rows = [(each, short_url(page.domain, each.link.path)) for each in page.removed]
    following = urlencode({"before": f"{page.next[0].isoformat()} {page.next[1]}"}) if page.next is not None else ""
    return asked.page("removed_links.html", domain=page.domain, rows=rows, following=following, first=before is None)


def _position(text: str) -> tuple[datetime, int] | None:
    """Where a page of removed links begins; what makes no sense is passed over."""
    at, _, number = text.rpartition(" ")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, int(number)) if moment.tzinfo is not None and len(number) < 19 else None
    except ValueError:
        return None


def _restore(asked: Asked) -> Response[Any]:
    """Bring removed links back; those that cannot be are named."""
    domain = asked.domain_to_change()
    chosen = list(dict.fromkeys(asked.form.all("link")))[:_RESTORED_AT_ONCE]
    if not chosen:
        raise InvalidField(gettext("Choose some links first: mark them in the list."), field="link")
    back = address_of(domain.id, sent_query(asked)) if asked.form.flag("undo") else f"/dashboard/domains/{domain.id}/removed"
    outcome = Outcome()
    for link_id in chosen:
        try:
            restore_link(asked.context, link_id)
        except (LinkNotFound, PathTaken, QuotaReached, InvalidField) as refusal:
            outcome.refuse(link_id, refusal.message)
        else:
            outcome.done += 1
    told = ngettext("%(num)d link was restored.", "%(num)d links were restored.", outcome.done) % {"num": outcome.done}
    if outcome.left:
        return asked.page("links_changed.html", domain=domain, outcome=outcome, done=told, back=back)
    return asked.go_to(back, notice=told)


_WRITES: Final = Rule(Subject.DOMAIN, Action.WRITE)
PAGES: Final = (
    # Who may only read the domain may have been permitted to change some of its links.
    Page("POST", "/dashboard/domains/{domain_id:int}/links/change", _change, Rule(Subject.DOMAIN, Action.READ)),
    Page("POST", "/dashboard/domains/{domain_id:int}/links/codes", _codes, Rule(Subject.DOMAIN, Action.READ), repeats=True),
    Page("GET", "/dashboard/domains/{domain_id:int}/removed", _removed, _WRITES),
    Page("POST", "/dashboard/domains/{domain_id:int}/removed", _restore, _WRITES),
)
