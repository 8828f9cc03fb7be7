"""The format of a journal segment: a header, then frames of click records, each with its length and checksum.

A frame is ``length u32, crc32 u32`` (both little-endian, of the payload) and the payload: a MessagePack array of RawClicks,
each an array of its fields; those of older nodes have no language.
"""

import re
import struct
from typing import Final
from zlib import crc32

import msgspec

from linnet.model.click import RawClick

SEGMENT_HEADER: Final = b"LinnetJ1"
SEGMENT_SUFFIX: Final = ".clicks"
FRAME_HEADER: Final = struct.Struct("<II")
# A record is at most some 20 KiB as the edge bounds it; what is over these bounds is refused when it is written.
MAX_FRAME_RECORDS: Final = 512
MAX_FRAME_BYTES: Final = 16 << 20

# How the payload of every frame begins: an array of arrays of 13 (12), of which the first field is an unsigned 64-bit integer.
_PAYLOAD_START = re.compile(rb"(?:[\x91-\x9f]|\xdc..)[\x9c\x9d]\xcf", re.DOTALL)
_RECORD_START: Final = re.compile(rb"[\x9c\x9d]\xcf")
_OldRecord = tuple[int, int, int, int, str, str, str, str, str, str, str, int]
_Record = tuple[int, int, int, int, str, str, str, str, str, str, str, int, str]
_decoder = msgspec.msgpack.Decoder(list[_Record])
_old_decoder = msgspec.msgpack.Decoder(list[_OldRecord])


def payload_at(content: memoryview, position: int) -> memoryview | None:
    """The payload of the frame at ``position``, or None where no whole and sound frame begins."""
    start = position + FRAME_HEADER.size
    if start > len(content):
        return None
    length, checksum = FRAME_HEADER.unpack_from(content, position)
    if not 0 < length <= MAX_FRAME_BYTES or start + length > len(content):
        return None
    payload = content[start : start + length]
    return payload if crc32(payload) == checksum else None


def records_of(payload: memoryview) -> list[RawClick] | None:
    """The records of a payload as bare tuples in RawClick's order; None when it holds something else."""
    try:
        return _decoder.decode(payload)  # type: ignore[return-value]
    except msgspec.DecodeError:
        pass
    try:
        return [(*record, "") for record in _old_decoder.decode(payload)]  # type: ignore[misc]
    except msgspec.DecodeError:
        return None


def next_frame(content: memoryview, position: int) -> int | None:
    """Where the next sound frame begins after the unsound one at ``position``; None when there is none."""
    for found in _PAYLOAD_START.finditer(content, position + FRAME_HEADER.size):
        start = found.start() - FRAME_HEADER.size
        if start > position and payload_at(content, start) is not None:
            return start
    return None


def records_lost(content: memoryview) -> int:
    """An estimate, at least 1, of the clicks in a stretch that cannot be read."""
    return max(1, len(_RECORD_START.findall(content)))


def is_torn(content: memoryview) -> bool:
    """Whether ``content``, which reaches to the end of a segment, begins a frame that was never written to its end."""
    if len(content) < FRAME_HEADER.size:
        return True
    length = int(FRAME_HEADER.unpack_from(content)[0])
    return len(content) - FRAME_HEADER.size < length <= MAX_FRAME_BYTES
