"""Which of a driver's errors mean that the database does not take work now."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from linnet.model.errors import StorageUnavailable

_BUSY: Final = "The database is busy: another process holds its lock. Nothing was changed; repeat the request later."
_FULL: Final = "The disk is full, so that nothing can be stored. Nothing was changed; repeat the request when there is room."
_GONE: Final = "The database cannot be reached. Nothing was changed; repeat the request later."
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _GONE,
    sqlite3.SQLITE_CANTOPEN: _GONE,
    sqlite3.SQLITE_READONLY: _GONE,
    sqlite3.SQLITE_PERM: _GONE,
    sqlite3.SQLITE_CORRUPT: _GONE,
    sqlite3.SQLITE_NOTADB: _GONE,
    sqlite3.SQLITE_NOMEM: _GONE,
}


def unavailable(error: BaseException, *, writing: bool) -> StorageUnavailable | None:
    """The refusal for ``error``, or None when it is no sign of an unreachable database but a fault of ours: writing to one that
    was opened for reading, for instance."""
    if isinstance(error, PoolTimeout):
        return StorageUnavailable(_BUSY)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code; the rest of an extended one says more than we need.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        message = _SQLITE.get(code)
        return StorageUnavailable(message) if message and (writing or code != sqlite3.SQLITE_READONLY) else None
    if cause is not None and type(cause).__module__.startswith("psycopg"):
        message = _of_postgresql(cause, writing=writing)
        return StorageUnavailable(message) if message else None
    return None


def _of_postgresql(cause: BaseException, *, writing: bool) -> str | None:
    # Imported when there is something to look up: an installation on SQLite never pays for the driver.
    import psycopg
    from psycopg import errors

    if isinstance(cause, errors.DiskFull):
        return _FULL
    if isinstance(cause, (errors.LockNotAvailable, errors.TransactionRollback, errors.TooManyConnections)):
        return _BUSY
    if isinstance(cause, errors.ReadOnlySqlTransaction):
        return _GONE if writing else None
    return _GONE if isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError)) else None


def is_contention(refusal: StorageUnavailable) -> bool:
    """Whether the connections are sound and only somebody else's lock or the lack of room was in the way."""
    return refusal.message in (_BUSY, _FULL)


def gone() -> StorageUnavailable:
    """The refusal when there is no database where it should be."""
    return StorageUnavailable(_GONE)


def busy() -> StorageUnavailable:
    """The refusal when a lock was not had in time."""
    return StorageUnavailable(_BUSY)
