"""The filters of statistics: which clicks are counted (contract d, and keys of our own)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from linnet.actions.statistics_filters import FOLDER, TAG
from linnet.model.errors import InvalidField
from linnet.model.periods import moment, time_zone
from linnet.model.statistics import Filter

MAX_FILTER_VALUES = 1000
# The wire's filter key, the column that it looks at, and the type of its values. Those from ``oses`` on are ours.
_FILTERS: Final[Mapping[str, tuple[str, type]]] = {
    "paths": ("path", str),
    "countries": ("country", str),
    "browsers": ("browser", str),
    "browserVersions": ("browser_version", str),
    "socials": ("social", str),
    "statuses": ("status", int),
    "methods": ("method", str),
    "protos": ("scheme", str),
    "refhosts": ("referrer_host", str),
    "utmSources": ("utm_source", str),
    "utmMediums": ("utm_medium", str),
    "utmCampaigns": ("utm_campaign", str),
    "utmTerms": ("utm_term", str),
    "utmContents": ("utm_content", str),
    "oses": ("os", str),
    "cities": ("city", str),
    "regions": ("region", str),
    "devices": ("device", str),
    "languages": ("language", str),
    "bots": ("bot", str),
    "abPaths": ("ab_path", str),
    "goals": ("goal_completed", str),
    "tags": (TAG, str),
    "folders": (FOLDER, str),
}
# Filters that are true or false, and named like their column; ``scan`` is our own.
_FLAGS: Final = ("human", "scan")
# Other spellings of the keys: the names that top lists have for their columns, and what some would write.
_ALIASES: Final[Mapping[str, str]] = {
    "path": "paths",
    "country": "countries",
    "browser": "browsers",
    "browser_version": "browserVersions",
    "social": "socials",
    "st": "statuses",
    "method": "methods",
    "proto": "protos",
    "refhost": "refhosts",
    "utm_source": "utmSources",
    "utm_medium": "utmMediums",
    "utm_campaign": "utmCampaigns",
    "utm_term": "utmTerms",
    "utm_content": "utmContents",
    "os": "oses",
    "oss": "oses",
    "city": "cities",
    "region": "regions",
    "device": "devices",
    "language": "languages",
    "bot": "bots",
    "ab_path": "abPaths",
    "goal_completed": "goals",
    "tag": "tags",
    "folder": "folders",
    "humans": "human",
    "scans": "scan",
}
_STATUS: Final = re.compile("[0-9]{1,5}")
_BOOLEANS: Final[Mapping[object, bool]] = {"true": True, "1": True, 1: True, "false": False, "0": False, 0: False}
# How the values of a column are written, where there is one way.
_SPELLED: Final[Mapping[str, Callable[[str], str]]] = {
    "country": str.upper,
    "method": str.upper,
    "scheme": str.lower,
    "language": str.lower,
    "device": str.lower,
}


KEYS: Final = frozenset([*_FILTERS, *_FLAGS, "dt"])


def filters_of(sent: object, name: str, zone: str) -> tuple[Filter, ...]:
    """The criteria of ``include`` or ``exclude``; a single value may stand for a list of one. InvalidField for what is none."""
    if sent is None:
        return ()
    if not isinstance(sent, dict):
        raise InvalidField(f"{name} must be an object of filters such as {{'countries': ['DE']}}.", field=name)
    found = []
    for key, value in sent.items():
        field, key = f"{name}.{key}", _ALIASES.get(key, key)
        if value is None:
            continue
        if key in _FLAGS:
            found.append(Filter(column=key, values=(flag_of(value, field),)))
        elif key == "dt":
            found.append(Filter(column="at", values=_between(value, field, zone)))
        elif key in _FILTERS:
            column, kind = _FILTERS[key]
            found.append(Filter(column=column, values=_values(value, column, kind, field)))
        else:
            # A mistyped filter would answer a question that nobody asked.
            raise InvalidField(f"{name} has no filter '{key[:64]}'; there are {', '.join(sorted(KEYS))}.", field=field[:128])
    return tuple(found)


def flag_of(value: object, field: str) -> bool:
    """A value that is true or false, or 1 or 0, also as a text; InvalidField for any other."""
    found = _BOOLEANS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, str | int) else None
    if found is None:
        raise InvalidField(f"{field} must be true or false.", field=field)
    return found


def _between(value: object, field: str, zone: str) -> tuple[datetime, ...]:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(each, str | int | float) for each in value):
        raise InvalidField(f"{field} must be a list of two times.", field=field)
    return tuple(moment(each, time_zone(zone), field=field).astimezone(UTC) for each in value)


def _values(value: object, column: str, kind: type, field: str) -> tuple[Any, ...]:
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) > MAX_FILTER_VALUES:
        raise InvalidField(f"{field} holds more than {MAX_FILTER_VALUES} values.", field=field)
    if kind is int:
        values = [int(each) if isinstance(each, str) and _STATUS.fullmatch(each) else each for each in values]
    elif column == "city":
        # A city's number, as it is in top lists.
        values = [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in values]
    if not all(isinstance(each, kind) and not isinstance(each, bool) for each in values):
        raise InvalidField(f"{field} must be a list of {'numbers' if kind is int else 'texts'}.", field=field)
    if kind is int and not all(0 <= each < 65536 for each in values):
        raise InvalidField(f"{field} holds a number that is no HTTP status.", field=field)
    spelled = _SPELLED.get(column)
    return tuple(values if spelled is None else [spelled(each) for each in values])
