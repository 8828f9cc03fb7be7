"""How often each value of each dimension came in a batch: what the roll-up of values takes in."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from linnet.clicks.columns import Column, Columns, numbered, text_column

# A dimension of the roll-up: its name, the group that tells it, the field with the value and those that make its detail.
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


def tallies_of(columns: Columns) -> dict[str, Column]:
    """The rows for the roll-up of values as columns, ``day`` in days since the epoch. Unknown values are left out."""
    own = columns.own
    domains, domain = np.unique(own["domain_id"], return_inverse=True)
    days, day = np.unique(own["at"].astype(np.int64) // _MICROSECONDS_PER_DAY, return_inverse=True)
    scope, scopes = domain * len(days) + day, len(domains) * len(days)
    parts: list[tuple[str, list[tuple[str, ...]], Column, Column, Column]] = []

    def count(name: str, values: Sequence[tuple[str, ...]], number: Column) -> None:
        keys, clicks, people = _counted(scope * len(values) + number, own["human"], scopes * len(values))
        rows = [values[key] for key in (keys % len(values)).tolist()]
        parts.append((name, rows, keys // len(values), clicks, people))

    for name, group, fields in DIMENSIONS:
        dictionary = columns.groups[group]
        values, number = numbered(zip(*(dictionary[field] for field in fields), strict=True))
        if values != [("",)]:
            count(name, values, number[own[group]])
    statuses, number = np.unique(own["status"], return_inverse=True)
    count("status", [(str(status),) for status in statuses.tolist()], number)

    known = [[bool(row[0]) for row in rows] for _, rows, *_ in parts]
    kept = np.array([flag for flags in known for flag in flags], dtype=np.bool_)
    scope = np.concatenate([scopes_ for _, _, scopes_, _, _ in parts])[kept]
    return {
        "domain_id": domains[scope // len(days)],
        "dimension": text_column([name for name, rows, *_ in parts for _ in rows])[kept],
        "value": text_column([row[0] for _, rows, *_ in parts for row in rows])[kept],
        "detail": text_column(["/".join(row[1:]) for _, rows, *_ in parts for row in rows])[kept],
        "day": days[scope % len(days)].astype(np.int32),
        "clicks": np.concatenate([clicks for _, _, _, clicks, _ in parts])[kept],
        "human_clicks": np.concatenate([people for _, _, _, _, people in parts])[kept],
    }


def _counted(keys: Column, human: Column, bins: int) -> tuple[Column, Column, Column]:
    """The different keys (below ``bins``), how often each came, and how often with a person."""
    if bins > _MAX_BINS:
        present, inverse = np.unique(keys, return_inverse=True)
        return present, np.bincount(inverse), np.bincount(inverse[human], minlength=len(present))
    clicks = np.bincount(keys, minlength=bins)
    present = clicks.nonzero()[0]
    return present, clicks[present], np.bincount(keys[human], minlength=bins)[present]
