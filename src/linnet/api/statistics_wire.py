"""Statistics in Short.io's shapes (contract b.9, c.3, c.4, d)."""

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from linnet.actions.statistics import Report, StatisticsRequest
from linnet.api.wire import iso
from linnet.model.click import Click
from linnet.model.errors import InvalidField
from linnet.model.periods import moment as moment_of
from linnet.model.periods import offset_zone, time_zone
from linnet.model.statistics import Bucket, Filter, Interval, Overview, Period, Top

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
_STATUS: Final = re.compile("[0-9]{1,5}")
_TRUE: Final = ("true", "1", True, 1)
_MILLISECOND: Final = timedelta(milliseconds=1)


def request_of(sent: Mapping[str, Any]) -> StatisticsRequest:
    """What a query string or a body asks; unknown keys are ignored, and each bad value is refused by its name."""
    zone = _text(sent, "tz")
    if zone is None:
        zone = offset_zone(_whole(sent, "tzOffset") or 0) if sent.get("tzOffset") not in (None, "") else "UTC"
    time_zone(zone)
    return StatisticsRequest(
        period=_choice(sent, "period", Period, Period.LAST_30),
        start=_date(sent, "startDate"),
        end=_date(sent, "endDate"),
        time_zone=zone,
        bucket=_choice(sent, "clicksChartInterval", Bucket, None),
        skip_tops=sent.get("skipTops") in _TRUE,
        include=filters_of(sent.get("include"), "include", zone),
        exclude=filters_of(sent.get("exclude"), "exclude", zone),
        limit=_whole(sent, "limit"),
        before=_date(sent, "beforeDate"),
        after=_date(sent, "afterDate"),
    )


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
        if key == "human":
            if not isinstance(value, bool):
                raise InvalidField(f"{field} must be true or false.", field=field)
            found.append(Filter(column="human", values=(value,)))
        elif key == "dt":
            found.append(Filter(column="at", values=_between(value, field, zone)))
        elif key in _FILTERS:
            column, kind = _FILTERS[key]
            found.append(Filter(column=column, values=_values(value, kind, field)))
    return tuple(found)


def domain_statistics(report: Report) -> dict[str, Any]:
    """DomainStats (contract c.3)."""
    overview = report.overview
    previous = overview.previous
    now, before = overview.totals, previous
    per_link, per_link_before = _ratio(now.clicks, report.links), _ratio(before.clicks if before else 0, report.previous_links)
    body: dict[str, Any] = {
        "clicks": now.clicks,
        "humanClicks": now.human_clicks,
        "prevClicks": before.clicks if before else 0,
        "prevHumanClicks": before.human_clicks if before else 0,
        "links": report.links,
        "linksChange": change(report.links, report.previous_links),
        "linksChangePositive": report.links >= report.previous_links,
        "clicksPerLink": f"{per_link:.2f}",
        "humanClicksPerLink": f"{_ratio(now.human_clicks, report.links):.2f}",
        "clicksPerLinkChange": change(per_link, per_link_before),
        "prevClicksChange": change(now.clicks, before.clicks if before else 0),
        "humanClicksChange": change(now.human_clicks, before.human_clicks if before else 0),
        "humanClicksChangePositive": now.human_clicks >= (before.human_clicks if before else 0),
        "interval": _interval(report),
        "clickStatistics": _chart(report),
    }
    tops = overview.tops
    if tops:
        # Sources differ on the spelling of a referrer's key: both are sent (contract g.5).
        body["referer"] = [{"score": top.score, "refhost": top.value, "referer": top.value} for top in tops["referrer_host"]]
        body |= _shared_tops(overview, as_text=False)
        for column in ("utm_medium", "utm_source", "utm_campaign", "utm_term", "utm_content"):
            body[column] = [{column: top.value, "score": top.score} for top in tops[column]]
    return body


def link_statistics(report: Report) -> dict[str, Any]:
    """LinkStats (contract c.4)."""
    overview = report.overview
    now, before = overview.totals, overview.previous
    body: dict[str, Any] = {
        "totalClicks": now.clicks,
        "humanClicks": now.human_clicks,
        "totalClicksChange": change(now.clicks, before.clicks) if before else "0",
        "humanClicksChange": change(now.human_clicks, before.human_clicks) if before else "0",
        "interval": _interval(report),
        "clickStatistics": _chart(report),
    }
    if overview.tops:
        body["referer"] = [
            {"referer": top.value, "refhost": top.value, "score": top.score} for top in overview.tops["referrer_host"]
        ]
        body |= _shared_tops(overview, as_text=True)
    return body


def click_json(click: Click, zone_name: str) -> dict[str, Any]:
    """A click of S8; its time carries the offset of the requested zone."""
    at = click.at.astimezone(time_zone(zone_name)).isoformat(timespec="milliseconds")
    return {
        "host": click.hostname,
        "path": click.path,
        "lcpath": click.path.lower(),
        "method": click.method,
        "url": f"{click.scheme}://{click.hostname}{click.path}{'?' + click.query if click.query else ''}",
        "dt": at.replace("+00:00", "Z"),
        "st": click.status,
        "ip": click.address,
        "proto": click.scheme,
        "ref": click.referrer,
        "ua": click.user_agent,
        "human": click.human,
        "browser": click.browser,
        "browser_version": click.browser_version,
        "country": country_name(click.country),
        "city": click.city,
        "geoname_id": str(city_id(f"{click.country}/{click.region}", click.city)) if click.city else "",
        "social": click.social,
        "refhost": click.referrer_host,
        "os": click.os,
        "utm_source": click.utm_source,
        "utm_medium": click.utm_medium,
        "utm_campaign": click.utm_campaign,
        "utm_term": click.utm_term,
        "utm_content": click.utm_content,
        "goal_completed": click.goal_completed or None,
        "ab_path": click.ab_path or None,
    }


def change(now: float, before: float) -> str:
    """A change in percent as production writes it: two decimals, '999.00' when there was nothing before, also if there is
    nothing now (contract b.9, and the example of c.3)."""
    if before == 0:
        return "999.00"
    return f"{(now - before) / before * 100:.2f}"


@lru_cache(512)
def country_name(code: str) -> str:
    """The English name of an ISO 3166-1 alpha-2 code; the code itself when it is not one."""
    from pycountry import countries

    country = countries.get(alpha_2=code) if len(code) == 2 else None
    return str(getattr(country, "common_name", None) or country.name) if country is not None else code


def city_id(place: str, city: str) -> int:
    """A stable number for a city, where production has its GeoNames id: geo databases that may be redistributed have none."""
    return zlib.crc32(f"{place}/{city}".encode()) & 0x7FFFFFFF


def _shared_tops(overview: Overview, *, as_text: bool) -> dict[str, Any]:
    tops = overview.tops
    return {
        "social": [{"social": top.value, "score": top.score, "socialName": top.value.title()} for top in tops["social"]],
        "browser": [{"browser": top.value, "score": top.score, "browserName": top.value} for top in tops["browser"]],
        "country": [
            {"country": top.value, "countryName": country_name(top.value), "score": top.score} for top in tops["country"]
        ],
        "city": [_city(top, as_text) for top in tops["city"]],
        "os": [{"os": top.value, "score": top.score} for top in tops["os"]],
    }


def _city(top: Top, as_text: bool) -> dict[str, Any]:
    number = city_id(top.detail, top.value)
    country = top.detail.partition("/")[0]
    return {"city": str(number) if as_text else number, "name": top.value, "countryCode": country or None, "score": top.score}


def _chart(report: Report) -> dict[str, Any]:
    points = [{"x": iso(point.at), "y": str(point.clicks)} for point in report.overview.chart]
    return {"datasets": [{"data": points}]}


def _interval(report: Report) -> dict[str, str | None]:
    question = report.question
    start, end = _ends(question.interval, _MILLISECOND)
    # Production cuts the end of the previous interval to the second.
    previous_start, previous_end = _ends(question.previous, timedelta(seconds=1))
    return {"startDate": start, "endDate": end, "prevStartDate": previous_start, "prevEndDate": previous_end}


def _ends(interval: Interval | None, step: timedelta) -> tuple[str | None, str | None]:
    if interval is None:
        return None, None
    return iso(interval.start), iso(interval.end - step)


def _ratio(clicks: int, links: int) -> float:
    return clicks / links if links else 0.0


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
