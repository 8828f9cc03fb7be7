"""A server whose clicks are kept in ClickHouse: while that is gone visitors are redirected, and their clicks wait."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clicks.clickhouse import assert_sound
from tests.support.clickhouse import ClickhouseServer, running_clickhouse
from tests.support.load import Load
from tests.support.server import Server, running_server
from tests.support.stored import journal_bytes

DROPPED = ("linnet_clicks_dropped_total", 'reason="journal_full"')
MAX_BYTES = 400_000


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[ClickhouseServer]:
    with running_clickhouse(tmp_path / "clickhouse") as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, clickhouse: ClickhouseServer) -> Iterator[Server]:
    settings = {"LINNET_CLICKHOUSE_URL": clickhouse.url("clicks"), "LINNET_JOURNAL_MAX_BYTES": str(MAX_BYTES)}
    with running_server(tmp_path / "linnet", settings=settings) as running:
        yield running


def test_a_server_counts_its_clicks_in_clickhouse(server: Server, clickhouse: ClickhouseServer) -> None:
    link = server.create("counted")
    for _ in range(5):
        assert server.visit("/counted").status == 302
    server.wait(lambda: server.link_clicks(link["idString"]) == 5, "five clicks", seconds=15)
    assert assert_sound(clickhouse, "clicks") == 5
    assert server.domain_clicks() == 5
    assert not (server.directory / "clicks.duckdb").exists()
    assert server.run("migrate").stdout == "The database is up to date.\n"
    assert "secret" not in server.log.read_text()


def test_while_clickhouse_is_gone_the_journal_keeps_what_it_may_and_then_catches_up(
    server: Server, clickhouse: ClickhouseServer
) -> None:
    server.create("kept")
    visits = 3
    for _ in range(visits):
        assert server.visit("/kept").status == 302
    server.wait(lambda: server.domain_clicks() == visits, "the clicks of before", seconds=15)

    clickhouse.kill()
    with Load(server, ["/kept"]).running() as outcomes:
        server.wait(lambda: server.metric(*DROPPED) > 0, "a full journal", seconds=60)
        # The worker comes back without ClickHouse, too.
        former = server.pid("clicks")
        assert server.kill("clicks")
        server.wait_until_replaced("clicks", former)
        time.sleep(1)
    assert (outcomes.wrong, outcomes.cut) == ({}, set())
    visits += len(outcomes.answered)
    assert MAX_BYTES <= journal_bytes(server.directory) < 2 * MAX_BYTES
    assert server.metric("linnet_journal_max_bytes") == MAX_BYTES
    assert server.metric("linnet_journal_bytes") >= MAX_BYTES
    assert "journal.filling" in server.log.read_text()
    assert "journal.full" in server.log.read_text()
    assert server.api("GET", f"/statistics/domain/{server.domain_id}?period=total").status == 503

    clickhouse.start()

    def accounted() -> bool:
        return server.counts(visits - int(server.metric(*DROPPED)))

    server.wait(accounted, f"{visits} visits to be stored or counted as lost", seconds=30)

    def taken_up() -> bool:
        return server.log.read_text().count("journal.takes_clicks_again") == server.workers

    server.wait(taken_up, "a journal that is shorter, in the eyes of all workers", seconds=20)
    assert server.metric("linnet_journal_bytes") < MAX_BYTES / 2
    lost = server.metric(*DROPPED)
    assert server.visit("/kept").status == 302
    server.wait(lambda: server.domain_clicks() == visits + 1 - lost, "a click after that", seconds=15)
    assert server.metric(*DROPPED) == lost
    assert assert_sound(clickhouse, "clicks") == visits + 1 - lost


def test_a_server_starts_without_clickhouse_and_counts_later(tmp_path: Path, clickhouse: ClickhouseServer) -> None:
    clickhouse.stop()
    settings = {"LINNET_CLICKHOUSE_URL": clickhouse.url("clicks")}
    with running_server(tmp_path / "linnet", settings=settings) as server:
        server.create("early")
        assert server.visit("/early").status == 302
        clickhouse.start()
        server.wait(lambda: server.counts(1), "the click", seconds=20)


def test_statistics_are_verified_and_cleared_there(server: Server, clickhouse: ClickhouseServer) -> None:
    server.create("counted")
    for _ in range(4):
        server.visit("/counted")
    server.wait(lambda: server.domain_clicks() == 4, "four clicks", seconds=15)
    assert "Differences: none." in server.run("stats", "verify").stdout
    clickhouse.rows("INSERT INTO rollup_quarters SELECT * FROM rollup_quarters", "clicks")
    with pytest.raises(AssertionError, match="stats ended with 1"):
        server.run("stats", "verify")
    server.run("stats", "rebuild")
    server.run("stats", "verify")
    assert server.domain_clicks() == 4
    cleared = server.api("DELETE", f"/statistics/domain/{server.domain_id}/statistics")
    assert cleared.status in (200, 204), cleared
    assert server.domain_clicks() == 0
    assert assert_sound(clickhouse, "clicks") == 0
