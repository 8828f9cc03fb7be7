"""The database: engine, transactions, and what to say when it cannot be reached."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from linnet.model.errors import StorageUnavailable
from linnet.storage.engines import Engines, PostgresqlEngines, SqliteEngines
from linnet.storage.failures import is_contention, unavailable
from linnet.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """``patience_seconds``: how long a transaction waits for another's lock before it is refused. ``pool_size``: how many
    connections stay open; as many again are opened for a moment when they are all in use, and then callers wait."""

    patience_seconds: float = 5.0
    pool_size: int = 8


def utc_now() -> datetime:
    """The time that change rows are stamped with, unless a ``Database`` is told otherwise."""
    return datetime.now(UTC)


class Database:
    """SQLite (``sqlite:///path``) or PostgreSQL (``postgresql+psycopg://…``). The first use connects; ``close`` may be followed
    by further use. May be shared by threads, and must not be used across a fork."""

    def __init__(self, url: str, *, options: DatabaseOptions | None = None, now: Callable[[], datetime] = utc_now) -> None:
        self.url = url
        self._now = now
        settings = options or DatabaseOptions()
        kind = SqliteEngines if url.startswith("sqlite") else PostgresqlEngines
        self._engines: Engines = kind(url, patience_seconds=settings.patience_seconds, pool_size=settings.pool_size)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engines.dialect

    def exists(self) -> bool:
        """Whether there is a database to connect to: SQLite's file; PostgreSQL's is taken to be there."""
        return self._engines.exists()

    def server_time(self) -> datetime:
        """What the clock of the machine says that the database is on."""
        if self.dialect == "sqlite":
            return datetime.now(UTC)
        with self.connect() as connection:
            found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)

    def close(self) -> None:
        """Closes all connections."""
        self._engines.close()

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit of work that sees one state of the database and cannot write.

        Raises StorageUnavailable, here or inside, when the database does not answer.
        """
        with self.connect() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A unit of work that is committed at the end, or undone when an exception leaves it. Not to be opened inside another
        one: they would wait for each other.

        Raises StorageUnavailable, here or inside, when the database does not answer, is locked by another for longer than
        the patience of the options, or has no room.
        """
        with self.connect(writing=True) as connection:
            work = UnitOfWork(connection, writing=True)
            yield work
            sequence = work.write_changes(self._now())
            connection.commit()
            work.sequence = sequence

    @contextmanager
    def connect(self, *, writing: bool = False, create: bool = False) -> Iterator[Connection]:
        """A connection in a transaction that ends undone, unless its user commits; for migrations and what streams rows.

        ``create`` makes a missing SQLite file; otherwise a missing one is StorageUnavailable, and stays missing.
        """
        try:
            with self._engines.begin(writing=writing, create=create) as connection:
                yield connection
        except StorageUnavailable:
            raise
        except Exception as error:
            refusal = unavailable(error, writing=writing)
            if refusal is None:
                raise
            if not is_contention(refusal):
                self._engines.close()
            raise refusal from error
