"""How often each value of each dimension came in a batch: what the roll-up of values takes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final

import numpy as np

from linnet.clicks.columns import Column, Columns, combined, numbered, text_column

# A dimension of the roll-up: its name, the group that tells it, the field with the value and those that make its detail. Those
# of a group stand together.
DIMENSIONS: Final = (
    ("browser", "agent", ("browser",)),
    ("os", "agent", ("os",)),
    ("device", "agent", ("device",)),
    ("country", "place", ("country",)),
    ("region", "place", ("region", "country")),
    ("city", "place", ("city", "country", "region")),
    ("language", "preference", ("language",)),
    ("referrer_host", "source", ("referrer_host",)),
    ("social", "source", ("social",)),
    ("utm_source", "campaign", ("utm_source",)),
    ("utm_medium", "campaign", ("utm_medium",)),
    ("utm_campaign", "campaign", ("utm_campaign",)),
    ("utm_term", "campaign", ("utm_term",)),
    ("utm_content", "campaign", ("utm_content",)),
)
_MICROSECONDS_PER_DAY: Final = 86_400_000_000
_MAX_BINS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Cells:
    """How many clicks, and how many of people, came in each scope (a domain on a day) with each code of a dictionary."""

    scope: Column
    code: Column
    clicks: Column
    people: Column


def tallies_of(columns: Columns) -> dict[str, Column]:
    """The rows for the roll-up of values as columns, ``day`` in days since the epoch. Unknown values are left out."""
    own = columns.own
    domains, domain = np.unique(own["domain_id"], return_inverse=True)
    days, day = np.unique(own["at"].astype(np.int64) // _MICROSECONDS_PER_DAY, return_inverse=True)
    scope, scopes = domain * len(days) + day, len(domains) * len(days)
    parts = []
    # The clicks are counted once by the codes of a group, of which there are few, and these by the values of each dimension.
    for group, dimensions in groupby(DIMENSIONS, key=itemgetter(1)):
        fields = columns.groups[group]
        cells = _counted(scope, scopes, own[group], len(fields["code"]), own["human"])
        for name, _, names in dimensions:
            values, number = numbered(zip(*(fields[field] for field in names), strict=True))
            parts.append(_tallied(name, values, _folded(cells, scopes, number, len(values))))
    statuses, number = np.unique(own["status"], return_inverse=True)
    cells = _counted(scope, scopes, number, len(statuses), own["human"])
    parts.append(_tallied("status", [(str(status),) for status in statuses.tolist()], cells))
    tallies = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    scope = tallies.pop("scope")
    return tallies | {"domain_id": domains[scope // len(days)], "day": days[scope % len(days)].astype(np.int32)}


def _counted(scope: Column, scopes: int, code: Column, codes: int, human: Column) -> _Cells:
    key, bins = scope * codes + code, scopes * codes
    if bins > _MAX_BINS:
        present, key = np.unique(key, return_inverse=True)
        clicks, people = np.bincount(key), np.bincount(key[human], minlength=len(present))
        return _Cells(present // codes, present % codes, clicks, people)
    clicks, people = np.bincount(key, minlength=bins), np.bincount(key[human], minlength=bins)
    present = clicks.nonzero()[0]
    return _Cells(present // codes, present % codes, clicks[present], people[present])


def _folded(cells: _Cells, scopes: int, number: Column, size: int) -> _Cells:
    """Cells by other codes, of which ``number`` has one for each code of ``cells``."""
    if size == len(number):
        return cells
    columns, place = combined((cells.scope, scopes), (number[cells.code], size))
    # Sums of floats: exact for more clicks than a batch can have.
    sums = (np.bincount(place, weights=counts).astype(np.int64) for counts in (cells.clicks, cells.people))
    return _Cells(*columns, *sums)


def _tallied(dimension: str, values: Sequence[tuple[str, ...]], cells: _Cells) -> dict[str, Column]:
    """The rows of a dimension, but for those of an unknown value."""
    known = np.array([bool(value) for value, *_ in values], dtype=np.bool_)[cells.code]
    code = cells.code[known]
    return {
        "scope": cells.scope[known],
        "dimension": np.full(len(code), dimension, dtype=object),
        "value": text_column([value for value, *_ in values])[code],
        "detail": text_column(["/".join(rest) for _, *rest in values])[code],
        "clicks": cells.clicks[known],
        "human_clicks": cells.people[known],
    }
