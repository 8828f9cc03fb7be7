"""A batch on its way to ClickHouse, written down before it leaves: after a kill the same rows with the same numbers can be
brought again, whatever the journal and the enrichment are by then."""

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from linnet.clicks.columns import Column, Columns, text_column
from linnet.clicks.conversions import Conversion
from linnet.clicks.portions import Span
from linnet.model.errors import StorageUnavailable

_FORMAT: Final = 1
_LENGTH: Final = struct.Struct("<Q")
# Some batches of ordinary clicks; longer ones enlarge the file.
_ROOM: Final = 16 << 20
_ZEROS: Final = bytes(1 << 16)


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
    numbers: dict[str, tuple[str, bytes]]
    texts: dict[str, list[str]]
    groups: dict[str, dict[str, list[Any]]]
    conversions: list[tuple[Any, ...]]


class IntentFile:
    """The file of the one intent that can be open. Raises StorageUnavailable where the disk does not take or give it.

    It keeps its room on the disk under another name while no intent is open: a disk that the journal has filled must not keep
    the journal from becoming shorter.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spare = path.with_name(f"{path.name}.spare")

    def read(self) -> Intent | None:
        """The open intent, None when there is none."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be read: {error}") from error
        try:
            (length,) = _LENGTH.unpack_from(content)
            kept = msgspec.msgpack.decode(memoryview(content)[_LENGTH.size :][:length], type=_Kept)
            if kept.format != _FORMAT:
                raise ValueError(f"it has format {kept.format}, not {_FORMAT}")
            return _intent(kept)
        except (struct.error, ValueError, KeyError, TypeError) as error:
            # Going on without it could store its clicks twice.
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be understood: {error}") from error

    def write(self, intent: Intent) -> None:
        """Open ``intent``; when this returns, a power cut does not lose it."""
        content = msgspec.msgpack.encode(_kept(intent))
        try:
            self._blank()
            descriptor = os.open(self._spare, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with open(descriptor, "wb") as file:
                if os.fstat(descriptor).st_size < _ROOM:
                    os.posix_fallocate(descriptor, 0, _ROOM)
                file.write(_LENGTH.pack(len(content)))
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            self._spare.replace(self._path)
            self._sync_directory()
        except OSError as error:
            raise StorageUnavailable(f"The batch cannot be written to {self._path.name}: {error}") from error

    def remove(self) -> None:
        """Close the open intent, and write over its clicks, which are in the store now: what is erased there shall be gone."""
        try:
            self._path.replace(self._spare)
        except OSError as error:
            raise StorageUnavailable(f"The batch in {self._path.name} cannot be put away: {error}") from error
        # Where that fails, it is done before the next batch is written.
        with suppress(OSError):
            # First, or a power cut could bring the name back without what was written.
            self._sync_directory()
            self._blank()

    def _blank(self) -> None:
        """Write zeros over what was written last, over its length at the end: whoever is killed before does it again."""
        with suppress(FileNotFoundError), self._spare.open("r+b") as file:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size).ljust(_LENGTH.size, b"\0"))
            for _ in range(0, min(length, self._spare.stat().st_size), len(_ZEROS)):
                file.write(_ZEROS)
            if length:
                file.seek(0)
                file.write(_ZEROS[: _LENGTH.size])

    def _sync_directory(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _kept(intent: Intent) -> _Kept:
    own, groups = (intent.columns.own, intent.columns.groups) if intent.columns is not None else ({}, {})
    return _Kept(
        _FORMAT,
        intent.next,
        [(span.segment, span.start, span.offset) for span in intent.spans],
        {name: (column.dtype.str, column.tobytes()) for name, column in own.items() if column.dtype != object},
        {name: column.tolist() for name, column in own.items() if column.dtype == object},
        {name: {field: values.tolist() for field, values in fields.items()} for name, fields in groups.items()},
        [tuple(each) for each in intent.conversions],
    )


def _intent(kept: _Kept) -> Intent:
    own: dict[str, Column] = {name: np.frombuffer(held, dtype=np.dtype(kind)) for name, (kind, held) in kept.numbers.items()}
    own |= {name: text_column(values) for name, values in kept.texts.items()}
    groups = {
        name: {field: np.array(values) if field == "code" else text_column(values) for field, values in fields.items()}
        for name, fields in kept.groups.items()
    }
    conversions = [msgspec.convert(each, Conversion) for each in kept.conversions]
    return Intent(kept.next, [Span(*span) for span in kept.spans], Columns(own, groups) if own else None, conversions)
