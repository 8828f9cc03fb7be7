"""Old clicks leaving ClickHouse."""

from collections.abc import Iterable
from datetime import date, timedelta

from linnet.clicks import clickhouse_sql as sql
from linnet.clicks.store_clickhouse import ClickhouseClickStore


class ClickhouseRetention:
    """The store in ClickHouse as it lets go of old clicks."""

    def __init__(self, store: ClickhouseClickStore) -> None:
        self._store = store

    def rolled_off(self) -> dict[int, date]:
        """The day before which each domain has no clicks one by one."""
        with self._store.turn() as session:
            return session.rolled_off()

    def offsets(self) -> dict[str, int]:
        """Up to which byte each journal segment is known to be in the store, also while that does not answer."""
        return self._store.known_offsets()

    def oldest_days(self, domain_ids: Iterable[int], /) -> dict[int, date]:
        """The oldest day of which there are clicks."""
        ids = ", ".join(f"{domain_id:d}" for domain_id in domain_ids)
        if not ids:
            return {}
        with self._store.turn() as session:
            return dict(session.rows(f"SELECT domain_id, min(day) FROM clicks WHERE domain_id IN ({ids}) GROUP BY domain_id"))  # noqa: S608

    def roll_off(self, domain_id: int, day: date, /) -> int:
        """Count the visitors of a day, note that a domain's clicks up to then are gone, and delete those of the day. Where that
        is broken off, they are found again as the oldest."""
        with self._store.turn() as session:
            session.run(sql.keep_visitors(domain_id, day))
            before = day + timedelta(days=1)
            session.insert("rolled_off", {"domain_id": ("Int32", [domain_id]), "before": ("Date", [before])})
            return session.delete("clicks", f"domain_id = {domain_id:d} AND day = '{day.isoformat()}'")

    def give_back(self) -> None:
        """Have what was deleted written over in the background."""
        with self._store.turn() as session:
            session.purge("clicks")
