"""The click journal: what a node's workers write before they answer, and what the clicks worker reads.

A directory of segments, each written by one process and never changed behind its end. A frame is a length, a CRC-32 and the
msgpack of a list of raw clicks: one event-loop tick's. The writer holds a lock on its open segment, so that a reader can tell a
segment that may grow from one whose writer is gone.
"""

import errno
import fcntl
import os
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import structlog

from linnet.model.click import RawClick

Fsync = Literal["always", "second", "never"]
SUFFIX: Final = ".journal"
_FRAME: Final = struct.Struct("<II")
MAX_FRAME_BYTES: Final = 64 << 20
_READ_BYTES: Final = 4 << 20
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, int, int, int, str, str, str, str, str, str, str, int]]).decode
_log = structlog.get_logger("linnet.journal")


class JournalWriter:
    """The journal of one process. ``append`` never raises: a visitor is answered whatever the disk does, and losses are counted.

    ``fsync``: "always" with each append, "second" when ``sync`` is called (once a second), "never". A killed process loses nothing
    with any of them. ``segment_bytes`` is the size at which a segment is closed.
    """

    def __init__(self, directory: Path, *, node: str, fsync: Fsync | str = "second", segment_bytes: int = 64 << 20) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._prefix = f"{node}-{time.time_ns():020d}-{os.getpid()}"
        self._always = fsync == "always"
        self._segment_bytes = segment_bytes
        self._number = 0
        self._descriptor = -1
        self._size = 0
        self._unsynced = False
        self._failing = False

    def append(self, records: list[RawClick], /) -> int:
        """Write ``records`` as one frame, into the kernel or further; returns how many were lost: 0, or all of them."""
        try:
            payload = _encode(records)
            frame = _FRAME.pack(len(payload), zlib.crc32(payload)) + payload
            if self._descriptor < 0 or self._size >= self._segment_bytes:
                self._open_next()
            self._write(frame)
            if self._always:
                os.fdatasync(self._descriptor)
            else:
                self._unsynced = True
        except (OSError, UnicodeEncodeError, msgspec.MsgspecError) as error:
            if not self._failing:
                _log.error("journal.failed", error=str(error))
            self._failing = True
            return len(records)
        if self._failing:
            _log.info("journal.goes_on")
            self._failing = False
        return 0

    def sync(self) -> None:
        """Force what was written to disk; callable from another thread."""
        if self._unsynced and self._descriptor >= 0:
            self._unsynced = False
            try:
                os.fdatasync(self._descriptor)
            except OSError as error:
                _log.error("journal.sync_failed", error=str(error))

    def rotate(self) -> None:
        """Close the open segment if it holds anything; the next append opens another."""
        if self._size:
            self.close()

    def close(self) -> None:
        """Force everything to disk and let go of the segment."""
        if self._descriptor >= 0:
            self.sync()
            os.close(self._descriptor)
            self._descriptor, self._size = -1, 0

    def _open_next(self) -> None:
        self.close()
        self._number += 1
        path = self._directory / f"{self._prefix}-{self._number:06d}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._descriptor = descriptor

    def _write(self, frame: bytes) -> None:
        try:
            written = os.write(self._descriptor, frame)
            if written != len(frame):
                raise OSError(errno.ENOSPC, "the journal took a part of a frame only")
        except OSError:
            # Readers stop at a torn frame; without it they go on.
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written


@dataclass(frozen=True, slots=True)
class Portion:
    """Raw clicks of a segment up to ``offset``. ``finished``: nothing will follow; ``unreadable`` bytes were given up."""

    segment: str
    offset: int
    clicks: list[RawClick]
    finished: bool
    unreadable: int = 0


class JournalReader:
    """Reads the segments of a directory, oldest first. Remembers nothing: offsets are the store's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def segments(self) -> list[str]:
        """The names of the segments, those of each writer in order."""
        try:
            return sorted(entry.name for entry in os.scandir(self._directory) if entry.name.endswith(SUFFIX))
        except FileNotFoundError:
            return []

    def size(self, segment: str) -> int:
        """A segment's bytes; 0 when it is gone."""
        try:
            return (self._directory / segment).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, segment: str, offset: int, limit: int) -> Portion:
        """Frames from ``offset`` until at least ``limit`` clicks are read or the segment ends for now.

        A torn frame at the end of a living writer's segment is left for later. In a dead writer's segment it was never answered to
        anybody (the record comes before the response), so it ends the segment. A frame whose check sum is wrong (a damaged disk)
        gives up the rest of its segment, since nothing behind it can be trusted to be a frame; the bytes are reported.
        """
        path = self._directory / segment
        clicks: list[Any] = []
        with open(path, "rb", buffering=0) as file:
            alive = _is_locked(file.fileno())
            size = os.fstat(file.fileno()).st_size
            for end, payload in _frames(file.fileno(), offset, size):
                if payload is None:
                    if alive and size - offset < _FRAME.size + MAX_FRAME_BYTES and not _is_whole(file.fileno(), offset, size):
                        return Portion(segment, offset, clicks, False)
                    torn = not _is_whole(file.fileno(), offset, size)
                    return Portion(segment, size, clicks, not alive, 0 if torn else size - offset)
                clicks += payload
                offset = end
                if len(clicks) >= limit:
                    return Portion(segment, offset, clicks, not alive and offset >= size)
        return Portion(segment, offset, clicks, not alive and offset >= size)

    def remove(self, segment: str) -> None:
        """Delete a segment whose clicks are all in the store."""
        (self._directory / segment).unlink(missing_ok=True)


def _frames(descriptor: int, offset: int, size: int) -> Iterator[tuple[int, list[Any] | None]]:
    """Frames with the offset behind them; (offset, None) for one that is torn or damaged, and then no more."""
    buffer, start = b"", offset
    while offset < size:
        at = offset - start
        if len(buffer) - at < _FRAME.size:
            buffer, start, at = os.pread(descriptor, _READ_BYTES, offset), offset, 0
            if len(buffer) < _FRAME.size:
                yield offset, None
                return
        length, checksum = _FRAME.unpack_from(buffer, at)
        if length > MAX_FRAME_BYTES or offset + _FRAME.size + length > size:
            yield offset, None
            return
        if len(buffer) - at - _FRAME.size < length:
            buffer, start, at = os.pread(descriptor, max(_READ_BYTES, _FRAME.size + length), offset), offset, 0
        payload = buffer[at + _FRAME.size : at + _FRAME.size + length]
        if len(payload) != length or zlib.crc32(payload) != checksum:
            yield offset, None
            return
        offset += _FRAME.size + length
        try:
            yield offset, _decode(payload)
        except msgspec.MsgspecError:
            yield offset, None
            return


def _is_whole(descriptor: int, offset: int, size: int) -> bool:
    """Whether the frame at ``offset`` has all its bytes, right or wrong."""
    head = os.pread(descriptor, _FRAME.size, offset)
    if len(head) < _FRAME.size:
        return False
    length, _ = _FRAME.unpack(head)
    return bool(length > MAX_FRAME_BYTES or offset + _FRAME.size + length <= size)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
