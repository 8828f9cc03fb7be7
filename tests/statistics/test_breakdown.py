"""Totals by the values of a column, and filters on what is not in the click itself, held against the oracle."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnet.clicks.conversions import Conversion
from linnet.clicks.store_duckdb import DuckdbClickStore, Portion, Span
from linnet.model.click import Click
from linnet.model.statistics import Filter, Interval, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.statistics import oracle
from tests.statistics.clicks import NOON, click, store_with

HOUR = timedelta(hours=1)
GOALS = ("buy", "sign-up", "'; DROP TABLE conversions; --")
made = st.lists(
    st.builds(
        click,
        domain_id=st.sampled_from([1, 1, 1, 2]),
        link_number=st.integers(0, 2),
        at=st.integers(0, 60).map(lambda hours: NOON + hours * HOUR),
        human=st.booleans(),
        bot=st.sampled_from(["", "Googlebot"]),
        scan=st.booleans(),
        path=st.sampled_from(["/abc", "/ABC", "/1"]),
        visitor=st.integers(0, 3),
        country=st.sampled_from(["DE", "US"]),
        ab_path=st.sampled_from(["", "a", "b", "original"]),
        nonce=st.booleans().map(int),
    ),
    max_size=40,
    # The nonce of a click's id tells it from all others; 0 is that of a click without one.
).map(lambda clicks: [each._replace(nonce=each.nonce and number) for number, each in enumerate(clicks, 1)])
filters = st.one_of(
    st.builds(
        Filter, column=st.just("goal_completed"), values=st.sampled_from([(), ("",), ("buy",), ("", "sign-up"), GOALS[1:]])
    ),
    st.builds(Filter, column=st.just("link_number"), values=st.sampled_from([(), (1,), (0, 2, 9), tuple(range(5000))])),
    st.builds(Filter, column=st.just("place"), values=st.sampled_from([(), ("DE/Berlin/Berlin",), ("US/Berlin/Berlin", "x")])),
    st.builds(
        Filter, column=st.just("link_or_path"), values=st.sampled_from([("/abc", 1), (2,), ("/1", "/x"), ("/abc", 0, 2)])
    ),
    st.builds(Filter, column=st.just("bot"), values=st.sampled_from([("",), ("Googlebot",)])),
)
questions = st.builds(
    Question,
    kind=st.just(Kind.BREAKDOWN),
    domain_id=st.just(1),
    link_number=st.none() | st.integers(0, 2),
    interval=st.none() | st.integers(0, 50).map(lambda hours: Interval(start=NOON + hours * HOUR, end=NOON + 2 * hours * HOUR)),
    column=st.sampled_from(["ab_path", "goal_completed", "country", "scan"]),
    include=st.lists(filters, max_size=2).map(tuple),
    exclude=st.lists(filters, max_size=2).map(tuple),
    limit=st.sampled_from([1, 10]),
)
values = st.sampled_from([0.0, 0.25, 12.5])


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    made, st.lists(st.tuples(st.integers(0, 39), st.sampled_from(GOALS), values), max_size=25), st.lists(questions, min_size=4)
)
def test_the_engine_divides_as_the_oracle_does(held: list[Click], came: list[tuple[int, str, float]], asked: list[Question]):
    conversions = [
        Conversion(each.domain_id, each.link_number, each.at, each.nonce, name, each.at + HOUR, value)
        for (place, name), value in {(place, name): value for place, name, value in came}.items()
        for each in held[place : place + 1]
        if each.nonce
    ]
    goals = oracle.goals_of(conversions)
    with tempfile.TemporaryDirectory() as directory, store_with(Path(directory) / "c.duckdb", held) as store:
        convert(store, conversions)
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        for question in asked:
            assert engine.breakdown(question) == oracle.breakdown(held, question, goals), question
            ranking = replace(question, kind=Kind.TOP)
            assert engine.top(ranking) == oracle.top(held, ranking, goals), ranking


def test_a_click_with_two_goals_is_in_the_totals_of_both_with_that_goals_worth(tmp_path: Path):
    both = click(nonce=1, visitor=7, ab_path="a")
    held = [both, click(nonce=2, visitor=7, ab_path="a"), click(nonce=3, human=False, bot="x", ab_path="b")]
    with store_with(tmp_path / "c.duckdb", held) as store:
        convert(store, [Conversion(1, 1, both.at, 1, name, both.at, worth) for name, worth in (("buy", 20.0), ("look", 0.5))])
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
        goals = engine.breakdown(Question(kind=Kind.BREAKDOWN, domain_id=1, column="goal_completed"))
        variants = engine.breakdown(Question(kind=Kind.BREAKDOWN, domain_id=1, column="ab_path"))
    assert [(each.value, each.totals.clicks, each.totals.conversion_value) for each in goals] == [
        ("buy", 1, 20),
        ("look", 1, 0.5),
    ]
    (a, b) = variants
    assert (a.totals.human_clicks, a.totals.visitors, a.totals.conversions, a.totals.conversion_value) == (2, 1, 2, 20.5)
    assert (a.converted, b.totals.clicks, b.totals.human_clicks, b.converted) == (1, 1, 0, 0)


def convert(store: DuckdbClickStore, conversions: list[Conversion]) -> None:
    if conversions:
        store.write_portions([Portion(None, [Span("goals", None, 1)], conversions)])
