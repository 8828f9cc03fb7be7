"""Raw clicks out of ClickHouse: one portion after the other, so that nobody who reads slowly holds anything."""

from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Interval, Question
from linnet.statistics import sql_clickhouse_clicks as sql
from linnet.statistics.exports import StoredClick
from linnet.statistics.sql_clickhouse_parts import Statement

PORTION_ROWS: Final = 10_000
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER: Final = datetime(2299, 1, 1, tzinfo=UTC)
_FEW_ROWS: Final = 2_000
_TICK: Final = timedelta(milliseconds=1)
Ask = Callable[[Statement], list[tuple[Any, ...]]]


def stored_clicks(ask: Ask, question: Question) -> Generator[list[StoredClick]]:
    """All clicks of a question with their goals, oldest first, in portions; each is asked for when the one before was taken.

    What is stored later of a time that was handed out is left out. StatisticsUnavailable when the domain is cleared meanwhile:
    what was handed out would be half of what there was.
    """
    cleared = ask(sql.cleared(question))
    starts = [datetime.fromtimestamp(second, UTC) for (second,) in ask(sql.stretches(question, PORTION_ROWS))]
    for stretch in _stretches(starts, question.interval):
        rest: Interval | None = stretch
        while rest is not None:
            if ask(sql.cleared(question)) != cleared:
                raise StatisticsUnavailable("The domain's statistics were cleared while its clicks were read; ask again.")
            rows = ask(sql.clicks(question, rest, PORTION_ROWS))
            read = [_read(row) for row in rows]
            for first in range(0, len(read), _FEW_ROWS):
                yield read[first : first + _FEW_ROWS]
            rest = Interval(start=read[-1][0] + _TICK, end=stretch.end) if len(read) >= PORTION_ROWS else None


def _stretches(starts: list[datetime], whole: Interval | None) -> Iterator[Interval]:
    """The stretches without gaps, from the beginning to the end of the whole interval."""
    begin, end = (whole.start, whole.end) if whole is not None else (_FIRST, _AFTER)
    cuts = [begin, *(start for start in starts[1:] if begin < start < end), end]
    return (Interval(start=start, end=after) for start, after in pairwise(cuts) if start < after)


def _read(row: tuple[Any, ...]) -> StoredClick:
    at, *fields, goals = row
    return (_aware(at), *fields, tuple((name, _aware(reached_at), value) for name, reached_at, value in goals))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
