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
    "request": ("method", "scheme", "hostname", "path", "query"),
    "place": ("country", "region", "city"),
    "preference": ("language",),
    "source": ("referrer", "referrer_host", "social"),
    "agent": ("user_agent", "browser", "browser_version", "os", "device", "bot"),
    "campaign": ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ab_path", "goal_completed"),
}
GROUPED: Final = frozenset(field for fields in GROUPS.values() for field in fields)
_MILLISECONDS_PER_QUARTER: Final = 15 * 60 * 1000
_QUARTERS_PER_DAY: Final = 96

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """``own`` has a column for each field that is a click's own and, for each group, the number of the row's values in the
    group's dictionary; ``groups`` are these dictionaries, each with its fields as columns and the numbers as ``code``."""

    own: dict[str, Column]
    groups: dict[str, dict[str, Column]]

    def __len__(self) -> int:
        return len(self.own["domain_id"])

    def only(self, kept: Column) -> "Columns":
        """The rows that ``kept`` marks; dictionaries may then hold values that no row has."""
        return Columns({name: column[kept] for name, column in self.own.items()}, self.groups)

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
    domain_id: Sequence[int],
    link_number: Sequence[int],
    status: Sequence[int],
    address: Sequence[str],
    human: Sequence[bool] | Column,
    nonce: Sequence[int],
    scan: Sequence[bool],
    visitor: Sequence[int] | Column,
) -> dict[str, Column]:
    """The columns of what is each click's own, with the quarter hour of the UTC day."""
    milliseconds = np.asarray(at_ms, dtype=np.int64)
    return {
        "domain_id": np.array(domain_id, dtype=np.int32),
        "link_number": np.array(link_number, dtype=np.int64),
        "at": (milliseconds * 1000).astype("datetime64[us]"),
        "status": np.array(status, dtype=np.uint16),
        "address": text_column(address),
        "human": np.asarray(human, dtype=np.bool_),
        "nonce": np.array(nonce, dtype=np.int64),
        "scan": np.array(scan, dtype=np.bool_),
        "visitor": np.asarray(visitor, dtype=np.int64),
        "quarter": (milliseconds // _MILLISECONDS_PER_QUARTER % _QUARTERS_PER_DAY).astype(np.uint8),
    }


def columns_of(clicks: Sequence[Click]) -> Columns:
    """The columns of ``clicks`` (at least one), in their order; times are cut to milliseconds."""
    at_ms = [round(click.at.timestamp() * 1000) for click in clicks]
    columns = own_columns(
        at_ms=at_ms,
        domain_id=_field(clicks, "domain_id"),
        link_number=_field(clicks, "link_number"),
        status=_field(clicks, "status"),
        address=_field(clicks, "address"),
        human=_field(clicks, "human"),
        nonce=_field(clicks, "nonce"),
        scan=_field(clicks, "scan"),
        visitor=_field(clicks, "visitor"),
    )
    groups = {}
    for group, fields in GROUPS.items():
        rows, columns[group] = numbered(zip(*(_field(clicks, field) for field in fields), strict=True))
        groups[group] = dictionary(group, rows)
    return Columns(columns, groups)


def _aware(at: np.datetime64) -> datetime:
    naive: datetime = at.astype(datetime)
    return naive.replace(tzinfo=UTC)


def _field(clicks: Sequence[Click], name: str) -> list[Any]:
    position = Click._fields.index(name)
    return [click[position] for click in clicks]
