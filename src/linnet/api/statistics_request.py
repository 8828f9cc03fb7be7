"""What clients ask of the statistics, read from a query or a body (contract b.9, d)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from linnet.actions.click_counts import Dates, PathAsked
from linnet.actions.statistics import StatisticsRequest
from linnet.api.statistics_filters import filters_of, flag_of
from linnet.model.errors import InvalidField
from linnet.model.periods import offset_zone, time_zone
from linnet.model.statistics import COLUMNS, Bucket, Period

MAX_PREFIX = 1024


def query_of(sent: Mapping[str, str]) -> dict[str, str]:
    """What a query string may ask: it knows no filters (contract d)."""
    return {name: value for name, value in sent.items() if name not in ("include", "exclude")}


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
        skip_tops=sent.get("skipTops") not in (None, "") and flag_of(sent.get("skipTops"), "skipTops"),
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
