"""The table of shared reports."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, Table, Text

from linnet.storage.columns import Moment, metadata
from linnet.storage.tables import domains, users

# Found by the SHA-256 digest of the token in their address. The link is no reference: one that was removed may come back.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("domain_id", ForeignKey(domains.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("link_number", BigInteger),
    Column("name", Text, nullable=False),
    Column("view", Text, nullable=False),
    Column("password_hash", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    sqlite_autoincrement=True,
)
