"""Redirects need no database: it may be locked or gone, and web workers may start without it."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.load import Load, Outcomes
from tests.support.server import Answer, Server, running_server

# SQLite's file and what it keeps beside it.
FILES = ("linnet.db", "linnet.db-wal", "linnet.db-shm")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "linnet") as running:
        yield running


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Another process writes and does not end its transaction."""
    with closing(sqlite3.connect(server.directory / "linnet.db", isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def moved_away(server: Server) -> Iterator[None]:
    """The database's files are somewhere else for a while."""
    elsewhere = server.directory.parent / "elsewhere"
    elsewhere.mkdir()
    moved = [name for name in FILES if (server.directory / name).exists()]
    for name in moved:
        (server.directory / name).rename(elsewhere / name)
    try:
        yield
    finally:
        made_meanwhile = [name for name in FILES if (server.directory / name).exists()]
        for name in moved:
            (elsewhere / name).rename(server.directory / name)
        assert made_meanwhile == [], "a database was made anew in place of the one that was gone"


def kill_web_workers(server: Server) -> None:
    """Kill both and wait until the supervisor has started others that answer."""
    for name in ("web-0", "web-1"):
        former = server.pid(name)
        assert server.kill(name)
        server.wait_until_replaced(name, former)
    server.wait(lambda: server.request("GET", "/health/live").status == 200, "life")


def draft(server: Server, path: str) -> dict[str, str]:
    return {"domain": server.domain, "originalURL": "https://example.com/", "path": path}


def assert_unavailable(answer: Answer) -> None:
    assert answer.status == 503, answer
    assert {"success": False, "statusCode": 503}.items() <= answer.json.items()
    assert answer.json["message"]
    assert answer.json["error"]


def assert_unharmed(outcomes: Outcomes, *, killed: bool = False) -> None:
    """Every request that could be answered was redirected; only a killed worker cuts answers off."""
    assert outcomes.wrong == {}, str(outcomes)
    assert outcomes.refused == 0, str(outcomes)
    assert len(outcomes.answered) > 100, str(outcomes)
    assert killed or not outcomes.cut, str(outcomes)
    assert killed or outcomes.slowest_seconds < 2, str(outcomes)


def test_redirects_go_on_while_the_database_is_locked(server: Server):
    server.create("before")
    with Load(server, ["/before"]).running() as outcomes, locked(server):
        assert_unavailable(server.api("POST", "/links", draft(server, "meanwhile")))
        assert_unavailable(server.api("POST", "/links/bulk", {"domain": server.domain, "links": [draft(server, "meanwhile")]}))
    assert_unharmed(outcomes)
    assert server.visit("/meanwhile").status == 404
    server.create("meanwhile")
    assert server.visit("/meanwhile").status == 302


def test_web_workers_start_while_the_database_is_locked(server: Server):
    server.create("before")
    with Load(server, ["/before"]).running() as outcomes, locked(server):
        kill_web_workers(server)
        time.sleep(0.5)
    assert_unharmed(outcomes, killed=True)
    server.create("after")
    assert server.visit("/after").status == 302


def test_redirects_go_on_while_the_database_is_gone_and_links_come_back_with_it(server: Server):
    link = server.create("before")
    with Load(server, ["/before"]).running() as outcomes:
        with moved_away(server):
            assert_unavailable(server.api("POST", "/links", draft(server, "meanwhile")))
            assert_unavailable(server.api("GET", f"/links/{link['idString']}"))
            time.sleep(0.5)
        server.wait(lambda: server.api("POST", "/links", draft(server, "again")).status == 200, "writes to work again")
    assert_unharmed(outcomes)
    assert server.visit("/again").status == 302
    assert server.api("GET", f"/links/{link['idString']}").json["path"] == "before"
    clicks = len(outcomes.answered)
    server.wait(lambda: server.link_clicks(link["idString"]) == clicks, f"the {clicks} clicks from meanwhile", seconds=10)


def test_web_workers_start_while_the_database_is_gone(server: Server):
    link = server.create("before")
    with Load(server, ["/before"]).running() as outcomes, moved_away(server):
        kill_web_workers(server)
        time.sleep(0.5)
        assert_unavailable(server.api("POST", "/links", draft(server, "meanwhile")))
        assert server.request("GET", "/health/ready").status == 503
    assert_unharmed(outcomes, killed=True)
    server.wait(lambda: server.api("POST", "/links", draft(server, "again")).status == 200, "writes to work again")
    assert server.api("GET", f"/links/{link['idString']}").json["path"] == "before"
    server.wait(lambda: server.request("GET", "/health/ready").status == 200, "readiness")


def test_a_whole_node_starts_while_the_database_is_gone(server: Server):
    server.create("before")
    assert server.stop() == 0
    with moved_away(server):
        server.start(until="live")
        assert server.visit("/before").status == 302
        assert server.visit("/never-made").status == 404
        assert_unavailable(server.api("POST", "/links", draft(server, "meanwhile")))
    server.wait(lambda: server.api("POST", "/links", draft(server, "again")).status == 200, "writes to work again")
    assert server.visit("/again").status == 302
    assert server.visit("/before").status == 302


def test_a_database_put_back_from_an_older_copy_is_followed(server: Server):
    server.create("old")
    assert server.stop() == 0
    copies = {name: (server.directory / name).read_bytes() for name in FILES if (server.directory / name).exists()}
    server.start()
    server.create("newer")
    assert server.visit("/newer").status == 302
    assert server.stop() == 0
    for name in FILES:
        (server.directory / name).unlink(missing_ok=True)
    for name, content in copies.items():
        (server.directory / name).write_bytes(content)
    server.start()
    assert (server.visit("/old").status, server.visit("/newer").status) == (302, 404)
