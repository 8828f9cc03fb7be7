"""Block-lists of a real server: from a file and an address, through restarts, and at both ends, saving and following."""

import http.server
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

EVIL = "https://www.evil.example/x"


class Lists(http.server.ThreadingHTTPServer):
    """Serves one list."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text = "0.0.0.0 fetched.example\n"
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hosts"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Lists

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.text.encode())

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving_lists() -> Iterator[Lists]:
    lists = Lists()
    thread = threading.Thread(target=lists.serve_forever)
    thread.start()
    try:
        yield lists
    finally:
        lists.shutdown()
        lists.server_close()
        thread.join()


@pytest.fixture(scope="module")
def lists() -> Iterator[Lists]:
    with serving_lists() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lists") / "hosts.txt"
    made.write_text("# ours\nevil.example\nhttps://part.example/bad\n")
    return made


@pytest.fixture(scope="module")
def blocking(tmp_path_factory: pytest.TempPathFactory, lists: Lists, file: Path) -> Iterator[Server]:
    settings = {
        "LINNET_BLOCK_LIST": f"{file},{lists.url}",
        "LINNET_ABUSE_EMAIL": "abuse@example.com",
        "LINNET_FETCH_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    with running_server(tmp_path_factory.mktemp("blocking") / "linnet", settings=settings) as running:
        running.wait(lambda: running.metric("linnet_block_list_hosts") == 3, "the lists to be loaded")
        yield running


def wait_until_stopped(server: Server, path: str) -> None:
    """Wait for a link to be stopped, by every worker: each looks for other lists once a second."""
    server.wait(lambda: server.visit(path).status == 403, "the link to be stopped", seconds=60)
    time.sleep(1.1)


def append(file: Path, line: str) -> None:
    with file.open("a") as opened:
        opened.write(f"{line}\n")


@pytest.mark.parametrize("url", [EVIL, "http://fetched.example:8080", "https://part.example/bad/x", "https://EVIL.example./"])
def test_a_link_to_a_listed_host_is_refused_by_its_field(blocking: Server, url: str):
    draft = {"domain": blocking.domain, "originalURL": url}
    answer = blocking.api("POST", "/links", draft)
    assert (answer.status, answer.json["code"], answer.json["field"]) == (400, "invalid_field", "originalURL")
    assert "list" in answer.json["message"]
    outcomes = blocking.api("POST", "/links/bulk", {"domain": blocking.domain, "links": [{"originalURL": url}]}).json
    assert [(each["status"], each["field"]) for each in outcomes] == [(400, "originalURL")]


def test_every_address_of_a_link_is_looked_at_when_it_is_stored(blocking: Server):
    link = blocking.create("fields")
    for field in ("originalURL", "expiredURL", "iphoneURL", "androidURL", "splitURL"):
        answer = blocking.api("POST", f"/links/{link['idString']}", {field: EVIL})
        assert (answer.status, answer.json["field"]) == (400, field), field
    there = {"country": "DE", "originalURL": EVIL}
    assert blocking.api("POST", f"/link_country/{link['idString']}", there).json["field"] == "originalURL"
    settings = f"/domains/settings/{blocking.domain_id}"
    for field in ("redirect404", "rootRedirect"):
        assert blocking.api("POST", settings, {field: EVIL}).json["field"] == field
    assert blocking.visit("/fields").location == "https://example.com/"


def test_a_rule_and_a_variant_are_looked_at_too(blocking: Server):
    link = blocking.create("ruled")
    rules = [{"condition": {"country": ["DE"]}, "originalURL": EVIL}]
    for name, value in (("rules", rules), ("variants", [{"originalURL": EVIL, "weight": 1}])):
        answer = blocking.api("PUT", f"/link_{name}/{link['idString']}", value)
        assert answer.status == 400, (name, answer)
        assert answer.json["field"] == f"{name}[0].originalURL", answer


def test_a_host_that_is_listed_later_stops_links_that_are_there(blocking: Server, file: Path):
    link = blocking.create("later", "https://sub.turned.example/login")
    assert blocking.visit("/later").status == 302
    append(file, "turned.example")
    wait_until_stopped(blocking, "/later")
    page = blocking.visit("/later")
    assert b"turned.example" in page.body
    assert b"mailto:abuse@example.com" in page.body
    assert b"sub.turned.example/login" not in page.body
    assert page.headers["cache-control"] == "no-store"
    blocking.wait(lambda: blocking.metric("linnet_blocked_total", 'by="link"') >= 2, "the metrics")
    assert blocking.api("GET", f"/links/{link['idString']}").status == 200
    told = blocking.api("GET", f"/links/explain/{link['idString']}").json
    assert (told["outcome"], told["status"], told["destination"]) == ("blocked", 403, "https://sub.turned.example/login")
    assert "block-list, as turned.example" in blocking.run("link", "explain", link["idString"]).stdout


def test_a_signal_fetches_lists_anew_and_a_server_without_them_keeps_the_last_copy(blocking: Server, lists: Lists, file: Path):
    blocking.create("news", "https://news.example/")
    lists.text += "news.example\n"
    os.kill(supervisor(blocking), signal.SIGHUP)
    wait_until_stopped(blocking, "/news")
    lists.text = ""
    asked = lists.asked
    blocking.wait(lambda: len(blocking.process_names()) == 3, "all workers")
    blocking.stop()
    hidden = file.rename(file.with_suffix(".hidden"))
    lists.shutdown()
    lists.server_close()
    blocking.start()
    try:
        assert blocking.visit("/news").status == 403
        assert blocking.visit("/later").status == 403
        log = blocking.log
        blocking.wait(lambda: log.read_text().count("block_lists.unreadable") >= 2, "both lists to be found missing")
        assert (blocking.visit("/news").status, blocking.visit("/later").status) == (403, 403)
        assert lists.asked == asked
    finally:
        hidden.rename(file)


def supervisor(server: Server) -> int:
    return int((server.directory / "run" / "supervisor.pid").read_text())
