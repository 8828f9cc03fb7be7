"""What waits must not take along what need not wait: redirects, health checks and reads while something stands still."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.support.server import Answer, Server, running_server

QUICK_SECONDS = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("stalled") / "linnet") as running:
        running.create("visited")
        yield running


@contextmanager
def standing_still(pid: int | None) -> Iterator[None]:
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def everything_else_is_quick(server: Server) -> None:
    for _ in range(6):
        began = time.monotonic()
        assert server.visit("/visited").status == 302
        assert server.request("GET", "/health/live").status == 200
        assert server.request("GET", "/health/ready").status == 200
        assert server.request("GET", "/metrics").status == 200
        assert server.api("GET", "/api/domains").status == 200
        assert time.monotonic() - began < QUICK_SECONDS
        time.sleep(0.1)


def test_many_writes_that_wait_for_a_locked_database_keep_nothing_else_waiting(server: Server):
    def create(number: int) -> Answer:
        draft = {"domain": server.domain, "originalURL": "https://example.com/", "path": f"waiting-{number}"}
        return server.api("POST", "/links", draft)

    with closing(sqlite3.connect(server.directory / "linnet.db", isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(24) as clients:
            waiting = [clients.submit(create, number) for number in range(24)]
            time.sleep(0.5)
            everything_else_is_quick(server)
            assert {future.result().status for future in waiting} == {503}
        other.execute("ROLLBACK")
    assert server.create("waiting-0")["path"] == "waiting-0"


def test_a_clicks_worker_that_stands_still_keeps_nothing_else_waiting(server: Server):
    with ThreadPoolExecutor(24) as clients:
        with standing_still(server.pid("clicks")):
            waiting = [clients.submit(server.answers_questions) for _ in range(24)]
            time.sleep(0.5)
            everything_else_is_quick(server)
            assert server.create("meanwhile")["path"] == "meanwhile"
        for future in waiting:
            future.result()
    server.wait(server.answers_questions, "an answer about statistics")
