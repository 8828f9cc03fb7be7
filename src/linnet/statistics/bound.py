"""The values of a ClickHouse statement: each is bound by the server, and stands in the text as a typed name."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

# What types can hold; nothing is stored beyond.
_LAST_DAY: Final = date(2149, 6, 6)
_LAST_MOMENT: Final = datetime(2299, 12, 31, tzinfo=UTC)
_FIRST_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
# A server takes at most 128 KiB in one value: characters may be four bytes, and be written as two.
_MAX_CHARACTERS: Final = 20_000
# Numbers and moments, with quotes and commas, are at most 30 characters.
_MAX_ELEMENTS: Final = 4_000


class Bound:
    """Collects what a statement's ``{name:Type}`` stand for; each method returns the text that stands for a value."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def number(self, value: int) -> str:
        """A whole number."""
        return self._bind(value, "Int64")

    def flag(self, value: bool) -> str:
        """True or false."""
        return "true" if value else "false"

    def text(self, value: str) -> str:
        """A text of any length."""
        if len(value) <= _MAX_CHARACTERS:
            return self._bind(value, "String")
        pieces = (value[start : start + _MAX_CHARACTERS] for start in range(0, len(value), _MAX_CHARACTERS))
        return f"concat({', '.join(self._bind(piece, 'String') for piece in pieces)})"

    def day(self, value: date) -> str:
        """A day."""
        return self._bind(_day(value), "Date")

    def moment(self, value: datetime) -> str:
        """The first whole millisecond that is not before ``value``: stored moments are whole, so that nothing lies between."""
        return self._bind(_moment(_whole(value)), "DateTime64(3, 'UTC')")

    def moment_until(self, value: datetime) -> str:
        """The last whole millisecond that is not after ``value``."""
        whole = _whole(value)
        return self._bind(_moment(whole if whole == _held(value) else whole - _MILLISECOND), "DateTime64(3, 'UTC')")

    def numbers(self, values: Iterable[int]) -> str:
        """A list of whole numbers."""
        return self._list(list(values), "Int64")

    def days(self, values: Iterable[date]) -> str:
        """A list of days."""
        return self._list([_day(value) for value in values], "Date")

    def moments(self, values: Iterable[datetime]) -> str:
        """A list of moments, each as ``moment`` takes it."""
        return self._list([_moment(_whole(value)) for value in values], "DateTime64(3, 'UTC')")

    def texts(self, values: Iterable[str]) -> str:
        """A list of texts of any length."""
        lists: list[str] = []
        held: list[str] = []
        length = 0
        for value in values:
            if held and (length + len(value) > _MAX_CHARACTERS or len(held) == _MAX_ELEMENTS):
                lists.append(self._bind(held, "Array(String)"))
                held, length = [], 0
            if len(value) > _MAX_CHARACTERS:
                lists.append(f"[{self.text(value)}]")
            else:
                held.append(value)
                length += len(value)
        return _joined([*lists, *([self._bind(held, "Array(String)")] if held or not lists else [])])

    def _list(self, values: Sequence[Any], kind: str) -> str:
        starts = range(0, max(len(values), 1), _MAX_ELEMENTS)
        return _joined([self._bind(list(values[start : start + _MAX_ELEMENTS]), f"Array({kind})") for start in starts])

    def _bind(self, value: Any, kind: str) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"


def _joined(lists: Sequence[str]) -> str:
    return lists[0] if len(lists) == 1 else f"arrayConcat({', '.join(lists)})"


def _day(value: date) -> str:
    return min(value, _LAST_DAY).isoformat()


def _held(value: datetime) -> datetime:
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return min(max(aware, _FIRST_MOMENT), _LAST_MOMENT)


def _whole(value: datetime) -> datetime:
    held = _held(value)
    return held + timedelta(microseconds=-held.microsecond % 1000)


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
