"""The tables of imports of links from files."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from linnet.storage.columns import Moment, metadata
from linnet.storage.tables import domains, users

# Imports of links, with their files in parts, and the rows that were refused. Who has one in hand has it until a moment.
link_imports = Table(
    "link_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain_id", ForeignKey(domains.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("file_name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("wish", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("created", "updated", "skipped", "refused")),
    Column("sample", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("leased_until", Moment),
    sqlite_autoincrement=True,
)
link_import_parts = Table(
    "link_import_parts",
    metadata,
    Column("import_id", ForeignKey(link_imports.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
link_import_problems = Table(
    "link_import_problems",
    metadata,
    Column("import_id", ForeignKey(link_imports.c.id, ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("column", Text, nullable=False),
    Column("message", Text, nullable=False),
)
