"""Salts of days in ClickHouse, where all nodes find the same ones."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from linnet.clicks.store_clickhouse import ClickhouseClickStore

_EPOCH: Final = date(1970, 1, 1)


class ClickhouseSalts:
    """Salts in the table ``visitor_salts``. Where two nodes made one for the same day, all take the lesser."""

    def __init__(self, store: ClickhouseClickStore) -> None:
        self._store = store

    def read(self) -> dict[int, bytes]:
        """All salts."""
        with self._store.turn() as session:
            rows = session.rows("SELECT day, min(salt) FROM visitor_salts GROUP BY day")
        return {(day - _EPOCH).days: bytes.fromhex(salt) for day, salt in rows}

    def add(self, salts: Mapping[int, bytes], /) -> None:
        """Keep salts of days that have none."""
        if salts:
            days = [_date(day) for day in salts]
            columns = {"day": ("Date", days), "salt": ("String", [salt.hex() for salt in salts.values()])}
            with self._store.turn() as session:
                session.insert("visitor_salts", columns)

    def forget(self, days: Iterable[int], /) -> None:
        """Remove the salts of days; the files in which they lay are deleted soon afterwards."""
        listed = ", ".join(f"'{_date(day).isoformat()}'" for day in days)
        if listed:
            with self._store.turn() as session:
                if session.delete("visitor_salts", f"day IN ({listed})"):
                    session.purge("visitor_salts")


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)
