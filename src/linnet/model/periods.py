"""From a named period to exact intervals, in the reader's time zone (contract d)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from linnet.model.errors import InvalidField
from linnet.model.statistics import Interval, Period

MAX_OFFSET_MINUTES = 14 * 60
QUARTER_MINUTES = 15
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_OFFSET = re.compile(r"[+-]\d\d:\d\d", re.ASCII)
_BARE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An interval and the equally long one before it; both are None for all time."""

    interval: Interval | None = None
    previous: Interval | None = None


def time_zone(name: str) -> tzinfo:
    """The zone of an IANA name, or of an offset such as ``+02:00``; InvalidField for anything else.

    Offsets are whole quarter hours, as those of all zones in use are: charts are made of quarter hours.
    """
    if _OFFSET.fullmatch(name):
        minutes = int(name[1:3]) * 60 + int(name[4:6])
        if minutes > MAX_OFFSET_MINUTES or minutes % QUARTER_MINUTES:
            raise InvalidField("tz as an offset must be whole quarter hours between -14:00 and +14:00.", field="tz")
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    try:
        if name in zone_names():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise InvalidField(f"tz must be a time zone name such as Europe/Berlin, not '{name[:64]}'.", field="tz")


@cache
def zone_names() -> frozenset[str]:
    """The names of all time zones."""
    # Not everything that lies among the zones of a system is one for everybody: localtime is not, nor right/ with leap seconds.
    return frozenset(available_timezones() - {"localtime"})


def offset_zone(minutes: int) -> str:
    """The zone name of ``tzOffset``: minutes east of UTC."""
    if abs(minutes) > MAX_OFFSET_MINUTES or minutes % QUARTER_MINUTES:
        raise InvalidField("tzOffset must be minutes between -840 and 840, in whole quarter hours.", field="tzOffset")
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def moment(value: str | float, zone: tzinfo, *, field: str) -> datetime:
    """A moment as clients write it: a bare date is its midnight in ``zone``, a date-time must carry its own zone, a number
    (also in a string) is milliseconds since the epoch. InvalidField for anything else, as for a date-time without a zone."""
    text = str(value).strip()
    try:
        if _BARE_DATE.fullmatch(text):
            found = datetime.combine(datetime.fromisoformat(text).date(), time(), zone)
        elif not isinstance(value, str) or text.lstrip("-").isdigit():
            found = datetime.fromtimestamp(float(text) / 1000, UTC)
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise InvalidField(f"{field} must be a date, an ISO 8601 time with a zone, or milliseconds.", field=field) from None
    if found.tzinfo is None:
        raise InvalidField(f"{field} has no time zone; write it as 2026-01-31T00:00:00Z, or as a bare date.", field=field)
    if not _EARLIEST <= found <= _LATEST:
        raise InvalidField(f"{field} must be between the years 1971 and 2199.", field=field)
    return found.astimezone(UTC)


def open_interval(start: datetime | None, end: datetime | None) -> Interval | None:
    """The interval between two moments, both included; without one of them it is open there, without both it is all time."""
    if start is None and end is None:
        return None
    if start is not None and end is not None and end < start:
        raise InvalidField("endDate is before startDate.", field="endDate")
    return Interval(start=start or _EARLIEST, end=_LATEST if end is None else end + _MILLISECOND)


def span_of(period: Period, zone: tzinfo, now: datetime, start: datetime | None, end: datetime | None) -> Span:
    """The interval of ``period`` and the one before it.

    Presets are whole days of ``zone``, so that with a change of the clocks a day has 23 or 25 hours. ``start`` and ``end``,
    both included, belong to CUSTOM, which needs them. Weeks begin on Monday.
    """
    if period is Period.TOTAL:
        return Span()
    if period is Period.CUSTOM:
        return _custom(start, end)
    today = now.astimezone(zone).date()
    first, last = today, today
    if period is Period.YESTERDAY:
        first = last = today - _DAY
    elif period is Period.WEEK:
        first = today - today.weekday() * _DAY
    elif period is Period.MONTH:
        first = today.replace(day=1)
    elif period is Period.LAST_MONTH:
        last = today.replace(day=1) - _DAY
        first = last.replace(day=1)
    elif period is Period.LAST_7:
        first = today - 6 * _DAY
    elif period is Period.LAST_30:
        first = today - 29 * _DAY
    days = (last - first) + _DAY

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    return Span(
        interval=Interval(start=midnight(first), end=midnight(last + _DAY)),
        previous=Interval(start=midnight(first - days), end=midnight(first)),
    )


def _custom(start: datetime | None, end: datetime | None) -> Span:
    if start is None or end is None:
        missing = "startDate" if start is None else "endDate"
        raise InvalidField(f"period custom needs startDate and endDate; {missing} is missing.", field=missing)
    if end < start:
        raise InvalidField("endDate is before startDate.", field="endDate")
    after = end + _MILLISECOND
    return Span(interval=Interval(start=start, end=after), previous=Interval(start=start - (after - start), end=start))
