"""Which of a driver's errors mean that the database does not take work now."""

import sqlite3
from typing import Final

import psycopg
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
# Raised under psycopg's names: lost connections, locks not had in time, deadlocks, shutdowns, lack of resources.
_POSTGRESQL_BUSY: Final = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.TransactionRollback,
    psycopg.errors.TooManyConnections,
)


def unavailable(error: BaseException) -> StorageUnavailable | None:
    """The refusal for ``error``, or None when it is no sign of an unreachable database but a fault of ours."""
    if isinstance(error, PoolTimeout):
        return StorageUnavailable(_BUSY)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code; the rest of an extended one says more than we need.
        message = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
        return StorageUnavailable(message) if message else None
    if isinstance(cause, psycopg.errors.DiskFull):
        return StorageUnavailable(_FULL)
    if isinstance(cause, _POSTGRESQL_BUSY):
        return StorageUnavailable(_BUSY)
    if isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)):
        return StorageUnavailable(_GONE)
    return None


def is_contention(refusal: StorageUnavailable) -> bool:
    """Whether the connections are sound and only somebody else's lock or the lack of room was in the way."""
    return refusal.message in (_BUSY, _FULL)


def gone() -> StorageUnavailable:
    """The refusal when there is no database where it should be."""
    return StorageUnavailable(_GONE)


def busy() -> StorageUnavailable:
    """The refusal when a lock was not had in time."""
    return StorageUnavailable(_BUSY)
