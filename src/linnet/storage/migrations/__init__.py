"""Brings a database's tables up to what this version of Linnet expects."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from linnet.storage.database import Database

_HERE: Final = Path(__file__).parent
# Two processes that start together must not both migrate: on PostgreSQL the second waits for this lock (the letters "linmig").
_LOCK: Final = 0x6C696E6D6967


def upgrade(database: Database) -> None:
    """Creates the database (SQLite: the file) and its tables, or adds what is missing; does nothing to a current one.

    One transaction: it succeeds as a whole or leaves everything as it was.
    """
    # Looking first: a current database needs no lock, so that somebody else's does not stand in the way of a start.
    if database.exists() and is_current(database):
        return
    with database.connect(writing=True, create=True) as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if _current(connection) != _head():
            command.upgrade(_config(connection), "head")
        connection.commit()


def is_current(database: Database) -> bool:
    """Whether the database has exactly the tables that this version expects; StorageUnavailable when it cannot be asked."""
    with database.connect() as connection:
        return _current(connection) == _head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
