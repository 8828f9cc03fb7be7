"""A batch on its way to ClickHouse, written down before it leaves: after a kill the same rows with the same numbers can be
brought again, whatever the journal and the enrichment are by then."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from linnet.clicks.columns import Column, Columns
from linnet.clicks.conversions import Conversion
from linnet.clicks.store_duckdb import Span
from linnet.model.errors import StorageUnavailable

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to be in the store: clicks with their numbers (None: there are none), conversions, and the spans of the journal
    that they account for. ``next`` is the number that comes after this batch, which has one also where there is no click."""

    next: int
    spans: Sequence[Span]
    columns: Columns | None
    conversions: Sequence[Conversion]


class _Kept(msgspec.Struct, array_like=True):
    format: int
    next: int
    spans: list[tuple[str, int | None, int]]
    own: dict[str, tuple[str, bytes] | list[str]] | None
    groups: dict[str, dict[str, list[str]]]
    conversions: list[tuple[Any, ...]]


class IntentFile:
    """The file of the one intent that can be open. Raises StorageUnavailable where the disk does not take or give it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Intent | None:
        """The open intent, None when there is none."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be read: {error}") from error
        try:
            kept = msgspec.msgpack.decode(content, type=_Kept)
            if kept.format != _FORMAT:
                raise ValueError(f"it has format {kept.format}, not {_FORMAT}")
            return _intent(kept)
        except (ValueError, KeyError, TypeError) as error:
            # Going on without it could store its clicks twice.
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be understood: {error}") from error

    def write(self, intent: Intent) -> None:
        """Open ``intent``; when this returns, a power cut does not lose it."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.msgpack.encode(_kept(intent)))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            self._sync_directory()
        except OSError as error:
            raise StorageUnavailable(f"The batch cannot be written to {self._path.name}: {error}") from error

    def remove(self) -> None:
        """Close the open intent. One that a power cut brings back is settled again, which changes nothing."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be removed: {error}") from error

    def _sync_directory(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _kept(intent: Intent) -> _Kept:
    columns = intent.columns
    own = None if columns is None else {name: _plain(column) for name, column in columns.own.items()}
    groups = {} if columns is None else {name: _lists(fields) for name, fields in columns.groups.items()}
    spans = [(span.segment, span.start, span.offset) for span in intent.spans]
    return _Kept(_FORMAT, intent.next, spans, own, groups, [tuple(each) for each in intent.conversions])


def _intent(kept: _Kept) -> Intent:
    columns = None
    if kept.own is not None:
        own = {name: _column(column) for name, column in kept.own.items()}
        groups = {name: {field: _texts(values) for field, values in fields.items()} for name, fields in kept.groups.items()}
        columns = Columns(own, groups)
    conversions = [msgspec.convert(each, Conversion) for each in kept.conversions]
    return Intent(kept.next, [Span(*span) for span in kept.spans], columns, conversions)


def _plain(column: Column) -> tuple[str, bytes] | list[str]:
    return column.tolist() if column.dtype == object else (column.dtype.str, column.tobytes())


def _column(kept: tuple[str, bytes] | list[str]) -> Column:
    return np.frombuffer(kept[1], dtype=np.dtype(kept[0])) if isinstance(kept, tuple) else _texts(kept)


def _lists(fields: dict[str, Column]) -> dict[str, list[str]]:
    # Positions are numbered through: they need not be kept.
    return {field: values.tolist() for field, values in fields.items() if field != "code"}


def _texts(values: list[str]) -> Column:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
