"""PNG files of images with many equal rows, written in the time and memory that their different rows take.

A code of 45 modules at 99 pixels a module is 80 MB of RGBA, of which 45 rows differ. A row that repeats is one whose difference
from the one above is zero (the filter "Up"); what such rows deflate to is made once and put in wherever it is needed.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Final

from linnet.qr.style import Rgba

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PALETTE, _RGBA = 3, 6
_FILTER_NONE, _FILTER_UP = b"\x00", b"\x02"
_LEVEL: Final = 6
_ADLER: Final = 65521

Rows = Iterable[tuple[bytes, int]]
"""Rows of an image from the top, each with the number of times that it stands there."""


def two_colors_png(side: int, rows: Rows, light: Rgba, dark: Rgba) -> bytes:
    """A square image; rows are one bit a pixel, padded to whole bytes, 1 for dark."""
    extra = _chunk(b"PLTE", bytes(light[:3] + dark[:3]))
    if (light[3], dark[3]) != (255, 255):
        extra += _chunk(b"tRNS", bytes((light[3], dark[3])))
    return _png(side, 1, _PALETTE, extra, rows)


def rgba_png(side: int, rows: Rows) -> bytes:
    """A square image; rows are four bytes a pixel."""
    return _png(side, 8, _RGBA, b"", rows)


def _png(side: int, depth: int, kind: int, extra: bytes, rows: Rows) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0))
    return _SIGNATURE + header + extra + _chunk(b"IDAT", _deflated(rows)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _deflated(rows: Rows) -> bytes:
    """The rows as a zlib stream (RFC 1950): raw deflate with full flushes, between which any piece can stand."""
    compressor = _raw()
    parts, adler = [b"\x78\x9c"], 1
    repeats: dict[int, tuple[bytes, int, int]] = {}
    for row, times in rows:
        parts.append(compressor.compress(_FILTER_NONE + row))
        adler = zlib.adler32(row, zlib.adler32(_FILTER_NONE, adler))
        if times > 1:
            if times not in repeats:
                repeats[times] = _repeat(len(row), times - 1)
            piece, its_adler, length = repeats[times]
            parts += (compressor.flush(zlib.Z_FULL_FLUSH), piece)
            adler = _joined(adler, its_adler, length)
    return b"".join([*parts, compressor.flush(), struct.pack(">I", adler)])


def _repeat(width: int, times: int) -> tuple[bytes, int, int]:
    """``times`` rows that equal the one above: deflated, their checksum, their length."""
    compressor = _raw()
    row = _FILTER_UP + bytes(width)
    adler, parts = 1, []
    for _ in range(times):
        parts.append(compressor.compress(row))
        adler = zlib.adler32(row, adler)
    return b"".join([*parts, compressor.flush(zlib.Z_FULL_FLUSH)]), adler, len(row) * times


def _raw() -> "zlib._Compress":
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)


def _joined(first: int, second: int, second_length: int) -> int:
    """The Adler-32 of two pieces from those of each (as zlib's adler32_combine)."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % _ADLER
    high = ((first >> 16) + (second >> 16) + second_length * ((first & 0xFFFF) - 1)) % _ADLER
    return high << 16 | low
