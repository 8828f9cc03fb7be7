"""Statistics in Short.io's shapes (contract b.9, c.3, c.4, d)."""

import zlib
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from linnet.actions.statistics import Report
from linnet.api.statistics_shapes import (
    Chart,
    ChartPoint,
    CityRow,
    ClicksByInterval,
    DomainStatistics,
    IntervalTop,
    LastClick,
    LinkStatistics,
    ReportInterval,
    TopLists,
    TopRow,
)
from linnet.api.wire import iso
from linnet.model.click import Click
from linnet.model.periods import time_zone
from linnet.model.statistics import BucketTop, Interval, Point, Top

_FLAGS: Final = {
    "human": {"true": "Human", "false": "Bot"},
    "scan": {"true": "QR code", "false": "Link"},
}
_MILLISECOND: Final = timedelta(milliseconds=1)


def domain_statistics(report: Report) -> DomainStatistics:
    """DomainStats (contract c.3)."""
    overview = report.overview
    previous = overview.previous
    now, before = overview.totals, previous
    per_link, per_link_before = _ratio(now.clicks, report.links), _ratio(before.clicks if before else 0, report.previous_links)
    body: DomainStatistics = {
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
        _add_tops(body, tops, city_as_text=False)
        body["utm_medium"] = _campaign(tops, "utm_medium")
        body["utm_source"] = _campaign(tops, "utm_source")
        body["utm_campaign"] = _campaign(tops, "utm_campaign")
        body["utm_term"] = _campaign(tops, "utm_term")
        body["utm_content"] = _campaign(tops, "utm_content")
    return body


def link_statistics(report: Report) -> LinkStatistics:
    """LinkStats (contract c.4)."""
    overview = report.overview
    now, before = overview.totals, overview.previous
    body: LinkStatistics = {
        "totalClicks": now.clicks,
        "humanClicks": now.human_clicks,
        "totalClicksChange": change(now.clicks, before.clicks) if before else "0",
        "humanClicksChange": change(now.human_clicks, before.human_clicks) if before else "0",
        "interval": _interval(report),
        "clickStatistics": _chart(report),
    }
    if overview.tops:
        _add_tops(body, overview.tops, city_as_text=True)
    return body


def click_json(click: Click, zone_name: str) -> LastClick:
    """A click of S8; its time carries the offset of the requested zone, and ``scan`` is our own."""
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
        "scan": click.scan,
    }


def clicks_by_interval(points: Iterable[Point]) -> ClicksByInterval:
    """S3, S13."""
    written = _points(points)
    return {"clicksStatistics": written, "clickStatistics": written}


def top_rows(column: str, tops: Iterable[Top]) -> list[TopRow]:
    """S4, S9, S14: the top list of a click's field ``column``."""
    return [
        {"column": _column(column, top), "displayName": _display_name(column, top), "score": str(top.score)} for top in tops
    ]


def interval_tops(column: str, buckets: Iterable[BucketTop]) -> list[IntervalTop]:
    """S5: the top list of a click's field ``column`` in each interval."""
    return [
        {
            "date": iso(bucket.at),
            "statistics": [{"column": _column(column, top), "score": str(top.score)} for top in bucket.tops],
        }
        for bucket in buckets
    ]


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


def _add_tops(body: TopLists, tops: dict[str, tuple[Top, ...]], *, city_as_text: bool) -> None:
    # Sources differ on the spelling of a referrer's key: both are sent (contract g.5).
    body["referer"] = [{"score": top.score, "refhost": top.value, "referer": top.value} for top in tops["referrer_host"]]
    body["social"] = [{"social": top.value, "score": top.score, "socialName": top.value.title()} for top in tops["social"]]
    body["browser"] = [{"browser": top.value, "score": top.score, "browserName": top.value} for top in tops["browser"]]
    body["country"] = [
        {"country": top.value, "countryName": country_name(top.value), "score": top.score} for top in tops["country"]
    ]
    body["city"] = [_city(top, city_as_text) for top in tops["city"]]
    body["os"] = [{"os": top.value, "score": top.score} for top in tops["os"]]


def _city(top: Top, as_text: bool) -> CityRow:
    number = city_id(top.detail, top.value)
    country = top.detail.partition("/")[0]
    return {"city": str(number) if as_text else number, "name": top.value, "countryCode": country or None, "score": top.score}


def _chart(report: Report) -> Chart:
    return {"datasets": [{"data": _points(report.overview.chart)}]}


def _points(points: Iterable[Point]) -> list[ChartPoint]:
    return [{"x": iso(point.at), "y": str(point.clicks)} for point in points]


def _campaign(tops: dict[str, tuple[Top, ...]], name: str) -> list[dict[str, Any]]:
    return [{name: top.value, "score": top.score} for top in tops[name]]


def _column(column: str, top: Top) -> str:
    return str(city_id(top.detail, top.value)) if column == "city" else top.value


def _display_name(column: str, top: Top) -> str:
    if column == "country":
        return country_name(top.value)
    return _FLAGS.get(column, {}).get(top.value, top.value)


def _interval(report: Report) -> ReportInterval:
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
