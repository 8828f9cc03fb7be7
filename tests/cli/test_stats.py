"""``linnet stats``, as scripts use it: on a stopped installation, and beside a worker that holds the store."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.compose.click_orders import streams_of
from linnet.compose.click_stores import open_store
from linnet.compose.places import Places
from linnet.model.click import Batch
from linnet.settings import read_settings
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import StatisticsServer
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import BotRules
from tests.cli.conftest import Run
from tests.clicks.builders import AT, CHROME, click
from tests.support.clickhouse import ClickhouseServer

CLICKS = [
    click(domain_id=domain, user_agent=CHROME, browser="Netscape", at=AT + day * timedelta(days=1))
    for domain in (1, 2)
    for day in range(3)
]
WRONG = (
    "rollup_links domain_id=2 link_number=3 day='2026-03-02': stored clicks=4 human_clicks=1 scans=0; "
    "right clicks=1 human_clicks=1 scans=0"
)


def fill(directory: Path, rules: str = "older rules") -> None:
    """Three days of two domains, and a wrong sum."""
    store = DuckdbClickStore(directory / "clicks.duckdb", rules=rules)
    store.write([Batch(segment="s", offset=1, clicks=CLICKS)])
    with store.writing() as connection:
        connection.execute("UPDATE rollup_links SET clicks = 4 WHERE domain_id = 2 AND day = DATE '2026-03-02'")
    store.close()


@contextmanager
def stopped(directory: Path) -> Iterator[None]:
    """A data directory in which no server runs."""
    yield


@contextmanager
def working(directory: Path) -> Iterator[None]:
    """A worker that holds the click store, as that of a running server does."""
    places, rules = Places(directory), BotRules()
    store = DuckdbClickStore(places.clicks, rules=rules.version)
    streams = streams_of(DuckdbTruth(store, judge_by(rules), rules.version))
    server = StatisticsServer(places.statistics_socket, DuckdbStatistics(store.cursor, store.clear_domain), streams)
    with (places.run / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.start()
        try:
            yield
        finally:
            server.stop()
            store.close()


@pytest.mark.parametrize("installation", [stopped, working])
def test_a_wrong_sum_is_told_and_mended(linnet: Run, directory: Path, installation: type[stopped]):
    fill(directory)
    with installation(directory):
        told = linnet("stats", "verify")
        assert told.code == 1
        assert told.out.splitlines()[:2] == [WRONG, "Days compared: 3. Differences: 1."]
        assert "Clicks of 3 days (2026-03-01 to 2026-03-03) were judged by older rules (older rules)" in told.out
        told = linnet("stats", "verify", "--json", "--limit", "0")
        assert (told.code, json.loads(told.out)["differences"], json.loads(told.out)["shown"]) == (1, 1, [])

        assert linnet("stats", "verify", "--domain", "go.example").code == 0
        assert linnet("stats", "rebuild", "--domain", "go.example", "--json").json == {
            "days": 3,
            "mended": 0,
            "reclassified": 0,
        }
        assert linnet("stats", "rebuild", "--since", "2026-03-03", "--json").json["mended"] == 0
        assert linnet("stats", "rebuild").out == "Days that are right: 3. Sums mended: 1.\n"

        assert linnet("stats", "rebuild", "--reclassify", "--json").json == {"days": 3, "mended": 24, "reclassified": 6}
        told = linnet("stats", "verify", "--json")
        assert told.json == {"days": 3, "differences": 0, "shown": [], "rules": BotRules().version, "older": []}


def test_what_cannot_be_is_refused(linnet: Run, directory: Path):
    assert "no domain 'elsewhere.example'" in linnet("stats", "verify", "--domain", "elsewhere.example").err
    assert linnet("stats", "rebuild", "--since", "yesterday").code == 2
    (directory / "clicks.duckdb").write_bytes(b"something else" * 1000)
    refused = linnet("stats", "verify")
    assert refused.code == 1
    assert "cannot be opened" in refused.err


def test_a_server_whose_worker_does_not_answer_keeps_the_file_for_itself(linnet: Run, directory: Path):
    fill(directory)
    with (directory / "run" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = linnet("stats", "verify")
    assert (refused.code, refused.out) == (1, "")
    assert "cannot be asked now" in refused.err
    assert linnet("stats", "verify").code == 1


def test_own_rules_judge_stored_clicks_too(linnet: Run, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fill(directory)
    (tmp_path / "own.toml").write_text("version = 1\n[[rules]]\nname = 'no Chrome'\nuser_agent = 'Chrome'\n")
    monkeypatch.setenv("LINNET_BOT_RULES", str(tmp_path / "own.toml"))
    assert linnet("stats", "rebuild", "--reclassify", "--json").json["reclassified"] == 6
    assert "own 1 (" in linnet("stats", "verify", "--json").json["rules"]
    store = DuckdbClickStore(directory / "clicks.duckdb")
    with store.cursor() as cursor:
        assert cursor.execute("SELECT DISTINCT human, bot FROM clicks").fetchall() == [(False, "no Chrome")]
    store.close()


def test_statistics_in_clickhouse_are_verified_and_mended_too(
    linnet: Run, directory: Path, clickhouse_server: ClickhouseServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LINNET_CLICKHOUSE_URL", clickhouse_server.url(clickhouse_server.new_database()))
    opened = open_store(read_settings(), Places(directory), judge_by(BotRules()), "older rules")
    store = opened.store
    assert isinstance(store, ClickhouseClickStore)
    store.write([Batch(segment="s", offset=1, clicks=CLICKS)])
    with store.turn() as session:
        wrong = "clicks = 4 WHERE domain_id = 2 AND day = '2026-03-02'"
        session.run(f"ALTER TABLE rollup_links UPDATE {wrong} SETTINGS mutations_sync = 2")
    store.close()
    told = linnet("stats", "verify")
    assert (told.code, told.out.count("rollup_links domain_id=2 link_number=3 day='2026-03-02' node=")) == (1, 1)
    assert "Days compared: 3. Differences: 1." in told.out
    assert linnet("stats", "rebuild", "--reclassify", "--json").json["reclassified"] == 6
    told = linnet("stats", "verify", "--json")
    assert told.json == {"days": 3, "differences": 0, "shown": [], "rules": BotRules().version, "older": []}
    assert not (directory / "clicks.duckdb").exists()
