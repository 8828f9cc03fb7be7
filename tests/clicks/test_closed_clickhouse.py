"""Days in ClickHouse whose visitors are counted once: what they answer, and when they do no longer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.clickhouse import connect
from linnet.clicks.clickhouse_address import read_address
from linnet.clicks.clickhouse_schema import Deployment
from linnet.clicks.closed_clickhouse import ClosedDays
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.truth_clickhouse import ClickhouseTruth
from linnet.model.click import Batch, Click
from linnet.model.statistics import Interval, Kind, Question
from linnet.statistics import sql_clickhouse as sql
from linnet.statistics.clickhouse_engine import ClickhouseStatistics
from tests.clicks.clickhouse import opened
from tests.statistics.clicks import NOON, click
from tests.support.clickhouse import ClickhouseServer

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
MIDNIGHT = NOON.replace(hour=0)
OVERVIEW = Question(kind=Kind.OVERVIEW, domain_id=1, interval=Interval(start=MIDNIGHT, end=MIDNIGHT + 2 * DAY))


class Installation:
    """A store with its questions, and who counts the visitors of its days."""

    def __init__(self, server: ClickhouseServer, directory: Path) -> None:
        self.url = server.url(server.new_database())
        address = read_address(self.url)
        assert address is not None
        self.store: ClickhouseClickStore = opened(self.url, directory)
        self.engine = ClickhouseStatistics(lambda limits: connect(address, settings=limits), self.store.clear_domain)
        self.truth = ClickhouseTruth(self.store, address, lambda *_: ("", "", "", "", ""), "1")
        self.rows: Callable[[str], list[tuple[Any, ...]]] = partial(server.rows, database=address.database)
        made = partial(ClosedDays, address, Deployment(address.database), least_clicks=1)
        self.closed = made(now=lambda: MIDNIGHT + 2 * DAY + timedelta(minutes=10))
        self.early = made(now=lambda: MIDNIGHT + 2 * DAY)
        self._batches = 0

    def take(self, *clicks: Click) -> None:
        self._batches += 1
        self.store.write([Batch(segment=f"s{self._batches}", offset=1, clicks=list(clicks))])

    def visitors(self) -> int:
        return self.engine.overview(OVERVIEW).totals.visitors

    def read(self) -> int:
        """How many raw clicks the question about visitors would read."""
        days = [(day, int(at)) for day, at in self.engine._server.ask(sql.days_counted(OVERVIEW, OVERVIEW.interval))]
        statement = sql.rolled_totals(OVERVIEW, OVERVIEW.interval, days)
        address = read_address(self.url)
        assert address is not None
        client = connect(address)
        try:
            plan = client.query(f"EXPLAIN ESTIMATE {statement.text}", parameters=statement.parameters).result_rows
        finally:
            client.close()
        return sum(int(rows) for _, table, _, rows, _ in plan if table == "clicks")


@pytest.fixture
def installed(clickhouse_server: ClickhouseServer, tmp_path: Path) -> Iterator[Installation]:
    made = Installation(clickhouse_server, tmp_path)
    made.take(
        *(click(at=MIDNIGHT + number * QUARTER, visitor=number % 5, link_number=number % 3) for number in range(192)),
        click(at=NOON, human=False, visitor=77),
    )
    yield made
    made.store.close()


def test_days_that_are_over_are_counted_once_and_not_read_again(installed: Installation) -> None:
    assert (installed.visitors(), installed.read()) == (8, 193)
    assert installed.early.work_off() == 1, "the grace of the second day is not over"
    assert installed.closed.work_off() == 1
    assert installed.closed.work_off() == 0
    assert (installed.visitors(), installed.read()) == (8, 0)
    assert installed.engine.overview(OVERVIEW).totals.human_clicks == 192


def test_a_click_that_comes_late_has_its_day_counted_from_clicks_and_then_anew(installed: Installation) -> None:
    installed.closed.work_off()
    installed.take(click(at=NOON, visitor=99))
    assert installed.visitors() == 9
    assert installed.read() > 0
    assert installed.closed.work_off() == 1
    assert (installed.visitors(), installed.read()) == (9, 0)
    assert installed.rows("SELECT day, uniqExact(closed_at) FROM closed_visitors GROUP BY day ORDER BY day") == [
        (MIDNIGHT.date(), 1),
        ((MIDNIGHT + DAY).date(), 1),
    ]


def test_what_is_cleared_is_counted_no_more(installed: Installation) -> None:
    installed.closed.work_off()
    installed.store.clear_domain(1, NOON)
    assert installed.rows("SELECT count() FROM closed_visitors WHERE day <= '2026-05-01'") == [(0,)]
    assert installed.visitors() == 8
    installed.closed.work_off()
    assert installed.visitors() == 8
    installed.store.clear_domain(1, MIDNIGHT + 2 * DAY)
    assert installed.visitors() == 0


def test_verifying_finds_a_wrong_count_and_rebuilding_has_it_made_anew(installed: Installation) -> None:
    installed.closed.work_off()
    day = MIDNIGHT.date()
    assert list(installed.truth.differences(day, None)) == []
    installed.rows("INSERT INTO closed_visitors SELECT domain_id, day, closed_at, 3, 5, 0, 0 FROM closed_visitors LIMIT 1")
    assert installed.visitors() == 13
    (found,) = installed.truth.differences(day, None)
    assert (found.table, found.stored["first_seen"], found.right["first_seen"]) == ("closed_visitors", 6, 1)
    assert installed.truth.mend(day, None, reclassify=False).keys == 1
    assert installed.visitors() == 8
    assert list(installed.truth.differences(day, None)) == []
    assert installed.closed.work_off() == 1
    assert (installed.visitors(), installed.read()) == (8, 0)


@pytest.mark.parametrize("zone", [timedelta(), timedelta(hours=5, minutes=45), -timedelta(hours=7)])
def test_days_of_any_time_zone_are_made_of_counted_ones(installed: Installation, zone: timedelta) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC) + zone
    question = Question(kind=Kind.OVERVIEW, domain_id=1, interval=Interval(start=start, end=start + DAY))
    counted = installed.engine.overview(question).totals
    assert installed.closed.work_off() == 2
    assert installed.engine.overview(question).totals == counted
