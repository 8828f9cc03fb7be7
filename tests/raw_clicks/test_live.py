"""Clicks as they come, from a running server, to programs and to browsers."""

import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.browser import chromium
from tests.support.server import EMAIL, PASSWORD, Server, running_server

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers, and quiet connections that are closed soon."""
    settings = {"LINNET_KEEP_ALIVE_SECONDS": "2"}
    with running_server(tmp_path_factory.mktemp("live") / "linnet", workers=2, settings=settings) as running:
        yield running


class Stream:
    """An open stream; ``next`` is the next event as (name, id, data) with the seconds at which it came."""

    def __init__(self, server: Server, query: str = "", *, domain_id: int | None = None, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        asked = f"/statistics/domain/{domain_id or server.domain_id}/clicks/live{query}"
        sent = {"Host": f"localhost:{server.port}", "Authorization": server.secret_key} | headers
        self._connection.request("GET", asked, headers={name: value for name, value in sent.items() if value})
        self._socket = self._connection.sock
        self.response = self._connection.getresponse()
        self.comments = 0
        self._events: queue.Queue[tuple[str, str, Any] | None] = queue.Queue()
        if self.response.status == 200:
            threading.Thread(target=self._read_all, daemon=True).start()

    def _read_all(self) -> None:
        with suppress(OSError, ValueError, http.client.HTTPException):
            self._read()
        self._events.put(None)

    def _read(self) -> None:
        event: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if line == "\n":
                if "data" in event:
                    told = (event.get("event", "message"), event.get("id", ""), json.loads(event["data"]))
                    self._events.put(told)
                event = {}
            elif line.startswith(":"):
                self.comments += 1
            else:
                event[name] = value

    def next(self, seconds: float = 5) -> tuple[str, str, Any] | None:
        return self._events.get(timeout=seconds)

    def is_quiet(self, seconds: float = 1) -> bool:
        try:
            return self._events.get(timeout=seconds) is None
        except queue.Empty:
            return True

    def close(self) -> None:
        # Closing would leave it open as long as the other thread reads.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def test_a_click_is_told_within_a_second_and_a_half(server: Server):
    stream = Stream(server, f"?linkId={server.create('quick')['idString']}")
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert stream.response.headers["x-accel-buffering"] == "no"
    waits = []
    for number in range(5):
        began = time.monotonic()
        server.visit(f"/quick?n={number}", User_Agent=CHROME)
        told = stream.next()
        waits.append(time.monotonic() - began)
        assert told is not None
        name, click_id, click = told
        assert (name, click["path"], click["url"]) == ("message", "/quick", f"http://go.localhost/quick?n={number}")
        assert click_id
        assert (click["human"], click["browser"], click["st"]) == (True, "Chrome", 302)
    assert sorted(waits)[3] < 1.5, waits
    # The same click as the last clicks have it.
    last = server.api("POST", f"/statistics/domain/{server.domain_id}/last_clicks", {"limit": 1, "period": "today"}).json
    assert last == [click]
    stream.close()


def test_only_what_was_asked_for_is_told(server: Server):
    wanted = server.create("wanted")
    server.create("other")
    of_link, people = Stream(server, f"?linkId={wanted['idString']}"), Stream(server, "?human=true")
    server.visit("/other")
    server.visit("/wanted")
    server.visit("/other", User_Agent=CHROME)
    told, person = of_link.next(), people.next()
    while person is not None and person[2]["path"] != "/other":
        # A click of a moment ago.
        person = people.next()
    assert told is not None
    assert person is not None
    assert told[2]["path"] == "/wanted"
    assert person[2]["human"] is True
    assert of_link.is_quiet()
    assert people.is_quiet(0.1)
    of_link.close()
    people.close()


def test_who_comes_back_goes_on_behind_the_last_event(server: Server):
    of_link = f"?linkId={server.create('again')['idString']}"
    stream = Stream(server, of_link)
    server.visit("/again?n=0")
    told = stream.next()
    assert told is not None
    stream.close()
    for number in range(1, 5):
        server.visit(f"/again?n={number}")
    time.sleep(1.5)
    # Six times, so that it is another worker at least once.
    for _ in range(6):
        back = Stream(server, of_link, **{"Last-Event-ID": told[1]})
        urls = [event[2]["url"] for event in (back.next() for _ in range(4)) if event is not None]
        # Two visits of one moment may have been journalled by two workers, and stored in either order.
        assert sorted(url[-3:] for url in urls) == ["n=1", "n=2", "n=3", "n=4"]
        assert back.is_quiet(0.2)
        back.close()


def test_a_quiet_stream_stays_open_and_shows_that_it_lives(server: Server):
    stream = Stream(server, f"?linkId={server.create('late')['idString']}")
    time.sleep(17)
    assert stream.comments >= 1
    server.visit("/late")
    told = stream.next()
    assert told is not None
    assert told[2]["path"] == "/late"
    stream.close()


def test_a_key_that_is_revoked_ends_the_stream(server: Server):
    made = server.api("POST", "/api/keys", {"type": "secret"}).json
    stream = Stream(server, Authorization=made["key"])
    assert stream.response.status == 200
    assert server.api("DELETE", f"/api/keys/{made['id']}").status in (200, 204)
    while (told := stream.next(12)) is not None and told[0] == "message":
        """A click of a moment ago."""
    assert told is not None
    assert (told[0], told[2]["code"]) == ("end", "unauthorized")
    assert stream.next() is None


def test_who_may_not_see_the_clicks_is_refused_before_it_begins(server: Server):
    foreign = Stream(server, domain_id=9999)
    assert foreign.response.status == 404
    assert Stream(server, Authorization=server.public_key).response.status == 403
    assert Stream(server, Authorization="").response.status == 401
    assert Stream(server, f"?linkId=lnk_1_{'x' * 21}").response.status == 404
    assert json.loads(Stream(server, "?human=perhaps").response.read())["field"] == "human"


def test_one_user_has_so_many_streams_in_each_worker(server: Server):
    streams = [Stream(server) for _ in range(41)]
    refused = [each for each in streams if each.response.status != 200]
    assert refused
    assert {each.response.status for each in refused} == {429}
    assert int(refused[0].response.headers["retry-after"]) > 0
    for each in streams:
        each.close()
    # Those who left make room, before anybody tries to tell them something.
    server.wait(lambda: _is_admitted(server), "room for another", seconds=5)
    assert all(_is_admitted(server) for _ in range(40))


def _is_admitted(server: Server) -> bool:
    stream = Stream(server)
    stream.close()
    return stream.response.status == 200


def test_the_worker_that_restarts_does_not_end_the_streams(server: Server):
    stream = Stream(server, f"?linkId={server.create('steady')['idString']}")
    clicks = server.pid("clicks")
    server.kill("clicks")
    server.visit("/steady?during=1")
    server.wait_until_replaced("clicks", clicks)
    told = stream.next(20)
    assert told is not None
    assert told[2]["url"].endswith("during=1")
    stream.close()


def test_a_browser_that_is_signed_in_watches_with_its_session(server: Server):
    server.create("seen")
    with chromium() as browser:
        page = browser.new_context().new_page()
        page.goto(f"{server.base_url}/sign-in")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button").click()
        page.wait_for_url(f"{server.base_url}/dashboard**")
        # A page of this origin without the dashboard's policy; and one of another name of this machine.
        for address in (f"{server.base_url}/blank", f"http://go.localhost:{server.port}/blank"):
            page.route(address, lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>x</title>"))
        page.goto(f"{server.base_url}/blank")
        _watch(page, f"/statistics/domain/{server.domain_id}/clicks/live")
        page.wait_for_function("window.opened")
        server.visit("/seen?n=1")
        page.wait_for_function("window.clicks.some(click => click.url.endsWith('/seen?n=1'))")
        page.goto(f"http://go.localhost:{server.port}/blank")
        _watch(page, f"{server.base_url}/statistics/domain/{server.domain_id}/clicks/live")
        page.wait_for_function("window.failed")
        assert page.evaluate("[window.opened, window.clicks.length]") == [False, 0]
        browser.close()


def _watch(page: Page, address: str) -> None:
    page.evaluate(
        """address => {
            window.clicks = []; window.opened = window.failed = false
            const source = new EventSource(address, {withCredentials: true})
            source.onopen = () => { window.opened = true }
            source.onerror = () => { window.failed = source.readyState === EventSource.CLOSED }
            source.onmessage = event => window.clicks.push(JSON.parse(event.data))
        }""",
        address,
    )


def test_a_server_that_is_stopped_waits_for_no_stream(tmp_path: Path):
    server = Server(tmp_path / "linnet", workers=2)
    server.start()
    streams = [Stream(server) for _ in range(6)]
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 6
    assert [each.next() for each in streams] == [None] * 6
