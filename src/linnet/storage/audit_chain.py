"""The hash chain of the audit log in the database: entries get their place once, after they were committed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Select, func, select, text, type_coerce

from linnet.model.chain import NO_HEAD, Head, Stored
from linnet.storage.audit_tables import audit

# Any number will do that no other lock has: the letters "chain".
_LOCK: Final = text(f"SELECT pg_try_advisory_xact_lock({0x636861696E})")
_STORED: Final = tuple(type_coerce(audit.c[name], BigInteger) if name == "at" else audit.c[name] for name in Stored._fields)
_ENTRY: Final[Select[Any]] = select(*_STORED)
_LOOSE: Final = _ENTRY.where(audit.c.position.is_(None)).order_by(audit.c.id)
_PLACED: Final = select(audit.c.position, audit.c.hash, *_STORED).where(audit.c.position.is_not(None))
_HEAD: Final = (
    select(audit.c.position, audit.c.hash).where(audit.c.position.is_not(None)).order_by(audit.c.position.desc()).limit(1)
)
_PLACE: Final = {
    "sqlite": "UPDATE audit SET position = ?, hash = ? WHERE id = ? AND position IS NULL",
    "postgresql": "UPDATE audit SET position = placed.position, hash = placed.hash "
    "FROM unnest(%s::bigint[], %s::bytea[], %s::bigint[]) AS placed(position, hash, id) "
    "WHERE audit.id = placed.id AND audit.position IS NULL",
}


class AuditChainRepository:
    """The chain of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def lock(self) -> bool:
        """Whether this unit of work alone may lengthen the chain until it ends; False when another one does."""
        return self._dialect == "sqlite" or bool(self._connection.scalar(_LOCK))

    def head(self) -> Head:
        """Where the chain ends."""
        row = self._connection.execute(_HEAD).one_or_none()
        return NO_HEAD if row is None else Head(row.position, bytes(row.hash))

    def digest_at(self, position: int) -> bytes | None:
        """The digest of the entry at a position, None when there is none."""
        found = self._connection.scalar(select(audit.c.hash).where(audit.c.position == position))
        return None if found is None else bytes(found)

    def loose(self, *, limit: int) -> list[Stored]:
        """Entries that have no place in the chain yet."""
        return [Stored._make(row) for row in self._connection.execute(_LOOSE.limit(limit))]

    def count_loose(self, before: datetime, *, limit: int) -> int:
        """How many entries were made before a moment and have no place yet; counted up to ``limit``."""
        found = select(audit.c.id).where(audit.c.position.is_(None), audit.c.at < before).limit(limit).subquery()
        return int(self._connection.execute(select(func.count()).select_from(found)).scalar_one())

    def place(self, placed: Sequence[tuple[Head, int]]) -> None:
        """Give entries, by their numbers, their places in the chain."""
        rows = [(head.position, head.digest, number) for head, number in placed]
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        self._connection.exec_driver_sql(_PLACE[self._dialect], rows if self._dialect == "sqlite" else columns)

    def behind(self, position: int, *, limit: int) -> list[tuple[Head, Stored]]:
        """The entries behind a position in the order of the chain, with what the chain says of each."""
        statement = _PLACED.where(audit.c.position > position).order_by(audit.c.position).limit(limit)
        return [(Head(row[0], bytes(row[1])), Stored._make(row[2:])) for row in self._connection.execute(statement)]
