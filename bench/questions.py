"""The questions that are asked of many clicks: every kind, of a big domain, a small one, a hot link and an ordinary one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bench.clicks_made import BIG, DAYS, FIRST, LINKS, SMALL, hot_link
from linnet.actions.statistics import DOMAIN_TOPS, LINK_TOPS
from linnet.model.statistics import Bucket, Counted, Filter, Interval, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics

ZONE: Final = "Europe/Berlin"
# Of clicks made by ``clicks_made``; 7 % of them match both.
COUNTRY: Final = Filter(column="country", values=("AD",))
BROWSER: Final = Filter(column="browser", values=("Chrome Mobile",))
DEVICE: Final = Filter(column="device", values=("mobile",))
RARE: Final = Filter(column="city", values=("City of 77",))
PEOPLE: Final = Filter(column="human", values=(True,))
TWO: Final = (COUNTRY, BROWSER)
THREE: Final = (*TWO, DEVICE)


class Subject(NamedTuple):
    """What is asked about: a domain, or a link of it."""

    name: str
    domain_id: int
    link_number: int | None = None


SUBJECTS: Final = (
    Subject("big domain", BIG),
    Subject("small domain", SMALL[0]),
    Subject("hot link", BIG, hot_link(BIG)),
    # The 6,300th of 40,000 has some 700 of 50 million clicks.
    Subject("ordinary link", BIG, hot_link(BIG) + 6_299),
)


class Asked(NamedTuple):
    """A question with its name, and whether it has filters."""

    name: str
    question: Question
    filtered: bool


def ask(engine: DuckdbStatistics, question: Question) -> Any:
    """Ask it."""
    return getattr(engine, question.kind.value)(question)


def asked_of(subject: Subject) -> Iterator[Asked]:
    """Every kind of question about it, without filters and with."""
    whole = replace(_question(subject), interval=_days(DAYS))
    yield from (Asked(name, question, False) for name, question in _unfiltered(subject, whole))
    yield from (Asked(name, question, True) for name, question in _filtered(subject, whole))


def _unfiltered(subject: Subject, whole: Question) -> Iterator[tuple[str, Question]]:
    half = replace(whole, interval=_days(45), previous=_days(45, ending=45))
    yield "totals of 45 days and of 45 before", half
    yield "clicks by day", replace(whole, kind=Kind.BY_INTERVAL, bucket=Bucket.DAY)
    tops = replace(whole, kind=Kind.TOP)
    for column in ("country", "browser", "os", "device", "language", "region", "social", "utm_campaign"):
        yield f"top {column}", replace(tops, column=column)
    yield "top city", replace(tops, column="city")
    yield "top referrer", replace(tops, column="referrer_host")
    yield "top country of each day", replace(whole, kind=Kind.TOP_BY_INTERVAL, column="country", bucket=Bucket.DAY)
    yield "last 100 clicks", replace(whole, kind=Kind.LAST_CLICKS, limit=100)
    tops_of = DOMAIN_TOPS if subject.link_number is None else LINK_TOPS
    yield f"overview: totals twice, chart, {len(tops_of)} lists", replace(half, bucket=Bucket.DAY, tops=tops_of)
    if subject.link_number is None:
        yield "top links", replace(tops, column="path")
        first, step = hot_link(subject.domain_id), LINKS[subject.domain_id] // 1000
        ids = [first + number * step for number in range(1000)]
        count = replace(whole, kind=Kind.COUNTS)
        yield "1,000 link ids", replace(count, counted=tuple(Counted(link_number=number) for number in ids))
        month = tuple(Counted(link_number=number, interval=_days(30)) for number in ids)
        yield "1,000 link ids, 30 days", replace(count, counted=month)
    else:
        yield "variants compared", replace(whole, kind=Kind.BREAKDOWN, column="ab_path")


def _filtered(subject: Subject, whole: Question) -> Iterator[tuple[str, Question]]:
    two = replace(whole, include=TWO)
    yield "totals, two filters", two
    yield "clicks by day, two filters", replace(two, kind=Kind.BY_INTERVAL, bucket=Bucket.DAY)
    top = replace(whole, kind=Kind.TOP, column="referrer_host", include=THREE)
    for days in (90, 30, 7):
        yield f"top referrer, three filters, {days} days", replace(top, interval=_days(days))
    if subject.link_number is None:
        yield "top links, two filters", replace(two, kind=Kind.TOP, column="path")
    yield "last 100 clicks, two filters", replace(two, kind=Kind.LAST_CLICKS, limit=100)
    yield "last 100 clicks, of a rare city", replace(whole, kind=Kind.LAST_CLICKS, limit=100, include=(RARE,))
    yield "totals of people alone", replace(whole, include=(PEOPLE,))
    tops = DOMAIN_TOPS if subject.link_number is None else LINK_TOPS
    yield f"overview, two filters: totals, chart, {len(tops)} lists", replace(two, bucket=Bucket.DAY, tops=tops)


def _question(subject: Subject) -> Question:
    return Question(kind=Kind.OVERVIEW, domain_id=subject.domain_id, link_number=subject.link_number, time_zone=ZONE)


def _days(number: int, *, ending: int = 0) -> Interval:
    """So many days of the zone, the last of them as many days before the last one that has clicks."""
    after = FIRST + timedelta(days=DAYS - ending)
    return Interval(start=_midnight(after - timedelta(days=number)), end=_midnight(after))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).astimezone(ZoneInfo("UTC"))
