"""Days that are over: their clicks are laid in the order of links, so that a question on one reads little; visitors counted.

Clicks lie in the file as they came, which is by time, and each link's are everywhere. Once a day (UTC) is over and quiet, its
clicks are moved behind all others, in the order of domain, link and time, a piece in a transaction: kill it at any moment, and
each click is where it was or where it should be, once. The day's visitors are counted in the last of these transactions, which
closes the day; a click that comes later opens it again (``day_visitors.reopen``), and is itself put in order in the next round.
"""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import duckdb
import structlog

from linnet.clicks.day_visitors import close
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.errors import StorageUnavailable

# What one transaction moves at most (more only of a link with more clicks in a day): a second or two, while no clicks come in.
PIECE_ROWS: Final = 500_000
# For how long after its end, and after its last click, a day is left alone.
_GRACE: Final = timedelta(minutes=5)
_QUIET_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 30.0
_AS_THEY_CAME: Final = "tier = 0 AND day = ?"
_log = structlog.get_logger("linnet.clicks")


class Ordering:
    """Brings the days of a store into order, the oldest first, while clicks come in and questions are asked."""

    def __init__(
        self,
        store: DuckdbClickStore,
        *,
        piece_rows: int = PIECE_ROWS,
        quiet_seconds: float = _QUIET_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._piece_rows = piece_rows
        self._quiet_seconds = quiet_seconds
        self._now = now

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set; what is not in order by then is with the next start."""
        while not ended.wait(_PAUSE_SECONDS):
            try:
                self.work_off(ended)
            except StorageUnavailable as error:
                _log.warning("ordering.waiting", error=str(error))

    def work_off(self, ended: threading.Event | None = None) -> None:
        """Bring all days into order that are over and quiet. Raises StorageUnavailable."""
        for day in self.due():
            done = False
            while not done:
                began = time.monotonic()
                done = self.step(day)
                # As long a pause as the work took, in which clicks come in.
                if ended is not None and ended.wait(time.monotonic() - began):
                    return

    def due(self) -> list[date]:
        """Open days that are over and quiet, the oldest first."""
        closing = (self._now() - _GRACE).date()
        with self._store.cursor() as connection:
            found = connection.execute("SELECT DISTINCT day FROM open_days WHERE day < ? ORDER BY day", [closing]).fetchall()
        return [day for (day,) in found if self._store.quiet_for(day) >= self._quiet_seconds]

    def step(self, day: date) -> bool:
        """Move a piece of a day; with the last one the day is closed, and the answer is True. Raises StorageUnavailable."""
        with self._store.writing() as connection:
            piece = self._piece(connection, day)
            _move(connection, day, piece)
            if piece:
                return False
            close(connection, day)
        _log.info("ordering.closed", day=str(day))
        return True

    def _piece(self, connection: duckdb.DuckDBPyConnection, day: date) -> str:
        """The condition on the first clicks of the day in the order to come, those of one piece; "" when that is all."""
        bound = connection.execute(
            f"""SELECT domain_id, link_number FROM
                (SELECT *, sum(clicks) OVER (ORDER BY domain_id, link_number) AS so_far, sum(clicks) OVER () AS every FROM
                    (SELECT domain_id, link_number, count(*) AS clicks FROM clicks WHERE {_AS_THEY_CAME} GROUP BY ALL))
            WHERE so_far >= ? AND every > ? ORDER BY so_far LIMIT 1""",
            [day, self._piece_rows, self._piece_rows],
        ).fetchone()
        if bound is None:
            return ""
        domain_id, link_number = bound
        return f" AND (domain_id < {domain_id:d} OR (domain_id = {domain_id:d} AND link_number <= {link_number:d}))"


def _move(connection: duckdb.DuckDBPyConnection, day: date, piece: str) -> None:
    connection.execute(
        f"""INSERT INTO clicks SELECT * REPLACE (1::UTINYINT AS tier) FROM clicks WHERE {_AS_THEY_CAME}{piece}
            ORDER BY domain_id, link_number, "at" """,
        [day],
    )
    connection.execute(f"DELETE FROM clicks WHERE {_AS_THEY_CAME}{piece}", [day])
