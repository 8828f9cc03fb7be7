"""Statistics in the contract's shapes (b.9, c.3, c.4, d)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linnet.actions.statistics import DOMAIN_TOPS, LINK_TOPS, Report
from linnet.api.statistics_request import request_of
from linnet.api.statistics_wire import change, click_json, domain_statistics, link_statistics
from linnet.model.errors import InvalidField
from linnet.model.statistics import Bucket, Filter, Interval, Kind, Overview, Period, Point, Question, Top, Totals, city_number
from tests.statistics.clicks import click

DAY = datetime(2020, 5, 8, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
EXAMPLE = Question(
    kind=Kind.OVERVIEW,
    domain_id=1,
    interval=Interval(start=DAY, end=DAY + ONE_DAY),
    previous=Interval(start=DAY - ONE_DAY, end=DAY),
)
ALL_TIME = Question(kind=Kind.OVERVIEW, domain_id=1)
CITY = Top(value="Ashburn", detail="US/Virginia", score=2)


def tops_of(names: tuple[str, ...], **lists: tuple[Top, ...]) -> dict[str, tuple[Top, ...]]:
    return {name: lists.get(name, ()) for name in names}


def test_domain_statistics_are_the_contracts_example():
    referrers = (Top(value="shortcm.xyz", score=3), Top(value="blog.short.io", score=2))
    browsers = (Top(value="Chrome", score=2), Top(value="Chrome Mobile", score=2))
    overview = Overview(
        totals=Totals(clicks=34, human_clicks=8),
        previous=Totals(clicks=133, human_clicks=44),
        tops=tops_of(DOMAIN_TOPS, referrer_host=referrers, browser=browsers),
    )
    body = domain_statistics(Report(question=EXAMPLE, overview=overview))
    expected = {
        "clicks": 34,
        "humanClicks": 8,
        "links": 0,
        "linksChange": "999.00",
        "interval": {
            "startDate": "2020-05-08T00:00:00.000Z",
            "endDate": "2020-05-08T23:59:59.999Z",
            "prevStartDate": "2020-05-07T00:00:00.000Z",
            "prevEndDate": "2020-05-07T23:59:59.000Z",
        },
        "linksChangePositive": True,
        "clicksPerLink": "0.00",
        "clicksPerLinkChange": "999.00",
        "humanClicksPerLink": "0",
        "prevClicksChange": "-74.44",
        "humanClicksChange": "-81.82",
        "humanClicksChangePositive": False,
        "social": [],
    }
    assert {name: body[name] for name in expected} == expected
    assert (body["prevClicks"], body["prevHumanClicks"]) == (133, 44)
    assert [(row["score"], row["referer"], row["refhost"]) for row in body["referer"]] == [
        (3, "shortcm.xyz", "shortcm.xyz"),
        (2, "blog.short.io", "blog.short.io"),
    ]
    assert [(row["score"], row["browser"]) for row in body["browser"]] == [(2, "Chrome"), (2, "Chrome Mobile")]


def test_link_statistics_are_the_contracts_example():
    overview = Overview(
        totals=Totals(clicks=42, human_clicks=8),
        previous=Totals(clicks=21, human_clicks=0),
        tops=tops_of(LINK_TOPS, city=(CITY,), country=(Top(value="US", score=2),)),
        chart=(Point(at=DAY, clicks=12),),
    )
    body = link_statistics(Report(question=EXAMPLE, overview=overview))
    assert (body["totalClicks"], body["totalClicksChange"]) == (42, "100.00")
    assert (body["humanClicks"], body["humanClicksChange"]) == (8, "999.00")
    assert body["clickStatistics"] == {"datasets": [{"data": [{"x": "2020-05-08T00:00:00.000Z", "y": "12"}]}]}
    assert body["country"] == [{"country": "US", "countryName": "United States", "score": 2}]
    (city,) = body["city"]
    assert (city["name"], city["countryCode"], city["score"]) == ("Ashburn", "US", 2)
    assert not [name for name in body if name.startswith("utm_")]


def test_all_time_has_an_interval_of_nulls_and_no_change():
    body = link_statistics(Report(question=ALL_TIME, overview=Overview(totals=Totals(clicks=3, human_clicks=2))))
    assert set(body["interval"].values()) == {None}
    assert (body["totalClicksChange"], body["humanClicksChange"]) == ("0", "0")


def test_skipped_top_lists_are_left_out_and_not_empty():
    overview = Overview(totals=Totals())
    counts = {"totalClicks", "humanClicks", "totalClicksChange", "humanClicksChange", "interval", "clickStatistics"}
    ours = {"uniqueVisitors", "uniqueVisitorsChange", "scans", "scansChange"}
    ours |= {"conversions", "conversionsChange", "conversionValue"}
    assert set(link_statistics(Report(question=EXAMPLE, overview=overview))) == counts | ours
    assert not {"referer", "browser", "utm_source"} & set(domain_statistics(Report(question=EXAMPLE, overview=overview)))


def test_clicks_for_each_link_are_shares_of_the_links_made_in_the_interval():
    overview = Overview(totals=Totals(clicks=10, human_clicks=4), previous=Totals(clicks=4, human_clicks=2))
    body = domain_statistics(Report(question=EXAMPLE, overview=overview, links=4, previous_links=2))
    assert (body["clicksPerLink"], body["humanClicksPerLink"], body["clicksPerLinkChange"]) == ("2.50", "1.00", "25.00")
    assert (body["links"], body["linksChange"], body["linksChangePositive"]) == (4, "100.00", True)


@pytest.mark.parametrize(
    ("now", "before", "written"),
    [
        (5, 0, "999.00"),
        (0, 0, "999.00"),
        (0, 5, "-100.00"),
        (1, 3, "-66.67"),
        (4, 4, "0.00"),
        (801, 800, "0.13"),
        (799, 800, "-0.13"),
        (803, 800, "0.38"),
        (99_999, 100_000, "0.00"),
        (99_995, 100_000, "-0.01"),
        (10**15 + 1, 1, "100000000000000000.00"),
    ],
)
def test_a_change_has_two_decimals_and_is_999_where_nothing_was_before(now: int, before: int, written: str):
    assert change(now, before) == written


def test_a_citys_number_is_stable_and_a_number_for_domains_but_a_text_for_links():
    assert city_number("US/Virginia", "Ashburn") == 943_711_510
    assert city_number("US/Virginia", "Ashburn") != city_number("US/Georgia", "Ashburn")
    tops = tops_of(DOMAIN_TOPS, city=(CITY,))
    report = Report(question=EXAMPLE, overview=Overview(totals=Totals(), tops=tops))
    number = city_number("US/Virginia", "Ashburn")
    assert domain_statistics(report)["city"][0]["city"] == number
    assert link_statistics(report)["city"][0]["city"] == str(number)


def test_a_click_has_the_contracts_fields_and_the_offset_of_the_zone():
    found = click(
        at=datetime(2026, 3, 21, 20, 30, 38, 549_000, tzinfo=UTC), country="IN", city="Mumbai", query="a=1", path="/LogIn"
    )
    body = click_json(found, "Asia/Singapore")
    assert body["dt"] == "2026-03-22T04:30:38.549+08:00"
    assert click_json(found, "UTC")["dt"] == "2026-03-21T20:30:38.549Z"
    assert (body["country"], body["city"], body["path"], body["lcpath"]) == ("India", "Mumbai", "/LogIn", "/login")
    assert (body["st"], body["human"], body["goal_completed"], body["ab_path"]) == (302, True, None, None)
    example = "host path lcpath method url dt st ip proto ref ua human browser browser_version country city social refhost os"
    newer = "utm_source utm_medium utm_campaign utm_term utm_content goal_completed ab_path geoname_id"
    # The last is our own.
    assert set(body) == set(example.split()) | set(newer.split()) | {"scan", "bot", "device", "region", "language"}
    assert (body["scan"], click_json(found._replace(scan=True), "UTC")["scan"]) == (False, True)


def test_filters_are_read_by_their_names():
    asked = request_of(
        {
            "include": {"paths": ["/abc"], "countries": "DE", "human": True, "statuses": ["302", 404]},
            "exclude": {"protos": ["https"], "refhosts": [], "browsers": None, "scan": True},
        }
    )
    assert asked.include == (
        Filter(column="path", values=("/abc",)),
        Filter(column="country", values=("DE",)),
        Filter(column="human", values=(True,)),
        Filter(column="status", values=(302, 404)),
    )
    assert asked.exclude == (
        Filter(column="scheme", values=("https",)),
        Filter(column="referrer_host", values=()),
        Filter(column="scan", values=(True,)),
    )


def test_a_query_and_a_body_are_read_alike():
    query = request_of(
        {"period": "last7", "tz": "Europe/Berlin", "clicksChartInterval": "day", "skipTops": "true", "tzOffset": "0"}
    )
    body = request_of({"period": "last7", "tz": "Europe/Berlin", "clicksChartInterval": "day", "skipTops": True})
    assert query == body
    assert (query.period, query.bucket, query.skip_tops) == (Period.LAST_7, Bucket.DAY, True)
    assert request_of({}).period is Period.LAST_30
    assert request_of({"tzOffset": "-210"}).time_zone == "-03:30"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"period": "year"}, "period"),
        ({"period": {}}, "period"),
        ({"tz": "Mars/Base"}, "tz"),
        ({"tz": "+99:99"}, "tz"),
        ({"tz": "-24:00"}, "tz"),
        ({"tz": "+05:07"}, "tz"),
        ({"tz": 1}, "tz"),
        ({"tzOffset": "east"}, "tzOffset"),
        ({"tzOffset": 841}, "tzOffset"),
        ({"tzOffset": 7}, "tzOffset"),
        ({"clicksChartInterval": "minute"}, "clicksChartInterval"),
        ({"startDate": True}, "startDate"),
        ({"endDate": []}, "endDate"),
        ({"limit": "many"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"include": []}, "include"),
        ({"exclude": "DE"}, "exclude"),
        ({"include": {"paths": [1]}}, "include.paths"),
        ({"include": {"paths": {}}}, "include.paths"),
        ({"include": {"paths": ["/a"] * 1001}}, "include.paths"),
        ({"include": {"statuses": ["²"]}}, "include.statuses"),
        ({"include": {"statuses": [70_000]}}, "include.statuses"),
        ({"include": {"statuses": [True]}}, "include.statuses"),
        ({"exclude": {"human": "yes"}}, "exclude.human"),
        ({"include": {"dt": ["2026-01-01"]}}, "include.dt"),
        ({"include": {"dt": ["2026-01-01", "2026-01-01T00:00:00"]}}, "include.dt"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(sent: dict[str, Any], field: str):
    with pytest.raises(InvalidField) as refusal:
        request_of(sent)
    assert refusal.value.field == field
