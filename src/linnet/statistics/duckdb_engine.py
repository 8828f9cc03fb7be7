"""The engine on the embedded click store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb

from linnet.model.click import Click
from linnet.model.errors import StatisticsUnavailable
from linnet.model.periods import time_zone
from linnet.model.statistics import Interval, Overview, Question, Top, Totals
from linnet.statistics import sql_duckdb as sql
from linnet.statistics.series import chart

_FIELDS: Final = ", ".join(f'"{name}"' for name in Click._fields)


class DuckdbStatistics:
    """Answers questions on cursors of the store, which may be asked from several threads while it takes clicks in."""

    def __init__(self, cursor: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._cursor = cursor

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists, all from one state of the store."""
        with _Asking(self._cursor) as ask:
            return Overview(
                totals=_totals(ask, question, question.interval),
                previous=_totals(ask, question, question.previous) if question.previous is not None else None,
                chart=_chart(ask, question) if question.bucket is not None else (),
                tops={
                    column: tuple(
                        Top(value=value, detail=detail, score=int(score))
                        for value, detail, score in ask(sql.top(question, column))
                    )
                    for column in question.tops
                },
            )

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest clicks, newest first."""
        with _Asking(self._cursor) as ask:
            rows = ask(sql.last_clicks(question, _FIELDS))
        return [Click._make(row)._replace(at=row[2].replace(tzinfo=UTC)) for row in rows]


class _Asking:
    """A cursor in one read transaction."""

    def __init__(self, cursor: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._open = cursor

    def __enter__(self) -> "_Asking":
        try:
            self._connection = self._open()
            self._connection.execute("BEGIN TRANSACTION READ ONLY")
        except duckdb.Error as error:
            raise StatisticsUnavailable(f"The click store does not answer: {error}") from None
        return self

    def __call__(self, query: sql.Query) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query.text, query.parameters).fetchall()
        except duckdb.Error as error:
            raise StatisticsUnavailable(f"The click store does not answer: {error}") from None

    def __exit__(self, *failure: object) -> None:
        self._connection.close()


def _totals(ask: _Asking, question: Question, interval: Interval | None) -> Totals:
    clicks, human_clicks = ask(sql.totals(question, interval))[0]
    return Totals(clicks=int(clicks or 0), human_clicks=int(human_clicks or 0))


def _chart(ask: _Asking, question: Question) -> tuple[Any, ...]:
    assert question.bucket is not None
    counts = [
        (datetime(day.year, day.month, day.day, tzinfo=UTC) + quarter * timedelta(minutes=15), int(clicks))
        for day, quarter, clicks in ask(sql.by_quarter(question))
    ]
    return chart(counts, question.bucket, time_zone(question.time_zone), question.interval)
