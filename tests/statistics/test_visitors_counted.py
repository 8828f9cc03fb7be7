"""Visitors of closed days come from roll-ups, those of open days from raw clicks, and the sum is always right."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnet.clicks.ordering import Ordering
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch, Click
from linnet.model.statistics import Filter, Interval, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.statistics.clicks import NOON, click
from tests.statistics.engines import put_in_order
from tests.statistics.oracle import Oracle

DAY, QUARTER, TICK = timedelta(days=1), timedelta(minutes=15), timedelta(milliseconds=1)
MIDNIGHT = NOON.replace(hour=0)
moments = st.builds(
    lambda days, quarters, ticks: MIDNIGHT + days * DAY + quarters * QUARTER + ticks * TICK,
    st.integers(0, 3),
    st.sampled_from([0, 0, 1, 40, 41, 95]),
    st.sampled_from([-1, 0, 0, 1]),
)
clicks = st.lists(
    st.builds(
        click,
        domain_id=st.sampled_from([1, 1, 1, 2]),
        link_number=st.integers(0, 1),
        at=moments,
        human=st.sampled_from([True, True, False]),
        visitor=st.integers(0, 4),
    ),
    max_size=40,
)
intervals = st.tuples(moments, moments).map(lambda pair: Interval(start=min(pair), end=max(max(pair), min(pair) + TICK)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(before=clicks, late=clicks, closing=st.integers(0, 5), asked=st.lists(intervals, min_size=8, max_size=12))
def test_whichever_days_are_closed_and_opened_again(
    before: list[Click], late: list[Click], closing: int, asked: list[Interval]
):
    with tempfile.TemporaryDirectory() as directory:
        store = DuckdbClickStore(Path(directory) / "c.duckdb")
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        store.write([Batch(segment="before", offset=1, clicks=before)])
        Ordering(store, quiet_seconds=0, now=lambda: MIDNIGHT + closing * DAY + timedelta(hours=1)).close_days()
        assert_right(engine, before, asked)
        store.write([Batch(segment="late", offset=1, clicks=late)])
        assert_right(engine, [*before, *late], asked)
        put_in_order(store)
        assert_right(engine, [*before, *late], asked)
        store.close()


def assert_right(engine: DuckdbStatistics, held: list[Click], asked: list[Interval]) -> None:
    oracle = Oracle(held, ())
    for interval in (None, *asked):
        for number in (None, 1):
            question = Question(kind=Kind.OVERVIEW, domain_id=1, link_number=number, interval=interval)
            assert engine.overview(question).totals == oracle.overview(question).totals, question


def test_closed_days_are_told_by_roll_ups_also_at_the_edges_of_a_zones_days(tmp_path: Path):
    held = [click(at=MIDNIGHT + timedelta(hours=hours), visitor=visitor) for visitor in (1, 2, 3) for hours in range(0, 72, 5)]
    store = DuckdbClickStore(tmp_path / "c.duckdb")
    store.write([Batch(segment="one", offset=1, clicks=held)])
    put_in_order(store)
    interval = Interval(start=MIDNIGHT + timedelta(hours=5, minutes=30), end=MIDNIGHT + timedelta(hours=53, minutes=30))
    question = Question(kind=Kind.OVERVIEW, domain_id=1, interval=interval)
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    expected = Oracle(held, ()).overview(question).totals
    assert engine.overview(question).totals == expected
    with store.writing() as connection:
        connection.execute("UPDATE clicks SET visitor = 0")
    assert engine.overview(question).totals == expected, "no raw click is asked for"
    filtered = Question(kind=Kind.OVERVIEW, domain_id=1, include=(Filter(column="country", values=("DE",)),))
    assert engine.overview(filtered).totals.visitors == 0
    store.close()
