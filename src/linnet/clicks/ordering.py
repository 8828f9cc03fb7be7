"""Days that are over: their visitors are counted, and their clicks laid in the order of links, so that questions read little.

Clicks lie in the file as they came, which is by time, and each link's are everywhere. Once a day (UTC) is over and quiet, its
visitors are counted, in one transaction, which closes the day; a click that comes later opens it again
(``day_visitors.reopen``). When the days that are over have a million clicks where they came, these are moved behind all others,
in the order of domain, link and time, a piece in a transaction: kill it at any moment, and each click is in one of the places.
So are roll-ups, in the order of their keys.
"""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import duckdb
import structlog

from linnet.clicks.day_visitors import close
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.staging import merge_statements
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.errors import StorageUnavailable

# How many clicks are put in one order, at least: with fewer, a link's would be in more places than it is worth.
RUN_ROWS: Final = 1_000_000
# What one transaction moves at most (more only of a link with more clicks): two or three seconds, while no clicks come in.
PIECE_ROWS: Final = 1_500_000
# For how long after its end, and after its last click, a day is left alone.
_GRACE: Final = timedelta(minutes=5)
_QUIET_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 30.0
_log = structlog.get_logger("linnet.clicks")


class Run(NamedTuple):
    """Days whose clicks are put in one order, the last one included."""

    first: date
    last: date

    def scope(self) -> str:
        """The condition on those of their clicks that lie where they came."""
        return f"tier = 0 AND day >= DATE '{self.first.isoformat()}' AND day <= DATE '{self.last.isoformat()}'"


class Ordering:
    """Brings the days of a store into order, the oldest first, while clicks come in and questions are asked."""

    def __init__(
        self,
        store: DuckdbClickStore,
        *,
        run_rows: int = RUN_ROWS,
        piece_rows: int = PIECE_ROWS,
        quiet_seconds: float = _QUIET_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._run_rows = run_rows
        self._piece_rows = piece_rows
        self._quiet_seconds = quiet_seconds
        self._now = now

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set; what is not in order by then is with the next start."""
        looked_for_runs = False
        while not ended.wait(_PAUSE_SECONDS):
            try:
                closed = self.close_days(ended)
                if closed or not looked_for_runs:
                    self.move_runs(ended)
                    self.order_rollups()
                    looked_for_runs = True
            except StorageUnavailable as error:
                _log.warning("ordering.waiting", error=str(error))
                looked_for_runs = False

    def work_off(self) -> None:
        """Do all that is due, without pauses. Raises StorageUnavailable."""
        self.close_days()
        self.move_runs()
        self.order_rollups()

    def close_days(self, ended: threading.Event | None = None) -> int:
        """Count the visitors of days that are over and quiet; returns how many days. Raises StorageUnavailable."""
        days = [day for day in self._open_days() if self._is_quiet(day)]
        for number, day in enumerate(days):
            began = time.monotonic()
            with self._store.writing() as connection:
                close(connection, day)
            _log.info("ordering.closed", day=str(day))
            if _rested(ended, began):
                return number + 1
        return len(days)

    def move_runs(self, ended: threading.Event | None = None) -> None:
        """Put clicks in order as long as there are enough for it. Raises StorageUnavailable."""
        while (run := self.next_run()) is not None:
            done = False
            while not done:
                began = time.monotonic()
                done = self.move_piece(run)
                if _rested(ended, began):
                    return
            _log.info("ordering.moved", first=str(run.first), last=str(run.last))

    def order_rollups(self) -> None:
        """Lay the rows of roll-ups of days that are over in the order of their keys, as long as there are enough for it.

        Raises StorageUnavailable."""
        while (run := self.next_rollups()) is not None:
            days = f"day >= DATE '{run.first.isoformat()}' AND day <= DATE '{run.last.isoformat()}'"
            for table in ROLLUP_KEYS:
                with self._store.writing() as connection:
                    for statement in merge_statements(table, days):
                        connection.execute(statement)
            with self._store.writing() as connection:
                connection.execute("DELETE FROM rollups_ordered")
                connection.execute("INSERT INTO rollups_ordered VALUES (?)", [run.last])

    def next_rollups(self) -> Run | None:
        """The oldest days whose roll-ups are not in order and have enough rows for it."""
        counted = """SELECT day, count(*) FROM rollup_values WHERE day < ? AND day > coalesce(
            (SELECT max(through) FROM rollups_ordered), DATE '0001-01-01') GROUP BY day ORDER BY day"""
        return self._enough(counted)

    def next_run(self) -> Run | None:
        """The oldest days that have enough clicks where they came, as far as days are over and quiet."""
        return self._enough("SELECT day, count(*) FROM clicks WHERE tier = 0 AND day < ? GROUP BY day ORDER BY day")

    def _enough(self, counted: str) -> Run | None:
        with self._store.cursor() as connection:
            found = connection.execute(counted, [self._closing()]).fetchall()
        rows, first = 0, None
        for day, number in found:
            if not self._is_quiet(day):
                break
            first, rows = first or day, rows + number
            if rows >= self._run_rows:
                return Run(first, day)
        return None

    def move_piece(self, run: Run) -> bool:
        """Move the first of a run's clicks in the order to come; whether those were all. Raises StorageUnavailable."""
        with self._store.writing() as connection:
            piece = self._piece(connection, run)
            connection.execute(
                f"""INSERT INTO clicks SELECT * REPLACE (1::UTINYINT AS tier) FROM clicks WHERE {run.scope()}{piece}
                    ORDER BY domain_id, link_number, "at" """
            )
            connection.execute(f"DELETE FROM clicks WHERE {run.scope()}{piece}")
        return not piece

    def _piece(self, connection: duckdb.DuckDBPyConnection, run: Run) -> str:
        """The condition on as many clicks as one piece may have; "" when that is all of them."""
        bound = connection.execute(
            f"""SELECT domain_id, link_number FROM
                (SELECT *, sum(clicks) OVER (ORDER BY domain_id, link_number) AS so_far, sum(clicks) OVER () AS every FROM
                    (SELECT domain_id, link_number, count(*) AS clicks FROM clicks WHERE {run.scope()} GROUP BY ALL))
            WHERE so_far >= {self._piece_rows:d} AND every > {self._piece_rows:d} ORDER BY so_far LIMIT 1"""
        ).fetchone()
        if bound is None:
            return ""
        domain_id, link_number = bound
        return f" AND (domain_id < {domain_id:d} OR (domain_id = {domain_id:d} AND link_number <= {link_number:d}))"

    def _open_days(self) -> list[date]:
        with self._store.cursor() as connection:
            asked = "SELECT DISTINCT day FROM open_days WHERE day < ? ORDER BY day"
            return [day for (day,) in connection.execute(asked, [self._closing()]).fetchall()]

    def _closing(self) -> date:
        """The first day that may still be going on."""
        return (self._now() - _GRACE).date()

    def _is_quiet(self, day: date) -> bool:
        return self._store.quiet_for(day) >= self._quiet_seconds


def _rested(ended: threading.Event | None, began: float) -> bool:
    """Make as long a pause as the work took, in which clicks come in; whether work is to end."""
    return ended is not None and ended.wait(time.monotonic() - began)
