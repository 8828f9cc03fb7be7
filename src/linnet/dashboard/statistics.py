"""Statistics of a link and of a domain: the page, its parts, and its files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from litestar import Response

from linnet.actions import statistics_pages
from linnet.actions.raw_clicks import export_clicks
from linnet.actions.reports import may_share_here
from linnet.dashboard.cookies import OwnCookie
from linnet.dashboard.pages import Answer, Asked, Page
from linnet.dashboard.statistics_file import numbers_file
from linnet.dashboard.statistics_parts import PARTS, Part, lists_values, numbers_values, told
from linnet.dashboard.statistics_state import state_of
from linnet.dashboard.statistics_texts import zones
from linnet.dashboard.statistics_view import View
from linnet.model.access import Action, Rule, Subject
from linnet.model.click_record import FileFormat
from linnet.model.errors import InvalidField
from linnet.model.periods import time_zone
from linnet.model.statistics import Filter
from linnet.network.sending import file_of

_ZONE: Final = OwnCookie("linnet_zone", 365 * 24 * 3600)
_PEOPLE: Final = Filter(column="human", values=(True,))
_MEDIA_TYPES: Final = {
    FileFormat.CSV: "text/csv; header=present",
    FileFormat.NDJSON: "application/x-ndjson",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
}
DOMAIN: Final = "/dashboard/domains/{domain_id:int}/statistics"
LINK: Final = "/dashboard/links/{link_id:str}/statistics"
READS_DOMAIN: Final = Rule(Subject.DOMAIN, Action.READ_STATISTICS, whole=True)
READS_LINK: Final = Rule(Subject.LINK, Action.READ_STATISTICS)


def subject_of(path: Mapping[str, Any]) -> int | str:
    """What the address is about: the id of a domain, a number, or of a link, a text."""
    return path["domain_id"] if "domain_id" in path else str(path["link_id"])


def base_of(of: int | str) -> str:
    """The address of the page about a domain or a link."""
    return f"/dashboard/domains/{of}/statistics" if isinstance(of, int) else f"/dashboard/links/{of}/statistics"


def view_of(asked: Asked) -> View:
    """What an address of the signed-in is about, in the state that it tells."""
    about = statistics_pages.place(asked.context, subject_of(asked.path))
    state = state_of(asked.query, remembered_zone(asked))
    return View(context=asked.context, engine=asked.options.statistics, place=about, state=state, base=base_of(about.of))


def remembered_zone(asked: Asked) -> str:
    """The time zone that the reader chose on a statistics page before, or has in the settings."""
    chosen = _ZONE.read(asked.request, https=asked.https)
    try:
        time_zone(chosen)
    except InvalidField:
        return asked.signed_in.time_zone
    return chosen


def whole(asked: Asked, view: View) -> Response[Any]:
    """The page. Its parts come when it is there, or, for who has no scripts, with it."""
    parts = {}
    if plain := asked.query.flag("plain"):
        parts = {"numbers": told(numbers_values, view), "lists": told(lists_values, view)}
    link = view.place.link
    report = view.report
    response = asked.page(
        "statistics.html",
        frame="layout.html" if report is None else "report_frame.html",
        view=view,
        domain=view.place.domain,
        short_url=asked.options.short_url(view.place.domain, "" if link is None else link.path),
        zones=zones() if report is None else (),
        plain=plain,
        parts=parts,
        shares=report is None and may_share_here(asked.context, view.place.of),
    )
    if asked.query.flag("remember") and report is None:
        response.set_cookie(_ZONE.write(view.state.zone, https=asked.https))
    return response


def _clicks_file(asked: Asked, view: View) -> Response[Any]:
    """The raw clicks that the page is about, as a file."""
    kind = asked.query.text("format") or FileFormat.CSV.value
    if kind not in set(FileFormat):
        raise InvalidField(f"format must be one of {', '.join(FileFormat)}.", field="format")
    request = view.request()
    if not view.state.bots:
        request = replace(request, include=(*request.include, _PEOPLE))
    domain, parts = export_clicks(
        asked.context,
        asked.options.statistics,
        asked.options.exports,
        view.place.domain.id,
        request,
        FileFormat(kind),
        link_id=view.place.link.id if view.place.link is not None else None,
    )
    return file_of(parts, _MEDIA_TYPES[FileFormat(kind)], f"clicks-{domain.hostname}.{kind}")


def answering(find_view: Callable[[Asked], View], answer: Part) -> Answer:
    """A page's answer, of whatever view its address stands for."""
    return lambda asked: answer(asked, find_view(asked))


_ANSWERS: Final[Mapping[str, Part]] = {
    "": whole,
    **{f"/{name}": answer for name, answer in PARTS.items()},
    "/numbers.csv": numbers_file,
    "/clicks": _clicks_file,
}
PAGES: Final = tuple(
    Page("GET", base + end, answering(view_of, answer), rule)
    for base, rule in ((DOMAIN, READS_DOMAIN), (LINK, READS_LINK))
    for end, answer in _ANSWERS.items()
)
