"""The store in ClickHouse held against its raw clicks, and mended."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from linnet.clicks.clickhouse_schema import ROLLUP_KEYS
from linnet.clicks.conversions import Conversion
from linnet.clicks.portions import Portion, Span
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.truth_clickhouse import ClickhouseTruth
from linnet.clicks.verification import Difference, JudgedDays, Rebuilding, Verification, rebuild, verify
from linnet.model.click import Batch
from linnet.visitor.agent import Judge, judge_by
from linnet.visitor.bots import common_rules
from tests.clicks.builders import AS_IT_IS, AT, CHROME, click, varied
from tests.clicks.clickhouse import Ask, address_of, opened

DAY = timedelta(days=1)
FIRST = date(2026, 3, 1)
Telling = Callable[..., ClickhouseTruth]


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[ClickhouseClickStore]:
    made = opened(url, tmp_path, rules="one")
    yield made
    made.close()


@pytest.fixture
def truth_of(url: str, store: ClickhouseClickStore) -> Telling:
    return lambda rules="one", judge=AS_IT_IS, **more: ClickhouseTruth(store, address_of(url), judge, rules, **more)


def change(store: ClickhouseClickStore, statement: str) -> None:
    with store.turn() as session:
        session.run(f"{statement} SETTINGS mutations_sync = 2")


def differences(truth: ClickhouseTruth) -> list[Difference]:
    return [each for step in verify(truth, Verification()) for each in step.differences]


def test_wrong_sums_are_told_and_mended(store: ClickhouseClickStore, truth_of: Telling, ask: Ask):
    store.write([Batch(segment="s", offset=1, clicks=[*varied(300), click(domain_id=9, link_number=5)])])
    truth = truth_of()
    steps = list(verify(truth, Verification()))
    assert [each for step in steps for each in step.differences] == []
    assert [step.day for step in steps if step.day] == [day for (day,) in ask("SELECT DISTINCT day FROM clicks ORDER BY day")]
    change(store, "ALTER TABLE rollup_links UPDATE clicks = clicks + 2 WHERE domain_id = 9")
    change(store, "ALTER TABLE rollup_quarters DELETE WHERE domain_id = 9")
    of = {"domain_id": 9, "day": "2026-03-01", "node": "node"}
    told = [
        Difference(
            "rollup_quarters",
            of | {"quarter": 48},
            {"clicks": 0, "human_clicks": 0, "scans": 0},
            {"clicks": 1, "human_clicks": 1, "scans": 0},
        ),
        Difference(
            "rollup_links",
            of | {"link_number": 5},
            {"clicks": 3, "human_clicks": 1, "scans": 0},
            {"clicks": 1, "human_clicks": 1, "scans": 0},
        ),
    ]
    assert [each for each in differences(truth) if each.table in ("rollup_quarters", "rollup_links")] == told
    assert sum(step.mended for step in rebuild(truth, Rebuilding(domain_id=1))) == 0
    assert sum(step.mended for step in rebuild(truth, Rebuilding())) == 2
    assert differences(truth) == []


@pytest.mark.parametrize("table", ROLLUP_KEYS)
def test_sums_that_are_lost_as_a_whole_are_made_anew(store: ClickhouseClickStore, truth_of: Telling, ask: Ask, table: str):
    store.write([Batch(segment="s", offset=1, clicks=varied(300))])
    change(store, f"ALTER TABLE {table} DELETE WHERE true")
    truth = truth_of()
    lost = differences(truth)
    assert {each.table for each in lost} == {table}
    assert sum(step.mended for step in rebuild(truth, Rebuilding())) == len(lost) > 10
    assert differences(truth) == []


def test_clicks_and_conversions_that_cannot_be_are_told(store: ClickhouseClickStore, truth_of: Telling):
    store.write([Batch(segment="s", offset=10, clicks=[click(nonce=5), click(nonce=5), click(nonce=0), click(at=AT - DAY)])])
    goal = Conversion(7, 3, AT, 0, "order", AT, 1.0)
    store.write_portions([Portion(None, [Span("goals", 0, 10)], [goal])])
    change(store, "ALTER TABLE clicks UPDATE quarter = 3 WHERE day = '2026-02-28'")
    told = [each for each in differences(truth_of(size_of={"goals": 9}.get)) if not each.table.startswith("rollup_")]
    assert [(each.table, each.stored, each.right) for each in told] == [
        ("clicks", {"day": "2026-02-28", "quarter": 3}, {"day": "2026-02-28", "quarter": 48}),
        ("clicks", {"rows": 2}, {"rows": 1}),
        ("ingest_offsets", {"byte_offset": 10}, {"byte_offset": 9}),
        ("conversions", {"rows": 1}, {"rows": 0}),
    ]


def test_stored_clicks_are_judged_again_by_the_rules_of_now(store: ClickhouseClickStore, truth_of: Telling, ask: Ask):
    clicks = [
        click(user_agent=CHROME, browser="Netscape", device="desktop"),
        click(user_agent=CHROME, browser="Netscape", device="desktop", method="HEAD"),
        click(user_agent="it's a \\ Googlebot/2.1\x00", device="desktop", at=AT + DAY),
        click(country="IT", browser="Safari", method="HEAD", human=False, bot="HEAD request"),
    ]
    store.write([Batch(segment="s", offset=10, clicks=clicks)])
    judge: Judge = judge_by(common_rules())
    truth = truth_of("two", judge)
    assert [step.older for step in verify(truth, Verification())][-1] == (JudgedDays("one", 2, FIRST, FIRST + DAY),)
    assert [step.reclassified for step in rebuild(truth, Rebuilding(reclassify=True))] == [2, 1]
    assert ask("SELECT method, country, browser, os, device, human, bot FROM clicks ORDER BY ALL") == [
        ("GET", "", "Chrome", "Windows", "desktop", True, ""),
        ("GET", "", "Googlebot", "", "bot", False, "Googlebot"),
        ("HEAD", "", "Chrome", "Windows", "desktop", False, "HEAD request"),
        ("HEAD", "IT", "Safari", "", "", False, "HEAD request"),
    ]
    assert differences(truth) == []
    assert truth.judged() == {FIRST: {"two"}, FIRST + DAY: {"two"}}
    assert [step.reclassified for step in rebuild(truth, Rebuilding(reclassify=True))] == [0, 0]
