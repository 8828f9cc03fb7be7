"""Statistics in Short.io's shapes (contract b.9, c.3, c.4, d)."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final

from linnet.actions.statistics import LastClicks, Report
from linnet.actions.statistics_names import country_name, display_name, network_name
from linnet.api.statistics_shapes import (
    Chart,
    ChartPoint,
    CityRow,
    ClicksByInterval,
    CountedInterval,
    Counts,
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
from linnet.model.statistics import BucketTop, Interval, Point, Question, Top, Totals, city_number

_NOTHING: Final = Totals()
_MILLISECOND: Final = timedelta(milliseconds=1)


def domain_statistics(report: Report) -> DomainStatistics:
    """DomainStats (contract c.3)."""
    overview = report.overview
    now, before = overview.totals, overview.previous or _NOTHING
    per_link, per_link_before = _ratio(now.clicks, report.links), _ratio(before.clicks, report.previous_links)
    body: DomainStatistics = {
        "clicks": now.clicks,
        "humanClicks": now.human_clicks,
        "prevClicks": before.clicks,
        "prevHumanClicks": before.human_clicks,
        "links": report.links,
        "linksChange": change(report.links, report.previous_links),
        "linksChangePositive": report.links >= report.previous_links,
        "clicksPerLink": _decimals(per_link),
        # Without links the documented example has no decimals here (contract c.3).
        "humanClicksPerLink": _decimals(_ratio(now.human_clicks, report.links)) if report.links else "0",
        "clicksPerLinkChange": change(per_link, per_link_before),
        "prevClicksChange": change(now.clicks, before.clicks),
        "humanClicksChange": change(now.human_clicks, before.human_clicks),
        "humanClicksChangePositive": now.human_clicks >= before.human_clicks,
        "uniqueVisitors": now.visitors,
        "prevUniqueVisitors": before.visitors,
        "uniqueVisitorsChange": change(now.visitors, before.visitors),
        "uniqueVisitorsChangePositive": now.visitors >= before.visitors,
        "scans": now.scans,
        "prevScans": before.scans,
        "scansChange": change(now.scans, before.scans),
        "conversions": now.conversions,
        "prevConversions": before.conversions,
        "conversionsChange": change(now.conversions, before.conversions),
        "conversionValue": worth(now.conversion_value),
        "prevConversionValue": worth(before.conversion_value),
        "interval": _interval(report.question),
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

    def since(name: str) -> str:
        return change(getattr(now, name), getattr(before, name)) if before is not None else "0"

    body: LinkStatistics = {
        "totalClicks": now.clicks,
        "humanClicks": now.human_clicks,
        "totalClicksChange": since("clicks"),
        "humanClicksChange": since("human_clicks"),
        "uniqueVisitors": now.visitors,
        "uniqueVisitorsChange": since("visitors"),
        "scans": now.scans,
        "scansChange": since("scans"),
        "conversions": now.conversions,
        "conversionsChange": since("conversions"),
        "conversionValue": worth(now.conversion_value),
        "interval": _interval(report.question),
        "clickStatistics": _chart(report),
    }
    if overview.tops:
        _add_tops(body, overview.tops, city_as_text=True)
    return body


def last_clicks(found: LastClicks, zone_name: str) -> list[LastClick]:
    """S8; clicks on a link with a wildcard are told by its path (contract c.4)."""
    return [click_json(click, zone_name, found.wildcards.get(click.link_number)) for click in found.clicks]


def click_json(click: Click, zone_name: str, wildcard: str | None = None) -> LastClick:
    """A click of S8; its time carries the offset of the requested zone. What is behind ``ab_path`` is our own."""
    path = wildcard or click.path
    at = click.at.astimezone(time_zone(zone_name)).isoformat(timespec="milliseconds")
    return {
        "host": click.hostname,
        "path": path,
        "lcpath": path.lower(),
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
        "geoname_id": str(city_number(f"{click.country}/{click.region}", click.city)) if click.city else "",
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
        "bot": click.bot,
        "device": click.device,
        "region": click.region,
        "language": click.language,
    }


def clicks_by_interval(points: Iterable[Point]) -> ClicksByInterval:
    """S3, S13."""
    written = _points(points)
    return {"clicksStatistics": written, "clickStatistics": written}


def top_rows(column: str, tops: Iterable[Top]) -> list[TopRow]:
    """S4, S9, S14: the top list of a click's field ``column``."""
    return [{"column": _column(column, top), "displayName": display_name(column, top), "score": str(top.score)} for top in tops]


def interval_tops(column: str, buckets: Iterable[BucketTop]) -> list[IntervalTop]:
    """S5: the top list of a click's field ``column`` in each interval."""
    return [
        {
            "date": iso(bucket.at),
            "statistics": [{"column": _column(column, top), "score": str(top.score)} for top in bucket.tops],
        }
        for bucket in buckets
    ]


def change(now: Fraction | int, before: Fraction | int) -> str:
    """A change in percent as production writes it: two decimals, '999.00' when there was nothing before, also if there is
    nothing now (contract b.9, and the example of c.3)."""
    return _decimals(Fraction(now - before) / before * 100) if before else "999.00"


def percent(part: int, whole: int) -> str:
    """A part in percent with two decimals; "0.00" of nothing."""
    return _decimals(Fraction(part * 100, whole) if whole else Fraction())


def counts(totals: Totals) -> Counts:
    """Totals as our own answers have them."""
    return {
        "clicks": totals.clicks,
        "humanClicks": totals.human_clicks,
        "uniqueVisitors": totals.visitors,
        "conversions": totals.conversions,
        "conversionValue": worth(totals.conversion_value),
    }


def worth(value: float) -> float:
    """A sum of values, without the digits that are no more than noise of adding."""
    return round(value, 6)


def _decimals(value: Fraction) -> str:
    """Two decimals, halves away from zero as JavaScript's toFixed has them, and no minus before zeros."""
    hundredths = int(abs(value) * 100 + Fraction(1, 2))
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


def _add_tops(body: TopLists, tops: dict[str, tuple[Top, ...]], *, city_as_text: bool) -> None:
    # Sources differ on the spelling of a referrer's key: both are sent (contract g.5).
    body["referer"] = [{"score": top.score, "refhost": top.value, "referer": top.value} for top in tops["referrer_host"]]
    body["social"] = [
        {"social": top.value, "score": top.score, "socialName": network_name(top.value)} for top in tops["social"]
    ]
    body["browser"] = [{"browser": top.value, "score": top.score, "browserName": top.value} for top in tops["browser"]]
    body["country"] = [
        {"country": top.value, "countryName": country_name(top.value), "score": top.score} for top in tops["country"]
    ]
    body["city"] = [_city(top, city_as_text) for top in tops["city"]]
    body["os"] = [{"os": top.value, "score": top.score} for top in tops["os"]]


def _city(top: Top, as_text: bool) -> CityRow:
    number = city_number(top.detail, top.value)
    country = top.detail.partition("/")[0]
    return {"city": str(number) if as_text else number, "name": top.value, "countryCode": country or None, "score": top.score}


def _chart(report: Report) -> Chart:
    return {"datasets": [{"data": _points(report.overview.chart)}]}


def _points(points: Iterable[Point]) -> list[ChartPoint]:
    return [{"x": iso(point.at), "y": str(point.clicks)} for point in points]


def _campaign(tops: dict[str, tuple[Top, ...]], name: str) -> list[dict[str, Any]]:
    return [{name: top.value, "score": top.score} for top in tops[name]]


def _column(column: str, top: Top) -> str:
    return str(city_number(top.detail, top.value)) if column == "city" else top.value


def counted_interval(question: Question) -> CountedInterval:
    """What was asked, both ends included."""
    start, end = _ends(question.interval, _MILLISECOND)
    return {"startDate": start, "endDate": end}


def _interval(question: Question) -> ReportInterval:
    """What was asked, both ends included, and what it is compared with."""
    start, end = _ends(question.interval, _MILLISECOND)
    # Production cuts the end of the previous interval to the second.
    previous_start, previous_end = _ends(question.previous, timedelta(seconds=1))
    return {"startDate": start, "endDate": end, "prevStartDate": previous_start, "prevEndDate": previous_end}


def _ends(interval: Interval | None, step: timedelta) -> tuple[str | None, str | None]:
    if interval is None:
        return None, None
    return iso(interval.start), iso(interval.end - step)


def _ratio(clicks: int, links: int) -> Fraction:
    return Fraction(clicks, links) if links else Fraction()
