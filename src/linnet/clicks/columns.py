"""Clicks turned into columns: the few fields that are each click's own, and dictionaries of those that many clicks share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from linnet.model.click import Click

# Neighbouring fields of Click that tend to repeat together: a name, and where the group begins and ends.
GROUPS: Final = {
    "request": (Click._fields.index("method"), Click._fields.index("address")),
    "place": (Click._fields.index("address"), Click._fields.index("referrer")),
    "source": (Click._fields.index("referrer"), Click._fields.index("user_agent")),
    "agent": (Click._fields.index("user_agent"), Click._fields.index("utm_source")),
    "campaign": (Click._fields.index("utm_source"), len(Click._fields)),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER_SECONDS: Final = 15 * 60

Column = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """``clicks`` has a column for each field of its own and, for each group, the row's number in the group's dictionary;
    ``groups`` are those dictionaries, each with its fields as columns and their numbers as ``code``."""

    clicks: dict[str, Column]
    groups: dict[str, dict[str, Column]]


def columns_of(clicks: Sequence[Click]) -> Columns:
    """The columns of ``clicks``, in their order."""
    own: dict[str, Column] = {
        "domain_id": np.array([click[0] for click in clicks], dtype=np.int32),
        "link_number": np.array([click[1] for click in clicks], dtype=np.int64),
        "status": np.array([click[3] for click in clicks], dtype=np.uint16),
    }
    seconds = np.array([click[2].timestamp() for click in clicks], dtype=np.float64)
    at = np.round(seconds * 1e6).astype(np.int64)
    own["at"] = at.astype("datetime64[us]")
    own["quarter"] = ((at // (_QUARTER_SECONDS * 1_000_000)) % 96).astype(np.uint8)
    own["day"] = (at // 86_400_000_000).astype(np.int32)
    groups = {}
    for name, (start, end) in GROUPS.items():
        codes: dict[tuple[Any, ...], int] = {}
        number = codes.setdefault
        own[name] = np.array([number(click[start:end], len(codes)) for click in clicks], dtype=np.int32)
        groups[name] = _dictionary(codes, Click._fields[start:end])
    own["human"] = groups["agent"]["human"][own["agent"]]
    return Columns(own, groups)


def _dictionary(codes: dict[tuple[Any, ...], int], fields: Sequence[str]) -> dict[str, Column]:
    columns: dict[str, Column] = {"code": np.arange(len(codes), dtype=np.int32)}
    for field, values in zip(fields, zip(*codes, strict=True), strict=True):
        columns[field] = np.array(values, dtype=np.bool_ if field == "human" else object)
    return columns
