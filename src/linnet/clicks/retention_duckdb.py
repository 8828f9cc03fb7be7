"""Old clicks leaving the embedded store."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from linnet.clicks.day_visitors import close
from linnet.clicks.rolled_off import SET_ROLLED_OFF
from linnet.clicks.store_duckdb import DuckdbClickStore

_OLDEST: Final = "SELECT domain_id, min(day) FROM clicks WHERE domain_id IN (SELECT unnest(?::INTEGER[])) GROUP BY domain_id"


class DuckdbRetention:
    """The embedded store as it lets go of old clicks."""

    def __init__(self, store: DuckdbClickStore) -> None:
        self._store = store

    def rolled_off(self) -> dict[int, date]:
        """The day before which each domain has no clicks one by one."""
        with self._store.cursor() as connection:
            return dict(connection.execute("SELECT domain_id, before FROM rolled_off").fetchall())

    def offsets(self) -> dict[str, int]:
        """Up to which byte each journal segment is in the store; may be asked by any thread."""
        return self._store.stored_offsets()

    def oldest_days(self, domain_ids: Iterable[int], /) -> dict[int, date]:
        """The oldest day of which there are clicks."""
        with self._store.cursor() as connection:
            return dict(connection.execute(_OLDEST, [list(domain_ids)]).fetchall())

    def roll_off(self, domain_id: int, day: date, /) -> int:
        """Delete a day's clicks and note it, in one transaction. Conversions stay: they are told of no visitor."""
        with self._store.writing() as connection:
            close(connection, day, domain_id)
            deleted = connection.execute("DELETE FROM clicks WHERE domain_id = ? AND day = ?", [domain_id, day]).fetchone()
            connection.execute(SET_ROLLED_OFF, [domain_id, day.fromordinal(day.toordinal() + 1)])
        return int(deleted[0]) if deleted else 0

    def give_back(self) -> None:
        """Have the file's blocks without clicks used again, and its end cut off where it has none."""
        self._store.checkpoint()
