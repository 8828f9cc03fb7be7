"""The parts of a statistics page: the numbers with their chart, and the lists, each by as few questions as it takes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Response

from linnet.actions import statistics_pages
from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.actions.statistics_pages import Numbers, Rhythm
from linnet.dashboard.pages import Asked
from linnet.dashboard.statistics_texts import COLUMNS, point_name, title_of, value_name, weekday_name
from linnet.dashboard.statistics_view import Card, Row, View
from linnet.dashboard.texts import gettext as _
from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.statistics import Bucket, Point, Top, Totals

Part = Callable[[Asked, View], Response[Any]]
Values = dict[str, Any]

_PLACES: Final = ("country", "region", "city")
_SOURCES: Final = ("referrer_host", "social", "language", "browser", "os", "device")
_CAMPAIGNS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
# What is told from roll-ups in one question, and comes with the page.
_FIRST: Final = ("path", *_PLACES, *_SOURCES, *_CAMPAIGNS)
# What is counted click by click, and comes when somebody looks for it.
_MORE: Final = ("browser_version", "goal_completed", "ab_path", "scan", "human", "bot", "status", "method", "scheme")
LISTED: Final = (*_FIRST, *_MORE, "path_404", TAG, FOLDER)
# A table of more rows is no page any more; a file has all of them.
_TABLE_ROWS: Final = 400
LEVELS: Final = 5
# Of one list on a page; a file has more.
LONG: Final = 500


def numbers_values(view: View) -> Values:
    """What the part with the totals and the chart shows."""
    step = view.step
    found = statistics_pages.numbers(
        view.context,
        view.engine,
        view.place.of,
        view.request(step),
        bots=view.state.bots,
        compared=view.state.compared and view.compares,
    )
    nothing = found.totals.clicks == 0
    filtered = view.state.filtered or (view.fixed is not None and view.fixed.filtered)
    ever = not nothing or filtered or statistics_pages.has_clicks(view.context, view.engine, view.place.of)
    rows = _table(found, step)
    return {
        "cards": _totals(found.totals, found.previous),
        "chart": _chart(view, found, step),
        "table": rows[-_TABLE_ROWS:],
        "cut": len(rows) > _TABLE_ROWS,
        "nothing": "never" if not ever else "filtered" if nothing and filtered else "period" if nothing else "",
    }


def lists_values(view: View) -> Values:
    """What the part with the first lists and the map shows."""
    found = statistics_pages.lists(view.context, view.engine, view.place.of, view.request(), _FIRST, bots=view.state.bots)
    cards = {column: view.card(column, tops, found.clicks, links=found.links) for column, tops in found.rows.items()}
    countries = found.rows["country"]
    return {
        "places": [cards[column] for column in _PLACES],
        "others": [cards[column] for column in ("path", *_SOURCES) if cards[column].rows],
        "campaigns": [cards[column] for column in _CAMPAIGNS if cards[column].rows],
        "map": _map(countries),
        "map_filter": f"{view.address()}&country=",
    }


def more_values(view: View) -> Values:
    """What the part with all other lists shows."""
    context, engine, of, bots = view.context, view.engine, view.place.of, view.state.bots
    columns = (*_MORE, "path_404") if view.whole_domain and view.report is None else _MORE
    found = statistics_pages.lists(context, engine, of, view.request(), columns, bots=bots)
    cards = [view.card(column, tops, found.clicks) for column, tops in found.rows.items()]
    partly = False
    if isinstance(of, int) and view.report is None:
        grouped = statistics_pages.grouped(context, engine, of, view.request(), bots=bots)
        cards += [view.card(TAG, grouped.tags, found.clicks), view.card(FOLDER, grouped.folders, found.clicks)]
        partly = grouped.partly
    rhythm = statistics_pages.rhythm(context, engine, of, view.request(), bots=bots)
    return {"cards": [*_rhythm(rhythm), *(card for card in cards if card.rows)], "partly": partly}


def list_values(view: View, column: str) -> Values:
    """What the part with one long list shows."""
    if column not in LISTED or (view.report is not None and column in (TAG, FOLDER, "path_404")):
        raise InvalidField(f"There is no list '{column[:64]}'.", field="column")
    context, engine, of, bots = view.context, view.engine, view.place.of, view.state.bots
    if column in (TAG, FOLDER):
        if not isinstance(of, int):
            raise InvalidField("Tags and folders are lists of domains.", field="column")
        grouped = statistics_pages.grouped(context, engine, of, view.request(), bots=bots)
        tops = grouped.tags if column == TAG else grouped.folders
        return {"card": view.card(column, tops, 0, limit=LONG)}
    found = statistics_pages.lists(context, engine, of, view.request(), (column,), bots=bots, limit=LONG)
    return {"card": view.card(column, found.rows[column], found.clicks, limit=LONG, links=found.links)}


def part(template: str, values: Callable[[View], Values]) -> Part:
    """The answer to who asks for a part; where the statistics are away, the part says so."""

    def answer(asked: Asked, view: View) -> Response[Any]:
        return asked.page(template, view=view, values=told(values, view))

    return answer


def told(values: Callable[[View], Values], view: View) -> Values:
    """``values`` of the view, or why there are none."""
    try:
        return {"away": "", **values(view)}
    except StatisticsUnavailable as refusal:
        return {"away": refusal.message}


def one_list(asked: Asked, view: View) -> Response[Any]:
    """One long list: in its place on the page, and a page of its own without scripts."""
    column = asked.query.text("column")
    values = told(lambda view: list_values(view, column), view)
    template = "statistics_list.html" if asked.by_script else "statistics_list_page.html"
    title = title_of(column, whole_domain=view.whole_domain) if column in COLUMNS else ""
    frame = "layout.html" if view.report is None else "report_frame.html"
    return asked.page(template, view=view, frame=frame, title=title, domain=view.place.domain, values=values)


def _totals(now: Totals, before: Totals | None) -> list[Values]:
    shown = (
        (_("Human clicks"), "human_clicks"),
        (_("All clicks"), "clicks"),
        (_("Unique visitors"), "visitors"),
        (_("QR scans"), "scans"),
        (_("Conversions"), "conversions"),
        (_("Conversion value"), "conversion_value"),
    )
    return [
        {"name": name, "value": _rounded(getattr(now, field)), **_change(getattr(now, field), before, field)}
        for name, field in shown
    ]


def _change(now: float, before: Totals | None, field: str) -> Values:
    """How a number has changed; ``way`` is 1 for more, -1 for less, 0 for neither, None where there is nothing to compare."""
    if before is None:
        return {"way": None, "change": "", "before": 0}
    former = getattr(before, field)
    if not former:
        return {"way": 1 if now else 0, "change": _("new") if now else "", "before": 0}
    percent = 100 * (now - former) / former
    text = f"{percent:+.1f} %" if abs(percent) < 1000 else f"{percent:+,.0f} %"
    return {"way": (percent > 0) - (percent < 0), "change": text, "before": _rounded(former)}


def _rounded(value: float) -> float:
    return round(value, 2) if isinstance(value, float) and not value.is_integer() else int(value)


def _table(found: Numbers, step: Bucket) -> list[tuple[str, int, str, int | None]]:
    """The chart as rows: a step with its clicks, and the step of the time before with its own (None: there is none)."""
    before: list[Point | None] = [*found.chart_before]
    before += [None] * (len(found.chart) - len(before))
    return [
        (point_name(now.at, step), now.clicks, point_name(then.at, step) if then else "", then.clicks if then else None)
        for now, then in zip(found.chart, before, strict=False)
    ]


def _chart(view: View, found: Numbers, step: Bucket) -> Values:
    rows = _table(found, step)
    chart: Values = {
        "labels": [row[0] for row in rows],
        "clicks": [row[1] for row in rows],
        "name": _("All clicks") if view.state.bots else _("Human clicks"),
        "before": None,
    }
    if found.chart_before:
        chart |= {"labelsBefore": [row[2] for row in rows], "before": [row[3] for row in rows], "nameBefore": _("Before")}
    return chart


def _map(countries: tuple[Top, ...]) -> Values:
    """The countries with a level of colour each, and what the levels mean: equal steps of the logarithm, so that one big
    country does not leave all others pale."""
    longest = max((top.score for top in countries), default=0)
    if not longest:
        return {"countries": {}, "levels": []}
    bounds = sorted({max(level, round(longest ** (level / LEVELS))) for level in range(1, LEVELS + 1)})
    bounds = [bound for bound in bounds if bound < longest] + [longest]

    def level(score: int) -> int:
        return next(number for number, bound in enumerate(bounds, LEVELS - len(bounds) + 1) if score <= bound)

    firsts = [1, *(bound + 1 for bound in bounds[:-1])]
    first_level = LEVELS - len(bounds) + 1
    levels = [
        (number, f"{first:,}" if first == last else f"{first:,}–{last:,}")
        for number, first, last in zip(range(first_level, LEVELS + 1), firsts, bounds, strict=True)
    ]
    named = {top.value: [level(top.score), f"{value_name('country', top.value)}: {top.score:,}"] for top in countries}
    return {"countries": named, "levels": levels}


def _rhythm(rhythm: Rhythm) -> list[Card]:
    cards = []
    for title, names, counts in (
        (_("Hours of the day"), [f"{hour:02d}:00" for hour in range(24)], rhythm.hours),
        (_("Days of the week"), [weekday_name(day) for day in range(7)], rhythm.weekdays),
    ):
        if any(counts):
            total, longest = sum(counts), max(counts)
            rows = [
                Row(name=name, clicks=count, share=round(100 * count / longest, 1), part=f"{100 * count / total:.1f} %")
                for name, count in zip(names, counts, strict=True)
            ]
            cards.append(Card("", title, rows))
    return cards


PARTS: Final[Mapping[str, Part]] = {
    "numbers": part("statistics_numbers.html", numbers_values),
    "lists": part("statistics_lists.html", lists_values),
    "more": part("statistics_more.html", more_values),
    "list": one_list,
}
__all__ = ["LISTED", "PARTS", "Part", "lists_values", "more_values", "numbers_values", "told"]
