"""The table of who did what."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from linnet.storage.columns import Moment, Number, metadata

# Who did what. Without foreign keys, because it outlives what it names.
audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("key_id", Integer),
    Column("team_id", Integer),
    Column("domain_id", Integer),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("details", Text, nullable=False),
    # The place in the hash chain, given once, after the entry was committed.
    Column("position", BigInteger),
    Column("hash", LargeBinary),
    sqlite_autoincrement=True,
)
_PLACED = audit.c.position.is_not(None)
_LOOSE = audit.c.position.is_(None)
Index(None, audit.c.position, unique=True, sqlite_where=_PLACED, postgresql_where=_PLACED)
Index("ix_audit_loose", audit.c.id, sqlite_where=_LOOSE, postgresql_where=_LOOSE)
Index(None, audit.c.user_id, audit.c.at, audit.c.id)
for _column in (audit.c.domain_id, audit.c.team_id):
    Index(None, _column, audit.c.at, audit.c.id, sqlite_where=_column.is_not(None), postgresql_where=_column.is_not(None))
