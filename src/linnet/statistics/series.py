"""Charts: quarter hours summed into the buckets of a time zone, without gaps."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from linnet.model.errors import InvalidField
from linnet.model.statistics import Bucket, Interval, Point

MAX_POINTS = 10_000
# Bounds buckets times the limit of each bucket's list.
MAX_INTERVAL_ROWS = 20_000
_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)


def bucket_start(moment: datetime, bucket: Bucket, zone: tzinfo) -> datetime:
    """Where the bucket of ``moment`` begins, as a local time. Weeks begin on Monday."""
    if bucket is Bucket.HOUR:
        # In UTC, so that the hour that the autumn clock shows twice is two buckets.
        local = moment.astimezone(zone)
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        start = moment.astimezone(UTC) - past
        # An hour in which clocks are changed by half an hour (Lord Howe Island) is two buckets.
        while start.astimezone(zone).utcoffset() != local.utcoffset():
            start += _QUARTER
        return start.astimezone(zone)
    day = moment.astimezone(zone).date()
    if bucket is Bucket.WEEK:
        day -= day.weekday() * _DAY
    elif bucket is Bucket.MONTH:
        day = day.replace(day=1)
    return datetime.combine(day, time(), zone)


def chart(counts: Iterable[tuple[datetime, int]], bucket: Bucket, zone: tzinfo, interval: Interval | None) -> tuple[Point, ...]:
    """The points of a chart: ``counts`` are clicks by the start of their quarter hour, or more finely.

    Every bucket of ``interval`` (for all time, from the first to the last click) has a point, also an empty one. InvalidField
    when there would be more than MAX_POINTS.
    """
    held = list(counts)
    if interval is None:
        if not held:
            return ()
        moments = [moment for moment, _ in held]
        interval = Interval(start=min(moments), end=max(moments) + timedelta(milliseconds=1))
    starts = bucket_starts(interval, bucket, zone)
    instants = [start.astimezone(UTC) for start in starts]
    sums = [0] * len(starts)
    for moment, clicks in held:
        sums[bisect_right(instants, moment) - 1] += clicks
    return tuple(Point(at=start, clicks=clicks) for start, clicks in zip(starts, sums, strict=True))


def bucket_starts(interval: Interval, bucket: Bucket, zone: tzinfo, *, field: str = "clicksChartInterval") -> list[datetime]:
    """Where the buckets that meet an interval begin, as local times; InvalidField when they would be more than MAX_POINTS."""
    if (interval.end - interval.start) / _HOUR > MAX_POINTS * _hours(bucket):
        raise InvalidField(f"{field} {bucket} is too fine for this period.", field=field)
    return list(_starts(interval, bucket, zone))


def limited(starts: Sequence[datetime], limit: int) -> None:
    """InvalidField when lists of ``limit`` rows for each of the buckets would be too many rows."""
    if len(starts) * limit > MAX_INTERVAL_ROWS:
        raise InvalidField(
            f"limit times the number of intervals ({len(starts)} here) must be at most {MAX_INTERVAL_ROWS}; "
            "ask for fewer rows, longer intervals or a shorter period.",
            field="limit",
        )


def _hours(bucket: Bucket) -> int:
    return {Bucket.HOUR: 1, Bucket.DAY: 24, Bucket.WEEK: 168, Bucket.MONTH: 720}[bucket]


def _starts(interval: Interval, bucket: Bucket, zone: tzinfo) -> Iterator[datetime]:
    start = bucket_start(interval.start, bucket, zone)
    if bucket is Bucket.HOUR:
        yield from _hour_starts(interval, zone)
        return
    while start < interval.end:
        yield start
        step = {Bucket.DAY: 1, Bucket.WEEK: 7, Bucket.MONTH: 32}[bucket]
        start = bucket_start(datetime.combine(start.date() + step * _DAY, time(12), zone), bucket, zone)


def _hour_starts(interval: Interval, zone: tzinfo) -> Iterator[datetime]:
    # By quarter hours, because clocks are changed by half an hour too; and compared in UTC, because the local times of two
    # hours of one night can be equal.
    steps = int((interval.end - interval.start) / _QUARTER) + 1
    moments = [interval.start + number * _QUARTER for number in range(steps)]
    last = None
    for moment in [*moments, interval.end - timedelta(microseconds=1)]:
        start = bucket_start(min(moment, interval.end - timedelta(microseconds=1)), Bucket.HOUR, zone)
        instant = start.astimezone(UTC)
        if last is None or instant > last:
            yield start
            last = instant
