"""Logos: fetched once in a while, and missing without harm."""

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network

import pytest

from linnet.actions.logos import Logos
from linnet.model.errors import InvalidField, Unfetchable
from linnet.network.fetch import FetchOptions
from linnet.qr.logo import Logo, read_logo
from tests.network.sites import respond, site
from tests.support.codes import picture

NEAR = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),), total_seconds=2)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_logo_is_fetched_again_after_an_hour():
    clock = Clock()
    logos = Logos(NEAR, now=clock)
    with site(lambda handler: respond(handler, picture(20, 10))) as server:
        first = logos.find(server.url())
        assert first is not None
        assert first.aspect == 2
        clock.at = 3599
        assert logos.find(server.url()) is first
        clock.at = 3601
        assert logos.find(server.url()) is not first
        assert len(server.seen) == 2


def test_a_logo_that_is_not_there_is_asked_for_again_after_a_minute():
    clock = Clock()
    logos = Logos(NEAR, now=clock)
    there = False

    def late(handler: BaseHTTPRequestHandler) -> None:
        respond(handler, picture()) if there else respond(handler, status=404)

    with site(late) as server:
        assert logos.find(server.url()) is None
        there = True
        assert logos.find(server.url()) is None
        assert len(server.seen) == 1
        clock.at = 61
        assert logos.find(server.url()) is not None


def test_only_so_many_logos_are_kept():
    logos = Logos(NEAR)
    with site(lambda handler: respond(handler, picture())) as server:
        for number in range(66):
            assert logos.find(server.url(f"/{number}"))
        assert logos.find(server.url("/65"))
        assert len(server.seen) == 66
        assert logos.find(server.url("/0"))
        assert len(server.seen) == 67


def test_slow_logos_hold_up_a_few_and_everybody_else_goes_without_them():
    logos, slow = Logos(NEAR), threading.Event()

    def late(handler: BaseHTTPRequestHandler) -> None:
        slow.wait(10)
        respond(handler, picture())

    with site(late) as server, ThreadPoolExecutor(8) as pool:
        try:
            waiting = [pool.submit(logos.find, server.url(f"/{number}")) for number in range(8)]
            while len(server.seen) < 4:
                slow.wait(0.01)
            assert logos.find(server.url("/9")) is None
            assert logos.find("data:image/png;base64," + base64.b64encode(picture()).decode())
        finally:
            slow.set()
        assert all(each.result() for each in waiting)
        assert logos.find(server.url("/9"))


def test_only_two_images_are_read_at_once(monkeypatch: pytest.MonkeyPatch):
    logos, lock, reading, most = Logos(NEAR), threading.Lock(), 0, 0

    def read(data: bytes, *, field: str) -> Logo:
        nonlocal reading, most
        with lock:
            reading += 1
            most = max(most, reading)
        time.sleep(0.02)
        with lock:
            reading -= 1
        return read_logo(data, field=field)

    monkeypatch.setattr("linnet.actions.logos.read_logo", read)
    urls = ["data:image/png;base64," + base64.b64encode(picture(20, 10 + number)).decode() for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(logos.find, urls))
    assert most == 2


def test_without_leave_to_fetch_only_kept_logos_are_found():
    logos = Logos(NEAR)
    with site(lambda handler: respond(handler, picture())) as server:
        assert logos.find(server.url(), may_fetch=False) is None
        found = logos.find(server.url())
        assert found is not None
        assert logos.find(server.url(), may_fetch=False) is found
        assert len(server.seen) == 1


def test_who_takes_in_a_style_is_told_why_there_is_no_logo():
    logos = Logos(NEAR)
    assert logos.load("data:image/png;base64," + base64.b64encode(picture()).decode())
    with pytest.raises(InvalidField, match="not an image") as broken:
        logos.load("data:image/png;base64,aGVsbG8=", field="logoUrl")
    assert broken.value.field == "logoUrl"
    with pytest.raises(Unfetchable, match="not public"):
        logos.load("http://127.0.0.2/logo.png")
    vector = site(lambda handler: respond(handler, b"<svg/>", kind="image/svg+xml"))
    with vector as server, pytest.raises(Unfetchable, match="image/svg"):
        logos.load(server.url())
    assert logos.find(None) is None
    assert logos.find("data:image/png;base64,aGVsbG8=") is None
