"""Clicks turned into columns: what is each click's own, and dictionaries of the fields that many clicks share."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import numpy as np

from linnet.model.click import Click

# Fields of Click that tend to repeat together. What is in no group is each click's own.
GROUPS: Final = {
    "request": ("method", "scheme", "hostname"),
    "page": ("path", "query"),
    "origin": ("address",),
    "place": ("country", "region", "city"),
    "preference": ("language",),
    "source": ("referrer", "referrer_host", "social"),
    "agent": ("user_agent", "browser", "browser_version", "os", "device", "bot"),
    "campaign": ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ab_path", "goal_completed"),
}
GROUPED: Final = frozenset(field for fields in GROUPS.values() for field in fields)
_MILLISECONDS_PER_QUARTER: Final = 15 * 60 * 1000
_QUARTERS_PER_DAY: Final = 96
_MAX_BINS: Final = 1 << 20

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """``own`` has a column for each field that is a click's own and, for each group, the number of the row's values in the
    group's dictionary; ``groups`` are these dictionaries, each with its fields as columns and the numbers as ``code``."""

    own: dict[str, Column]
    groups: dict[str, dict[str, Column]]

    def __len__(self) -> int:
        return len(self.own["domain_id"])

    def add(self, group: str, rows: Sequence[tuple[str, ...]], number: Column) -> None:
        """Add a group by its different values, and the number of each row's among them."""
        self.groups[group] = dictionary(group, rows)
        self.own[group] = number

    def only(self, kept: Column) -> "Columns":
        """The rows that ``kept`` marks; dictionaries may then hold values that no row has."""
        return Columns({name: column[kept] for name, column in self.own.items()}, self.groups)

    def spread(self) -> "Columns":
        """The same rows without dictionaries: each has its own values of all fields."""
        own = {name: column for name, column in self.own.items() if name not in self.groups}
        for group, fields in self.groups.items():
            own |= {name: values[self.own[group]] for name, values in fields.items() if name != "code"}
        return Columns(own, {})

    def numbered_from(self, first: int) -> "Columns":
        """The same rows with the numbers from ``first`` on as a column ``seq``."""
        return Columns(self.own | {"seq": np.arange(first, first + len(self), dtype=np.uint64)}, self.groups)

    def oldest(self) -> datetime:
        """When the oldest click was made."""
        return _aware(self.own["at"].min())

    def newest(self) -> datetime:
        """When the newest click was made."""
        return _aware(self.own["at"].max())


def numbered(keys: Iterable[Hashable]) -> tuple[list[Any], Column]:
    """The different keys in the order of their first appearance, and for each key its number in that list."""
    first: dict[Hashable, int] = {}
    # Each key gets the position of its first appearance; positions are then made dense.
    positions = np.fromiter(map(first.setdefault, keys, count()), dtype=np.int64)
    dense = np.zeros(len(positions) + 1, dtype=np.int32)
    dense[list(first.values())] = np.arange(len(first), dtype=np.int32)
    return list(first), dense[positions]


def combined(*parts: tuple[Column, int]) -> tuple[list[Column], Column]:
    """The different combinations of numbers, as a column for each part, and for each row the number of its combination. Each
    part is given with a bound that its numbers are below."""
    key: Column
    key, bins = parts[0][0].astype(np.int64), parts[0][1]
    for number, bound in parts[1:]:
        key, bins = key * bound + number, bins * bound
    if bins <= _MAX_BINS:
        present: Column = np.flatnonzero(np.bincount(key, minlength=bins))
        dense = np.zeros(bins, dtype=np.int32)
        dense[present] = np.arange(len(present), dtype=np.int32)
        place = dense[key]
    else:
        present, place = np.unique(key, return_inverse=True)
    columns = []
    for _, bound in reversed(parts):
        present, rest = np.divmod(present, bound)
        columns.append(rest)
    return columns[::-1], place.astype(np.int32, copy=False)


def text_column(values: Sequence[str]) -> Column:
    """A column of texts."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def dictionary(group: str, rows: Sequence[tuple[str, ...]]) -> dict[str, Column]:
    """The dictionary of a group from its different values; each row has the group's fields in their order."""
    columns: dict[str, Column] = {"code": np.arange(len(rows), dtype=np.int32)}
    for field, values in zip(GROUPS[group], zip(*rows, strict=True), strict=True):
        columns[field] = text_column(values)
    return columns


def own_columns(
    *,
    at_ms: Sequence[int] | Column,
    domain_id: Sequence[int] | Column,
    link_number: Sequence[int] | Column,
    status: Sequence[int] | Column,
    nonce: Sequence[int] | Column,
    scan: Sequence[bool] | Column,
) -> dict[str, Column]:
    """The columns of what is each click's own, with the quarter hour of the UTC day."""
    milliseconds = np.asarray(at_ms, dtype=np.int64)
    return {
        "domain_id": np.asarray(domain_id, dtype=np.int32),
        "link_number": np.asarray(link_number, dtype=np.int64),
        "at": (milliseconds * 1000).astype("datetime64[us]"),
        "status": np.asarray(status, dtype=np.uint16),
        "nonce": np.asarray(nonce, dtype=np.int64),
        "scan": np.asarray(scan, dtype=np.bool_),
        "quarter": (milliseconds // _MILLISECONDS_PER_QUARTER % _QUARTERS_PER_DAY).astype(np.uint8),
    }


def columns_of(clicks: Sequence[Click]) -> Columns:
    """The columns of ``clicks`` (at least one), in their order; times are cut to milliseconds."""
    at_ms = [round(click.at.timestamp() * 1000) for click in clicks]
    own = own_columns(
        at_ms=at_ms,
        domain_id=_field(clicks, "domain_id"),
        link_number=_field(clicks, "link_number"),
        status=_field(clicks, "status"),
        nonce=_field(clicks, "nonce"),
        scan=_field(clicks, "scan"),
    )
    own["human"] = np.array(_field(clicks, "human"), dtype=np.bool_)
    own["visitor"] = np.array(_field(clicks, "visitor"), dtype=np.int64)
    columns = Columns(own, {})
    for group, fields in GROUPS.items():
        columns.add(group, *numbered(zip(*(_field(clicks, field) for field in fields), strict=True)))
    return columns


def _aware(at: np.datetime64) -> datetime:
    naive: datetime = at.astype(datetime)
    return naive.replace(tzinfo=UTC)


def _field(clicks: Sequence[Click], name: str) -> list[Any]:
    position = Click._fields.index(name)
    return [click[position] for click in clicks]
