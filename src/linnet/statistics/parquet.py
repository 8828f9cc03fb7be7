"""Parquet as a stream: pages of columns as they come, row groups of a bounded size, and the footer at the end.

What libraries there are write to files that they can seek in, or take an installation larger than all of this one. Written is
what every reader knows: one data page for each call of ``rows`` and column, texts by a dictionary, all of it through gzip.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from linnet.statistics.thrift import BINARY, I32, Struct, field_list, varint

MAGIC: Final = b"PAR1"
# A row group is written out when it has so many rows, or texts of so many bytes in its dictionaries.
GROUP_ROWS: Final = 65_536
GROUP_BYTES: Final = 8 << 20
_CREATED_BY: Final = b"linnet"
_GZIP: Final = 2
_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_REQUIRED: Final = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of values: how they lie on disk (``physical``), and what they mean (``converted``, and a logical type)."""

    physical: int
    converted: int | None = None
    logical: Struct | None = None


_UTC_MILLISECONDS: Final = Struct().boolean(1, value=True).struct(2, Struct().struct(1, Struct()))
BOOLEAN: Final = Kind(0)
INTEGER: Final = Kind(2)
MOMENT: Final = Kind(2, 9, Struct().struct(8, _UTC_MILLISECONDS))
DOUBLE: Final = Kind(5)
TEXT: Final = Kind(6, 0, Struct().struct(1, Struct()))
JSON: Final = Kind(6, 19, Struct().struct(12, Struct()))


@dataclass(frozen=True, slots=True)
class Column:
    """A column that has a value in every row; moments are milliseconds since the epoch."""

    name: str
    kind: Kind


@dataclass(slots=True)
class _Chunk:
    """What a row group has of a column so far: pages, compressed, and the dictionary that their numbers are of."""

    column: Column
    pages: list[bytes] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    values: int = 0
    plain_bytes: int = 0

    def add(self, values: Sequence[Any]) -> int:
        """Take a page of values; returns by how many bytes the dictionary grew."""
        grown = 0
        if self.column.kind.physical == TEXT.physical:
            known = len(self.numbers)
            encoded = _numbered([self.numbers.setdefault(value, len(self.numbers)) for value in values], self.numbers)
            if len(self.numbers) > known:
                grown = sum(map(len, list(self.numbers)[known:]))
            encoding = _RLE_DICTIONARY
        else:
            encoded, encoding = _plain(self.column.kind, values), _PLAIN
        header = Struct().i32(1, len(values)).i32(2, encoding).i32(3, _RLE).i32(4, _RLE)
        self._append(_DATA_PAGE, 5, header, encoded)
        self.values += len(values)
        return grown

    def close(self) -> None:
        """Put the dictionary in front of the pages."""
        if self.column.kind.physical == TEXT.physical:
            texts = [text.encode("utf-8", "replace") for text in self.numbers]
            encoded = b"".join(part for text in texts for part in (struct.pack("<I", len(text)), text))
            header = Struct().i32(1, len(texts)).i32(2, _PLAIN)
            self._append(_DICTIONARY_PAGE, 7, header, encoded)
            self.pages.insert(0, self.pages.pop())

    def described(self, offset: int) -> Struct:
        """The chunk as the footer names it, its first page at ``offset``."""
        size = sum(map(len, self.pages))
        with_dictionary = self.column.kind.physical == TEXT.physical
        first_data_page = offset + len(self.pages[0]) if with_dictionary else offset
        encodings = [_PLAIN, _RLE, _RLE_DICTIONARY] if with_dictionary else [_PLAIN, _RLE]
        told = Struct().i32(1, self.column.kind.physical).items(2, field_list(I32, encodings))
        told.items(3, field_list(BINARY, [self.column.name.encode()])).i32(4, _GZIP).i64(5, self.values)
        told.i64(6, self.plain_bytes).i64(7, size).i64(9, first_data_page)
        if with_dictionary:
            told.i64(11, offset)
        return Struct().i64(2, offset).struct(3, told)

    def _append(self, kind: int, place: int, told: Struct, encoded: bytes) -> None:
        compressor = zlib.compressobj(1, wbits=31)
        compressed = compressor.compress(encoded) + compressor.flush()
        header = Struct().i32(1, kind).i32(2, len(encoded)).i32(3, len(compressed)).struct(place, told).ended()
        self.pages.append(header + compressed)
        self.plain_bytes += len(header) + len(encoded)


class ParquetWriter:
    """Writes one file of ``columns``. Held are at most a row group, compressed, and some bytes for each that was written."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._offset = 0
        self._rows = 0
        self._groups: list[bytes] = []
        self._begin_group()

    def begin(self) -> bytes:
        """What the file begins with."""
        self._offset = len(MAGIC)
        return MAGIC

    def rows(self, columns: Sequence[Sequence[Any]]) -> bytes:
        """Take rows (at least one), column by column; returns what is written of them and of earlier ones by now."""
        for chunk, values in zip(self._chunks, columns, strict=True):
            self._group_bytes += chunk.add(values)
        self._group_rows += len(columns[0])
        full = self._group_rows >= GROUP_ROWS or self._group_bytes >= GROUP_BYTES
        return b"".join(self._end_group()) if full else b""

    def end(self) -> bytes:
        """The rest, and the footer, without which nothing of the file can be read."""
        rest = list(self._end_group()) if self._group_rows else []
        schema = [Struct().binary(4, b"schema").i32(5, len(self._columns)), *map(_schema_of, self._columns)]
        footer = Struct().i32(1, 2).items(2, field_list(Struct.KIND, [each.ended() for each in schema])).i64(3, self._rows)
        ended = footer.items(4, field_list(Struct.KIND, self._groups)).binary(6, _CREATED_BY).ended()
        return b"".join((*rest, ended, struct.pack("<I", len(ended)), MAGIC))

    def _begin_group(self) -> None:
        self._chunks = [_Chunk(column) for column in self._columns]
        self._group_rows = self._group_bytes = 0

    def _end_group(self) -> Iterator[bytes]:
        described, plain_bytes = [], 0
        for chunk in self._chunks:
            chunk.close()
            described.append(chunk.described(self._offset).ended())
            plain_bytes += chunk.plain_bytes
            for page in chunk.pages:
                self._offset += len(page)
                yield page
        group = Struct().items(1, field_list(Struct.KIND, described)).i64(2, plain_bytes).i64(3, self._group_rows)
        self._groups.append(group.ended())
        self._rows += self._group_rows
        self._begin_group()


def _schema_of(column: Column) -> Struct:
    kind = column.kind
    told = Struct().i32(1, kind.physical).i32(3, _REQUIRED).binary(4, column.name.encode())
    if kind.converted is not None:
        told.i32(6, kind.converted)
    return told.struct(10, kind.logical) if kind.logical is not None else told


def _plain(kind: Kind, values: Sequence[Any]) -> bytes:
    if kind is BOOLEAN:
        return np.packbits(np.array(values, dtype=np.bool_), bitorder="little").tobytes()
    return np.array(values, dtype="<f8" if kind is DOUBLE else "<i8").tobytes()


def _numbered(numbers: Sequence[int], dictionary: dict[str, int]) -> bytes:
    """Numbers of a dictionary's values, as few bits each as the largest takes (Parquet's RLE and bit-packing hybrid)."""
    width = max(1, (len(dictionary) - 1).bit_length())
    array = np.array(numbers, dtype=np.uint32)
    if (array == array[0]).all():
        # All of one value: a run.
        return bytes((width,)) + varint(len(array) << 1) + int(array[0]).to_bytes(-(-width // 8), "little")
    groups = -(-len(array) // 8)
    padded = np.zeros(groups * 8, dtype=np.uint32)
    padded[: len(array)] = array
    bits = (padded[:, None] >> np.arange(width, dtype=np.uint32) & 1).astype(np.uint8)
    return bytes((width,)) + varint(groups << 1 | 1) + np.packbits(bits.reshape(-1), bitorder="little").tobytes()
