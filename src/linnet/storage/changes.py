"""The change log: what a transaction did to routes and domains, in the order of the commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select, text

from linnet.storage.dialects import PLACEHOLDER
from linnet.storage.tables import domains, microseconds

# Any number will do, as long as nothing else in the database locks it: the letters "linnet".
_CHANGE_LOG_LOCK: Final = 0x6C696E6E6574
_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({_CHANGE_LOG_LOCK})")
# Spelled for the driver: nearly every transaction writes one of these, and a bulk a thousand.
_ADD: Final = {
    dialect: f"INSERT INTO changes (domain_id, hostname, path_key, at) VALUES ({', '.join([place] * 4)})"  # noqa: S608
    for dialect, place in PLACEHOLDER.items()
}
_HOSTNAME: Final = select(domains.c.hostname).where(domains.c.id == bindparam("domain_id"))
_LAST: Final = {
    "sqlite": text("SELECT last_insert_rowid()"),
    "postgresql": text("SELECT currval(pg_get_serial_sequence('changes', 'sequence'))"),
}


class ChangeRepository:
    """Collects the changes of one unit of work; they are written, numbered, just before it commits.

    Writing them last keeps short the time in which writers wait for each other: on PostgreSQL a lock serialises them from the
    first change row to the commit, so that the numbers become visible in their order and a follower that has seen 7 will
    never meet a 6. (SQLite has one writer at a time anyway.)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._routes: dict[tuple[int, str], None] = {}
        self._domains: dict[int, str | None] = {}

    def record(self, domain_id: int, path_key: str) -> None:
        """The route under ``path_key`` was added, changed or removed."""
        self._routes[domain_id, path_key] = None

    def record_many(self, domain_id: int, path_keys: Iterable[str]) -> None:
        """The same for many routes of one domain."""
        self._routes.update(((domain_id, path_key), None) for path_key in path_keys)

    def record_domain(self, domain_id: int) -> None:
        """The domain itself, or the set of depths of its wildcard links, changed; to be called before it is removed."""
        self._domains.setdefault(domain_id, self._connection.scalar(_HOSTNAME, {"domain_id": domain_id}))

    def write(self, at: datetime) -> int | None:
        """Writes what was recorded, domains first; the last change's number, or None when nothing was recorded."""
        stamp = microseconds(at)
        rows: list[tuple[object, ...]] = [(domain_id, name, None, stamp) for domain_id, name in self._domains.items()]
        rows += [(domain_id, None, path_key, stamp) for domain_id, path_key in self._routes]
        if not rows:
            return None
        self._routes, self._domains = {}, {}
        dialect = self._connection.dialect.name
        if dialect == "postgresql":
            self._connection.execute(_LOCK)
        elif len(rows) == 1:
            return int(self._connection.exec_driver_sql(_ADD[dialect], rows[0]).lastrowid)
        self._connection.exec_driver_sql(_ADD[dialect], rows)
        return int(self._connection.execute(_LAST[dialect]).scalar_one())
