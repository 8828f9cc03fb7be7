"""What a statistics page shows: of what, for whom, in which state, and where its other states and its parts are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from linnet.actions.context import Context
from linnet.actions.statistics import StatisticsRequest
from linnet.actions.statistics_pages import Place
from linnet.dashboard.statistics_state import State
from linnet.dashboard.statistics_texts import (
    COLUMNS,
    PERIODS,
    STEPS,
    filter_name,
    filter_value,
    period_name,
    title_of,
    value_name,
)
from linnet.dashboard.texts import gettext as _
from linnet.model.report import Report
from linnet.model.statistics import Bucket, Period, Top
from linnet.statistics.engine import StatisticsEngine

SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: its name, whether it leaves clicks out, and the addresses without it and with its opposite."""

    name: str
    value: str
    excluded: bool
    without: str
    opposite: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list; ``share`` is its part of the longest row in percent, ``part`` that of all clicks. ``field`` and
    ``value`` are its filter in an address ("": there is none), ``link`` is where a link has statistics of its own."""

    name: str
    clicks: int
    share: float
    part: str
    field: str = ""
    value: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A list; ``more`` is where more of its rows are, "" where these are all."""

    column: str
    title: str
    rows: Sequence[Row]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """``base`` is the page's address without its state. In a shared report ``fixed`` is the state that its maker gave it:
    readers filter further, and change neither the period nor whose clicks count."""

    context: Context
    engine: StatisticsEngine
    place: Place
    state: State
    base: str
    report: Report | None = None
    fixed: State | None = None

    @property
    def now(self) -> datetime:
        return self.context.now()

    @property
    def whole_domain(self) -> bool:
        return self.place.link is None

    @property
    def step(self) -> Bucket:
        """The steps of the chart."""
        return self.state.step(self.now, self.place.since)

    def request(self, bucket: Bucket | None = None) -> StatisticsRequest:
        """What is asked of the statistics."""
        asked = self.state.request(bucket)
        if self.fixed is None:
            return asked
        given = self.fixed.request(bucket)
        return replace(given, include=(*given.include, *asked.include), exclude=(*given.exclude, *asked.exclude))

    def address(self, state: State | None = None) -> str:
        """The page in a state."""
        return f"{self.base}?{(state or self.state).query()}"

    def part(self, name: str, **others: str) -> str:
        """A part of the page, or a file of it, in this state."""
        return f"{self.base}/{name}?{self.state.query(**others)}"

    def periods(self) -> list[tuple[str, str, bool]]:
        """The periods that have a name: name, address, whether it is this one."""
        chosen = self.state.period
        return [(_(name), self.address(self.state.during(each)), each is chosen) for each, name in PERIODS.items()]

    @property
    def period_name(self) -> str:
        return period_name(self.state)

    @property
    def compares(self) -> bool:
        """Whether there is a time before to compare with."""
        return self.state.period is not Period.TOTAL

    def steps(self) -> list[tuple[str, str]]:
        """The steps that the chart can have, and their names."""
        return [(bucket.value, _(STEPS[bucket])) for bucket in self.state.steps(self.now, self.place.since)]

    def chips(self) -> list[Chip]:
        """The filters that are set; those of a report's maker are not among them."""
        state = self.state
        included = [(column, value, False) for column, values in state.include.items() for value in values]
        excluded = [(column, value, True) for column, values in state.exclude.items() for value in values]
        return [
            Chip(
                name=_(COLUMNS[column][1]),
                value=filter_name(column, value),
                excluded=out,
                without=self.address(state.without(column, value)),
                opposite=self.address(state.having(column, value) if out else state.leaving_out(column, value)),
            )
            for column, value, out in (*included, *excluded)
        ]

    def given(self) -> list[tuple[str, str, bool]]:
        """The filters that a report's maker set: name, value, whether it leaves clicks out."""
        if self.fixed is None:
            return []
        both = ((self.fixed.include, False), (self.fixed.exclude, True))
        return [
            (_(COLUMNS[column][1]), filter_name(column, value), out)
            for filters, out in both
            for column, values in filters.items()
            for value in values
        ]

    def card(
        self, column: str, tops: Sequence[Top], clicks: int, *, limit: int = SHOWN, links: dict[str, str] | None = None
    ) -> Card:
        """The list of a column, of which ``clicks`` are all."""
        longest = max((top.score for top in tops), default=1)
        rows = [self._row(column, top, clicks, longest, links or {}) for top in tops[:limit]]
        more = self.part("list", column=column) if len(tops) > limit else ""
        return Card(column, title_of(column, whole_domain=self.whole_domain), rows, more)

    def _row(self, column: str, top: Top, clicks: int, longest: int, links: dict[str, str]) -> Row:
        # A path without a link is filtered as any other path.
        name = "path" if column == "path_404" else column
        link_id = links.get(top.value) if self.report is None else None
        return Row(
            name=value_name(column, top.value, top.detail),
            clicks=top.score,
            share=round(100 * top.score / longest, 1),
            part=f"{100 * top.score / clicks:.1f} %" if clicks else "",
            field=name,
            value=filter_value(column, top),
            link=f"/dashboard/links/{link_id}/statistics?{self.state.unfiltered().query()}" if link_id else "",
        )
