"""Conversions in the click store: once for each click and goal, and shown with their clicks."""

from datetime import timedelta
from pathlib import Path

from linnet.clicks.conversions import MAX_GOALS, Conversion, conversions_of
from linnet.clicks.portions import Portion, Span
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch, Click, ClickFlag, RawClick
from linnet.model.conversion import ClickId, click_id
from linnet.model.statistics import Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.clicks.builders import AT, click

KEY = b"k"


def conversion(of: Click, name: str = "buy", *, seconds: int = 60, value: float = 1.0) -> Conversion:
    return Conversion(of.domain_id, of.link_number, of.at, of.nonce, name, of.at + timedelta(seconds=seconds), value)


def a_batch(*clicks: Click) -> Batch:
    return Batch(segment="clicks", offset=100, clicks=list(clicks))


def goals(store: DuckdbClickStore) -> list[tuple[str, int]]:
    question = Question(kind=Kind.TOP, domain_id=7, column="goal_completed")
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    return [(top.value, top.score) for top in engine.top(question)]


def test_a_beacon_becomes_a_conversion_of_the_click_that_it_names():
    at_ms = int(AT.timestamp() * 1000)
    target = f"/.shortio/conversion?clid={click_id(ClickId(7, at_ms - 5000, 99), KEY)}&c=buy&v=2.5"
    beacon = RawClick(at_ms, 1, 7, 204, "POST", "go.example", target, "192.0.2.1", "", "", "", ClickFlag.CONVERSION)
    assert conversions_of([beacon, beacon._replace(target="/.shortio/conversion?clid=none")], KEY) == [
        Conversion(1, 7, AT - timedelta(seconds=5), 99, "buy", AT, 2.5)
    ]


def test_a_goal_counts_once_for_each_click_however_often_its_beacon_comes(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    one, two = click(link_number=5, nonce=1), click(link_number=5, nonce=2)
    store.write([a_batch(one, two, click(link_number=5))])
    again = [conversion(one), conversion(one, seconds=90), conversion(two, "sign-up"), conversion(two, seconds=30)]
    store.write_portions([Portion(None, [Span("goals", None, 1)], again)])
    store.write_portions([Portion(None, [Span("goals", 1, 2)], [conversion(one, seconds=600)])])
    assert goals(store) == [("buy", 2), ("sign-up", 1)]
    found = DuckdbStatistics(store.cursor, store.clear_domain).last_clicks(Question(kind=Kind.LAST_CLICKS, domain_id=7))
    assert sorted(each.goal_completed for each in found) == ["", "buy", "buy"]
    store.close()


def test_of_one_click_only_some_goals_are_kept_whoever_invents_names(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    one, two = click(link_number=5, nonce=1), click(link_number=5, nonce=2)
    store.write([a_batch(one, two)])
    for batch in range(3):
        named = [conversion(one, f"goal {batch}-{number}") for number in range(15)]
        store.write_portions([Portion(None, [Span("goals", batch or None, batch + 1)], [*named, conversion(two)])])
    assert sum(score for name, score in goals(store) if name != "buy") <= MAX_GOALS
    assert store.cursor().execute("SELECT count(*) FROM conversions WHERE nonce = 1").fetchone() == (MAX_GOALS,)
    assert ("buy", 1) in goals(store)
    store.close()


def test_a_conversion_may_come_before_its_click(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    late = click(link_number=5, nonce=3)
    store.write_portions([Portion(None, [Span("goals", None, 1)], [conversion(late)])])
    assert goals(store) == []
    store.write([a_batch(late)])
    assert goals(store) == [("buy", 1)]
    store.close()


def test_clearing_a_domain_forgets_its_conversions(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    one = click(link_number=5, nonce=1)
    store.write([a_batch(one)])
    store.write_portions([Portion(None, [Span("goals", None, 1)], [conversion(one)])])
    store.clear_domain(7, one.at + timedelta(hours=1))
    assert goals(store) == []
    assert store.cursor().execute("SELECT count(*) FROM conversions").fetchone() == (0,)
    # One whose beacon comes after the clearing stays away too, but for clicks that were made since.
    since = one._replace(at=one.at + timedelta(hours=1))
    store.write_portions([Portion(None, [Span("goals", 1, 2)], [conversion(one), conversion(since)])])
    assert store.cursor().execute("SELECT count(*) FROM conversions").fetchone() == (1,)
    store.close()
