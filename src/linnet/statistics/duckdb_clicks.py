"""Raw clicks out of the embedded store: one stretch of time after the other, so that nobody who reads slowly holds anything."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb
import structlog

from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Interval, Question
from linnet.statistics import sql_duckdb_clicks as sql
from linnet.statistics.exports import StoredClick
from linnet.statistics.plan import QUARTER
from linnet.statistics.sql_parts import Query

STRETCH_ROWS: Final = 3_000
# A stretch has more only where one moment has more.
_MOST_ROWS: Final = 8_000
_MOST_PIECES: Final = 900
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_FEW_ROWS: Final = 2_000
_log = structlog.get_logger("linnet.statistics")


def stored_clicks(open_cursor: Callable[[], duckdb.DuckDBPyConnection], question: Question) -> Generator[list[StoredClick]]:
    """All clicks of a question with their goals, oldest first, in portions.

    Each stretch is read in a transaction of its own, which is over before its clicks are handed out (but for a moment that has
    more of them than a stretch should). What is stored later of a time that was handed out is left out. StatisticsUnavailable
    when the domain is cleared meanwhile: what was handed out would be half of what there was.
    """
    with _asking(open_cursor) as connection:
        cleared = _rows(connection, sql.cleared(question))
        found = _rows(connection, sql.stretches(question, STRETCH_ROWS))
    for stretch in _intervals(found, question.interval):
        with closing(_stretch(open_cursor, question, stretch, cleared)) as portions:
            yield from portions


def _stretch(
    open_cursor: Callable[[], duckdb.DuckDBPyConnection], question: Question, stretch: Interval, cleared: list[Any]
) -> Generator[list[StoredClick]]:
    with _asking(open_cursor) as connection:
        if _rows(connection, sql.cleared(question)) != cleared:
            raise StatisticsUnavailable("The domain's statistics were cleared while its clicks were read; ask again.")
        query = sql.clicks(question, stretch)
        connection.execute(query.text, query.parameters)
        rows = connection.fetchmany(_MOST_ROWS)
        while len(rows) == _MOST_ROWS:
            for first in range(0, _MOST_ROWS, _FEW_ROWS):
                yield _read(rows[first : first + _FEW_ROWS])
            rows = connection.fetchmany(_MOST_ROWS)
    for first in range(0, len(rows), _FEW_ROWS):
        yield _read(rows[first : first + _FEW_ROWS])


def _intervals(found: list[tuple[datetime, int]], whole: Interval | None) -> Iterator[Interval]:
    """The stretches without gaps, from the beginning to the end of the whole interval."""
    begin, end = (whole.start, whole.end) if whole is not None else (_FIRST, _AFTER)
    for place, (start, clicks) in enumerate(found):
        pieces = min(_MOST_PIECES, -(-int(clicks) // STRETCH_ROWS))
        after = found[place + 1][0].replace(tzinfo=UTC) if place + 1 < len(found) else end
        cuts = [start.replace(tzinfo=UTC) + number * QUARTER / pieces for number in range(1, pieces)] if pieces > 1 else []
        for cut in (*cuts, after):
            until = min(_whole_milliseconds(cut), end)
            if begin < until:
                yield Interval(start=begin, end=until)
                begin = until
    if begin < end:
        yield Interval(start=begin, end=end)


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=moment.microsecond % 1000)


def _read(rows: list[tuple[Any, ...]]) -> list[StoredClick]:
    return [
        (
            at.replace(tzinfo=UTC),
            *fields,
            tuple((goal["name"], goal["at"].replace(tzinfo=UTC), goal["value"]) for goal in goals) if goals else (),
        )
        for at, *fields, goals in rows
    ]


@contextmanager
def _asking(open_cursor: Callable[[], duckdb.DuckDBPyConnection]) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with closing(open_cursor()) as connection:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection
    except duckdb.Error as error:
        _log.warning("statistics.unavailable", error=str(error))
        raise StatisticsUnavailable("The click store does not answer now; no click is lost by that.") from None


def _rows(connection: duckdb.DuckDBPyConnection, query: Query) -> list[Any]:
    return connection.execute(query.text, query.parameters).fetchall()
