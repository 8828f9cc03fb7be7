"""The tables of what people set about the dashboard, and of what they are told."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from linnet.storage.columns import Moment, metadata
from linnet.storage.tables import users

# How a person reads the dashboard; who has no row has the usual.
profiles = Table(
    "profiles",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    # The kinds of notes that are mailed: a JSON array.
    Column("mail", Text, nullable=False),
    Column("summary_at", Moment),
)

# Addresses that wait for being confirmed, one for each person, by the SHA-256 digest of the token in the letter.
email_changes = Table(
    "email_changes",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("email", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("expires_at", Moment, nullable=False),
)

# Browsers with which people have signed in, by digests of what they call themselves.
devices = Table(
    "devices",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, primary_key=True),
    Column("seen_at", Moment, nullable=False),
)

# What people are told, in the dashboard and, while ``mail_due``, by mail as well.
notes = Table(
    "notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("details", Text, nullable=False),
    Column("read_at", Moment),
    Column("mail_due", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
_DUE = notes.c.mail_due == text("true")
Index(None, notes.c.user_id, notes.c.id)
Index("ix_notes_due", notes.c.id, sqlite_where=_DUE, postgresql_where=_DUE)
