"""The documented requests and answers of getDomainStatistics and the like, field by field."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from linnet.model.click import Click
from tests.api.counted import NOW, CountedApi, counted_api, domain, here, number_of

MAY_8 = datetime(2020, 5, 8, tzinfo=UTC)
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(milliseconds=1)
# In Short.io's answers there is none of these.
OURS_OF_BOTH = {"uniqueVisitors", "uniqueVisitorsChange", "scans", "scansChange"}
OURS_OF_BOTH |= {"conversions", "conversionsChange", "conversionValue"}
OURS_OF_DOMAINS = OURS_OF_BOTH | {"prevUniqueVisitors", "uniqueVisitorsChangePositive"}
OURS_OF_DOMAINS |= {"prevScans", "prevConversions", "prevConversionValue"}
UTM = {"utm_medium", "utm_source", "utm_campaign", "utm_term", "utm_content"}
# Contract c.3, whole; ``datasets`` is cut short there.
DOMAIN_EXAMPLE: dict[str, Any] = {
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
    "referer": [
        {"score": 3, "referer": "shortcm.xyz"},
        {"score": 2, "referer": "blog.short.io"},
        {"score": 1, "referer": "blog-short-io.cdn.ampproject.org"},
    ],
    "social": [],
    "browser": [{"score": 2, "browser": "Chrome"}, {"score": 2, "browser": "Chrome Mobile"}],
}
# The rest of what contract c.3 lists.
DOMAIN_FIELDS = {"prevClicks", "prevHumanClicks", "clickStatistics", "country", "city", "os"} | UTM
CLICK_EXAMPLE: dict[str, Any] = {
    "host": "shortcm.xyz",
    "path": "/login",
    "lcpath": "/login",
    "method": "GET",
    "dt": "2020-05-20T06:19:12.000Z",
    "st": 302,
    "ip": "202.83.57.227",
    "proto": "https",
    "ref": "https://blog-short-io.cdn.ampproject.org/v/s/blog.short.io/",
    "ua": "Mozilla/5.0 (Linux; Android 10)",
    "human": True,
    "browser": "Chrome Mobile",
    "browser_version": "81",
    "country": "India",
    "city": "Mumbai",
    "social": "",
    "refhost": "blog-short-io.cdn.ampproject.org",
    "os": "Android",
    "utm_source": "",
    "utm_medium": "unknown",
    "utm_campaign": "",
    "goal_completed": None,
    "ab_path": None,
}


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def the_eighth_of_may(api: CountedApi, number: int) -> list[Click]:
    """34 clicks, 8 of them of people, and on the day before 133 and 44; at the edges of both days, too."""
    referrers = ["shortcm.xyz"] * 3 + ["blog.short.io"] * 2 + ["blog-short-io.cdn.ampproject.org", "", ""]
    browsers = ["Chrome", "Chrome Mobile", "Chrome", "Chrome Mobile", "Edge", "Firefox", "Opera", "Safari"]
    moments = [MAY_8, MAY_8 + DAY - TICK, *(MAY_8 + hour * HOUR for hour in range(6))]
    people = zip(moments, referrers, browsers, strict=True)
    clicks = [here(api, number, at=at, referrer_host=host, browser=browser) for at, host, browser in people]
    clicks += [here(api, number, at=MAY_8 + HOUR, human=False, bot="b", referrer_host="bots.example")] * 26
    clicks += [here(api, number, at=MAY_8 - TICK)] * 22 + [here(api, number, at=MAY_8 - DAY)] * 22
    clicks += [here(api, number, at=MAY_8 - HOUR, human=False, bot="b")] * 89
    return [*clicks, here(api, number, at=MAY_8 - DAY - TICK), here(api, number, at=MAY_8 + DAY)]


WAYS = [
    {"startDate": "2020-05-08", "endDate": "2020-05-08T23:59:59.999Z"},
    {"startDate": "2020-05-08T00:00:00Z", "endDate": "2020-05-09T01:59:59.999+02:00"},
    {"startDate": "1588896000000", "endDate": "1588982399999"},
    {"startDate": 1588896000000, "endDate": 1588982399999, "tz": "UTC", "tzOffset": 0},
]


@pytest.mark.parametrize("dates", WAYS)
def test_a_domains_statistics_are_the_documented_answer(api: CountedApi, dates: dict[str, Any]):
    api.clicks(*the_eighth_of_may(api, 0))
    for body in (
        api.asked(domain(api), period="custom", **dates),
        api.asked(domain(api), {"period": "custom", **dates}),
        api.asked(domain(api), {"period": "custom", **dates, "include": {}, "exclude": {}, "skipTops": False}),
    ):
        assert set(body) == set(DOMAIN_EXAMPLE) | DOMAIN_FIELDS | OURS_OF_DOMAINS
        assert (body["prevClicks"], body["prevHumanClicks"]) == (133, 44)
        # Live answers have ``refhost``; both are sent (contract g.5).
        assert all(row.pop("refhost") == row["referer"] for row in body["referer"])
        assert all(row.pop("browserName") == row["browser"] for row in body["browser"])
        body["browser"] = body["browser"][:2]
        assert {name: body[name] for name in DOMAIN_EXAMPLE} == DOMAIN_EXAMPLE


def test_a_chart_is_there_when_it_is_asked_for_and_its_numbers_are_texts(api: CountedApi):
    api.clicks(*the_eighth_of_may(api, 0))
    asked = {"period": "custom", "startDate": "2020-05-07", "endDate": "2020-05-08T23:59:59.999Z"}
    days = [{"x": "2020-05-07T00:00:00.000Z", "y": "133"}, {"x": "2020-05-08T00:00:00.000Z", "y": "34"}]
    assert api.asked(domain(api), asked)["clickStatistics"] == {"datasets": [{"data": []}]}
    chart = api.asked(domain(api), asked | {"clicksChartInterval": "day"})["clickStatistics"]
    assert chart == {"datasets": [{"data": days}]}
    people = [{"x": "2020-05-07T00:00:00.000Z", "y": "44"}, {"x": "2020-05-08T00:00:00.000Z", "y": "8"}]
    # Live answers and the documentation spell it differently; both are sent (contract g.4).
    both = {"clicksStatistics": people, "clickStatistics": people}
    assert api.asked(domain(api, "/by_interval"), asked) == both
    assert api.asked(domain(api, "/by_interval"), asked | {"include": {"human": False}})["clicksStatistics"][1]["y"] == "26"


def test_a_links_statistics_are_the_documented_answer(api: CountedApi):
    link_id, number = api.link()
    _, other = api.link()
    person = here(api, number, city="Ashburn", region="Virginia", country="US", os="Linux", social="facebook")
    bots = [here(api, number, human=False, bot="b")] * 34
    api.clicks(*[person] * 8, *bots, here(api, number, at=NOW - DAY), *[here(api, number, at=NOW - DAY, human=False)] * 20)
    api.clicks(*[here(api, other)] * 5)
    for body in (
        api.asked(f"/statistics/link/{link_id}", period="today"),
        api.asked(f"/statistics/link/{link_id}", {"period": "today"}),
    ):
        lists = {"referer", "social", "browser", "country", "city", "os"}
        totals = {"totalClicks", "humanClicks", "totalClicksChange", "humanClicksChange", "interval", "clickStatistics"}
        assert set(body) == lists | totals | OURS_OF_BOTH
        assert (body["totalClicks"], body["humanClicks"]) == (42, 8)
        assert (body["totalClicksChange"], body["humanClicksChange"]) == ("100.00", "700.00")
        (city,) = body["city"]
        assert city.pop("city").isdigit(), "a number as text"
        assert city == {"name": "Ashburn", "countryCode": "US", "score": 8}
        assert body["country"] == [{"country": "US", "countryName": "United States", "score": 8}]
        assert body["social"] == [{"social": "facebook", "socialName": "Facebook", "score": 8}]
        assert body["os"] == [{"os": "Linux", "score": 8}]
        assert body["referer"] == [{"referer": "news.example", "refhost": "news.example", "score": 8}]
        assert body["interval"]["endDate"] == "2026-05-13T23:59:59.999Z"


def test_without_top_lists_there_are_totals_changes_interval_and_chart_only(api: CountedApi):
    link_id, _ = api.link()
    body = api.asked(f"/statistics/link/{link_id}", period="last30", tz="Europe/Berlin", skipTops="true")
    totals = {"totalClicks", "humanClicks", "totalClicksChange", "humanClicksChange", "interval", "clickStatistics"}
    assert set(body) == totals | OURS_OF_BOTH
    whole = set(api.asked(domain(api)))
    tops = {"referer", "social", "browser", "country", "city", "os"} | UTM
    assert whole - set(api.asked(domain(api), {"skipTops": "true"})) == tops


def test_all_time_has_an_interval_of_nulls_and_no_time_before(api: CountedApi):
    link_id, number = api.link()
    api.clicks(here(api, number, at=MAY_8), here(api, number))
    nothing = {"startDate": None, "endDate": None, "prevStartDate": None, "prevEndDate": None}
    of_link = api.asked(f"/statistics/link/{link_id}", period="total", clicksChartInterval="month")
    assert (of_link["interval"], of_link["totalClicks"]) == (nothing, 2)
    assert (of_link["totalClicksChange"], of_link["humanClicksChange"]) == ("0", "0")
    points = of_link["clickStatistics"]["datasets"][0]["data"]
    assert (points[0], points[-1], len(points)) == (
        {"x": "2020-05-01T00:00:00.000Z", "y": "1"},
        {"x": "2026-05-01T00:00:00.000Z", "y": "1"},
        73,
    )
    of_domain = api.asked(domain(api), period="total")
    assert (of_domain["interval"], of_domain["prevClicks"], of_domain["prevClicksChange"]) == (nothing, 0, "999.00")


@pytest.mark.parametrize(
    ("now", "before", "written"),
    [
        (0, 0, "999.00"),
        (3, 0, "999.00"),
        (0, 3, "-100.00"),
        (3, 3, "0.00"),
        (1, 3, "-66.67"),
        (3, 800, "-99.63"),
        (401, 400, "0.25"),
    ],
)
def test_changes_have_two_decimals_and_halves_go_away_from_zero(api: CountedApi, now: int, before: int, written: str):
    link_id, number = api.link()
    api.clicks(*[here(api, number)] * now, *[here(api, number, at=NOW - DAY)] * before)
    of_domain = api.asked(domain(api), period="today")
    assert (of_domain["prevClicksChange"], of_domain["humanClicksChange"]) == (written, written)
    assert of_domain["humanClicksChangePositive"] == (now >= before)
    of_link = api.asked(f"/statistics/link/{link_id}", period="today")
    assert (of_link["totalClicksChange"], of_link["humanClicksChange"]) == (written, written)


def test_top_lists_are_the_documented_rows(api: CountedApi):
    link_id = api.created(path="abc")["idString"]
    number = number_of(api, link_id)
    api.clicks(*[here(api, number, country="GB")] * 147, *[here(api, 0, path="/none", country="FR")] * 2)
    asked = {"column": "path", "limit": 50, "period": "last30", "tz": "UTC"}
    rows = [
        {"column": "/abc", "displayName": "/abc", "score": "147"},
        {"column": "/none", "displayName": "/none", "score": "2"},
    ]
    assert api.asked(domain(api, "/top"), asked) == rows
    assert api.asked(domain(api, "/top"), asked | {"prefix": "/a"}) == rows[:1]
    assert api.asked(domain(api, "/paths"), period="last30") == rows
    countries = api.asked(f"/statistics/link/{link_id}/top", {"column": "country"})
    assert countries == [{"column": "GB", "displayName": "United Kingdom", "score": "147"}]
    by_day = api.asked(domain(api, "/top_by_interval"), {"column": "country", "interval": "day", "limit": 1, "period": "today"})
    assert by_day == [{"date": "2026-05-13T00:00:00.000Z", "statistics": [{"column": "GB", "score": "147"}]}]


def test_clicks_of_links_and_paths_are_the_documented_objects(api: CountedApi):
    link_id = api.created(path="abc")["idString"]
    silent, _ = api.link()
    api.clicks(*[here(api, number_of(api, link_id), at=MAY_8)] * 6, here(api, number_of(api, link_id), human=False))
    # Links without clicks are absent (contract g.7).
    assert api.asked(domain(api, "/link_clicks"), ids=f"{link_id},{silent}") == {link_id: 6}
    assert api.asked(domain(api, "/link_clicks"), ids=link_id, startDate="2020-05-09T00:00:00Z") == {}
    dated = {"pathsDates": [{"path": "abc", "createdAt": "2020-01-01T00:00:00.000Z"}]}
    assert api.asked(domain(api, "/link_clicks"), dated) == {"abc": 6}
    assert api.asked(domain(api, "/link_clicks"), {"paths": ["abc", "/abc", "none"]}) == {"abc": 6, "/abc": 6}
    until = api.request("POST", domain(api, "/link_clicks"), params={"endDate": "2020-05-07T00:00:00Z"}, json=dated)
    assert (until.status_code, until.json()) == (200, {})


def test_a_click_is_the_documented_object(api: CountedApi):
    api.clicks(
        here(
            api,
            0,
            at=datetime(2020, 5, 20, 6, 19, 12, tzinfo=UTC),
            hostname="shortcm.xyz",
            path="/login",
            address="202.83.57.227",
            scheme="https",
            referrer=CLICK_EXAMPLE["ref"],
            referrer_host=CLICK_EXAMPLE["refhost"],
            user_agent=CLICK_EXAMPLE["ua"],
            browser="Chrome Mobile",
            browser_version="81",
            country="IN",
            region="Maharashtra",
            city="Mumbai",
            os="Android",
            device="mobile",
            utm_medium="unknown",
        )
    )
    (click,) = api.asked(domain(api, "/last_clicks"), {"period": "total"})
    assert {name: click[name] for name in CLICK_EXAMPLE} == CLICK_EXAMPLE
    newer = {"url": "https://shortcm.xyz/login", "utm_term": "", "utm_content": ""}
    ours = {"scan": False, "bot": "", "device": "mobile", "region": "Maharashtra", "language": ""}
    assert click.pop("geoname_id").isdigit()
    assert click == CLICK_EXAMPLE | newer | ours
    asked = {"period": "custom", "startDate": "2020-05-20", "endDate": "2020-05-21", "tz": "Asia/Singapore"}
    assert api.asked(domain(api, "/last_clicks"), asked)[0]["dt"] == "2020-05-20T14:19:12.000+08:00"


def test_statistics_are_cleared_with_the_documented_answer(api: CountedApi):
    api.clicks(here(api))
    api.asked_to_clear()
    assert api.asked(domain(api), period="total")["clicks"] == 0
