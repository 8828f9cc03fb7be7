"""Every question has one answer: that of the oracle, from the embedded store in each of its states, and from ClickHouse."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linnet.clicks.conversions import Conversion
from linnet.model.click import Click
from linnet.model.errors import InvalidField
from linnet.model.periods import time_zone
from linnet.model.statistics import Bucket, Counted, Filter, Interval, Kind, Overview, Question, Totals
from tests.statistics.clicks import NOON, click
from tests.statistics.engines import ANSWERS, WITH_CLOSED_DAYS, Clickhouse, answer, every_engine
from tests.statistics.oracle import Oracle
from tests.statistics.strategies import DAYS, HOSTILE, clicks_near, conversions_of, questions_near

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
Case = tuple[list[Click], list[Conversion], list[Question]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    day = draw(st.sampled_from(DAYS))
    held = draw(clicks_near(day))
    return held, draw(conversions_of(held)), draw(st.lists(questions_near(day), min_size=2, max_size=3))


# Not shrunk: a failure names its question, and with engines in other processes shrinking takes minutes.
@settings(max_examples=30, phases=(Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck), deadline=None)
@given(case=cases(), batches=st.integers(1, 3))
def test_all_engines_say_what_the_oracle_says(clickhouse: Clickhouse, case: Case, batches: int):
    held, conversions, asked = case
    every = [_of_kind(question, kind) for question in asked for kind in ANSWERS]
    assert_all_agree(clickhouse, held, every, conversions, batches=batches)


def assert_all_agree(
    clickhouse: Clickhouse,
    held: list[Click],
    asked: Iterable[Question],
    conversions: list[Conversion] | None = None,
    *,
    batches: int = 1,
) -> list[Any]:
    """Returns what they all answered."""
    oracle = Oracle(held, conversions or ())
    every = list(asked)
    expected = [answer(oracle, question) for question in every]
    for which, engine in every_engine(clickhouse, held, conversions or (), batches=batches):
        for question, right in zip(every, expected, strict=True):
            if which != WITH_CLOSED_DAYS or question.kind is Kind.OVERVIEW:
                assert_answers(which, engine, oracle, question, right)
    return expected


def assert_answers(which: str, engine: Any, oracle: Oracle, question: Question, right: Any) -> None:
    found = answer(engine, question)
    if question.kind is Kind.LAST_CLICKS:
        # Of clicks of one moment and link, any may be the last that is shown.
        assert [(each.at, each.link_number) for each in found] == [(each.at, each.link_number) for each in right], which
        everything = oracle.last_clicks(replace(question, limit=1000))
        assert not Counter(found) - Counter(everything), (which, question)
        handed_out = [each for portion in engine.clicks(question) for each in portion]
        assert sorted(map(repr, handed_out)) == sorted(map(repr, oracle.clicks(question))), (which, question)
        assert [each[0] for each in handed_out] == sorted(each[0] for each in handed_out), which
    else:
        assert found == right, (which, question)


def _of_kind(question: Question, kind: Kind) -> Question:
    if kind is Kind.COUNTS:
        return Question(kind=kind, domain_id=question.domain_id, counted=question.counted)
    if kind is Kind.OVERVIEW:
        return replace(question, kind=kind, column="", prefix="")
    if kind is Kind.BREAKDOWN and question.column == "path_404":
        return replace(question, kind=kind, column="goal_completed")
    return replace(question, kind=kind)


def every_kind(question: Question) -> list[Question]:
    """The question in each kind, with what they need."""
    counted = (Counted(link_number=1), Counted(path="/abc", interval=question.interval))
    whole = replace(question, column="country", bucket=Bucket.DAY, tops=("city", "human"), counted=counted, link_numbers=(1,))
    return [_of_kind(whole, kind) for kind in ANSWERS]


ALL_TIME = Question(kind=Kind.OVERVIEW, domain_id=1)
A_WEEK = replace(ALL_TIME, interval=Interval(start=NOON - 7 * DAY, end=NOON), previous=Interval(start=NOON, end=NOON + DAY))


@pytest.mark.parametrize("held", [[], [click(domain_id=2)]], ids=["an empty store", "a domain without a click"])
def test_where_nothing_is_the_answers_are_empty(clickhouse: Clickhouse, held: list[Click]):
    everything, week = (assert_all_agree(clickhouse, held, every_kind(question)) for question in (ALL_TIME, A_WEEK))
    assert everything[0] == Overview(totals=Totals(), tops={"city": (), "human": ()})
    assert everything[1:] == [[], (), (), (), (0, 0), {}, ()]
    assert (week[0].previous, [point.clicks for point in week[0].chart]) == (Totals(), [0] * 8)


@pytest.mark.parametrize("link_number", [None, 1])
def test_people_alone_are_counted_as_where_roll_ups_tell_them_apart(clickhouse: Clickhouse, link_number: int | None):
    held = [
        click(at=NOON - number * 7 * QUARTER, human=number % 3 > 0, visitor=number % 4, nonce=number, link_number=number % 2)
        for number in range(1, 40)
    ]
    reached = [Conversion(1, each.link_number, each.at, each.nonce, "sale", NOON + DAY, 2.5) for each in held[:12]]
    people, no_robots = Filter(column="human", values=(True,)), Filter(column="human", values=(False,))
    narrowed = replace(A_WEEK, link_number=link_number, time_zone="Asia/Kolkata")
    asked = [
        each if each.kind is not Kind.OVERVIEW else replace(each, tops=tops)
        for question in (replace(narrowed, include=(people,)), replace(narrowed, exclude=(no_robots,)))
        for tops in ((), ("country", "browser"), ("human",))
        for each in every_kind(question)
    ]
    overview, *_ = assert_all_agree(clickhouse, held, asked, reached)
    assert overview.totals.clicks == overview.totals.human_clicks == sum(point.clicks for point in overview.chart) > 0
    assert 0 < overview.totals.conversions < 12


def test_an_interval_between_clicks_is_empty(clickhouse: Clickhouse):
    held = [click(at=NOON - 8 * DAY), click(at=NOON), click(at=NOON + DAY)]
    overview, last, *_ = assert_all_agree(clickhouse, held, every_kind(A_WEEK))
    assert (overview.totals.clicks, overview.previous.clicks, last) == (0, 1, [])


def test_ten_thousand_referrers_are_ranked(clickhouse: Clickhouse):
    held = [click(referrer_host=f"r{number}.example") for number in range(10_000)]
    held += [click(referrer_host=f"r{number}.example", at=NOON + DAY) for number in range(100, 103)]
    top = replace(ALL_TIME, kind=Kind.TOP, column="referrer_host", limit=1000)
    begins = replace(top, prefix="r99", limit=200)
    filtered = replace(top, include=(Filter(column="referrer_host", values=tuple(f"r{n}.example" for n in range(5000, 6000))),))
    first, prefixed, chosen = assert_all_agree(clickhouse, held, [top, begins, filtered])
    assert [each.score for each in first[:4]] == [2, 2, 2, 1]
    assert (len(first), len(prefixed), len(chosen)) == (1000, 111, 1000)


def test_a_day_on_which_the_clocks_change_has_its_hours(clickhouse: Clickhouse):
    changes = [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("America/New_York", (2026, 3, 8), 23),
        ("America/New_York", (2026, 11, 1), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 25),
        ("Australia/Lord_Howe", (2026, 10, 4), 24),
    ]
    held: list[Click] = []
    asked: list[Question] = []
    for zone, day, _ in changes:
        interval = days_of(zone, day, day)
        held += [click(at=interval.start + QUARTER * number, link_number=number % 3) for number in range(-4, 110)]
        question = replace(ALL_TIME, time_zone=zone, interval=interval, limit=3)
        for bucket, number in itertools.product((Bucket.HOUR, Bucket.DAY), (None, 1)):
            asked.append(replace(question, bucket=bucket, link_number=number))
            asked.append(replace(question, bucket=bucket, link_number=number, kind=Kind.BY_INTERVAL))
            asked.append(replace(question, bucket=bucket, link_number=number, kind=Kind.TOP_BY_INTERVAL, column="path"))
    answers = assert_all_agree(clickhouse, held, asked)
    for (_, _, hours), by_hours, by_days, question in zip(changes, answers[::12], answers[6::12], asked[::12], strict=True):
        assert len(by_hours.chart) == hours, question
        assert sum(point.clicks for point in by_hours.chart) == by_hours.totals.clicks, question
        assert [point.clicks for point in by_days.chart] == [by_days.totals.clicks], question


def test_buckets_begin_where_the_calendar_says(clickhouse: Clickhouse):
    spans = [
        ((2026, 5, 3), (2026, 5, 5), Bucket.WEEK, ["2026-04-27", "2026-05-04"]),
        ((2024, 2, 28), (2024, 3, 1), Bucket.DAY, ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ((2026, 2, 28), (2026, 3, 1), Bucket.DAY, ["2026-02-28", "2026-03-01"]),
        ((2025, 12, 31), (2026, 1, 1), Bucket.WEEK, ["2025-12-29"]),
        ((2025, 12, 31), (2026, 1, 1), Bucket.MONTH, ["2025-12-01", "2026-01-01"]),
    ]
    held: list[Click] = []
    asked: list[Question] = []
    right: list[list[str]] = []
    for zone, (first, last, bucket, starts) in itertools.product(["UTC", "Asia/Kathmandu", "-03:30"], spans):
        interval = days_of(zone, first, last)
        held += [click(at=interval.start + 5 * QUARTER * number, country="DE" if number % 2 else "US") for number in range(60)]
        question = replace(ALL_TIME, time_zone=zone, interval=interval, bucket=bucket, column="country")
        for kind in (Kind.BY_INTERVAL, Kind.TOP_BY_INTERVAL):
            asked.append(replace(question, kind=kind))
            right.append(starts)
    for question, points, starts in zip(asked, assert_all_agree(clickhouse, held, asked), right, strict=True):
        assert [f"{each.at.astimezone(time_zone(question.time_zone)):%Y-%m-%d}" for each in points] == starts, question


def days_of(zone: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> Interval:
    """The days of a zone from the first to the last one, both included."""
    start, noon = datetime(*first, tzinfo=time_zone(zone)), datetime(*last, 12, tzinfo=time_zone(zone))
    return Interval(start=start.astimezone(UTC), end=(noon + DAY).replace(hour=0).astimezone(UTC))


def test_values_of_any_length_and_content_are_values(clickhouse: Clickhouse):
    long = [f"/{'x' * 65_000}{tail}" for tail in ("a", "😀" * 300, "\x00\\'\t")]
    held = [click(path=path, browser=text, link_number=0) for path in long for text in HOSTILE]
    asked = [
        replace(ALL_TIME, kind=kind, column=column, include=(Filter(column=name, values=values),), limit=20)
        for kind in (Kind.TOP, Kind.BREAKDOWN)
        for column in ("browser", "path")
        for name, values in (("browser", HOSTILE), ("path", tuple(long[:2])), ("path", (*long[1:], *HOSTILE)))
    ]
    answers = assert_all_agree(clickhouse, held, asked)
    assert [len(each) for each in answers[:6]] == [15, 15, 15, 3, 2, 2]
    counted = tuple(Counted(path=path) for path in (*long, *HOSTILE))
    assert assert_all_agree(clickhouse, held, [replace(ALL_TIME, kind=Kind.COUNTS, counted=counted)])[0][:3] == (15, 15, 15)


def test_clicks_of_many_links_and_paths_are_counted_at_once(clickhouse: Clickhouse):
    paths = [f"/{'p' * 1000}{number}" for number in range(500)]
    held = [click(link_number=number, path=paths[number % 500], at=NOON + number * QUARTER) for number in range(1000)]
    links = tuple(
        Counted(link_number=number, interval=Interval(start=NOON + number * QUARTER, end=NOON + 3 * DAY))
        for number in range(500)
    )
    ((*numbers,),) = assert_all_agree(
        clickhouse,
        held,
        [replace(ALL_TIME, kind=Kind.COUNTS, counted=(*links, *(Counted(path=path) for path in paths)))],
    )
    assert numbers == [1] * 288 + [0] * 212 + [2] * 500


def test_too_many_buckets_are_refused_by_every_engine(clickhouse: Clickhouse):
    interval = Interval(start=NOON - 3650 * DAY, end=NOON)
    long = replace(ALL_TIME, interval=interval, bucket=Bucket.HOUR, column="country")
    wide = replace(long, bucket=Bucket.DAY, limit=1000)
    for which, engine in every_engine(clickhouse, []):
        for kind, question, field in (
            (Kind.OVERVIEW, long, "clicksChartInterval"),
            (Kind.BY_INTERVAL, long, "clicksChartInterval"),
            (Kind.TOP_BY_INTERVAL, long, "interval"),
            (Kind.TOP_BY_INTERVAL, wide, "limit"),
        ):
            with pytest.raises(InvalidField) as refusal:
                answer(engine, replace(question, kind=kind))
            assert refusal.value.field == field, which
