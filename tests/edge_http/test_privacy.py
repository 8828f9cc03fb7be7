"""What a real server keeps of its visitors."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch
from tests.clicks.builders import click
from tests.support.clickhouse import ClickhouseServer
from tests.support.server import Server, running_server

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ADDRESS = "81.2.69.142"
Make = Callable[..., Server]


def change(server: Server, **sent: Any) -> None:
    assert server.api("POST", f"/domains/settings/{server.domain_id}", sent).status == 200


def visit(server: Server, path: str, *, address: str = ADDRESS, agent: str = FIREFOX, **headers: str) -> None:
    told = {"X_Forwarded_For": address, "User_Agent": agent, "Referer": "https://news.example/story?who=me", **headers}
    assert server.visit(path, **told).status == 302


def stored(server: Server) -> dict[str, dict[str, Any]]:
    """The clicks of a stopped server, by the path that was asked for."""
    assert server.stop() == 0
    with duckdb.connect(str(server.directory / "clicks.duckdb"), read_only=True) as connection:
        cursor = connection.execute("SELECT * FROM clicks")
        names = [each[0] for each in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["path"].removeprefix("/"): row for row in rows}


@pytest.fixture
def behind_proxy(tmp_path: Path) -> Any:
    servers = []

    def start(**settings: str) -> Server:
        told = {"LINNET_TRUSTED_PROXIES": "127.0.0.1/32", **settings}
        starting = running_server(tmp_path / f"linnet{len(servers)}", workers=1, settings=told)
        servers.append(starting)
        return starting.__enter__()

    yield start
    for each in servers:
        each.__exit__(None, None, None)


def test_each_policy_and_each_wish_decides_what_is_stored(behind_proxy: Make) -> None:
    server = behind_proxy()
    for path in ("usual", "whole", "never", "six", "dnt", "gpc", "again", "other", "bot"):
        server.create(path)
    visit(server, "/usual?utm_source=mail&email=me")
    visit(server, "/six", address="2a02:810:12:3456::1")
    visit(server, "/again")
    visit(server, "/other", address="81.2.69.143")
    visit(server, "/dnt?utm_source=mail&email=me", DNT="1")
    change(server, visitorAddresses="whole")
    visit(server, "/whole")
    visit(server, "/gpc", Sec_GPC="1")
    visit(server, "/bot", agent="Googlebot/2.1 (+http://www.google.com/bot.html)", DNT="1")
    change(server, hideVisitorIp=True)
    visit(server, "/never")
    kept = stored(server)
    addresses = {path: row["address"] for path, row in kept.items()}
    assert addresses == {
        "usual": "81.2.69.0",
        "six": "2a02:810:12::",
        "again": "81.2.69.0",
        "other": "81.2.69.0",
        "dnt": "",
        "whole": ADDRESS,
        "gpc": "",
        "bot": "",
        "never": "",
    }
    # One person in one day, whatever is stored of the address.
    same = {kept[path]["visitor"] for path in ("usual", "again", "whole", "never")}
    assert len(same) == 1
    assert same != {0}
    assert len(same | {kept["other"]["visitor"], kept["six"]["visitor"]}) == 3
    for path in ("dnt", "gpc"):
        row = kept[path]
        assert [row[name] for name in ("visitor", "user_agent", "query", "referrer", "city")] == [0, "", "", "", ""]
        assert (row["human"], row["browser"], row["referrer_host"]) == (True, "Firefox", "news.example")
    assert (kept["dnt"]["utm_source"], kept["usual"]["query"]) == ("mail", "utm_source=mail&email=me")
    assert (kept["bot"]["human"], kept["bot"]["user_agent"][:9]) == (False, "Googlebot")
    salts = server.directory / "clicks.salts"
    assert salts.stat().st_mode & 0o777 == 0o600


def test_both_settings_can_be_off(behind_proxy: Make) -> None:
    server = behind_proxy(LINNET_HONOUR_OPT_OUT="false", LINNET_UNIQUE_VISITORS="false")
    server.create("dnt")
    visit(server, "/dnt?a=b", DNT="1", Sec_GPC="1")
    (row,) = stored(server).values()
    assert (row["address"], row["visitor"], row["query"], row["user_agent"]) == ("81.2.69.0", 0, "a=b", FIREFOX)
    assert not (server.directory / "clicks.salts").exists()


def test_old_clicks_are_deleted_and_the_numbers_stay(tmp_path: Path) -> None:
    server = Server(tmp_path / "linnet", workers=1)
    now = datetime.now(UTC).replace(microsecond=0)
    clicks = [
        click(
            domain_id=server.domain_id,
            link_number=1 + number % 3,
            at=now - timedelta(days=number % 6),
            country="DE",
            visitor=1 + number % 5,
        )
        for number in range(60)
    ]
    store = DuckdbClickStore(server.directory / "clicks.duckdb")
    store.write([Batch(segment="made", offset=1, clicks=clicks)])
    store.close()

    def totals() -> tuple[Any, Any]:
        answer = server.api("GET", f"/statistics/domain/{server.domain_id}?period=total&clicksChartInterval=day")
        return int(answer.json["clicks"]), {name: told for name, told in answer.json.items() if name != "interval"}

    server.start()
    before = totals()
    assert (before[0], before[1]["uniqueVisitors"]) == (60, 6 * 5)
    shown = json.loads(server.run("domain", "privacy", server.domain, "--keep-days", "2", "--json").stdout)
    assert shown["clickRetentionDays"] == 2
    server.stop()
    server.start()
    server.wait(lambda: server.metric("linnet_clicks_rolled_off_total") == 30, "old clicks to be deleted")
    assert totals() == before
    assert server.run("stats", "verify").returncode == 0
    assert (
        len(server.api("POST", f"/statistics/domain/{server.domain_id}/last_clicks", {"limit": 100, "period": "total"}).json)
        == 30
    )
    server.stop()


def test_a_visitor_is_handed_out_and_erased_with_clicks_that_are_on_their_way(behind_proxy: Make) -> None:
    server = behind_proxy()
    server.create("here")
    change(server, visitorAddresses="whole")
    place = f"/statistics/domain/{server.domain_id}/visitors"
    for number in range(40):
        visit(server, f"/here?who={number}", address=ADDRESS if number % 4 else "81.2.69.143")
    told = [json.loads(line) for line in server.api("GET", f"{place}/{ADDRESS}").body.splitlines()]
    assert (len(told), {each["address"] for each in told}) == (30, {ADDRESS})
    # In the order of time; of one millisecond, in any.
    assert [each["clicked_at"] for each in told] == sorted(each["clicked_at"] for each in told)
    assert {each["query"] for each in told} == {f"who={number}" for number in range(40) if number % 4}
    by_command = server.run("visitor", "export", ADDRESS).stdout.splitlines()
    assert {each["query"]: each for each in map(json.loads, by_command)} == {each["query"]: each for each in told}
    before = server.api("GET", f"/statistics/domain/{server.domain_id}?period=total").json
    for number in range(40, 50):
        visit(server, f"/here?who={number}")
    erased = server.api("DELETE", f"{place}/{ADDRESS}")
    assert (erased.status, erased.json) == (200, {"success": True, "clicks": 40})
    assert server.api("GET", f"{place}/{ADDRESS}").body == b""
    after = server.api("GET", f"/statistics/domain/{server.domain_id}?period=total").json
    assert after["humanClicks"] == before["humanClicks"] + 10
    assert after["uniqueVisitors"] == before["uniqueVisitors"] == 2
    assert server.run("stats", "verify").returncode == 0
    (noted,) = [each for each in server.api("GET", "/audit").json["entries"] if each["event"] == "domain.visitor_erased"]
    assert ADDRESS not in json.dumps(noted)
    server.stop()
    shown = json.loads(server.run("visitor", "erase", "81.2.69.143", "--domain", server.domain, "--json").stdout)
    assert shown == {"clicks": 10, "domains": {server.domain: 10}}
    with duckdb.connect(str(server.directory / "clicks.duckdb"), read_only=True) as connection:
        told = connection.execute("SELECT DISTINCT address, query, referrer, user_agent FROM clicks").fetchall()
        assert told == [("", "", "", "")]
        assert connection.execute("SELECT count(DISTINCT visitor), min(visitor) > 0 FROM clicks").fetchall() == [(2, True)]
    server.start()
    assert server.run("stats", "verify").returncode == 0


def test_the_command_line_asks_whether_a_network_is_meant(behind_proxy: Make) -> None:
    server = behind_proxy()
    server.create("here")
    visit(server, "/here")
    server.stop()
    with pytest.raises(AssertionError, match=r"81\.2\.69\.0/24.* --network or --no-network"):
        server.run("visitor", "erase", ADDRESS)
    with pytest.raises(AssertionError, match=r"81\.2\.69\.0/24"):
        server.run("visitor", "export", ADDRESS)
    assert server.run("visitor", "export", ADDRESS, "--no-network").stdout == ""
    (line,) = server.run("visitor", "export", "81.2.69.99", "--network").stdout.splitlines()
    assert json.loads(line)["address"] == "81.2.69.0"
    assert json.loads(server.run("visitor", "erase", "81.2.69.99", "--network", "--json").stdout)["clicks"] == 1
    assert server.run("visitor", "export", ADDRESS).stdout == ""


def test_with_clickhouse_a_visitor_is_told_apart_handed_out_and_erased(
    behind_proxy: Make, clickhouse_server: ClickhouseServer
) -> None:
    database = clickhouse_server.new_database()
    server = behind_proxy(LINNET_CLICKHOUSE_URL=clickhouse_server.url(database))
    server.create("here")
    for address in (ADDRESS, ADDRESS, "81.2.69.143"):
        visit(server, "/here?who=me", address=address)
    visit(server, "/here?who=me", DNT="1")
    place = f"/statistics/domain/{server.domain_id}/visitors/{ADDRESS}"
    assert server.api("GET", place).json["field"] == "network"
    told = [json.loads(line) for line in server.api("GET", f"{place}?network=true").body.splitlines()]
    assert [each["address"] for each in told] == ["81.2.69.0"] * 3
    assert len({each["visitor"] for each in told}) == 2
    erased = server.api("DELETE", f"{place}?network=true")
    assert erased.json == {"success": True, "clicks": 3}
    rows = clickhouse_server.rows("SELECT DISTINCT address, query, referrer, user_agent FROM clicks", database)
    assert rows == [("", "", "", "")]
    counted = server.api("GET", f"/statistics/domain/{server.domain_id}?period=total").json
    assert (counted["humanClicks"], counted["uniqueVisitors"]) == (4, 2)
    assert server.run("stats", "verify").returncode == 0
    salts = clickhouse_server.rows("SELECT count() FROM visitor_salts WHERE length(salt) = 64", database)
    assert salts[0][0] >= 3
    assert not (server.directory / "clicks.salts").exists()
