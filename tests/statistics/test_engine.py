"""The engine on the embedded store, held against the oracle."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnet.model.click import Click
from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.statistics import COLUMNS, Bucket, Counted, Filter, Interval, Kind, Overview, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.plan import ROLLED_UP
from tests.statistics import oracle
from tests.statistics.clicks import NOON, click, store_with

moments = st.datetimes(datetime(2026, 3, 25), datetime(2026, 4, 5)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
clicks = st.builds(
    click,
    domain_id=st.sampled_from([1, 1, 1, 2]),
    link_number=st.integers(0, 3),
    at=moments,
    status=st.sampled_from([302, 302, 404, 410]),
    human=st.booleans(),
    country=st.sampled_from(["DE", "US", ""]),
    region=st.sampled_from(["", "Texas"]),
    city=st.sampled_from(["Berlin", "Paris", ""]),
    method=st.sampled_from(["GET", "HEAD"]),
    browser_version=st.sampled_from(["140", "14", ""]),
    ab_path=st.sampled_from(["", "a", "b"]),
    browser=st.sampled_from(["Firefox", "Chrome Mobile", "<script>", "x\x00y", ""]),
    os=st.sampled_from(["Linux", "iOS", ""]),
    referrer_host=st.sampled_from(["", "a.example", "b.example"]),
    social=st.sampled_from(["", "facebook"]),
    utm_source=st.sampled_from(["", "'; DROP TABLE clicks; --"]),
    path=st.sampled_from(["/abc", "/ABC", "/"]),
    scan=st.booleans(),
)
filters = st.one_of(
    st.builds(Filter, column=st.just("human"), values=st.sampled_from([(True,), (False,)])),
    st.builds(Filter, column=st.just("scan"), values=st.sampled_from([(True,), (False,)])),
    st.builds(Filter, column=st.just("country"), values=st.sampled_from([("DE",), ("DE", "US"), (), ("",)])),
    st.builds(Filter, column=st.just("status"), values=st.sampled_from([(302,), (404, 410)])),
    st.builds(Filter, column=st.just("path"), values=st.just(("/abc",))),
    st.builds(Filter, column=st.just("utm_source"), values=st.just(("'; DROP TABLE clicks; --",))),
    st.tuples(moments, moments).map(lambda pair: Filter(column="at", values=pair)),
)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(moments)
    if draw(st.booleans()):
        start = start.replace(minute=0, second=0, microsecond=0)
    length = draw(
        st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(days=4), timedelta(days=9, milliseconds=1)])
    )
    return Interval(start=start, end=start + length)


questions = st.builds(
    Question,
    kind=st.just(Kind.OVERVIEW),
    domain_id=st.just(1),
    link_number=st.none() | st.integers(0, 3),
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "-03:30"]),
    interval=st.none() | intervals(),
    previous=st.none() | intervals(),
    bucket=st.none() | st.sampled_from(Bucket),
    tops=st.just(tuple(sorted(ROLLED_UP | {"path", "method", "human"}))),
    limit=st.integers(1, 4),
    include=st.lists(filters, max_size=2).map(tuple),
    exclude=st.lists(filters, max_size=2).map(tuple),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(clicks, max_size=60), st.lists(questions, min_size=3, max_size=6), st.integers(1, 3), st.booleans())
def test_the_engine_says_what_the_oracle_says(held: list[Click], asked: list[Question], batches: int, merged: bool):
    with tempfile.TemporaryDirectory() as directory, store_with(Path(directory) / "c.duckdb", held, batches=batches) as store:
        if merged:
            store.merge_rollups()
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        for question in asked:
            answer, expected = engine.overview(question), oracle.overview(held, question)
            assert as_utc(answer) == as_utc(expected), question
            last = replace(question, kind=Kind.LAST_CLICKS, before=NOON - timedelta(days=30), after=None)
            found = engine.last_clicks(last)
            assert [(each.at, each.link_number) for each in found] == [
                (each.at, each.link_number) for each in oracle.last_clicks(held, last)
            ]
            assert set(found) <= set(held)


rankings = st.builds(
    lambda question, column, prefix: replace(question, column=column, prefix=prefix, bucket=question.bucket or Bucket.DAY),
    questions,
    st.sampled_from(sorted({*COLUMNS.values(), "path", "human"})),
    st.sampled_from(["", "", "", "/a", "F", "4", "<", "x\x00", "t", "%", "\\", "😀"]),
)
counted = st.builds(
    Counted,
    link_number=st.none() | st.integers(0, 4),
    path=st.sampled_from(["/abc", "/ABC", "/", "/'", ""]),
    interval=st.none() | intervals(),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(clicks, max_size=60),
    st.lists(rankings, min_size=3, max_size=6),
    st.lists(counted, max_size=8),
    st.integers(1, 3),
    st.booleans(),
)
def test_rankings_charts_and_counts_are_those_of_the_oracle(
    held: list[Click], asked: list[Question], wanted: list[Counted], batches: int, merged: bool
):
    with tempfile.TemporaryDirectory() as directory, store_with(Path(directory) / "c.duckdb", held, batches=batches) as store:
        if merged:
            store.merge_rollups()
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        for question in asked:
            one = replace(question, kind=Kind.TOP)
            assert engine.top(one) == oracle.top(held, one), one
            names = replace(question, kind=Kind.LINK_PATHS, link_numbers=(1, 3, 9))
            assert engine.link_paths(names) == oracle.link_paths(held, names), names
            chart = replace(question, kind=Kind.BY_INTERVAL)
            points = [(each.at.astimezone(UTC), each.clicks) for each in engine.by_interval(chart)]
            assert points == [(each.at.astimezone(UTC), each.clicks) for each in oracle.by_interval(held, chart)], chart
            each_bucket = replace(question, kind=Kind.TOP_BY_INTERVAL)
            buckets = [(each.at.astimezone(UTC), each.tops) for each in engine.top_by_interval(each_bucket)]
            expected = [(each.at.astimezone(UTC), each.tops) for each in oracle.top_by_interval(held, each_bucket)]
            assert buckets == expected, each_bucket
        counts = Question(kind=Kind.COUNTS, domain_id=1, counted=tuple(wanted))
        assert engine.counts(counts) == oracle.counts(held, counts)


TICK, QUARTER, DAY = timedelta(milliseconds=1), timedelta(minutes=15), timedelta(days=1)
# Where roll-ups begin and end, and one tick beside it.
edges = st.builds(
    lambda days, quarters, ticks: NOON.replace(hour=0) + days * DAY + quarters * QUARTER + ticks * TICK,
    st.integers(0, 4),
    st.sampled_from([0, 0, 0, 1, 95]),
    st.sampled_from([-1, 0, 0, 1]),
)
# Made in order rather than filtered: half of all pairs would be thrown away. Of equal ones the span is a single tick.
spans_of_edges = st.tuples(edges, edges).map(lambda pair: (min(pair), max(max(pair), min(pair) + TICK)))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(edges, st.integers(1, 2), st.booleans()), min_size=20, max_size=60),
    st.lists(spans_of_edges, min_size=6, max_size=12),
    st.sampled_from([Bucket.HOUR, Bucket.DAY]),
)
def test_at_the_edges_of_roll_ups_no_click_is_lost_or_counted_twice(
    made: list[tuple[datetime, int, bool]], spans: list[tuple[datetime, datetime]], bucket: Bucket
):
    held = [click(at=at, link_number=number, human=human) for at, number, human in made]
    with tempfile.TemporaryDirectory() as directory, store_with(Path(directory) / "c.duckdb", held) as store:
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        for start, end in spans:
            for number in (None, 1):
                question = Question(
                    kind=Kind.OVERVIEW,
                    domain_id=1,
                    link_number=number,
                    interval=Interval(start=start, end=end),
                    previous=Interval(start=start - (end - start), end=start),
                    bucket=bucket,
                    tops=("browser", "city"),
                )
                assert as_utc(engine.overview(question)) == as_utc(oracle.overview(held, question)), question


def as_utc(answer: Overview) -> Overview:
    return replace(answer, chart=tuple(replace(point, at=point.at.astimezone(UTC)) for point in answer.chart))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("America/New_York", (2026, 3, 8), 23),
        ("America/New_York", (2026, 11, 1), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 25),
        ("Asia/Kolkata", (2026, 3, 29), 24),
    ],
)
def test_a_day_on_which_the_clocks_change_has_its_hours(tmp_path: Path, zone: str, day: tuple[int, int, int], hours: int):
    start = datetime(*day, tzinfo=ZoneInfo(zone))
    end = (datetime(*day, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=1)).replace(hour=0)
    interval = Interval(start=start.astimezone(UTC), end=end.astimezone(UTC))
    held = [click(at=interval.start + timedelta(minutes=15 * n)) for n in range(110)]
    question = Question(kind=Kind.OVERVIEW, domain_id=1, time_zone=zone, interval=interval, bucket=Bucket.HOUR)
    with store_with(tmp_path / "c.duckdb", held) as store:
        hourly = DuckdbStatistics(store.cursor, store.clear_domain).overview(question)
        daily = DuckdbStatistics(store.cursor, store.clear_domain).overview(replace(question, bucket=Bucket.DAY))
    assert len(hourly.chart) == hours
    assert sum(point.clicks for point in hourly.chart) == hourly.totals.clicks
    assert [point.clicks for point in daily.chart] == [daily.totals.clicks]


def test_a_domain_without_clicks_has_an_empty_answer(tmp_path: Path):
    question = Question(kind=Kind.OVERVIEW, domain_id=1, bucket=Bucket.DAY, tops=("browser",))
    with store_with(tmp_path / "c.duckdb", []) as store:
        answer = DuckdbStatistics(store.cursor, store.clear_domain).overview(question)
    assert (answer.totals.clicks, answer.chart, answer.tops) == (0, (), {"browser": ()})


def test_a_chart_of_too_many_points_is_refused(tmp_path: Path):
    interval = Interval(start=NOON - timedelta(days=3650), end=NOON)
    question = Question(kind=Kind.OVERVIEW, domain_id=1, interval=interval, bucket=Bucket.HOUR)
    with store_with(tmp_path / "c.duckdb", []) as store, pytest.raises(InvalidField) as refusal:
        DuckdbStatistics(store.cursor, store.clear_domain).overview(question)
    assert refusal.value.field == "clicksChartInterval"


def test_a_closed_store_is_unavailable_not_a_crash(tmp_path: Path):
    with store_with(tmp_path / "c.duckdb", []) as store:
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
    with pytest.raises(StatisticsUnavailable) as refusal:
        engine.overview(Question(kind=Kind.OVERVIEW, domain_id=1))
    assert "Connection" not in refusal.value.message, "what the engine says is not for clients"
