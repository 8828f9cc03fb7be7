"""Clicks in ClickHouse that are too old for their domain go, by whole days, and everything that was counted of them stays."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.clickhouse import connect
from linnet.clicks.intent import IntentFile
from linnet.clicks.retention import roll_off_due
from linnet.clicks.retention_clickhouse import ClickhouseRetention
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.truth_clickhouse import ClickhouseTruth
from linnet.clicks.verification import Rebuilding, Verification, rebuild, verify
from linnet.model.statistics import Interval, Kind, Question
from linnet.statistics.clickhouse_engine import ClickhouseStatistics
from tests.clicks.builders import AS_IT_IS, AT, click, write
from tests.clicks.clickhouse import Ask, address_of, opened

DAYS = [AT + timedelta(days=number) for number in range(6)]
TODAY = DAYS[-1].date()
SUMS = "SELECT domain_id, sum(clicks) FROM rollup_links GROUP BY ALL ORDER BY ALL"


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[ClickhouseClickStore]:
    made = opened(url, tmp_path)
    write(made, [click(domain_id=domain, at=day) for day in DAYS for domain in (1, 2) for _ in range(10)])
    yield made
    made.close()


@pytest.fixture
def truth(url: str, store: ClickhouseClickStore) -> ClickhouseTruth:
    return ClickhouseTruth(store, address_of(url), AS_IT_IS, "one")


def test_only_days_before_those_that_a_domain_keeps_go(store: ClickhouseClickStore, ask: Ask) -> None:
    retention = ClickhouseRetention(store)
    assert roll_off_due(retention, {1: 2}, TODAY) == 3 * 10
    assert roll_off_due(retention, {1: 2, 3: 1}, TODAY) == 0
    left = ask("SELECT domain_id, count(), min(day) FROM clicks GROUP BY ALL ORDER BY ALL")
    assert left == [(1, 30, DAYS[3].date()), (2, 60, DAYS[0].date())]
    assert retention.rolled_off() == {1: DAYS[3].date(), 3: DAYS[4].date()}
    assert retention.oldest_days([1, 2, 3]) == {1: DAYS[3].date(), 2: DAYS[0].date()}
    assert retention.oldest_days([]) == {}
    assert retention.offsets() == store.offsets()


def test_what_was_counted_stays_and_is_neither_verified_nor_mended(
    store: ClickhouseClickStore, truth: ClickhouseTruth, ask: Ask
) -> None:
    roll_off_due(ClickhouseRetention(store), {1: 2}, TODAY)
    assert [each for step in verify(truth, Verification()) for each in step.differences] == []
    ask("ALTER TABLE rollup_links DELETE WHERE domain_id = 2 SETTINGS mutations_sync = 2")
    assert sum(step.mended for step in rebuild(truth, Rebuilding())) == len(DAYS)
    assert ask(SUMS) == [(1, 60), (2, 60)]


def test_visitors_of_days_whose_clicks_are_gone_are_counted_as_before(store: ClickhouseClickStore, url: str) -> None:
    address = address_of(url)
    midnight = AT.replace(hour=0)
    visits = [
        click(domain_id=3, link_number=1 + number % 3, at=midnight + timedelta(hours=5 * number), visitor=1 + number % 4)
        for number in range(30)
    ]
    write(store, visits)
    engine = ClickhouseStatistics(lambda limits: connect(address, settings=limits), store.clear_domain)
    spans = [
        None,
        Interval(start=midnight, end=midnight + timedelta(days=7)),
        Interval(start=midnight + timedelta(days=1), end=midnight + timedelta(days=2)),
        # Days of another zone, whose edges are in days that are gone, and in one that is not.
        Interval(start=midnight - timedelta(hours=5, minutes=30), end=midnight + timedelta(days=1, hours=18, minutes=30)),
        Interval(start=midnight + timedelta(hours=9), end=midnight + timedelta(days=4, hours=9)),
    ]

    def told() -> list[Any]:
        return [
            engine.overview(Question(kind=Kind.OVERVIEW, domain_id=3, link_number=link, interval=span)).totals
            for span in spans
            for link in (None, 1, 2)
            if link is None or span is None or span.start.hour == 0
        ]

    before = told()
    assert before[0].visitors > 20
    assert roll_off_due(ClickhouseRetention(store), {3: 2}, TODAY) == 15
    assert told() == before
    write(store, [click(domain_id=3, at=midnight, visitor=99)])
    roll_off_due(ClickhouseRetention(store), {3: 2}, TODAY)
    assert [each.visitors for each in told()] == [each.visitors for each in before]
    store.clear_domain(3, midnight + timedelta(days=2))
    assert (before[6].visitors > 0, told()[6].visitors) == (True, 0)


def test_late_clicks_count_and_go_and_a_batch_that_was_broken_off_takes_no_sums_away(
    url: str, tmp_path: Path, store: ClickhouseClickStore, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll_off_due(ClickhouseRetention(store), {1: 2}, TODAY)
    with monkeypatch.context() as killed:
        killed.setattr(IntentFile, "remove", lambda _: None)
        write(store, [click(domain_id=1, at=DAYS[0]), click(domain_id=2, at=DAYS[0])])
    store.close()
    again = opened(url, tmp_path)
    assert len(again.offsets()) == 2
    assert roll_off_due(ClickhouseRetention(again), {1: 2}, TODAY) == 1
    assert ask(SUMS) == [(1, 61), (2, 61)]
    again.close()


def test_what_the_store_holds_is_known_while_it_is_not_asked(url: str, tmp_path: Path, store: ClickhouseClickStore) -> None:
    away = opened("http://127.0.0.1:9/clicks", tmp_path / "nowhere")
    assert ClickhouseRetention(away).offsets() == {}
    assert ClickhouseRetention(store).offsets() == {"segment-0": 100}
