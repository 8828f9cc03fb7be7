"""The numbers of a statistics page as a CSV file: totals, chart and all lists, a row for each number."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final

from litestar import Response

from linnet.actions import statistics_pages
from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.actions.statistics_pages import MAX_ROWS
from linnet.dashboard.pages import Asked
from linnet.dashboard.render import attachment
from linnet.dashboard.statistics_parts import LISTED
from linnet.dashboard.statistics_texts import filter_value, value_name
from linnet.dashboard.statistics_view import View
from linnet.model.click_record import guarded

_TOTALS: Final = ("clicks", "human_clicks", "visitors", "scans", "conversions", "conversion_value")
_NAMES: Final = ("what", "value", "name", "clicks", "before")


def numbers_file(asked: Asked, view: View) -> Response[Any]:
    """The file. Values that visitors chose are guarded, so that no spreadsheet takes them for formulas."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(_NAMES)
    writer.writerows([[guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in _rows(view)])
    name = f"statistics-{view.place.domain.hostname}.csv"
    return attachment(text.getvalue().encode(), "text/csv; charset=utf-8", name)


def _rows(view: View) -> Iterator[tuple[str | float, ...]]:
    context, engine, of, bots, step = view.context, view.engine, view.place.of, view.state.bots, view.step
    compared = view.state.compared and view.compares
    found = statistics_pages.numbers(context, engine, of, view.request(step), bots=bots, compared=compared)
    for field in _TOTALS:
        before = "" if found.previous is None else getattr(found.previous, field)
        yield "total", field, "", getattr(found.totals, field), before
    earlier = [*(point.clicks for point in found.chart_before)]
    for place, point in enumerate(found.chart):
        yield f"by {step}", point.at.isoformat(), "", point.clicks, earlier[place] if place < len(earlier) else ""
    hidden = {TAG, FOLDER} | ({"path_404"} if view.report is not None or not view.whole_domain else set())
    columns = [column for column in LISTED if column not in hidden]
    lists = statistics_pages.lists(context, engine, of, view.request(), columns, bots=bots, limit=MAX_ROWS)
    for column, tops in lists.rows.items():
        for top in tops:
            yield column, filter_value(column, top), value_name(column, top.value, top.detail), top.score, ""
