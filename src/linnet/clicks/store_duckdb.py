"""The embedded click store: one DuckDB file that one process owns."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from linnet.clicks.columns import Columns, columns_of
from linnet.clicks.schema import ROLLUP_KEYS, TABLES
from linnet.clicks.staging import INSERTS, STAGED, dictionary_view, merge_statements
from linnet.model.click import Batch, Click
from linnet.model.errors import StorageUnavailable

DEFAULT_MEMORY_MB: Final = 256
_MERGE_ROWS: Final = 100_000
_SET_OFFSET: Final = """INSERT INTO ingest_offsets VALUES (?, ?)
    ON CONFLICT (segment) DO UPDATE SET byte_offset = excluded.byte_offset"""


class OffsetMismatch(Exception):
    """A batch that does not continue where the store's record of its segment ends: nothing was written."""


class DuckdbClickStore:
    """Clicks with their roll-ups, and how far each journal segment was taken in.

    ``write``, ``forget`` and ``merge_rollups`` are called by one thread, ``cursor`` by any. Raises StorageUnavailable where the
    file is held by another process or the disk does not take writes; nothing was changed then.
    """

    def __init__(self, path: Path, *, memory_mb: int = DEFAULT_MEMORY_MB, threads: int = 2) -> None:
        config = {
            "memory_limit": f"{memory_mb}MiB",
            "threads": threads,
            "temp_directory": f"{path}.tmp",
            "max_temp_directory_size": "4GiB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
        self._connection = _open(path, config)
        self._writing = threading.Lock()
        self._oldest_unmerged: date | None = None
        self._rows_when_merged = 0
        with self._transaction() as connection:
            for statement in TABLES:
                connection.execute(statement)

    def offsets(self) -> dict[str, int]:
        """Up to which byte each segment's clicks are in the store."""
        return dict(self._connection.execute("SELECT segment, byte_offset FROM ingest_offsets").fetchall())

    def write(self, batches: Sequence[Batch]) -> int:
        """Store the clicks, their roll-ups and the batches' offsets in one transaction; returns how many clicks were new.

        A batch that the store holds already is left out, so that repeating a write changes nothing. Raises OffsetMismatch for
        one that begins elsewhere than the store's record of its segment ends.
        """
        with self._transaction() as connection:
            fresh = _fresh(batches, self.offsets())
            clicks = [click for batch in fresh for click in batch.clicks]
            if clicks:
                self._insert(connection, columns_of(clicks))
            for batch in fresh:
                connection.execute(_SET_OFFSET, [batch.segment, batch.offset])
        if clicks:
            self._note_unmerged(clicks)
        return len(clicks)

    def forget(self, segments: Sequence[str]) -> None:
        """Remove the offsets of segments whose files are gone; their names are never used again."""
        if segments:
            with self._transaction() as connection:
                connection.execute("DELETE FROM ingest_offsets WHERE segment IN (SELECT unnest(?))", [list(segments)])

    def merge_rollups(self) -> None:
        """Rewrite the roll-ups of the days that were written to, one row for each key; answers stay the same."""
        since = self._oldest_unmerged
        if since is None:
            return
        for table in ROLLUP_KEYS:
            gather, remove, insert, drop = merge_statements(table)
            with self._transaction() as connection:
                connection.execute(gather, [since])
                connection.execute(remove, [since])
                connection.execute(insert)
                connection.execute(drop)
        self._oldest_unmerged = None
        self._rows_when_merged = self._rollup_rows()

    def merge_rollups_if_due(self) -> bool:
        """``merge_rollups`` when more rows than a bound came since it was last done."""
        due = self._oldest_unmerged is not None and self._rollup_rows() > self._rows_when_merged + _MERGE_ROWS
        if due:
            self.merge_rollups()
        return due

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for questions, usable beside writes by one thread at a time; the caller closes it."""
        return self._connection.cursor()

    def close(self) -> None:
        """Write everything into the one file and let go of it."""
        self._connection.close()

    def _insert(self, connection: duckdb.DuckDBPyConnection, columns: Columns) -> None:
        views: dict[str, Any] = {dictionary_view(group): columns_ for group, columns_ in columns.groups.items()}
        views[STAGED] = columns.clicks
        try:
            for name, view in views.items():
                connection.register(name, view)
            for statement in INSERTS:
                connection.execute(statement)
        finally:
            for name in views:
                connection.unregister(name)

    def _note_unmerged(self, clicks: Sequence[Click]) -> None:
        oldest = min(clicks, key=lambda click: click.at).at.date()
        self._oldest_unmerged = min(oldest, self._oldest_unmerged or oldest)

    def _rollup_rows(self) -> int:
        counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in ROLLUP_KEYS)  # noqa: S608
        row = self._connection.execute(f"SELECT {counts}").fetchone()
        return int(row[0]) if row else 0

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self._connection
        with self._writing:
            try:
                connection.begin()
                yield connection
                connection.commit()
            except BaseException as error:
                with contextlib.suppress(duckdb.Error):
                    connection.rollback()
                if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
                    raise StorageUnavailable(f"The click store cannot be written: {error}") from error
                raise


def _open(path: Path, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StorageUnavailable(f"Another process has the click store {path.name} open; only one can.") from error
        raise StorageUnavailable(f"The click store {path.name} cannot be opened: {error}") from error


def _fresh(batches: Sequence[Batch], offsets: dict[str, int]) -> list[Batch]:
    """The batches that the store does not hold yet."""
    fresh = []
    for batch in batches:
        stored = offsets.get(batch.segment, 0)
        if batch.offset <= stored:
            continue
        if batch.start is not None and batch.start != stored:
            raise OffsetMismatch(f"{batch.segment}: the batch begins at {batch.start}, the store ends at {stored}")
        offsets[batch.segment] = batch.offset
        fresh.append(batch)
    return fresh
