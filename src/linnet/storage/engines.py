"""Connections to the two engines: how each is opened, how its transactions begin, and how it is found missing."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, Protocol
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, make_url

from linnet.storage.failures import busy, gone

# A checkpoint every 32 MB instead of 4: links are spread all over their indexes, and each page is then copied back once.
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 8192",
    "journal_size_limit = 67108864",
    "cache_size = -8192",
)


class Engines(Protocol):
    """What ``Database`` needs of an engine."""

    dialect: str

    def exists(self) -> bool: ...

    def close(self) -> None: ...

    def begin(self, *, writing: bool, create: bool) -> AbstractContextManager[Connection]: ...


class SqliteEngines:
    """One SQLite file. Writers of this process queue in a lock of our own, which wakes the next one at once; SQLite's waiting,
    by sleeping and asking again, remains for other processes."""

    dialect = "sqlite"

    def __init__(self, url: str, *, patience_seconds: float, pool_size: int) -> None:
        path = make_url(url).database
        if not path or path == ":memory:":
            raise ValueError("A SQLite database must be a file: sqlite:///path/to/linnet.db")
        self._path = os.path.abspath(path)
        self._patience_seconds = patience_seconds
        self._pool_size = pool_size
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._identity: tuple[int, int] | None = None

    def exists(self) -> bool:
        return os.path.exists(self._path)

    def close(self) -> None:
        with self._opening:
            self._dispose()

    @contextmanager
    def begin(self, *, writing: bool, create: bool) -> Iterator[Connection]:
        if writing and not self._writing.acquire(timeout=self._patience_seconds):
            raise busy()
        try:
            with self._current(create=create).connect() as connection:
                driver: Any = connection.connection.dbapi_connection
                driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                yield connection
        finally:
            if writing:
                self._writing.release()

    def _current(self, *, create: bool) -> Engine:
        """The engine for the file that has our path now. SQLite itself would go on, unseen, with a file that was moved away,
        and would make a new one in its place."""
        try:
            if create:
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            found = os.stat(self._path)
        except OSError as error:
            self.close()
            raise gone() from error
        identity = (found.st_dev, found.st_ino)
        engine = self._engine
        if engine is not None and identity == self._identity:
            return engine
        with self._opening:
            if self._engine is None or identity != self._identity:
                self._dispose()
                self._engine, self._identity = self._open(), identity
            return self._engine

    def _open(self) -> Engine:
        return create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=self._pool_size,
            max_overflow=self._pool_size,
            pool_timeout=self._patience_seconds,
        )

    def _connect(self) -> sqlite3.Connection:
        # mode=rw: SQLite must not make the file when it vanished a moment ago.
        connection = sqlite3.connect(
            f"file:{quote(self._path)}?mode=rw",
            uri=True,
            timeout=self._patience_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _dispose(self) -> None:
        engine, self._engine, self._identity = self._engine, None, None
        if engine is not None:
            engine.dispose()


class PostgresqlEngines:
    """A PostgreSQL server through psycopg."""

    dialect = "postgresql"

    def __init__(self, url: str, *, patience_seconds: float, pool_size: int) -> None:
        milliseconds = int(patience_seconds * 1000)
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=patience_seconds,
            # A server that was restarted has closed all our connections: they are noticed and replaced.
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": max(2, int(patience_seconds)),
                "options": f"-c lock_timeout={milliseconds} -c timezone=UTC",
            },
        )

    def exists(self) -> bool:
        return True

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def begin(self, *, writing: bool, create: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            if not writing:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
