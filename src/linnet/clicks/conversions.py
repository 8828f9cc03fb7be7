"""Conversions on their way from the journal to the click store, beside the clicks that they came after."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np

from linnet.clicks.columns import Column, text_column
from linnet.model.click import RawClick
from linnet.model.conversion import read_goal

STAGED_CONVERSIONS: Final = "staged_conversions"
MAX_GOALS: Final = 20
_CLICK: Final = ("domain_id", "link_number", "clicked_at", "nonce")
_SAME_CLICK: Final = " AND ".join(f"stored.{name} = found.{name}" for name in _CLICK)
# Of one click and goal the first counts, however often its beacon is sent; of a click that was cleared away, none; and of one
# click no more than MAX_GOALS goals, because whoever has its id may send any name.
INSERT_CONVERSIONS: Final = f"""INSERT INTO conversions
    SELECT domain_id, link_number, clicked_at, nonce, name, "at", value FROM (
        SELECT *, row_number() OVER (PARTITION BY domain_id, link_number, clicked_at, nonce ORDER BY "at", name) AS place FROM (
            SELECT domain_id, link_number, clicked_at, nonce, name, min("at") AS "at", arg_min(value, "at") AS value
            FROM {STAGED_CONVERSIONS} AS staged
            WHERE NOT EXISTS
                (FROM clearings WHERE clearings.domain_id = staged.domain_id AND staged.clicked_at < clearings.before)
            GROUP BY domain_id, link_number, clicked_at, nonce, name)) AS found
    WHERE place + (SELECT count(*) FROM conversions AS stored WHERE {_SAME_CLICK}) <= {MAX_GOALS}
    ON CONFLICT DO NOTHING"""  # noqa: S608


class Conversion(NamedTuple):
    """A goal that a visitor reached after a click, which is known by its link, moment and nonce. Times are aware UTC."""

    domain_id: int
    link_number: int
    clicked_at: datetime
    nonce: int
    name: str
    at: datetime
    value: float


def conversions_of(raws: Sequence[RawClick], key: bytes) -> list[Conversion]:
    """The conversions that journalled beacons tell; those that name no click of this installation are left out."""
    found = []
    for raw in raws:
        goal = read_goal(raw[6].partition("?")[2], key)
        if goal is not None:
            clicked_at, at = _moment(goal.click.at_ms), _moment(raw[0])
            found.append(Conversion(raw[1], goal.click.link_number, clicked_at, goal.click.nonce, goal.name, at, goal.value))
    return found


def columns_of_conversions(conversions: Sequence[Conversion]) -> dict[str, Column]:
    """Conversions (at least one) as columns, named as in the table."""
    fields: list[Any] = [list(column) for column in zip(*conversions, strict=True)]
    domain_id, link_number, clicked_at, nonce, name, at, value = fields
    return {
        "domain_id": np.array(domain_id, dtype=np.int32),
        "link_number": np.array(link_number, dtype=np.int64),
        "clicked_at": np.array([each.replace(tzinfo=None) for each in clicked_at], dtype="datetime64[us]"),
        "nonce": np.array(nonce, dtype=np.int64),
        "name": text_column(name),
        "at": np.array([each.replace(tzinfo=None) for each in at], dtype="datetime64[us]"),
        "value": np.array(value, dtype=np.float64),
    }


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
