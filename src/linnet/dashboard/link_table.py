"""The links of a domain: searched, filtered, in any order, with what can be done to each and to many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response

from linnet.actions.click_ranks import LinkClicks, clicks_of
from linnet.actions.folders import list_folders
from linnet.actions.link_table import MAX_MATCHING, Freshness, LinkTable, Targeting, table_of
from linnet.actions.many_links import MAX_CHOSEN
from linnet.actions.qr import MAX_CODES
from linnet.actions.tags import list_tags
from linnet.actions.teams import list_members
from linnet.dashboard.pages import LAST_DOMAIN, Asked, Page
from linnet.model.access import Action, Rule, Subject, User, may, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.grouping import Folder
from linnet.model.link import Link
from linnet.model.search import MAX_SEARCH, LinkQuery, Order, Shown, query_of, query_values

# Suggestions for the tag to filter by, and to give.
_TAGS_SUGGESTED: Final = 200
_CREATORS_OFFERED: Final = 300
_SPARK_WIDTH, _SPARK_HEIGHT = 90, 20


@dataclass(frozen=True, slots=True)
class Row:
    """A link as the table shows it. ``clicks`` None: the statistics cannot be asked now. ``spark`` are the points of its line,
    "" for a link that nobody clicked lately."""

    link: Link
    short_url: str
    folder: str | None
    creator: str
    clicks: LinkClicks | None
    spark: str
    badges: Sequence[str]


def links_path(domain_id: int) -> str:
    """The address of a domain's table."""
    return f"/dashboard/domains/{domain_id}/links"


def sent_query(asked: Asked) -> LinkQuery:
    """The query that the address, or a form with its fields, holds; InvalidField for a text that is not searched for."""
    sent = asked.form if asked.form.values else asked.query
    return query_of({name: sent.raw(name) for name in sent.values})


def _links(asked: Asked) -> Response[Any]:
    domain = asked.domain()
    errors: dict[str, str] = {}
    typed = asked.query.raw("q")
    try:
        query = sent_query(asked)
    except InvalidField as refusal:
        errors = {"q": refusal.message}
        query = query_of({name: asked.query.raw(name) for name in asked.query.values if name != "q"})
    table = table_of(
        asked.context,
        asked.options.search,
        domain.id,
        query,
        after=asked.query.raw("after") or None,
        before=asked.query.raw("before") or None,
        last=asked.query.flag("last"),
    )
    folders = list_folders(asked.context, domain.id)
    shown = _shown(asked, domain, table, folders)
    status = 400 if errors else 200
    if asked.by_script:
        part = asked.page("links_found.html", status=200, errors=errors, typed=typed, **shown)
        part.headers["HX-Replace-Url"] = address_of(domain.id, query)
        return part
    # To know the tags of some links alone, all links that have tags would be looked at.
    whole = narrowed_to(asked.context.actor, domain) is None
    suggested = list_tags(asked.context, domain.id)[:_TAGS_SUGGESTED] if whole else []
    creators = _creators(asked, domain) if whole else []
    page = asked.page("links.html", status=status, errors=errors, typed=typed, tags=suggested, creators=creators, **shown)
    page.set_cookie(LAST_DOMAIN.write(str(domain.id), https=asked.https))
    return page


def _creators(asked: Asked, domain: Domain) -> list[User]:
    """Whose links can be asked for by name: the members of the domain's team, its service accounts too."""
    if domain.team_id is None:
        return []
    users = (member.user for member in list_members(asked.context, domain.team_id))
    return sorted(users, key=lambda user: (user.name or user.email).casefold())[:_CREATORS_OFFERED]


def address_of(domain_id: int, query: LinkQuery, **place: str) -> str:
    """The address of a page of the table."""
    values = query_values(query) | place
    return links_path(domain_id) + (f"?{urlencode(values)}" if values else "")


def _shown(asked: Asked, domain: Domain, table: LinkTable, folders: Sequence[Folder]) -> dict[str, Any]:
    """What the templates of the table are given."""
    query, actor = table.query, asked.context.actor

    def other(**changes: Any) -> str:
        """The address of the table with a part of the query changed."""
        return address_of(domain.id, replace(query, **changes))

    return {
        "domain": domain,
        "table": table,
        "rows": _rows(asked, domain, table, folders),
        "query": query,
        "values": query_values(query),
        "query_text": urlencode(query_values(query)),
        "folders": folders,
        "other": other,
        "pages": _pages(domain, table),
        "progress": asked.options.search.progress() if table.freshness is Freshness.MAKING else 1.0,
        "may_write": may(actor, Action.WRITE, domain),
        "may_create": may(actor, Action.CREATE, domain),
        "may_restore": may(actor, Action.WRITE, domain),
        "bounds": {"search": MAX_SEARCH, "chosen": MAX_CHOSEN, "matching": MAX_MATCHING, "codes": MAX_CODES},
        "undo": [link_id for link_id in asked.query.text("removed")[:1000].split(",") if link_id],
        "Order": Order,
        "Shown": Shown,
    }


def _pages(domain: Domain, table: LinkTable) -> Mapping[str, str | None]:
    """The addresses of the pages around this one."""
    query = table.query
    whole = query.order is not Order.CLICKS and table.ordered
    return {
        "first": address_of(domain.id, query) if table.previous is not None else None,
        "previous": address_of(domain.id, query, before=table.previous) if table.previous is not None else None,
        "next": address_of(domain.id, query, after=table.next) if table.next is not None else None,
        "last": address_of(domain.id, query, last="1") if table.next is not None and whole else None,
    }


def _rows(asked: Asked, domain: Domain, table: LinkTable, folders: Sequence[Folder]) -> list[Row]:
    numbers = [link.number for link in table.links]
    clicks: Mapping[int, LinkClicks] | None
    try:
        clicks = clicks_of(asked.options.statistics, domain.id, numbers, asked.context.now())
    except StatisticsUnavailable:
        clicks = None
    names = {folder.id: folder.name for folder in folders}
    now = asked.context.now()
    rows = []
    for link in table.links:
        told = clicks.get(link.number) if clicks is not None else None
        user = table.users.get(link.owner_id)
        badges = _badges(
            link, table.targeting.get(link.number, frozenset()), expired=bool(link.expires_at and link.expires_at <= now)
        )
        rows.append(
            Row(
                link=link,
                short_url=asked.options.short_url(domain, link.path),
                folder=names.get(link.folder_id) if link.folder_id else None,
                creator="" if user is None else user.name or user.email,
                clicks=told,
                spark=spark_line(told.days) if told is not None and told.lately else "",
                badges=badges,
            )
        )
    return rows


def _badges(link: Link, targeting: frozenset[Targeting], *, expired: bool) -> list[str]:
    """What is special about a link, by the names that the template has words for."""
    rules = targeting & {Targeting.PLACES, Targeting.RULES} or link.iphone_url or link.android_url
    told = {
        "archived": link.archived,
        "expired": expired,
        "expires": (link.expires_at or link.clicks_limit) and not expired,
        "password": link.password_hash,
        "rules": rules,
        "ab": Targeting.VARIANTS in targeting or link.split_url,
        "cloaked": link.cloaking,
    }
    return [name for name, there in told.items() if there]


def spark_line(days: Sequence[int]) -> str:
    """The points of a line over ``days``, for an SVG of 90 by 20."""
    most = max(days) or 1
    step = _SPARK_WIDTH / (len(days) - 1)
    return " ".join(
        f"{place * step:.0f},{1 + (_SPARK_HEIGHT - 2) * (1 - count / most):.0f}" for place, count in enumerate(days)
    )


PAGES: Final = (Page("GET", "/dashboard/domains/{domain_id:int}/links", _links, Rule(Subject.DOMAIN, Action.READ)),)
