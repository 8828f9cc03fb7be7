"""The engine on ClickHouse, which every process asks by itself over HTTP."""

import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from linnet.model.click import Click
from linnet.model.errors import StatisticsUnavailable, StorageUnavailable
from linnet.model.periods import time_zone
from linnet.model.statistics import Breakdown, BucketTop, Clearing, Interval, Kind, Overview, Point, Question, Top, Totals
from linnet.statistics import sql_clickhouse as sql
from linnet.statistics.admission import Admission
from linnet.statistics.clickhouse_clicks import stored_clicks
from linnet.statistics.exports import StoredClick
from linnet.statistics.plan import is_filtered, of_people
from linnet.statistics.series import bucket_starts, chart, limited
from linnet.statistics.sql_clickhouse_parts import Statement

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MAX_SECONDS: Final = 25
MAX_MEMORY_BYTES: Final = 4 << 30
MAX_ROWS: Final = 1_000_000
# What a question may do and take; the server holds it to that.
LIMITS: Final = {
    "readonly": 1,
    "max_execution_time": MAX_SECONDS,
    "max_memory_usage": MAX_MEMORY_BYTES,
    "max_bytes_before_external_group_by": MAX_MEMORY_BYTES // 2,
    "max_result_rows": MAX_ROWS,
    # Clicks and their conversions are on the same server of a cluster.
    "distributed_product_mode": "local",
}
# What the server says when a question reaches one of its limits: of time, memory, rows.
_TOO_MUCH: Final = frozenset([158, 159, 160, 191, 241, 307, 396])
_THREADS: Final = 8
# How long nobody asks again after the server was not found.
_PAUSE_SECONDS: Final = 1.0
# A filter may leave few clicks: a window that proves too short becomes so much longer.
_WIDER: Final = 8
_MILLISECOND: Final = timedelta(milliseconds=1)
Answer = TypeVar("Answer")
_log = structlog.get_logger("linnet.statistics")


class ClickhouseStatistics:
    """Answers questions by statements that run at once where there are several; made before a server is there.

    ``connect`` makes a client that several threads may use, with these settings; ``clear`` has the store forget the clicks of a
    domain that were made before a moment. Both raise StorageUnavailable.
    """

    def __init__(self, connect: Callable[[dict[str, Any]], "Client"], clear: Callable[[int, datetime], object]) -> None:
        self._server = _Server(connect)
        self._clear = clear
        self._admission = Admission()

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists; clicks that come meanwhile may be in some of them."""
        with self._admission:
            begin = self._server.begin
            totals = self._begin_totals(question, question.interval)
            previous = self._begin_totals(question, question.previous) if question.previous is not None else None
            people = of_people(question)
            charted = question if people is None else replace(people, kind=Kind.BY_INTERVAL)
            quarters = begin(sql.by_quarter(charted)) if question.bucket is not None else None
            tops = {column: begin(sql.top(people or question, column)) for column in question.tops}
            return Overview(
                totals=totals.result(),
                previous=previous.result() if previous is not None else None,
                chart=_chart(question, quarters.result()) if quarters is not None else (),
                tops={column: _tops(rows.result()) for column, rows in tops.items()},
            )

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest clicks, newest first. They are looked for in the time in which the newest clicks were made, which roll-ups
        tell, and in longer times until enough are found that match."""
        with self._admission:
            clicks = question.limit * (_WIDER if is_filtered(question) else 1)
            while (since := self._window(question, clicks)) is not None:
                rows = self._server.ask(sql.last_clicks(question, Click._fields, since))
                if len(rows) >= question.limit:
                    return [_click(row) for row in rows]
                clicks *= _WIDER
            return [_click(row) for row in self._server.ask(sql.last_clicks(question, Click._fields, None))]

    def by_interval(self, question: Question, /) -> tuple[Point, ...]:
        """A chart of people's clicks."""
        question = of_people(question) or question
        with self._admission:
            return _chart(question, self._server.ask(sql.by_quarter(question)))

    def top(self, question: Question, /) -> tuple[Top, ...]:
        """One top list."""
        question = of_people(question) or question
        with self._admission:
            if question.column == "path" and question.link_number is None:
                return self._top_paths(question)
            return _tops(self._server.ask(sql.top(question, question.column)))

    def top_by_interval(self, question: Question, /) -> tuple[BucketTop, ...]:
        """One top list for each bucket."""
        question = of_people(question) or question
        assert question.bucket is not None
        with self._admission:
            interval = question.interval
            if interval is None:
                values, first, last = self._server.ask(sql.moments(question))[0]
                if not values:
                    return ()
                interval = Interval(start=_moment(first), end=_moment(last) + _MILLISECOND)
            starts = bucket_starts(interval, question.bucket, time_zone(question.time_zone), field="interval")
            limited(starts, question.limit)
            rows = self._server.ask(sql.top_by_interval(question, starts))
        lists: dict[int, list[tuple[Any, ...]]] = {}
        for start, *row in rows:
            lists.setdefault(start, []).append(tuple(row))
        return tuple(BucketTop(at=start, tops=_tops(lists.get(int(start.timestamp()), []))) for start in starts)

    def link_paths(self, question: Question, /) -> dict[int, str]:
        """How links were visited that nobody else can name."""
        with self._admission:
            return dict(self._server.ask(sql.link_paths(question)))

    def counts(self, question: Question, /) -> tuple[int, ...]:
        """People's clicks of links and paths."""
        statement = sql.counts(question)
        if statement is None:
            return ()
        with self._admission:
            found = dict(self._server.ask(statement))
        return tuple(int(found.get(position, 0)) for position in range(len(question.counted)))

    def breakdown(self, question: Question, /) -> tuple[Breakdown, ...]:
        """Totals by the values of a column."""
        with self._admission:
            rows = self._server.ask(sql.breakdown(question))
        return tuple(Breakdown(value=value, totals=_totals(row), converted=converted) for value, *row, converted in rows)

    def clicks(self, question: Question, /) -> Generator[list[StoredClick]]:
        """All clicks of the question with their goals, oldest first, in portions of some thousands."""
        return stored_clicks(self._server.ask, question)

    def clear(self, clearing: Clearing, /) -> None:
        """Forget clicks for good."""
        try:
            self._clear(clearing.domain_id, clearing.before)
        except StorageUnavailable as error:
            _log.warning("statistics.not_cleared", error=error.message)
            raise StatisticsUnavailable("The statistics cannot be cleared now; repeat the request later.") from None

    def _begin_totals(self, question: Question, interval: Interval | None) -> "Future[Totals]":
        return self._server.start(partial(_totals_of, self._server.ask, question, interval))

    def _window(self, question: Question, clicks: int) -> datetime | None:
        """Since when the newest ``clicks`` were made; None where the question asks about no time before that."""
        since, older = self._server.ask(sql.window(question, clicks))[0]
        floors = [moment for moment in (question.after, question.interval.start if question.interval else None) if moment]
        start = _moment(since)
        return start if older and all(floor < start for floor in floors) else None

    def _top_paths(self, question: Question) -> tuple[Top, ...]:
        """Links are ranked by their numbers. Paths without a link are looked at one by one only when all of them together have
        enough clicks for one of them to be in the list."""
        ranked = self._server.ask(sql.top_links(question))
        rows = [("", str(number), score) for number, score in ranked if number]
        if any(not number for number, _ in ranked):
            orphans = self._server.ask(sql.top(replace(question, link_number=0), "path"))
            rows += [(path, "0", score) for path, _, score in orphans]
        rows.sort(key=lambda row: (-row[2], row[0], row[1]))
        return _tops(rows[: question.limit])


class _Server:
    """The client, made when it is first needed, and the threads that ask it."""

    def __init__(self, connect: Callable[[dict[str, Any]], "Client"]) -> None:
        self._connect = connect
        self._connecting = threading.Lock()
        self._client: Client | None = None
        self._failed_at = float("-inf")
        self._threads = ThreadPoolExecutor(_THREADS, "statistics")

    def begin(self, statement: Statement) -> "Future[list[tuple[Any, ...]]]":
        """Have a thread ask."""
        return self.start(partial(self.ask, statement))

    def start(self, work: Callable[[], Answer]) -> "Future[Answer]":
        """Have a thread work."""
        return self._threads.submit(work)

    def ask(self, statement: Statement) -> list[tuple[Any, ...]]:
        """The rows that a statement answers."""
        client = self._found()
        from clickhouse_connect.driver.exceptions import Error

        try:
            return [tuple(row) for row in client.query(statement.text, parameters=statement.parameters).result_rows]
        except (Error, OSError) as error:
            raise _refusal(error) from None

    def _found(self) -> "Client":
        with self._connecting:
            if self._client is None:
                if time.monotonic() - self._failed_at < _PAUSE_SECONDS:
                    raise _away()
                try:
                    self._client = self._connect(LIMITS)
                except StorageUnavailable as error:
                    self._failed_at = time.monotonic()
                    _log.warning("statistics.unavailable", error=error.message)
                    raise _away() from None
            return self._client


def _away() -> StatisticsUnavailable:
    return StatisticsUnavailable("The click store does not answer now; no click is lost by that.")


def _refusal(error: Exception) -> StatisticsUnavailable:
    """The refusal for whoever asks; what the server says, with parts of statements, is for the log."""
    _log.warning("statistics.unavailable", error=str(error)[:2000])
    if getattr(error, "code", None) in _TOO_MUCH:
        return StatisticsUnavailable(
            "This question takes more time or memory than a question may; ask for a shorter period, or with fewer filters."
        )
    return _away()


def _totals_of(ask: Callable[[Statement], list[tuple[Any, ...]]], question: Question, interval: Interval | None) -> Totals:
    people = of_people(replace(question, tops=()))
    if people is not None:
        every = _totals_of(ask, people, interval)
        goals, worth = ask(sql.goals(question, interval))[0] if every.conversions else (0, 0.0)
        return replace(every, clicks=every.human_clicks, conversions=goals, conversion_value=worth)
    if is_filtered(question):
        return _totals(ask(sql.totals(question, interval))[0])
    of_link = question.link_number is not None
    days = None if of_link else [(day, int(at)) for day, at in ask(sql.days_counted(question, interval))]
    return _totals(ask(sql.rolled_totals(question, interval, days))[0])


def _totals(row: Iterable[Any]) -> Totals:
    clicks, human_clicks, visitors, scans, conversions, value = row
    return Totals(
        clicks=clicks,
        human_clicks=human_clicks,
        visitors=visitors,
        scans=scans,
        conversions=conversions,
        conversion_value=value,
    )


def _chart(question: Question, rows: Iterable[tuple[int, int]]) -> tuple[Point, ...]:
    assert question.bucket is not None
    counts = [(_moment(second), clicks) for second, clicks in rows]
    return chart(counts, question.bucket, time_zone(question.time_zone), question.interval)


def _tops(rows: Iterable[tuple[Any, ...]]) -> tuple[Top, ...]:
    return tuple(Top(value=value, detail=detail, score=score) for value, detail, score in rows)


def _click(row: tuple[Any, ...]) -> Click:
    click = Click._make(row)
    return click._replace(at=click.at.replace(tzinfo=UTC))


_moment = partial(datetime.fromtimestamp, tz=UTC)
