"""The change log: what a transaction did to routes and domains, in the order of the commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select, text

from linnet.storage.columns import microseconds
from linnet.storage.link_tables import links
from linnet.storage.prepared import Prepared
from linnet.storage.tables import changes, domains

# Any number will do, as long as nothing else in the database locks it: the letters "linnet".
_CHANGE_LOG_LOCK: Final = 0x6C696E6E6574
_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({_CHANGE_LOG_LOCK})")
_ADD_DOMAIN: Final = insert(changes).values({name: bindparam(name) for name in ("domain_id", "hostname", "at")}).inline()
# Spelled for the driver: nearly every transaction adds one of these, and a bulk a thousand.
_ADD_ROUTE: Final = {
    "sqlite": "INSERT INTO changes (domain_id, path_key, at) VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO changes (domain_id, path_key, at) SELECT * FROM unnest(%s::int[], %s::text[], %s::bigint[])",
}
_ADD_ALL: Final = insert(changes).from_select(
    ["domain_id", "path_key", "at"],
    select(links.c.domain_id, links.c.path_key, bindparam("at", type_=changes.c.at.type)).where(
        links.c.domain_id == bindparam("domain_id")
    ),
)
_HOSTNAME: Final = select(domains.c.hostname).where(domains.c.id == bindparam("domain_id"))
_LAST: Final = {
    "sqlite": Prepared(select(func.last_insert_rowid())),
    "postgresql": Prepared(select(func.currval(func.pg_get_serial_sequence("changes", "sequence")))),
}


class ChangeRepository:
    """Collects the changes of one unit of work; they are written, numbered, just before it commits.

    Writing them last keeps short the time in which writers wait for each other: on PostgreSQL a lock serialises them from the
    first change row to the commit, so that the numbers become visible in their order and a follower that has seen 7 will
    never meet a 6. (SQLite has one writer at a time anyway.)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._routes: dict[tuple[int, str], None] = {}
        self._domains: dict[int, str | None] = {}
        self._all_of: set[int] = set()

    def record(self, domain_id: int, path_key: str) -> None:
        """The route under ``path_key`` was added, changed or removed."""
        self._routes[domain_id, path_key] = None

    def record_many(self, domain_id: int, path_keys: Iterable[str]) -> None:
        """The same for many routes of one domain."""
        self._routes.update(((domain_id, path_key), None) for path_key in path_keys)

    def record_all(self, domain_id: int) -> None:
        """The routes of all links that the domain has when the unit of work ends changed."""
        self._all_of.add(domain_id)

    def record_domain(self, domain_id: int) -> None:
        """The domain itself, or the set of depths of its wildcard links, changed; to be called before it is removed."""
        self._domains.setdefault(domain_id, self._connection.scalar(_HOSTNAME, {"domain_id": domain_id}))

    def write(self, at: datetime) -> int | None:
        """Writes what was recorded, domains first; the last change's number, or None when nothing was recorded."""
        routes, self._routes = self._routes, {}
        named, self._domains = self._domains, {}
        whole, self._all_of = self._all_of, set()
        if not routes and not named and not whole:
            return None
        if self._dialect == "postgresql":
            self._connection.execute(_LOCK)
        if named:
            rows = [{"domain_id": domain_id, "hostname": hostname, "at": at} for domain_id, hostname in named.items()]
            self._connection.execute(_ADD_DOMAIN, rows)
        for domain_id in sorted(whole):
            self._connection.execute(_ADD_ALL, {"domain_id": domain_id, "at": at})
        if routes:
            self._write_routes([(domain_id, path_key, microseconds(at)) for domain_id, path_key in routes])
        return _LAST[self._dialect].number(self._connection)

    def _write_routes(self, rows: list[tuple[int, str, int]]) -> None:
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        self._connection.exec_driver_sql(_ADD_ROUTE[self._dialect], rows if self._dialect == "sqlite" else columns)
