"""Posting to what strangers name, to receivers of our own that misbehave."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

import pytest

from linnet.model.errors import Unfetchable
from linnet.network.fetch import FetchOptions
from linnet.network.post import EXCERPT_BYTES, Posted, post
from tests.support.receiver import answers, breaks_off, drips, hangs, receiving

OPEN = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),), total_seconds=2)


def posted(url: str, options: FetchOptions = OPEN, **headers: str) -> Posted:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(post(url, b'{"a": 1}', sent, options))


def refused(url: str, options: FetchOptions = OPEN) -> str:
    with pytest.raises(Unfetchable) as refusal:
        posted(url, options)
    return refusal.value.message


def test_a_body_is_posted_and_the_beginning_of_the_answer_read():
    with receiving(answers(201, b"made" * 1000, Retry_After="7")) as receiver:
        assert posted(receiver.url("/a?b=c"), webhook_id="msg_1") == Posted(201, (b"made" * 1000)[:EXCERPT_BYTES], 7)
    (heard,) = receiver.heard
    assert (heard.path, heard.body, heard.id) == ("/a?b=c", b'{"a": 1}', "msg_1")
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "cookie" not in heard.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_private_addresses_are_not_posted_to_unless_they_are_allowed(host: str):
    with receiving() as receiver:
        assert "not public" in refused(receiver.url(host=host), FetchOptions(ports=frozenset(range(65536))))
    assert receiver.heard == []


def test_a_redirect_is_an_answer_and_is_not_followed():
    with receiving() as other, receiving(answers(307, Location=other.url())) as receiver:
        assert posted(receiver.url()).status == 307
    assert (len(receiver.heard), len(other.heard)) == (1, 0)


def test_who_does_not_answer_is_not_waited_for():
    with receiving(hangs(5)) as receiver:
        began = time.monotonic()
        assert "did not answer within 0.5 seconds" in refused(
            receiver.url(), FetchOptions(allowed_networks=OPEN.allowed_networks, total_seconds=0.5)
        )
        assert time.monotonic() - began < 3


def test_a_head_that_drips_is_no_answer():
    with receiving(drips(b"", b"HTTP/1.1 200 OK\r\n\r\n", 0.3)) as receiver:
        assert "did not answer" in refused(
            receiver.url(), FetchOptions(allowed_networks=OPEN.allowed_networks, total_seconds=0.7)
        )


def test_a_body_that_drips_is_not_waited_for_its_status_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.network.post._EXCERPT_SECONDS", 0.3)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    with receiving(drips(head, b"x" * 100, 0.1)) as receiver:
        answer = posted(receiver.url())
    assert answer.status == 200
    assert 0 < len(answer.beginning) < 10


def test_an_endless_body_is_not_read_to_its_end():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    with receiving(drips(head + b"y" * 100_000, b"", 0)) as receiver:
        assert posted(receiver.url()) == Posted(200, b"y" * EXCERPT_BYTES, None)


def test_who_hangs_up_or_speaks_no_http_gives_no_answer():
    with receiving(breaks_off) as receiver:
        assert "no answer" in refused(receiver.url())
        receiver.answer = drips(b"SSH-2.0-nonsense\r\n\r\n", b"", 0)
        assert "no answer" in refused(receiver.url())
    assert "could not be reached" in refused(receiver.url())


@pytest.mark.parametrize("url", ["https://u:p@127.0.0.1/", "ftp://127.0.0.1/", "http://", "http://[/", "http://127.0.0.1:0/"])
def test_what_is_no_address_is_refused(url: str):
    assert refused(url)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("99999999999999", 604800),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Mon, 99 Foo", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
    ],
)
def test_what_retry_after_asks_for_is_read_within_reason(text: str, seconds: Any):
    with receiving(answers(503, Retry_After=text)) as receiver:
        assert posted(receiver.url()).retry_after_seconds == seconds


def test_retry_after_may_be_a_date():
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with receiving(answers(503, Retry_After=until)) as receiver:
        asked = posted(receiver.url()).retry_after_seconds
    assert asked is not None
    assert 85 <= asked <= 91
