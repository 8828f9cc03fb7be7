"""The click journal of a node: what the edge saw, written before it answers, in segments that are read once."""

import contextlib
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from zlib import crc32

import msgspec
import structlog

from linnet.clicks.frames import (
    FRAME_HEADER,
    MAX_FRAME_BYTES,
    MAX_FRAME_RECORDS,
    SEGMENT_HEADER,
    SEGMENT_SUFFIX,
    is_torn,
    next_frame,
    payload_at,
    records_lost,
    records_of,
)
from linnet.model.click import RawClick

Fsync = Literal["always", "second", "never"]
DEFAULT_SEGMENT_BYTES: Final = 64 << 20
DRAFT_SUFFIX: Final = ".draft"
_KEPT_BUFFER_BYTES: Final = 1 << 20
_MAX_RETIRED: Final = 4
_NO_SEGMENT: Final = -1
_READ_BYTES: Final = 1 << 20
# Twice the longest frame: one that begins in the first half lies in it wholly.
_SALVAGE_BYTES: Final = 2 * (MAX_FRAME_BYTES + FRAME_HEADER.size)
_DRAFT_LIFE_SECONDS: Final = 3600
_log = structlog.get_logger("linnet.journal")


class JournalWriter:
    """The journal of one writing process.

    Records are safe from a killed process when ``append`` returns, and from a power cut after the next ``sync`` (``always``: at
    once). A segment belongs to one writer, which holds an exclusive ``flock`` on it until it writes there no more; its name is
    never used again. ``append``, ``rotate`` and ``close`` are called by one thread, ``sync`` by any. ``lost`` counts records
    that were not taken, ``sync_failures`` failed attempts to force them to disk. With ``full`` set by its owner it takes none.
    """

    def __init__(
        self,
        directory: Path,
        *,
        node: str = "node",
        fsync: Fsync | str = "second",
        segment_bytes: int = DEFAULT_SEGMENT_BYTES,
    ) -> None:
        self.lost = 0
        self.sync_failures = 0
        self.full = False
        self._directory = directory
        self._prefix = f"{node}-{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}"
        self._fsync = fsync
        self._segment_bytes = segment_bytes
        self._encode_into = msgspec.msgpack.Encoder().encode_into
        self._buffer = bytearray()
        self._number = 0
        self._descriptor = _NO_SEGMENT
        self._size = 0
        self._retired: list[int] = []
        self._new_names = False
        self._failing = False
        self._syncing = threading.Lock()

    def append(self, records: list[RawClick], /) -> int:
        """Write ``records`` in one frame and return how many were lost: 0, or all of them when the journal is full or the disk
        does not take them.

        Never raises, and never leaves half a frame behind. More than ``MAX_FRAME_RECORDS`` become several frames.
        """
        if self.full:
            self.lost += len(records)
            return len(records)
        if len(records) > MAX_FRAME_RECORDS:
            chunks = range(0, len(records), MAX_FRAME_RECORDS)
            return sum(self.append(records[start : start + MAX_FRAME_RECORDS]) for start in chunks)
        try:
            buffer = self._buffer
            self._encode_into(records, buffer, 8)
            length = len(buffer) - 8
            FRAME_HEADER.pack_into(buffer, 0, length, crc32(memoryview(buffer)[8:]))
            if (
                self._descriptor < 0
                or self._size + length > self._segment_bytes
                or length > _KEPT_BUFFER_BYTES
                or self._failing
            ):
                self._append_with_care(bytes(buffer))
            else:
                self._write(buffer)
        except (OSError, ValueError, TypeError, OverflowError) as error:
            # Without room on the disk, or with a record that MessagePack cannot hold: a redirect must not fail for either.
            self._fail(error, len(records))
            return len(records)
        return 0

    def rotate(self) -> None:
        """End the current segment, so that the reader can finish it; the next append begins another. Never raises."""
        descriptor, self._descriptor, self._size = self._descriptor, _NO_SEGMENT, 0
        if descriptor < 0:
            return
        if self._fsync == "second":
            self._retired.append(descriptor)
            if len(self._retired) > _MAX_RETIRED:
                self.sync()
        else:
            _close(descriptor)

    def sync(self) -> None:
        """Force everything that was appended to disk (``fsync="never"``: nothing). Never raises: failures are counted."""
        if self._fsync == "never":
            return
        with self._syncing:
            retired, self._retired = self._retired, []
            for descriptor in retired:
                self._force(descriptor)
                _close(descriptor)
            # In the mode "second" only this method closes descriptors, so the current one stays valid while it is forced.
            if self._fsync == "second" and (descriptor := self._descriptor) >= 0:
                self._force(descriptor)
            if self._new_names:
                self._new_names = False
                self._force_directory()

    def close(self) -> None:
        """Force everything to disk and end the segment."""
        self.rotate()
        self.sync()

    def _write(self, frame: bytearray | bytes) -> None:
        try:
            written = os.write(self._descriptor, frame)
            if written != len(frame):
                raise OSError("the disk took a part of a frame only")
        except OSError:
            self._take_back()
            raise
        self._size += written
        if self._fsync == "always":
            self._force(self._descriptor)

    def _append_with_care(self, frame: bytes) -> None:
        """Write ``frame`` where it may need another segment, or is so large that the buffer should not be kept."""
        self._buffer = bytearray()
        if len(frame) > MAX_FRAME_BYTES:
            raise ValueError("the records of one frame are too long")
        if self._descriptor >= 0 and self._size + len(frame) > self._segment_bytes:
            self.rotate()
        if self._descriptor < 0:
            self._begin_segment()
        self._write(frame)
        if self._failing:
            self._failing = False
            _log.info("journal.goes_on", lost=self.lost)

    def _begin_segment(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number += 1
        path = self._directory / f"{self._prefix}-{self._number:06d}{SEGMENT_SUFFIX}"
        draft = path.with_name(path.name + DRAFT_SUFFIX)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # Locked before it has a segment's name: a reader takes an unlocked segment for one whose writer is gone.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.write(descriptor, SEGMENT_HEADER) != len(SEGMENT_HEADER):
                raise OSError("the disk took a part of a segment's header only")
            os.rename(draft, path)
        except OSError:
            _close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        self._descriptor, self._size = descriptor, len(SEGMENT_HEADER)
        if self._fsync == "always":
            self._force_directory()
        else:
            self._new_names = True

    def _take_back(self) -> None:
        """Remove what a failed write left behind the last good frame; where that fails too, end the segment there."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self.rotate()

    def _fail(self, error: Exception, records: int) -> None:
        self.lost += records
        if not self._failing:
            self._failing = True
            _log.error("journal.failed", error=str(error))

    def _force(self, descriptor: int) -> None:
        try:
            os.fsync(descriptor)
        except OSError:
            self.sync_failures += 1

    def _force_directory(self) -> None:
        try:
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            self.sync_failures += 1
            return
        self._force(descriptor)
        _close(descriptor)


def _close(descriptor: int) -> None:
    # What it could report was reported by the write or the fsync before.
    with contextlib.suppress(OSError):
        os.close(descriptor)


@dataclass(slots=True)
class Stretch:
    """What was read of a segment: its records, the offset up to which they account for it, and an estimate of the clicks among
    them that were unreadable. ``finished``: the writer is gone and nothing is left to read."""

    offset: int
    records: list[RawClick] = field(default_factory=list)
    unreadable: int = 0
    finished: bool = False


class JournalReader:
    """Reads the segments of all writers of a node, live ones too. Only one process should remove what it has read.

    A frame of a living writer that is not whole or not sound is waited for. When the writer is gone, an unsound frame is
    skipped: reading goes on at the next sound one, and the clicks between are estimated and counted as unreadable. A frame
    cut off by the end of the segment is not counted: it was never acknowledged, so no visitor got an answer for it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def segments(self) -> list[str]:
        """The names of all segments, those of each writer in the order of writing."""
        try:
            return sorted(entry.name for entry in os.scandir(self._directory) if entry.name.endswith(SEGMENT_SUFFIX))
        except FileNotFoundError:
            return []

    def size(self, segment: str) -> int:
        """The bytes of a segment so far; 0 when it is gone."""
        try:
            return (self._directory / segment).stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, segment: str, offset: int, max_records: int) -> Stretch:
        """About ``max_records`` after ``offset`` (0, or where an earlier stretch ended): frames are not divided."""
        stretch = Stretch(offset)
        try:
            descriptor = os.open(self._directory / segment, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            stretch.finished = True
            return stretch
        try:
            # In this order: what a writer wrote before it went is within the size.
            gone = _writer_is_gone(descriptor)
            size = os.fstat(descriptor).st_size
            _read_frames(descriptor, stretch, size, max_records, salvage=gone)
            stretch.finished = gone and stretch.offset >= size
        finally:
            os.close(descriptor)
        return stretch

    def remove(self, segments: Sequence[str]) -> None:
        """Delete segments that are finished and stored; when this returns, a power cut does not bring them back."""
        for segment in segments:
            (self._directory / segment).unlink(missing_ok=True)
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove_drafts(self) -> None:
        """Delete what writers that were killed while they began a segment left; there is no click in it."""
        for draft in self._directory.glob(f"*{SEGMENT_SUFFIX}{DRAFT_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _DRAFT_LIFE_SECONDS:
                    draft.unlink()


def _writer_is_gone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_frames(descriptor: int, stretch: Stretch, size: int, max_records: int, *, salvage: bool) -> None:
    window = _READ_BYTES
    while stretch.offset < size and len(stretch.records) < max_records:
        content = memoryview(os.pread(descriptor, min(window, size - stretch.offset), stretch.offset))
        used = _take_frames(content, stretch, max_records)
        if used:
            stretch.offset += used
            window = _READ_BYTES
        elif window < _SALVAGE_BYTES and len(content) < size - stretch.offset:
            window = _SALVAGE_BYTES
        elif salvage and content:
            skipped, lost = _skip(content, at_end=stretch.offset + len(content) >= size)
            stretch.offset += skipped
            stretch.unreadable += lost
        else:
            return


def _take_frames(content: memoryview, stretch: Stretch, max_records: int) -> int:
    """Add the sound frames at the beginning of ``content``; returns their length."""
    header = stretch.offset == 0 and bytes(content[: len(SEGMENT_HEADER)]) == SEGMENT_HEADER
    used = len(SEGMENT_HEADER) if header else 0
    while len(stretch.records) < max_records:
        payload = payload_at(content, used)
        if payload is None:
            break
        records = records_of(payload)
        if records is None:
            stretch.unreadable += records_lost(payload)
        else:
            stretch.records += records
        used += FRAME_HEADER.size + len(payload)
    return used


def _skip(content: memoryview, *, at_end: bool) -> tuple[int, int]:
    """How far to go to reach a sound frame or the end, and how many clicks are lost on the way."""
    following = next_frame(content, 0)
    if following is not None:
        return following, records_lost(content[:following])
    if at_end:
        return len(content), 0 if is_torn(content) else records_lost(content)
    half = len(content) // 2
    return half, records_lost(content[:half])
