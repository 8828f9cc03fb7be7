"""As much of Thrift's compact protocol as the headers of a Parquet file take."""

from collections.abc import Sequence
from typing import Final

_TRUE, _FALSE, I32, I64, BINARY, LIST, STRUCT = 1, 2, 5, 6, 8, 9, 12
_SHORT: Final = 15


class Struct:
    """A structure whose fields are added in the order of their numbers."""

    KIND: Final = STRUCT

    def __init__(self) -> None:
        self._written = bytearray()
        self._last = 0

    def boolean(self, number: int, *, value: bool) -> "Struct":
        return self._add(number, _TRUE if value else _FALSE, b"")

    def i32(self, number: int, value: int) -> "Struct":
        return self._add(number, I32, zigzag(value))

    def i64(self, number: int, value: int) -> "Struct":
        return self._add(number, I64, zigzag(value))

    def binary(self, number: int, value: bytes) -> "Struct":
        return self._add(number, BINARY, varint(len(value)) + value)

    def struct(self, number: int, value: "Struct") -> "Struct":
        return self._add(number, STRUCT, value.ended())

    def items(self, number: int, written: bytes) -> "Struct":
        """A list that ``field_list`` wrote."""
        return self._add(number, LIST, written)

    def ended(self) -> bytes:
        """The structure's bytes; more fields may follow in another copy of it."""
        return bytes(self._written) + b"\0"

    def _add(self, number: int, kind: int, written: bytes) -> "Struct":
        step = number - self._last
        assert 0 < step <= _SHORT, "fields are written in order"
        self._written += bytes((step << 4 | kind,)) + written
        self._last = number
        return self


def field_list(kind: int, values: Sequence[int] | Sequence[bytes]) -> bytes:
    """A list of numbers, of binaries, or of structures as ``ended`` gives them."""
    head = bytes((len(values) << 4 | kind,)) if len(values) < _SHORT else bytes((0xF0 | kind,)) + varint(len(values))
    return head + b"".join(_item(kind, value) for value in values)


def zigzag(number: int) -> bytes:
    """A number with its sign in the last bit, as a varint."""
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _item(kind: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return zigzag(value)
    return varint(len(value)) + value if kind == BINARY else value
