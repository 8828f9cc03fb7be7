"""The engine on the embedded click store."""

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import duckdb
import structlog

from linnet.model.click import Click
from linnet.model.errors import StatisticsUnavailable, StorageUnavailable
from linnet.model.periods import time_zone
from linnet.model.statistics import Breakdown, BucketTop, Clearing, Interval, Kind, Overview, Point, Question, Top, Totals
from linnet.statistics import sql_duckdb as sql
from linnet.statistics import sql_duckdb_breakdown
from linnet.statistics import sql_duckdb_totals as sql_totals
from linnet.statistics.deadlines import Deadlines
from linnet.statistics.duckdb_clicks import stored_clicks
from linnet.statistics.exports import StoredClick
from linnet.statistics.plan import ROLLED_UP, is_daily, is_filtered, of_people
from linnet.statistics.series import bucket_starts, chart, limited
from linnet.statistics.sql_duckdb_lists import raw_lists, rolled_lists
from linnet.statistics.sql_parts import Query

_log = structlog.get_logger("linnet.statistics")
_TICK: Final = timedelta(milliseconds=1)
_FIELDS: Final = ", ".join(f'"{name}"' for name in Click._fields)
# As long as anybody waits for an answer.
_SECONDS: Final = 30.0
# How many clicks are looked at for each of the last ones at first, where a filter leaves some out, and by what more then.
_LOOKED_AT: Final = 20
_WIDER: Final = 8


class DuckdbStatistics:
    """Answers questions on cursors of the store, which may be asked from several threads while it takes clicks in.

    ``clear`` has the store forget the clicks of a domain that were made before a moment.
    """

    def __init__(
        self,
        cursor: Callable[[], duckdb.DuckDBPyConnection],
        clear: Callable[[int, datetime], object],
        *,
        seconds: float = _SECONDS,
    ) -> None:
        self._cursor = cursor
        self._clear = clear
        self._deadlines = Deadlines(seconds)

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists, all from one state of the store."""
        with self._asking() as ask:
            people = of_people(question)
            if people is None:
                points, tops = _chart_and_tops(ask, question)
            else:
                points = _chart(ask, replace(people, kind=Kind.BY_INTERVAL)) if question.bucket is not None else ()
                _, tops = _chart_and_tops(ask, replace(people, bucket=None))
            return Overview(
                totals=_totals(ask, question, question.interval),
                previous=_totals(ask, question, question.previous) if question.previous is not None else None,
                chart=points,
                tops=tops,
            )

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest clicks, newest first."""
        with self._asking() as ask:
            rows = _last_clicks(ask, question)
        return [Click._make(row)._replace(at=row[2].replace(tzinfo=UTC)) for row in rows]

    def clicks(self, question: Question, /) -> Generator[list[StoredClick]]:
        """All clicks, oldest first, in portions."""
        return stored_clicks(self._cursor, question)

    def by_interval(self, question: Question, /) -> tuple[Point, ...]:
        """A chart of people's clicks."""
        with self._asking() as ask:
            return _chart(ask, of_people(question) or question)

    def top(self, question: Question, /) -> tuple[Top, ...]:
        """One top list."""
        question = of_people(question) or question
        with self._asking() as ask:
            if question.column == "path" and question.link_number is None:
                return _top_paths(ask, question)
            return _tops(ask(sql.top(question, question.column)))

    def top_by_interval(self, question: Question, /) -> tuple[BucketTop, ...]:
        """One top list for each bucket."""
        with self._asking() as ask:
            return _top_by_interval(ask, of_people(question) or question)

    def link_paths(self, question: Question, /) -> dict[int, str]:
        """How links were visited that nobody else can name."""
        with self._asking() as ask:
            return dict(ask(sql.link_paths(question)))

    def counts(self, question: Question, /) -> tuple[int, ...]:
        """People's clicks of links and paths."""
        query = sql.counts(question)
        if query is None:
            return ()
        with self._asking() as ask:
            found = dict(ask(query))
        return tuple(int(found.get(position, 0)) for position in range(len(question.counted)))

    def breakdown(self, question: Question, /) -> tuple[Breakdown, ...]:
        """Totals by the values of a column."""
        with self._asking() as ask:
            rows = ask(sql_duckdb_breakdown.breakdown(question))
        return tuple(_breakdown(row) for row in rows)

    def clear(self, clearing: Clearing, /) -> None:
        """Forget clicks for good."""
        try:
            self._clear(clearing.domain_id, clearing.before)
        except (StorageUnavailable, duckdb.Error) as error:
            raise _unavailable("The statistics cannot be cleared now; repeat the request later.", error) from None

    def _asking(self) -> "_Asking":
        return _Asking(self._cursor, self._deadlines)


def _unavailable(message: str, error: Exception) -> StatisticsUnavailable:
    """The refusal for whoever asks; what the engine says, with names of files and parts of statements, is for the log."""
    _log.warning("statistics.unavailable", error=str(error))
    return StatisticsUnavailable(message)


class _Asking:
    """A cursor in one read transaction."""

    def __init__(self, cursor: Callable[[], duckdb.DuckDBPyConnection], deadlines: Deadlines) -> None:
        self._open = cursor
        self._deadlines = deadlines
        self._watch = ExitStack()

    def __enter__(self) -> "_Asking":
        try:
            self._connection = self._open()
            self._connection.execute("BEGIN TRANSACTION READ ONLY")
            self._watch.enter_context(self._deadlines.watch(self._connection))
        except duckdb.Error as error:
            raise _unavailable("The click store does not answer now; no click is lost by that.", error) from None
        return self

    def __call__(self, query: Query) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query.text, query.parameters).fetchall()
        except duckdb.InterruptException as error:
            raise _unavailable("This question takes too long; ask for a shorter period or with fewer filters.", error) from None
        except duckdb.Error as error:
            raise _unavailable("The click store does not answer now; no click is lost by that.", error) from None

    def __exit__(self, *failure: object) -> None:
        self._watch.close()
        self._connection.close()


def _totals(ask: _Asking, question: Question, interval: Interval | None) -> Totals:
    people = of_people(replace(question, tops=()))
    if people is not None:
        every = _totals(ask, people, interval)
        goals, worth = ask(sql_totals.goals_of_people(question, interval))[0] if every.conversions else (0, 0)
        return replace(every, clicks=every.human_clicks, conversions=int(goals), conversion_value=float(worth))
    if is_filtered(question):
        converted = ask(sql_totals.any_conversion(question, interval))
        # By themselves, because to join them to all matching clicks takes longer than to look for theirs once more.
        reached = ask(sql_totals.goals(question, interval))[0] if converted else (0, 0)
        row = (*ask(sql_totals.filtered_totals(question, interval))[0], *reached)
    else:
        opened = [day for (day,) in ask(sql_totals.open_days(question, interval))]
        (row,) = ask(sql_totals.totals(question, interval, opened))
    clicks, human_clicks, scans, visitors, conversions, worth = row
    return Totals(
        clicks=int(clicks),
        human_clicks=int(human_clicks),
        visitors=int(visitors),
        scans=int(scans),
        conversions=int(conversions),
        conversion_value=float(worth),
    )


def _chart_and_tops(ask: _Asking, question: Question) -> tuple[tuple[Point, ...], dict[str, tuple[Top, ...]]]:
    """All lists that can be told together are, and the chart with them where only raw clicks tell it."""
    raw = is_filtered(question) or question.link_number is not None
    charted = raw and question.bucket is not None and (is_filtered(question) or not is_daily(question))
    found: dict[str, list[tuple[Any, ...]]] = {}
    points: list[tuple[Any, ...]] = []
    together = question.tops if raw else [column for column in question.tops if column in ROLLED_UP]
    if together and not question.prefix:
        query, columns = raw_lists(question, chart=charted) if raw else rolled_lists(question)
        found = {column: [] for column in columns}
        for place, value, detail, score in ask(query):
            if place < 0:
                points.append((date.fromisoformat(value), int(detail), score))
            else:
                found[columns[place]].append((value, detail, score))
    if question.bucket is not None and not (charted and found):
        points = ask(sql.by_quarter(question))
    found |= {column: ask(sql.top(question, column)) for column in question.tops if column not in found}
    chart_ = _points(points, question) if question.bucket is not None else ()
    return chart_, {column: _tops(found[column]) for column in question.tops}


def _last_clicks(ask: _Asking, question: Question) -> list[tuple[Any, ...]]:
    """A window with enough clicks, as roll-ups tell, is looked through, and a wider one as long as filters leave too few."""
    # Of a link only whole days are told, the first and the last of which may lie in the question in part.
    wanted = question.limit * (_LOOKED_AT if is_filtered(question) else 1 if question.link_number is None else 2)
    while True:
        ((since,),) = ask(sql.window(question, wanted))
        rows = ask(sql.last_clicks(question, _FIELDS, since))
        if since is None or len(rows) >= question.limit:
            return rows
        wanted *= _WIDER


def _breakdown(row: tuple[Any, ...]) -> Breakdown:
    value, clicks, human_clicks, visitors, scans, conversions, worth, converted = row
    totals = Totals(
        clicks=clicks,
        human_clicks=human_clicks,
        visitors=visitors,
        scans=scans,
        conversions=int(conversions),
        conversion_value=float(worth),
    )
    return Breakdown(value=value, totals=totals, converted=converted)


def _chart(ask: _Asking, question: Question) -> tuple[Point, ...]:
    assert question.bucket is not None
    return _points(ask(sql.by_quarter(question)), question)


def _points(rows: Iterable[tuple[Any, ...]], question: Question) -> tuple[Point, ...]:
    """The chart of rows of a day, a quarter hour of it and clicks."""
    assert question.bucket is not None
    counts = [
        (datetime(day.year, day.month, day.day, tzinfo=UTC) + quarter * timedelta(minutes=15), int(clicks))
        for day, quarter, clicks in rows
    ]
    return chart(counts, question.bucket, time_zone(question.time_zone), question.interval)


def _tops(rows: list[tuple[Any, ...]]) -> tuple[Top, ...]:
    return tuple(Top(value=value, detail=detail, score=int(score)) for value, detail, score in rows)


def _top_paths(ask: _Asking, question: Question) -> tuple[Top, ...]:
    """Links are ranked by their numbers. Paths without a link are looked at one by one only when all of them together have
    enough clicks for one of them to be in the list."""
    ranked = ask(sql.top_links(question))
    rows = [("", str(number), score) for number, score in ranked if number]
    if any(not number for number, _ in ranked):
        rows += [(path, "0", score) for path, _, score in ask(sql.top(replace(question, link_number=0), "path"))]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    return _tops(rows[: question.limit])


def _top_by_interval(ask: _Asking, question: Question) -> tuple[BucketTop, ...]:
    assert question.bucket is not None
    zone, interval = time_zone(question.time_zone), question.interval
    if interval is None:
        first, last = ask(sql.moments(question))[0]
        if first is None:
            return ()
        interval = Interval(start=first.replace(tzinfo=UTC), end=last.replace(tzinfo=UTC) + _TICK)
    starts = bucket_starts(interval, question.bucket, zone, field="interval")
    limited(starts, question.limit)
    rows = ask(sql.top_by_interval(question, starts))
    lists: dict[datetime, list[tuple[Any, ...]]] = {}
    for start, *row in rows:
        lists.setdefault(start.replace(tzinfo=UTC), []).append(tuple(row))
    return tuple(BucketTop(at=start, tops=_tops(lists.get(start.astimezone(UTC), []))) for start in starts)
