"""Clicks that are too old for their domain go, by whole days, and everything that was counted of them stays."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.ordering import Ordering
from linnet.clicks.retention import roll_off_due
from linnet.clicks.retention_duckdb import DuckdbRetention
from linnet.clicks.schema import ROLLUP_COUNTS, ROLLUP_KEYS
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Rebuilding, Verification, rebuild, verify
from linnet.model.click import Batch
from linnet.model.statistics import Bucket, Interval, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.clicks.builders import click, rows

FIRST = date(2026, 3, 1)
DAYS = 6
TODAY = FIRST + timedelta(days=DAYS - 1)
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    opened = DuckdbClickStore(tmp_path / "clicks.duckdb", rules="one")
    for day in range(DAYS):
        fill(opened, day)
    yield opened
    opened.close()


def fill(store: DuckdbClickStore, day: int, *, number: int = 40, offset: int = 100) -> None:
    clicks = [
        click(
            domain_id=1 + index % 2,
            link_number=1 + index % 5,
            at=START + timedelta(days=day, minutes=35 * index),
            human=index % 4 != 0,
            scan=index % 7 == 0,
            visitor=1 + index % 11,
            nonce=1000 * day + index + offset,
            country=("DE", "US")[index % 2],
            browser=f"Browser {index % 3}",
            user_agent="agent",
        )
        for index in range(number)
    ]
    store.write([Batch(segment=f"day {day} {offset}", offset=offset, clicks=clicks)])


def days_with_clicks(store: DuckdbClickStore, domain_id: int) -> list[date]:
    return [day for (day,) in rows(store, f"SELECT DISTINCT day FROM clicks WHERE domain_id = {domain_id} ORDER BY day")]


def rollups(store: DuckdbClickStore) -> list[list[tuple[Any, ...]]]:
    def query(table: str) -> str:
        keys, sums = ", ".join(ROLLUP_KEYS[table]), ", ".join(f"sum({name})" for name in ROLLUP_COUNTS[table])
        return f"SELECT {keys}, {sums} FROM {table} GROUP BY {keys} ORDER BY ALL"

    return [rows(store, query(table)) for table in ROLLUP_KEYS]


def differences(store: DuckdbClickStore) -> list[Any]:
    truth = DuckdbTruth(store, lambda *_: ("", "", "", "", ""), "one")
    return [each for step in verify(truth, Verification()) for each in step.differences]


def roll_off(store: DuckdbClickStore, kept: dict[int, int], **options: Any) -> int:
    return roll_off_due(DuckdbRetention(store), kept, TODAY, **options)


def test_only_days_before_those_that_a_domain_keeps_go(store: DuckdbClickStore) -> None:
    assert roll_off(store, {1: 2}) == 3 * 20
    assert days_with_clicks(store, 1) == [TODAY - timedelta(days=days) for days in (2, 1, 0)]
    assert len(days_with_clicks(store, 2)) == DAYS
    assert roll_off(store, {1: 2}) == 0
    assert roll_off(store, {1: 1, 2: 100, 3: 1}) == 20
    assert roll_off(store, {}) == 0


def test_what_was_counted_stays_and_is_neither_verified_nor_made_anew(store: DuckdbClickStore) -> None:
    Ordering(store, quiet_seconds=0, now=lambda: START + timedelta(days=90)).close_days()
    before = rollups(store)
    roll_off(store, {1: 2})
    assert rollups(store) == before
    assert differences(store) == []
    truth = DuckdbTruth(store, lambda *_: ("Judged", "", "", "", ""), "two")
    steps = list(rebuild(truth, Rebuilding(reclassify=True)))
    assert [step.day for step in steps] == [FIRST + timedelta(days=day) for day in range(DAYS)]
    # Those of the other domain, and of the days that are there.
    assert sum(step.reclassified for step in steps) == DAYS * 20 + 3 * 20
    assert rows(store, "SELECT sum(clicks) FROM rollup_quarters WHERE domain_id = 1") == [(DAYS * 20,)]
    assert rows(store, "SELECT count(*) > 0 FROM rollup_values WHERE domain_id = 1 AND value = 'Browser 1'") == [(True,)]
    list(rebuild(truth, Rebuilding(domain_id=1)))
    assert rows(store, "SELECT sum(clicks) FROM rollup_links WHERE domain_id = 1") == [(DAYS * 20,)]


def test_what_is_wrong_in_days_that_are_there_is_still_found(store: DuckdbClickStore) -> None:
    roll_off(store, {1: 2})
    with store.writing() as connection:
        connection.execute("UPDATE rollup_links SET clicks = clicks + 1 WHERE domain_id = 1")
    assert {each.key["day"] for each in differences(store)} == {str(TODAY - timedelta(days=days)) for days in (0, 1, 2)}


def test_unfiltered_answers_about_whole_days_stay_the_same(store: DuckdbClickStore) -> None:
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    questions = [
        Question(kind=Kind.OVERVIEW, domain_id=1, interval=interval, bucket=Bucket.DAY, tops=("country", "browser"))
        for interval in (
            None,
            Interval(start=START, end=START + timedelta(days=DAYS)),
            Interval(start=START + timedelta(days=1), end=START + timedelta(days=2)),
        )
    ]
    quarters = [
        Question(
            kind=Kind.OVERVIEW,
            domain_id=1,
            interval=Interval(start=START + timedelta(hours=5, minutes=45), end=START + timedelta(days=1, hours=5, minutes=45)),
            bucket=Bucket.HOUR,
            time_zone="Asia/Kathmandu",
        )
    ]
    links = [Question(kind=Kind.OVERVIEW, domain_id=1, link_number=3), Question(kind=Kind.TOP, domain_id=1, column="path")]

    def told() -> list[Any]:
        return [
            [engine.overview(each) for each in (*questions, *quarters, links[0])],
            engine.top(links[1]),
        ]

    before = told()
    roll_off(store, {1: 2})
    assert told() == before
    assert before[0][0].totals.clicks == DAYS * 20


def test_clicks_of_deleted_days_that_come_late_are_counted_and_go_too(store: DuckdbClickStore) -> None:
    roll_off(store, {1: 2})
    fill(store, 0, number=2, offset=500)
    assert days_with_clicks(store, 1)[0] == FIRST
    assert differences(store) == []
    assert roll_off(store, {1: 2}) == 1
    assert rows(store, "SELECT sum(clicks) FROM rollup_quarters WHERE domain_id = 1") == [(DAYS * 20 + 1,)]


def test_clearing_forgets_the_sums_of_deleted_days_too(store: DuckdbClickStore) -> None:
    roll_off(store, {1: 2})
    store.clear_domain(1, START + timedelta(days=DAYS - 1))
    assert rows(store, "SELECT DISTINCT day FROM rollup_links WHERE domain_id = 1") == [(TODAY,)]
    assert rows(store, "SELECT sum(clicks) FROM rollup_quarters WHERE domain_id = 2") == [(DAYS * 20,)]
    assert differences(store) == []


def test_it_ends_between_days_and_goes_on(store: DuckdbClickStore) -> None:
    asked = iter([False, True, True, True, True])
    assert roll_off(store, {1: 2}, is_ended=lambda: next(asked)) == 20
    assert days_with_clicks(store, 1)[0] == FIRST + timedelta(days=1)
    assert differences(store) == []
    assert roll_off(store, {1: 2}) == 40


def test_days_that_are_kept_for_longer_later_do_not_come_back_nor_are_called_wrong(store: DuckdbClickStore) -> None:
    roll_off(store, {1: 1})
    roll_off(store, {1: 300})
    assert DuckdbRetention(store).rolled_off() == {1: TODAY - timedelta(days=1)}
    assert differences(store) == []


def test_the_room_of_deleted_clicks_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "big.duckdb"
    store = DuckdbClickStore(path)
    many = """INSERT INTO clicks SELECT c.* REPLACE (c."at" + n * INTERVAL 1 SECOND AS "at", DATE '{day}' AS day,
        md5(n::VARCHAR) || md5((n + 1)::VARCHAR) AS query) FROM clicks AS c, range(400000) AS r(n) WHERE c.link_number = 9"""
    store.write([Batch(segment="one", offset=1, clicks=[click(link_number=9, domain_id=1, at=START + timedelta(days=30))])])

    def add(day: int) -> None:
        with store.writing() as connection:
            connection.execute(many.format(day=FIRST + timedelta(days=day)))
        store.checkpoint()

    def in_use() -> int:
        total, free = rows(store, "SELECT total_blocks, free_blocks FROM pragma_database_size()")[0]
        return int(total) - int(free)

    empty = in_use()
    add(0)
    full = in_use() - empty
    assert full > 20
    assert roll_off_due(DuckdbRetention(store), {1: 10}, FIRST + timedelta(days=30)) == 400_000
    assert in_use() - empty < full / 2
    size = path.stat().st_size
    add(25)
    assert path.stat().st_size < size * 1.2
    store.close()
