"""Connections to the two engines: how each is opened, how its transactions begin, and how it is found missing."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import repeat
from typing import Any, Final, Protocol
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, make_url

from linnet.storage.failures import busy, gone

# A checkpoint every 32 MB instead of 4: links are spread all over their indexes, and each page is then copied back once.
_PRAGMAS: Final = (
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
    """One SQLite file. Writers of this process queue in a lock of our own, which wakes the next one at once; for the lock that
    they share with other processes they ask again and again."""

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
        self._opened: tuple[tuple[int, int], Engine, Engine] | None = None

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
            reader, writer = self._current(create=create)
            with (writer if writing else reader).connect() as connection:
                self._begin(connection, writing=writing)
                connection.begin()
                yield connection
        finally:
            if writing:
                self._writing.release()

    def _begin(self, connection: Connection, *, writing: bool) -> None:
        driver: Any = connection.connection.dbapi_connection
        if not writing:
            driver.execute("BEGIN")
        else:
            self._patiently(driver, "BEGIN IMMEDIATE")

    def _patiently(self, driver: sqlite3.Connection, statement: str) -> None:
        """Run a statement that needs a lock which another process may hold for a moment."""
        deadline = time.monotonic() + self._patience_seconds
        for pause in _pauses():
            try:
                driver.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
                time.sleep(pause)
            else:
                return

    def _current(self, *, create: bool) -> tuple[Engine, Engine]:
        """The engines for the file that has our path now, to read and to write. SQLite itself would go on, unseen, with a file
        that was moved away, and would make a new one in its place."""
        try:
            if create:
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            found = os.stat(self._path)
        except OSError as error:
            self.close()
            raise gone() from error
        identity = (found.st_dev, found.st_ino)
        opened = self._opened
        if opened is not None and identity == opened[0]:
            return opened[1:]
        with self._opening:
            if self._opened is None or identity != self._opened[0]:
                self._dispose()
                self._opened = identity, self._open(self._pool_size), self._open(1, writing=True)
            return self._opened[1:]

    def _open(self, pool_size: int, *, writing: bool = False) -> Engine:
        return create_engine(
            "sqlite://",
            creator=lambda: self._connect(writing=writing),
            poolclass=QueuePool,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=self._patience_seconds,
        )

    def _connect(self, *, writing: bool) -> sqlite3.Connection:
        # mode=rw: SQLite must not make the file when it vanished a moment ago.
        connection = sqlite3.connect(
            f"file:{quote(self._path)}?mode=rw",
            uri=True,
            timeout=self._patience_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            # A new file becomes a WAL one only while nobody else looks at it, and SQLite does not wait for that by itself.
            self._patiently(connection, "PRAGMA journal_mode = WAL")
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            # Who waits for the writers' lock is ``_begin``, and nothing waits in the transaction after it.
            connection.execute("PRAGMA busy_timeout = 0" if writing else "PRAGMA query_only = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _dispose(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            for engine in opened[1:]:
                engine.dispose()


def _pauses() -> Iterator[float]:
    """Seconds between two tries for SQLite's write lock. Most transactions take a fifth of a millisecond, and the pauses that
    SQLite itself would make grow to 100 ms: one of two busy processes would starve."""
    yield from repeat(0.0002, 500)
    yield from repeat(0.002)


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
            hide_parameters=True,
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
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            connection.begin()
            yield connection
