"""Periods, time zones and charts over the API: changes of the clocks, weeks, and times in which nothing happened."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linnet.actions.installation import Installed
from linnet.model.periods import time_zone
from linnet.model.statistics import Bucket, Period
from tests.api.counted import NOW, CountedApi, counted_api, domain, here

QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
PRESETS = [each.value for each in Period if each is not Period.CUSTOM]


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def points(body: dict[str, Any]) -> list[tuple[datetime, int]]:
    data = body["clickStatistics"]
    rows = data["datasets"][0]["data"] if isinstance(data, dict) else data
    return [(datetime.fromisoformat(point["x"]), int(point["y"])) for point in rows]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2025-03-30", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2025-11-02", 25),
        ("Australia/Lord_Howe", "2025-10-05", 24),  # half an hour less: the hour in which it happens is one of them
        ("Australia/Lord_Howe", "2026-04-05", 25),  # half an hour more
        ("America/Santiago", "2025-09-07", 23),  # at midnight: the day begins at one
        ("Asia/Kathmandu", "2026-03-29", 24),
    ],
)
def test_a_day_on_which_the_clocks_change_has_its_hours_and_each_click_is_in_one(
    api: CountedApi, zone: str, day: str, hours: int
):
    following = f"{datetime.fromisoformat(day) + DAY:%Y-%m-%d}"
    start, end = (datetime.fromisoformat(each).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (day, following))
    number = int((end - start) / QUARTER)
    inside = [start + place * QUARTER for place in range(number)]
    api.clicks(*[here(api, at=at) for at in [start - timedelta(milliseconds=1), *inside, end]])
    asked = {"period": "custom", "startDate": day, "endDate": f"{(end - timedelta(milliseconds=1)).isoformat()}", "tz": zone}
    hourly = api.asked(domain(api), asked | {"clicksChartInterval": "hour"})
    assert hourly["clicks"] == number
    assert (len(points(hourly)), sum(clicks for _, clicks in points(hourly))) == (hours, number)
    moments = [at for at, _ in points(hourly)]
    assert moments == sorted(set(moments))
    assert points(api.asked(domain(api), asked | {"clicksChartInterval": "day"})) == [(start, number)]
    assert points(api.asked(domain(api, "/by_interval"), asked)) == [(start, number)]
    tops = api.asked(domain(api, "/top_by_interval"), asked | {"column": "os", "interval": "hour"})
    assert [datetime.fromisoformat(each["date"]) for each in tops] == moments
    assert sum(int(row["score"]) for each in tops for row in each["statistics"]) == number


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
def test_weeks_begin_on_monday_and_months_on_the_first_of_the_readers_zone(api: CountedApi, zone: str):
    local = ZoneInfo(zone)
    mondays = [datetime(2026, 3, 23, tzinfo=local), datetime(2026, 3, 30, tzinfo=local), datetime(2026, 4, 6, tzinfo=local)]
    edges = [moment.astimezone(UTC) for moment in mondays]
    api.clicks(*[here(api, at=edge + step) for edge in edges for step in (-timedelta(milliseconds=1), timedelta())])
    asked = {"period": "custom", "startDate": "2026-03-23", "endDate": "2026-04-06", "tz": zone}
    weekly = points(api.asked(domain(api), asked | {"clicksChartInterval": "week"}))
    assert weekly == list(zip(edges, [2, 2, 1], strict=True))
    months = [datetime(2026, month, 1, tzinfo=local).astimezone(UTC) for month in (3, 4)]
    monthly = points(api.asked(domain(api), asked | {"clicksChartInterval": "month"}))
    assert monthly == list(zip(months, [3, 2], strict=True))


@pytest.mark.parametrize("period", PRESETS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
def test_a_domain_without_clicks_has_answers_of_the_whole_shape(api: CountedApi, period: str, zone: str):
    link_id, _ = api.link()
    asked = {"period": period, "tz": zone, "clicksChartInterval": "day"}
    body = api.asked(domain(api), asked)
    assert (body["clicks"], body["humanClicksChange"], body["humanClicksChangePositive"]) == (0, "999.00", True)
    assert [body[name] for name in ("referer", "browser", "country", "city", "os", "utm_source")] == [[]] * 6
    assert {clicks for _, clicks in points(body)} == (set() if period == "total" else {0})
    of_link = api.asked(f"/statistics/link/{link_id}", asked)
    assert (of_link["totalClicks"], of_link["totalClicksChange"]) == (0, "0" if period == "total" else "999.00")
    assert api.asked(domain(api, "/by_interval"), asked)["clicksStatistics"] == body["clickStatistics"]["datasets"][0]["data"]
    for rest in ("/top", "/last_clicks"):
        assert api.asked(domain(api, rest), asked | {"column": "os"}) == []
    steps = api.asked(domain(api, "/top_by_interval"), asked | {"column": "os"})
    assert [each["statistics"] for each in steps] == [[] for _ in points(body)]
    assert api.asked(domain(api, "/paths"), period=period, tz=zone) == []


@pytest.mark.parametrize("period", [each for each in PRESETS if each != "total"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "+05:45"])
def test_the_interval_that_is_told_is_the_one_that_was_counted(api: CountedApi, period: str, zone: str):
    first = api.asked(domain(api), period=period, tz=zone)["interval"]
    names = ("startDate", "endDate", "prevStartDate", "prevEndDate")
    start, end, before, until = (datetime.fromisoformat(first[name]) for name in names)
    after = end + timedelta(milliseconds=1)
    local = [each.astimezone(time_zone(zone)) for each in (start, after, before)]
    assert {(each.hour, each.minute, each.second, each.microsecond) for each in local} == {(0, 0, 0, 0)}
    assert (first["endDate"][-5:], first["prevEndDate"][-5:], until + timedelta(seconds=1)) == (".999Z", ".000Z", start)
    tick = timedelta(milliseconds=1)
    api.clicks(*[here(api, at=at) for at in (start, end, after, start - tick, before, before - tick)])
    body = api.asked(domain(api), period=period, tz=zone)
    assert (body["clicks"], body["prevClicks"], body["interval"]) == (2, 2, first)


@pytest.mark.parametrize("bucket", [each.value for each in Bucket])
def test_a_chart_adds_up_to_the_clicks_whatever_its_step(api: CountedApi, bucket: str):
    api.clicks(*[here(api, at=NOW - number * 7 * HOUR, human=bool(number % 3)) for number in range(200)])
    asked = {"period": "last30", "tz": "Asia/Kathmandu", "clicksChartInterval": bucket}
    body = api.asked(domain(api), asked)
    assert sum(clicks for _, clicks in points(body)) == body["clicks"]
    people = points(api.asked(domain(api, "/by_interval"), asked))
    assert sum(clicks for _, clicks in people) == body["humanClicks"]


def test_the_deprecated_offset_counts_from_utc_to_the_east_and_gives_way_to_tz(api: CountedApi):
    start = api.asked(domain(api), period="today", tzOffset="120")["interval"]["startDate"]
    assert start == "2026-05-13T22:00:00.000Z"
    assert api.asked(domain(api), {"period": "today", "tzOffset": -210})["interval"]["startDate"] == "2026-05-13T03:30:00.000Z"
    both = api.asked(domain(api), period="today", tz="UTC", tzOffset="120")["interval"]["startDate"]
    assert both == "2026-05-13T00:00:00.000Z"


def test_an_offset_in_a_date_is_honoured_beside_tz(api: CountedApi):
    dates = {"startDate": "2026-05-01T02:00:00+02:00", "endDate": "2026-05-02T02:00:00+02:00"}
    body = api.asked(domain(api), {"period": "custom", "tz": "America/New_York", **dates})
    assert body["interval"]["startDate"] == "2026-05-01T00:00:00.000Z"
    assert body["interval"]["endDate"] == "2026-05-02T00:00:00.000Z"
