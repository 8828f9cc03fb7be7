"""Conversions on their way into ClickHouse: of each click and goal the first, of each click no more than MAX_GOALS goals."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, cast

from linnet.clicks import clickhouse_sql as sql
from linnet.clicks.clearings import Clearings
from linnet.clicks.clickhouse_session import ClickhouseSession
from linnet.clicks.conversions import MAX_GOALS, Conversion

_CLICKS_AT_ONCE: Final = 1000
_ClickKey = tuple[int, int, int, int]


def add_conversions(session: ClickhouseSession, conversions: Sequence[Conversion], clearings: Clearings) -> None:
    """Add those conversions that count, but for clicks that were cleared away; to repeat it changes nothing."""
    before = dict(zip(clearings.domains.tolist(), clearings.moments.tolist(), strict=True))
    by_click: dict[_ClickKey, list[Conversion]] = defaultdict(list)
    for each in conversions:
        moment = before.get(each.domain_id)
        if moment is None or each.clicked_at.replace(tzinfo=None) >= moment:
            by_click[_key(each)].append(each)
    keys = list(by_click)
    for start in range(0, len(keys), _CLICKS_AT_ONCE):
        some = keys[start : start + _CLICKS_AT_ONCE]
        known: dict[_ClickKey, set[str]] = defaultdict(set)
        for *click, name in session.rows(sql.goals(some)):
            known[cast("_ClickKey", tuple(click))].add(name)
        fresh = [each for key in some for each in _first_goals(by_click[key], known[key])]
        if fresh:
            session.insert("conversions", conversion_columns(fresh))


def _key(conversion: Conversion) -> _ClickKey:
    return conversion.domain_id, conversion.link_number, _milliseconds(conversion.clicked_at), conversion.nonce


def _first_goals(conversions: Sequence[Conversion], known: Collection[str]) -> list[Conversion]:
    """Those of a click's conversions that are new to a store that knows some of its goals."""
    first: dict[str, Conversion] = {}
    for each in sorted(conversions, key=lambda conversion: (conversion.at, conversion.name)):
        first.setdefault(each.name, each)
    return [each for each in list(first.values())[: max(0, MAX_GOALS - len(known))] if each.name not in known]


def conversion_columns(conversions: Sequence[Conversion]) -> dict[str, tuple[str, Any]]:
    """Conversions as columns, with their types."""
    moment = "DateTime64(3, 'UTC')"
    return {
        "domain_id": ("Int32", [each.domain_id for each in conversions]),
        "link_number": ("Int64", [each.link_number for each in conversions]),
        "clicked_at": (moment, [_milliseconds(each.clicked_at) for each in conversions]),
        "nonce": ("Int64", [each.nonce for each in conversions]),
        "name": ("String", [each.name for each in conversions]),
        "at": (moment, [_milliseconds(each.at) for each in conversions]),
        "value": ("Float64", [each.value for each in conversions]),
    }


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
