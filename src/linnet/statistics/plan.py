"""How questions are answered, whichever engine is asked: what roll-ups know, and how intervals are cut for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from linnet.model.statistics import Bucket, Counted, Interval, Kind, Question

# Dimensions whose known values are in rollup_values.
ROLLED_UP: Final = frozenset(
    [
        "browser",
        "os",
        "country",
        "city",
        "social",
        "referrer_host",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "status",
        "device",
        "language",
        "region",
    ]
)
DAY: Final = timedelta(days=1)
QUARTER: Final = timedelta(minutes=15)
# Where a bucket of days is one of whole UTC days, as those of roll-ups are.
_UTC_NAMES: Final = frozenset(["UTC", "Etc/UTC", "GMT", "Etc/GMT", "+00:00", "-00:00"])
_TICK: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = _EPOCH.replace(tzinfo=None)
_LAST: Final = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001 (as stores keep moments)


def is_filtered(question: Question) -> bool:
    """Whether only raw clicks can tell which clicks match."""
    return bool(question.include or question.exclude)


def of_people(question: Question) -> Question | None:
    """The question without its filters, where these say no more than that people's clicks alone are meant, which roll-ups tell
    apart; None for others, and where lists are about robots too."""
    included = all(each.column == "human" and set(each.values) == {True} for each in question.include)
    excluded = all(each.column == "human" and set(each.values) == {False} for each in question.exclude)
    if not is_filtered(question) or not (included and excluded) or {"human", "bot"} & {question.column, *question.tops}:
        return None
    return replace(question, include=(), exclude=())


def is_daily(question: Question) -> bool:
    """Whether every bucket is one of whole UTC days."""
    return question.bucket not in (None, Bucket.HOUR) and question.time_zone in _UTC_NAMES


def ranks_links(question: Question, column: str) -> bool:
    """Whether each bucket's list of a domain's paths has links among its rows."""
    return column == "path" and question.link_number is None and question.kind is Kind.TOP_BY_INTERVAL


def naive(moment: datetime) -> datetime:
    """A moment as stores keep it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def split(interval: Interval, step: timedelta) -> tuple[Interval | None, list[Interval]]:
    """The whole steps of UTC in an interval, None when there are none, and what is left of it at its edges."""
    first = interval.start + (_EPOCH - interval.start) % step
    after = interval.end - (interval.end - _EPOCH) % step
    if first >= after:
        return None, [interval]
    edges = [Interval(start=interval.start, end=first), Interval(start=after, end=interval.end)]
    return Interval(start=first, end=after), [edge for edge in edges if edge.start < edge.end]


def last_day(interval: Interval) -> date:
    """The UTC day of the interval's last moment."""
    return (naive(interval.end) - _TICK).date()


def told_by_quarters(interval: Interval) -> tuple[date, date]:
    """The first and the last of the UTC days of which the interval has all, or a beginning or an end of whole quarter hours;
    the first is after the last when there are none."""
    whole, _ = split(interval, DAY)
    first, last = naive(interval.start).date(), last_day(interval)
    if whole is None and first == last:
        return first + DAY, first
    starts, ends = ((moment - _EPOCH) % QUARTER for moment in (interval.start, interval.end))
    return first + DAY if starts else first, last - DAY if ends else last


Span = tuple[int, int | str, Any, Any]


@dataclass(frozen=True, slots=True)
class Spans:
    """What COUNTS counts, as (position, link number or path, first, after): whole days of links, moments at the edges of
    links' intervals, and moments of paths' intervals."""

    whole: Sequence[Span]
    edges: Sequence[Span]
    paths: Sequence[Span]


def spans_counted(counted: Sequence[Counted]) -> Spans:
    """The spans in which each of ``counted`` is counted; its position is that in ``counted``."""
    whole: list[Span] = []
    edges: list[Span] = []
    paths: list[Span] = []
    # Most are asked for many links in the same few intervals.
    parts_of = cache(_days_and_edges)
    for position, each in enumerate(counted):
        interval = each.interval
        if each.link_number is None:
            ends = (naive(interval.start), naive(interval.end)) if interval is not None else (_FIRST, _LAST)
            paths.append((position, each.path, *ends))
        elif interval is None:
            whole.append((position, each.link_number, _FIRST.date(), _LAST.date()))
        else:
            days, rest = parts_of(interval)
            whole += [(position, each.link_number, *ends) for ends in days]
            edges += [(position, each.link_number, *ends) for ends in rest]
    return Spans(whole, edges, paths)


def _days_and_edges(interval: Interval) -> tuple[list[tuple[date, date]], list[tuple[datetime, datetime]]]:
    """The whole days of an interval, as the first one and the one after, if there are any; and the rest of it."""
    days, rest = split(interval, DAY)
    whole = [(naive(days.start).date(), naive(days.end).date())] if days is not None else []
    return whole, [(naive(edge.start), naive(edge.end)) for edge in rest]
