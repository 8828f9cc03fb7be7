"""The embedded click store: one DuckDB file that one process owns."""

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from linnet.clicks.clearings import clearings_of
from linnet.clicks.columns import Columns, columns_of
from linnet.clicks.conversions import INSERT_CONVERSIONS, STAGED_CONVERSIONS, Conversion, columns_of_conversions
from linnet.clicks.day_visitors import Days, days_of_domains, reopen
from linnet.clicks.judged import days_of, note
from linnet.clicks.portions import Portion, Span, advance, import_segments
from linnet.clicks.rolled_off import IS_WHOLE
from linnet.clicks.schema import FORMAT, MERGED, ROLLUP_KEYS, TABLES, TO_FORMAT_2
from linnet.clicks.staging import (
    INSERT_ROLLUPS,
    INSERT_ROWS,
    INSERT_SPREAD_ROWS,
    STAGED,
    TALLIES,
    dictionary_view,
    merge_statements,
    right_rows,
)
from linnet.clicks.tallies import tallies_of
from linnet.model.click import Batch
from linnet.model.errors import StorageUnavailable

DEFAULT_MEMORY_MB: Final = 256
_MERGE_ROWS: Final = 100_000
# For how long it is remembered when clicks of a day came.
_REMEMBERED_SECONDS: Final = 3600.0
# From so many rows on they are inserted by one thread: several make row groups of their own, which are written twice.
_ONE_THREAD_ROWS: Final = 50_000
# Up to so many, planning the joins with their dictionaries takes longer than going without.
_SPREAD_ROWS: Final = 10_000
# How long the log of changes grows before the file takes them in, for which the last row groups are written again each time.
_LOG_MB: Final = 64
_SET_OFFSET: Final = """INSERT INTO ingest_offsets VALUES (?, ?)
    ON CONFLICT (segment) DO UPDATE SET byte_offset = excluded.byte_offset"""
_SET_CLEARING: Final = """INSERT INTO clearings VALUES (?, ?)
    ON CONFLICT (domain_id) DO UPDATE SET before = greatest(before, excluded.before)"""

_TAKE_BACK_CLEARING: Final = "UPDATE clearings SET before = least(before, ?) WHERE domain_id = ?"


class DuckdbClickStore:
    """Clicks with their roll-ups, and how far each journal segment was taken in.

    Whoever writes takes turns, so that any thread may. Raises StorageUnavailable where the file is held by another process or
    the disk does not take writes; nothing was changed then. ``rules`` is the version of those by which the clicks that come are
    judged.
    """

    def __init__(self, path: Path, *, memory_mb: int = DEFAULT_MEMORY_MB, threads: int = 2, rules: str = "") -> None:
        config = {
            "memory_limit": f"{memory_mb}MiB",
            "threads": threads,
            "temp_directory": f"{path}.tmp",
            "max_temp_directory_size": "4GiB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "wal_autocheckpoint": f"{_LOG_MB}MiB",
            # Columns of objects hold text alone: one look at each is enough.
            "pandas_analyze_sample": 1,
        }
        self._connection = _open(path, config)
        self._threads = self._threads_now = threads
        self._rules = rules
        # Held for the length of a transaction that writes.
        self._writing = threading.Lock()
        # Held by who uses the connection itself and what is noted beside it, and not a cursor of its own.
        self._turn = threading.RLock()
        self._written_at: dict[date, float] = {}
        self._opened_at = time.monotonic()
        with self._transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)
            if self._value("SELECT max(number) FROM store_format") is None:
                self._bring_up(connection)
        newest = self._value("SELECT max(day) FROM rollup_quarters")
        self._oldest_unmerged: date | None = newest
        self._unmerged_rows = self._rows_since(newest)
        self._merged_rows = 0

    def offsets(self) -> dict[str, int]:
        """Up to which byte each segment's clicks are in the store."""
        with self._turn:
            return dict(self._connection.execute("SELECT segment, byte_offset FROM ingest_offsets").fetchall())

    def stored_offsets(self) -> dict[str, int]:
        """``offsets`` for any thread."""
        with self.cursor() as connection:
            return dict(connection.execute("SELECT segment, byte_offset FROM ingest_offsets").fetchall())

    def write(self, batches: Sequence[Batch]) -> int:
        """Store the clicks, their roll-ups and the batches' offsets in one transaction; returns how many clicks were new.

        A batch that the store holds already is left out, so that repeating a write changes nothing. Raises OffsetMismatch for
        one that begins elsewhere than the store's record of its segment ends.
        """
        offsets, fresh = self.offsets(), []
        for batch in batches:
            if batch.offset > offsets.get(batch.segment, 0):
                offsets[batch.segment] = batch.offset
                fresh.append(batch)
        clicks = [click for batch in fresh for click in batch.clicks]
        spans = [Span(batch.segment, batch.start, batch.offset) for batch in fresh]
        return self.write_portions([Portion(columns_of(clicks) if clicks else None, spans)]) if fresh else 0

    def write_portions(self, portions: Iterable[Portion]) -> int:
        """Store all portions with their roll-ups and offsets in one transaction; returns how many clicks they had.

        They may be made while they are taken, so that only one needs to be in memory. Raises OffsetMismatch for one that the
        store holds already, or that leaves a gap.
        """
        with self._turn:
            return self._write_portions(portions)

    def _write_portions(self, portions: Iterable[Portion]) -> int:
        written, oldest, rollup_rows = 0, self._oldest_unmerged, 0
        days: set[date] = set()
        of_domains: Days = set()
        with self._transaction() as connection:
            offsets, clearings = self.offsets(), clearings_of(connection)
            for portion in portions:
                for span in portion.spans:
                    advance(offsets, span)
                    connection.execute(_SET_OFFSET, [span.segment, span.offset])
                if portion.restored and portion.columns is not None:
                    _take_back_clearings(connection, portion.columns)
                    clearings = clearings_of(connection)
                if portion.conversions:
                    _insert_conversions(connection, portion.conversions)
                columns = clearings.survivors(portion.columns) if portion.columns is not None else None
                if columns is not None:
                    if len(columns) >= _ONE_THREAD_ROWS:
                        self._use_threads(1)
                    rollup_rows += _insert(connection, columns)
                    written += len(columns)
                    days |= days_of(columns)
                    of_domains |= days_of_domains(columns)
                    day = columns.oldest().date()
                    oldest = min(day, oldest or day)
            note(connection, days, self._rules)
            reopen(connection, of_domains)
        self._note_written(days)
        self._oldest_unmerged = oldest
        self._unmerged_rows += rollup_rows
        return written

    def forget(self, segments: Sequence[str]) -> None:
        """Remove the offsets of segments whose files are gone; their names are never used again."""
        with self._turn, self._transaction() as connection:
            for segment in segments:
                connection.execute("DELETE FROM ingest_offsets WHERE segment = ?", [segment])

    def clear_domain(self, domain_id: int, before: datetime) -> None:
        """Forget the clicks of a domain that were made before a moment, for good: those that come later too, out of a journal
        or a backup of one, because the moment is kept. What was made since stays, and counts in the roll-ups."""
        moment = before.astimezone(UTC).replace(tzinfo=None)
        with self.writing() as connection:
            connection.execute('DELETE FROM clicks WHERE domain_id = ? AND "at" < ?', [domain_id, moment])
            connection.execute("DELETE FROM conversions WHERE domain_id = ? AND clicked_at < ?", [domain_id, moment])
            for table in ROLLUP_KEYS:
                # Those of days whose clicks are gone already, too.
                connection.execute(f"DELETE FROM {table} WHERE domain_id = ? AND day < ?", [domain_id, moment.date()])  # noqa: S608
            _rebuild(connection, domain_id)
            connection.execute(_SET_CLEARING, [domain_id, moment])
            # What was imported is gone with them, and may be imported again.
            connection.execute("DELETE FROM ingest_offsets WHERE starts_with(segment, ?)", [import_segments(domain_id)])

    def cleared_before(self, domain_id: int) -> datetime | None:
        """The moment before which a domain's clicks were forgotten; None for a domain that was never cleared."""
        with self.cursor() as connection:
            row = connection.execute("SELECT before FROM clearings WHERE domain_id = ?", [domain_id]).fetchone()
        return row[0].replace(tzinfo=UTC) if row is not None else None

    def merge_rollups(self) -> None:
        """Rewrite the roll-ups of the days that were written to, one row for each key; answers stay the same."""
        since = self._oldest_unmerged
        if since is None:
            return
        for table in MERGED:
            with self._transaction() as connection:
                for statement in merge_statements(table, f"day >= DATE '{since.isoformat()}'"):
                    connection.execute(statement)
        self._merged_rows = self._rows_since(since)
        self._oldest_unmerged, self._unmerged_rows = None, 0

    def merge_rollups_if_due(self) -> bool:
        """``merge_rollups`` when the rows that came since are many, and more than those that the last merging left."""
        with self._turn:
            due = self._unmerged_rows > max(_MERGE_ROWS, self._merged_rows)
            if due:
                self.merge_rollups()
            return due

    def quiet_for(self, day: date) -> float:
        """The seconds since clicks of a day came last, or since the store was opened; right up to an hour."""
        return time.monotonic() - self._written_at.get(day, self._opened_at)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for questions, usable beside writes by one thread at a time; the caller closes it."""
        return self._connection.cursor()

    @contextlib.contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in a transaction that writes, when it is its turn; committed when the block ends."""
        with self._connection.cursor() as connection, self._transaction(connection):
            yield connection

    def checkpoint(self) -> None:
        """Write the log into the file, and have the room of what was deleted used again."""
        with self._writing, self._connection.cursor() as connection:
            try:
                connection.execute("CHECKPOINT")
            except duckdb.Error as error:
                raise StorageUnavailable(f"The click store cannot be written: {error}") from error

    def close(self) -> None:
        """Write everything into the one file and let go of it."""
        self._connection.close()

    def _bring_up(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make a file without a format, which may be new or of an older version, one of this version."""
        for statement in TO_FORMAT_2:
            connection.execute(statement)
        for (domain_id,) in connection.execute("SELECT DISTINCT domain_id FROM rollup_quarters").fetchall():
            _rebuild(connection, domain_id)
        connection.execute("INSERT INTO store_format VALUES (?)", [FORMAT])

    def _use_threads(self, number: int) -> None:
        if number != self._threads_now:
            self._connection.execute(f"SET threads = {number:d}")
            self._threads_now = number

    def _value(self, query: str) -> Any:
        # All rows are fetched: a result that has more keeps its transaction, and nothing that is deleted meanwhile gives room.
        rows = self._connection.execute(query).fetchall()
        return rows[0][0] if rows else None

    def _rows_since(self, day: date | None) -> int:
        if day is None:
            return 0
        counts = [f"(SELECT count(*) FROM {table} WHERE day >= DATE '{day}')" for table in MERGED]  # noqa: S608
        return int(self._value(f"SELECT {' + '.join(counts)}"))

    def _note_written(self, days: set[date]) -> None:
        now = time.monotonic()
        recent = {day: at for day, at in self._written_at.items() if now - at < _REMEMBERED_SECONDS}
        self._written_at = recent | dict.fromkeys(days, now)

    @contextlib.contextmanager
    def _transaction(self, connection: duckdb.DuckDBPyConnection | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = connection or self._connection
        with self._writing:
            try:
                connection.begin()
                yield connection
                connection.commit()
            except BaseException as error:
                with contextlib.suppress(duckdb.Error):
                    connection.rollback()
                # A commit that the disk does not take is a TransactionException.
                if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException | duckdb.TransactionException):
                    raise StorageUnavailable(f"The click store cannot be written: {error}") from error
                raise
            finally:
                # A connection that broke tells so again when it is used next.
                with contextlib.suppress(duckdb.Error):
                    self._use_threads(self._threads)


def _open(path: Path, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StorageUnavailable(f"Another process has the click store {path.name} open; only one can.") from error
        raise StorageUnavailable(f"The click store {path.name} cannot be opened: {error}") from error


def _rebuild(connection: duckdb.DuckDBPyConnection, domain_id: int) -> None:
    """Make the roll-ups of a domain anew, from its clicks; those of days whose clicks are gone stay as they are."""
    scope = f"domain_id = {domain_id:d} AND {IS_WHOLE}"
    for table in ROLLUP_KEYS:
        connection.execute(f"DELETE FROM {table} WHERE {scope}")  # noqa: S608 (our own names)
        connection.execute(f"INSERT INTO {table} {right_rows(table, scope)}")


def _insert(connection: duckdb.DuckDBPyConnection, columns: Columns) -> int:
    """Insert rows and roll-ups; returns how many rows the latter are."""
    tallies = tallies_of(columns)
    columns, insert = (columns.spread(), INSERT_SPREAD_ROWS) if len(columns) <= _SPREAD_ROWS else (columns, INSERT_ROWS)
    views = {dictionary_view(group): view for group, view in columns.groups.items()}
    views |= {STAGED: columns.own, TALLIES: tallies}
    try:
        for name, view in views.items():
            connection.register(name, view)
        connection.execute(insert)
        counts = [connection.execute(statement).fetchone() for statement in INSERT_ROLLUPS]
        return sum(int(count[0]) for count in counts if count)
    finally:
        # Where the transaction has failed this does, too, and must not be told in its place.
        with contextlib.suppress(duckdb.Error):
            for name in views:
                connection.unregister(name)


def _take_back_clearings(connection: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """Have the domains of clicks keep what was made from the oldest of these clicks on."""
    for domain_id in np.unique(columns.own["domain_id"]).tolist():
        connection.execute(_TAKE_BACK_CLEARING, [columns.oldest().replace(tzinfo=None), domain_id])


def _insert_conversions(connection: duckdb.DuckDBPyConnection, conversions: Sequence[Conversion]) -> None:
    connection.register(STAGED_CONVERSIONS, columns_of_conversions(conversions))
    try:
        connection.execute(INSERT_CONVERSIONS)
    finally:
        connection.unregister(STAGED_CONVERSIONS)
