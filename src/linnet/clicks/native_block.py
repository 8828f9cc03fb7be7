"""A block of ClickHouse's Native format: columns as its HTTP interface takes them, with dictionaries kept as dictionaries.

The format: the number of columns and of rows, then for each column its name, its type, and its values one after the other.
Numbers before values are varints; those in columns little-endian.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from linnet.clicks.clickhouse_schema import CLICK_COLUMNS
from linnet.clicks.columns import GROUPS, Column, Columns, numbered

_NUMBERS: Final = {
    "Bool": np.uint8,
    "Int32": np.int32,
    "Int64": np.int64,
    "UInt8": np.uint8,
    "UInt16": np.uint16,
    "UInt64": np.uint64,
    "Float64": np.float64,
    "Date": np.uint16,
}
# LowCardinality: the version of its serialisation, and the flags of a block that brings its own dictionary.
_DICTIONARY_VERSION: Final = np.uint64(1).tobytes()
_OWN_DICTIONARY: Final = (1 << 9) | (1 << 10)
_POSITIONS: Final = ((0, np.uint8), (1, np.uint16), (2, np.uint32))
_GROUP_OF: Final = {field: group for group, fields in GROUPS.items() for field in fields}
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A column as the different values in it, and each row's position among them."""

    values: Sequence[str]
    positions: Column


def block(columns: Mapping[str, tuple[str, Any]]) -> bytes:
    """The block of columns (at least one), each a type and its values: an array, texts, dates, or a Dictionary of texts."""
    encoded = [_varint(len(columns)), _varint(_length(next(iter(columns.values()))[1]))]
    for name, (kind, values) in columns.items():
        encoded += [_text(name), _text(kind), _column(kind, values)]
    return b"".join(encoded)


def click_columns(columns: Columns, node: str) -> dict[str, tuple[str, Any]]:
    """The columns of table ``clicks`` for clicks that ``node`` takes in with the numbers in their column ``seq``."""
    own = columns.own
    milliseconds = own["at"].astype("datetime64[ms]").astype(np.int64)
    derived: dict[str, Any] = {
        "node": Dictionary([node], np.zeros(len(columns), dtype=np.int64)),
        "at": milliseconds,
        "day": milliseconds // _DAY_MS,
    }

    def values(name: str) -> Any:
        if name in derived:
            return derived[name]
        group = _GROUP_OF.get(name)
        return own[name] if group is None else Dictionary(columns.groups[group][name].tolist(), own[group])

    return {name: (kind, values(name)) for name, kind in CLICK_COLUMNS.items()}


def _length(values: Any) -> int:
    return len(values.positions) if isinstance(values, Dictionary) else len(values)


def _column(kind: str, values: Any) -> bytes:
    if kind == "LowCardinality(String)":
        return _dictionary(values)
    if kind == "String":
        return _texts(values)
    if kind == "Date" and not isinstance(values, np.ndarray):
        values = [day.toordinal() - _EPOCH for day in values]
    number = np.int64 if kind.startswith("DateTime64") else _NUMBERS[kind]
    return np.ascontiguousarray(values, dtype=number).tobytes()


def _texts(values: Any) -> bytes:
    if isinstance(values, Dictionary):
        encoded = [_text(value) for value in values.values]
        return b"".join(map(encoded.__getitem__, values.positions.tolist()))
    return b"".join(map(_text, values))


def _dictionary(values: Any) -> bytes:
    if isinstance(values, Dictionary):
        different, places = numbered(values.values)
        positions = places[values.positions]
    else:
        different, positions = numbered(values)
    code, width = next((code, width) for code, width in _POSITIONS if len(different) <= np.iinfo(width).max + 1)
    return b"".join(
        [
            _DICTIONARY_VERSION,
            np.array([code | _OWN_DICTIONARY, len(different)], dtype=np.uint64).tobytes(),
            *map(_text, different),
            np.uint64(len(positions)).tobytes(),
            positions.astype(width).tobytes(),
        ]
    )


def _text(value: str) -> bytes:
    encoded = value.encode("utf-8", "replace")
    return _varint(len(encoded)) + encoded


def _varint(number: int) -> bytes:
    if number < 128:
        return _SMALL[number]
    encoded = bytearray()
    while number >= 128:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_SMALL: Final = tuple(bytes([number]) for number in range(128))
