"""Periods in time zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linnet.model.errors import InvalidField
from linnet.model.periods import moment, offset_zone, span_of, time_zone
from linnet.model.statistics import Period

NOW = datetime(2026, 5, 13, 22, 30, tzinfo=UTC)  # a Wednesday; in Berlin it is Thursday already


def days(period: Period, zone: str = "UTC") -> tuple[str, str, str, str]:
    span = span_of(period, time_zone(zone), NOW, None, None)
    assert span.interval is not None
    assert span.previous is not None
    moments = (span.interval.start, span.interval.end, span.previous.start, span.previous.end)
    start, end, before, until = (f"{each.astimezone(ZoneInfo(zone)):%m-%d %H}" for each in moments)
    return start, end, before, until


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period.TODAY, ("05-13 00", "05-14 00", "05-12 00", "05-13 00")),
        (Period.YESTERDAY, ("05-12 00", "05-13 00", "05-11 00", "05-12 00")),
        (Period.WEEK, ("05-11 00", "05-14 00", "05-08 00", "05-11 00")),
        (Period.MONTH, ("05-01 00", "05-14 00", "04-18 00", "05-01 00")),
        (Period.LAST_MONTH, ("04-01 00", "05-01 00", "03-02 00", "04-01 00")),
        (Period.LAST_7, ("05-07 00", "05-14 00", "04-30 00", "05-07 00")),
        (Period.LAST_30, ("04-14 00", "05-14 00", "03-15 00", "04-14 00")),
    ],
)
def test_presets_are_whole_days_with_an_equally_long_time_before(period: Period, expected: tuple[str, ...]):
    assert days(period) == expected


def test_presets_are_days_of_the_readers_zone():
    assert days(Period.TODAY, "Europe/Berlin") == ("05-14 00", "05-15 00", "05-13 00", "05-14 00")


def test_a_period_over_a_change_of_the_clocks_has_its_real_length():
    after_change = datetime(2026, 3, 30, 12, tzinfo=UTC)
    span = span_of(Period.YESTERDAY, time_zone("Europe/Berlin"), after_change, None, None)
    assert span.interval is not None
    assert span.interval.end - span.interval.start == timedelta(hours=23)


def test_all_time_has_no_interval():
    assert span_of(Period.TOTAL, UTC, NOW, None, None).interval is None


def test_custom_includes_both_ends():
    start, end = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    span = span_of(Period.CUSTOM, UTC, NOW, start, end)
    assert span.interval is not None
    assert (span.interval.start, span.interval.end) == (start, end + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("start", "end", "field"), [(None, NOW, "startDate"), (NOW, None, "endDate"), (NOW, NOW - timedelta(1), "endDate")]
)
def test_custom_needs_both_dates_in_order(start: datetime | None, end: datetime | None, field: str):
    with pytest.raises(InvalidField) as refusal:
        span_of(Period.CUSTOM, UTC, NOW, start, end)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-05-01", datetime(2026, 4, 30, 22, tzinfo=UTC)),
        ("2026-05-01T00:00:00Z", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T00:00:00+05:30", datetime(2026, 4, 30, 18, 30, tzinfo=UTC)),
        (1777593600000, datetime(2026, 5, 1, tzinfo=UTC)),
        ("1777593600000", datetime(2026, 5, 1, tzinfo=UTC)),
    ],
)
def test_moments_are_read_in_every_written_form(written: str | int, expected: datetime):
    assert moment(written, ZoneInfo("Europe/Berlin"), field="startDate") == expected


@pytest.mark.parametrize("written", ["2026-05-01T00:00:00", "soon", "", "2026-13-01", 1e300, "9" * 40, -1])
def test_moments_that_cannot_be_read_are_refused_by_their_field(written: str | float):
    with pytest.raises(InvalidField) as refusal:
        moment(written, UTC, field="startDate")
    assert refusal.value.field == "startDate"


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "../../etc/passwd", "x" * 300, "Europe/", "\x00", "localtime", "right/UTC", "\ud800"]
)
def test_zones_that_do_not_exist_are_refused(name: str):
    with pytest.raises(InvalidField) as refusal:
        time_zone(name)
    assert refusal.value.field == "tz"


def test_the_deprecated_offset_is_a_zone_of_minutes_east():
    assert time_zone(offset_zone(-210)).utcoffset(NOW) == timedelta(minutes=-210)
    with pytest.raises(InvalidField):
        offset_zone(841)
