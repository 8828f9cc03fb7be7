"""Charts in time zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linnet.model.errors import InvalidField
from linnet.model.statistics import Bucket, Interval
from linnet.statistics.series import MAX_POINTS, chart

HOUR = timedelta(hours=1)


def interval_of(zone: str, first: tuple[int, int, int], after: tuple[int, int, int]) -> Interval:
    start, end = (datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC) for day in (first, after))
    return Interval(start=start, end=end)


@pytest.mark.parametrize(
    ("zone", "day", "after", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), (2026, 3, 30), 23),
        ("America/New_York", (2026, 11, 1), (2026, 11, 2), 25),
        ("Australia/Sydney", (2026, 10, 4), (2026, 10, 5), 23),
        ("America/Santiago", (2026, 9, 6), (2026, 9, 7), 23),  # the clocks change at midnight: the day begins at one
        ("Asia/Kathmandu", (2026, 3, 29), (2026, 3, 30), 24),
    ],
)
def test_every_bucket_begins_where_the_one_before_ends(
    zone: str, day: tuple[int, int, int], after: tuple[int, int, int], hours: int
):
    interval = interval_of(zone, day, after)
    quarters = [(interval.start + number * HOUR / 4, 1) for number in range(hours * 4)]
    points = chart(quarters, Bucket.HOUR, ZoneInfo(zone), interval)
    assert [point.at.astimezone(UTC) for point in points] == [interval.start + number * HOUR for number in range(hours)]
    assert {point.clicks for point in points} == {4}
    (whole,) = chart(quarters, Bucket.DAY, ZoneInfo(zone), interval)
    assert (whole.at.astimezone(UTC), whole.clicks) == (interval.start, hours * 4)


def test_a_day_that_a_zone_skipped_is_counted_nowhere_twice():
    zone = "Pacific/Apia"  # 30 December 2011 did not exist there
    interval = interval_of(zone, (2011, 12, 29), (2012, 1, 1))
    points = chart([(interval.end - HOUR, 5)], Bucket.DAY, ZoneInfo(zone), interval)
    assert sum(point.clicks for point in points) == 5


def test_weeks_begin_on_monday_and_months_on_the_first():
    interval = interval_of("UTC", (2026, 5, 13), (2026, 6, 2))
    clicks = [(interval.start, 1), (interval.end - HOUR, 2)]
    weeks = chart(clicks, Bucket.WEEK, UTC, interval)
    months = chart(clicks, Bucket.MONTH, UTC, interval)
    assert [(f"{point.at:%m-%d}", point.clicks) for point in weeks] == [("05-11", 1), ("05-18", 0), ("05-25", 0), ("06-01", 2)]
    assert [(f"{point.at:%m-%d}", point.clicks) for point in months] == [("05-01", 1), ("06-01", 2)]


def test_all_time_reaches_from_the_first_click_to_the_last():
    first, last = datetime(2026, 5, 1, 7, 45, tzinfo=UTC), datetime(2026, 5, 1, 10, tzinfo=UTC)
    points = chart([(last, 1), (first, 2)], Bucket.HOUR, UTC, None)
    assert [(point.at.hour, point.clicks) for point in points] == [(7, 2), (8, 0), (9, 0), (10, 1)]


def test_a_chart_has_a_bound_of_points():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    longest = Interval(start=start, end=start + MAX_POINTS * HOUR)
    assert len(chart([], Bucket.HOUR, UTC, longest)) == MAX_POINTS
    with pytest.raises(InvalidField):
        chart([], Bucket.HOUR, UTC, Interval(start=start, end=longest.end + HOUR))
