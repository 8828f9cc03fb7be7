"""What clients ask of the statistics, read from a query or a body (contract b.9, d)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from linnet.actions.click_counts import Dates, PathAsked
from linnet.actions.statistics import StatisticsRequest
from linnet.model.errors import InvalidField
from linnet.model.periods import moment as moment_of
from linnet.model.periods import offset_zone, time_zone
from linnet.model.statistics import COLUMNS, Bucket, Filter, Period

MAX_FILTER_VALUES = 1000
# The wire's filter key, the column that it looks at, and the type of its values.
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
}
# Filters that are true or false, and named like their column; ``scan`` is our own.
_FLAGS: Final = ("human", "scan")
MAX_PREFIX = 1024
_STATUS: Final = re.compile("[0-9]{1,5}")
_TRUE: Final = ("true", "1", True, 1)


def request_of(sent: Mapping[str, Any], *, interval: str = "clicksChartInterval") -> StatisticsRequest:
    """What a query string or a body asks; unknown keys are ignored, and each bad value is refused by its name.

    ``interval`` is the name that the step of a chart has here.
    """
    zone = _zone(sent)
    return StatisticsRequest(
        period=_choice(sent, "period", Period, Period.LAST_30),
        start=_date(sent, "startDate"),
        end=_date(sent, "endDate"),
        time_zone=zone,
        bucket=_choice(sent, interval, Bucket, None),
        skip_tops=sent.get("skipTops") in _TRUE,
        include=filters_of(sent.get("include"), "include", zone),
        exclude=filters_of(sent.get("exclude"), "exclude", zone),
        limit=_whole(sent, "limit"),
        before=_date(sent, "beforeDate"),
        after=_date(sent, "afterDate"),
    )


def top_request_of(sent: Mapping[str, Any]) -> StatisticsRequest:
    """What asks for a top list: as ``request_of`` reads it, with a column and a prefix; the step is called ``interval``."""
    column = sent.get("column")
    if not isinstance(column, str) or column not in COLUMNS:
        raise InvalidField(f"column must be one of {', '.join(COLUMNS)}.", field="column")
    prefix = _text(sent, "prefix") or ""
    if len(prefix) > MAX_PREFIX:
        raise InvalidField(f"prefix is longer than {MAX_PREFIX} characters.", field="prefix")
    interval = "clicksChartInterval" if sent.get("interval") in (None, "") else "interval"
    return replace(request_of(sent, interval=interval), column=COLUMNS[column], prefix=prefix)


def dates_of(sent: Mapping[str, Any]) -> Dates:
    """The dates of questions that have no period (S6, S7)."""
    return Dates(start=_date(sent, "startDate"), end=_date(sent, "endDate"), time_zone=_zone(sent))


def ids_of(sent: Sequence[str]) -> list[str]:
    """The link ids of S6: separated by commas, or in several parameters."""
    ids = [each.strip() for each in ",".join(sent).split(",") if each.strip()]
    if not ids:
        raise InvalidField("ids is required: link ids, separated by commas.", field="ids")
    return ids


def paths_of(sent: Mapping[str, Any]) -> list[PathAsked]:
    """The paths of S7, in either spelling: with the moment since which each counts, or bare."""
    dated, bare = sent.get("pathsDates"), sent.get("paths")
    if dated is None and bare is None:
        raise InvalidField("pathsDates is required: a list of objects, each with path and createdAt.", field="pathsDates")
    found = []
    for each in _list(dated, "pathsDates"):
        if not isinstance(each, dict) or not isinstance(each.get("path"), str):
            raise InvalidField("Each element of pathsDates must be an object with path, a text.", field="pathsDates")
        since = _date(each, "createdAt")
        if since in (None, ""):
            raise InvalidField("createdAt is required in each element of pathsDates.", field="createdAt")
        found.append(PathAsked(path=each["path"], since=since))
    for each in _list(bare, "paths"):
        if not isinstance(each, str):
            raise InvalidField("paths must be a list of texts.", field="paths")
        found.append(PathAsked(path=each))
    return found


def filters_of(sent: object, name: str, zone: str) -> tuple[Filter, ...]:
    """The criteria of ``include`` or ``exclude``; a single value may stand for a list of one."""
    if sent is None:
        return ()
    if not isinstance(sent, dict):
        raise InvalidField(f"{name} must be an object of filters such as {{'countries': ['DE']}}.", field=name)
    found = []
    for key, value in sent.items():
        field = f"{name}.{key}"
        if value is None:
            continue
        if key in _FLAGS:
            if not isinstance(value, bool):
                raise InvalidField(f"{field} must be true or false.", field=field)
            found.append(Filter(column=key, values=(value,)))
        elif key == "dt":
            found.append(Filter(column="at", values=_between(value, field, zone)))
        elif key in _FILTERS:
            column, kind = _FILTERS[key]
            found.append(Filter(column=column, values=_values(value, kind, field)))
    return tuple(found)


def _zone(sent: Mapping[str, Any]) -> str:
    zone = _text(sent, "tz")
    if zone is None:
        zone = offset_zone(_whole(sent, "tzOffset") or 0) if sent.get("tzOffset") not in (None, "") else "UTC"
    time_zone(zone)
    return zone


def _list(value: object, field: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidField(f"{field} must be a list.", field=field)
    return value


def _between(value: object, field: str, zone: str) -> tuple[datetime, ...]:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(each, str | int | float) for each in value):
        raise InvalidField(f"{field} must be a list of two times.", field=field)
    return tuple(moment_of(each, time_zone(zone), field=field).astimezone(UTC) for each in value)


def _values(value: object, kind: type, field: str) -> tuple[Any, ...]:
    values: list[Any] = value if isinstance(value, list) else [value]
    if len(values) > MAX_FILTER_VALUES:
        raise InvalidField(f"{field} holds more than {MAX_FILTER_VALUES} values.", field=field)
    if kind is int:
        values = [int(each) if isinstance(each, str) and _STATUS.fullmatch(each) else each for each in values]
    if not all(isinstance(each, kind) and not isinstance(each, bool) for each in values):
        raise InvalidField(f"{field} must be a list of {'numbers' if kind is int else 'texts'}.", field=field)
    if kind is int and not all(0 <= each < 65536 for each in values):
        raise InvalidField(f"{field} holds a number that is no HTTP status.", field=field)
    return tuple(values)


def _text(sent: Mapping[str, Any], name: str) -> str | None:
    value = sent.get(name)
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        raise InvalidField(f"{name} must be a text.", field=name)
    return value


def _date(sent: Mapping[str, Any], name: str) -> str | float | None:
    value = sent.get(name)
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise InvalidField(f"{name} must be a date, an ISO 8601 time with a zone, or milliseconds.", field=name)


def _whole(sent: Mapping[str, Any], name: str) -> int | None:
    value = sent.get(name)
    if value in (None, ""):
        return None
    try:
        if isinstance(value, bool) or (isinstance(value, str) and len(value) > 20):
            raise ValueError
        if isinstance(value, float) and not value.is_integer():
            raise ValueError
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidField(f"{name} must be a whole number.", field=name) from None


def _choice(sent: Mapping[str, Any], name: str, choices: Any, otherwise: Any) -> Any:
    value = sent.get(name)
    if value in (None, ""):
        return otherwise
    try:
        return choices(value)
    except ValueError:
        raise InvalidField(f"{name} must be one of {', '.join(choices)}.", field=name) from None
