"""The protocol class: the quick way for a whole request and the careful way for a request in pieces must agree."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.heads import MAX_HEAD_BYTES
from linnet.model.click import VARIANTS, ClickFlag, RawClick, Variant
from tests.support.edge import Bench, get


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.index.close()
    made.counters.close()


def status_and_location(response: bytes) -> tuple[int, str | None]:
    head = response.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    locations = [line.partition(": ")[2] for line in head if line.lower().startswith("location:")]
    return int(head[0].split(" ")[1]), locations[0] if locations else None


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/abc", 302, "https://example.com/?x=1"),
        ("/ABC", 302, "https://example.com/?x=1"),
        ("/abc?x=2&y=%20", 302, "https://example.com/?x=2&y=%20"),
        ("/", 301, "https://example.com/root"),
        ("/stra%C3%9Fe", 307, "https://example.com/s"),
        ("/skip?x=2", 308, "https://example.com/"),
        ("/over", 410, None),
        ("/secret", 403, None),
        ("/docs/a/B%20c", 302, "https://example.com/m/a/B%20c"),
        ("/docs", 404, None),
        ("/nothing", 404, None),
        ("/%ff", 404, None),
    ],
)
def test_a_visit_is_answered_and_journalled(bench: Bench, target: str, status: int, location: str | None):
    wire = asyncio.run(bench.exchange(get(target)))
    assert status_and_location(wire.sent) == (status, location)
    assert [(click.status, click.target) for click in map(RawClick._make, bench.journal.records)] == [(status, target)]


def test_a_domain_may_lead_unknown_paths_elsewhere_and_may_tell_case_apart(bench: Bench):
    assert status_and_location(asyncio.run(bench.exchange(get("/x", "404.example"))).sent) == (302, "https://e.example/404")
    assert status_and_location(asyncio.run(bench.exchange(get("/Abc", "CASE.example:8000"))).sent)[0] == 302
    assert status_and_location(asyncio.run(bench.exchange(get("/abc", "case.example"))).sent)[0] == 404


def test_an_unknown_host_gets_a_page_and_no_click(bench: Bench):
    assert status_and_location(asyncio.run(bench.exchange(get("/abc", "who.example"))).sent) == (421, None)
    assert bench.journal.records == []


def test_head_has_no_body_and_does_not_use_up_a_click_limit(bench: Bench):
    head = asyncio.run(bench.exchange(get("/once", method="HEAD")))
    assert status_and_location(head.sent)[0] == 302
    assert asyncio.run(bench.exchange(get("/nothing", method="HEAD"))).sent.endswith(b"\r\n\r\n")
    answers = asyncio.run(bench.exchange(get("/once"), get("/once")))
    assert [int(part[:3]) for part in answers.sent.split(b"HTTP/1.1 ")[1:]] == [302, 410]


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_a_short_link_can_only_be_followed(bench: Bench, method: str):
    wire = asyncio.run(bench.exchange(get("/abc", method=method, extra="Content-Length: 0\r\n")))
    assert status_and_location(wire.sent)[0] == 405
    assert b"allow: get, head" in wire.sent.lower()


def test_the_administrators_hosts_reach_the_application(bench: Bench):
    assert asyncio.run(bench.exchange(get("/abc", "localhost:8000"))).sent.endswith(b"admin")


def test_pipelined_visits_are_answered_in_order_also_behind_a_slow_request(bench: Bench):
    data = get("/abc") + get("/slow", "localhost") + get("/skip") + get("/nothing")
    wire = asyncio.run(bench.exchange(data))
    assert [int(part[:3]) for part in wire.sent.split(b"HTTP/1.1 ")[1:]] == [302, 200, 308, 404]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /abc HTTP/1.1\r\n\r\n",
        b"GET /abc HTTP/1.1\r\nHost: go.example\r\nHost: go.example\r\n\r\n",
        b"GET /abc HTTP/1.1\r\nHost: go.example\r\nhOST: localhost\r\n\r\n",
        b"GET /abc HTTP/1.1\r\nHost: go.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /abc HTTP/1.1\r\nHost: go.example\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"GET /abc HTTP/1.1\r\nHost : go.example\r\n\r\n",
        b"GET /a\x01bc HTTP/1.1\r\nHost: go.example\r\n\r\n",
    ],
)
def test_malformed_requests_are_refused_and_the_connection_closed(bench: Bench, request_bytes: bytes):
    wire = asyncio.run(bench.exchange(request_bytes))
    assert status_and_location(wire.sent)[0] == 400
    assert b"Connection: close" in wire.sent
    assert wire.closed
    assert wire.sent.count(b"HTTP/1.1 ") == 1


def test_what_follows_a_refused_request_is_not_looked_at(bench: Bench):
    wire = asyncio.run(bench.exchange(b"NONSENSE\r\n\r\n", get("/abc")))
    assert wire.sent.count(b"HTTP/1.1 ") == 1
    assert bench.journal.records == []


def test_a_head_that_never_ends_is_refused(bench: Bench):
    pieces = [b"GET /abc HTTP/1.1\r\n", *[b"X-Filler: " + b"x" * 8000 + b"\r\n"] * (MAX_HEAD_BYTES // 8000 + 1)]
    wire = asyncio.run(bench.exchange(*pieces))
    assert status_and_location(wire.sent)[0] == 431
    assert wire.closed


@pytest.mark.parametrize("request_bytes", [get("/abc", version="1.0"), get("/abc", extra="Connection: close\r\n")])
def test_a_connection_is_closed_when_the_client_says_so(bench: Bench, request_bytes: bytes):
    wire = asyncio.run(bench.exchange(request_bytes, get("/abc")))
    assert wire.closed
    assert wire.sent.count(b"HTTP/1.1 302") == 1


def test_an_absolute_target_names_its_host(bench: Bench):
    wire = asyncio.run(bench.exchange(get("http://go.example/abc", host="who.example")))
    assert status_and_location(wire.sent)[0] == 302


def test_forwarding_headers_are_believed_from_trusted_proxies_only(bench: Bench):
    extra = "X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-Proto: https\r\n"
    asyncio.run(bench.exchange(get("/abc", extra=extra), peer="10.0.0.1"))
    asyncio.run(bench.exchange(get("/abc", extra=extra), peer="10.0.0.2"))
    trusted, stranger = map(RawClick._make, bench.journal.records)
    assert (trusted.peer, trusted.forwarded_for, trusted.flags) == ("10.0.0.1", "198.51.100.9", 1)
    assert (stranger.peer, stranger.forwarded_for, stranger.flags) == ("10.0.0.2", "", 0)


@pytest.mark.parametrize("target", ["/abc", "/by-rule", "/nothing"])
def test_a_record_tells_the_language_and_who_asked_not_to_be_tracked(bench: Bench, target: str):
    wishes = [
        ("Accept-Language: de-AT,de;q=0.9,en;q=0.8\r\n", "de", 0),
        ("DNT: 1\r\nAccept-Language: en\r\n", "en", ClickFlag.OPTED_OUT),
        ("sec-gpc: 1\r\n", "", ClickFlag.OPTED_OUT),
        ("DNT: 0\r\nAccept-Language: *\r\n", "", 0),
    ]
    for extra, language, flag in wishes * 2:
        asyncio.run(bench.exchange(get(target, extra=extra)))
        record = RawClick._make(bench.journal.records[-1])
        assert (record.language, record.flags & ClickFlag.OPTED_OUT) == (language, flag)


def test_the_way_of_a_split_is_in_the_clicks_record_and_stays(bench: Bench):
    seen = set()
    for number in range(40):
        peer = f"203.0.113.{number}"
        first, again = (status_and_location(asyncio.run(bench.exchange(get("/by-rule"), peer=peer)).sent)[1] for _ in "12")
        assert first == again
        seen.add(first)
    assert seen == {"https://example.com/", "https://example.com/split"}
    for record in map(RawClick._make, bench.journal.records):
        variant = VARIANTS[record.flags >> ClickFlag.VARIANT_SHIFT & ClickFlag.VARIANT_MASK]
        assert variant in (Variant.ORIGINAL, Variant.SPLIT)
        assert record.flags in (8, 16)


targets = st.sampled_from(
    [
        "/abc",
        "/by-rule",
        "/by-rule?a",
        "/ABC?a=b",
        "/",
        "/skip?x",
        "/over",
        "/secret",
        "/docs/x/y?z",
        "/nothing",
        "/stra%C3%9Fe",
        "/%ff",
    ]
)
headers = st.lists(
    st.sampled_from(
        [
            "Connection: keep-alive",
            "connection: Keep-Alive",
            "Connection: close",
            "Referer: https://e.example/",
            "REFERER: x",
            "user-agent: second/2",
            "X-Forwarded-For: 198.51.100.9",
            "Content-Length: 0",
            "Accept: */*",
            "Cookie: a=b",
        ]
    ),
    max_size=4,
)


@given(
    targets,
    st.sampled_from(["go.example", "GO.example:80", "404.example", "who.example"]),
    headers,
    st.data(),
    st.sampled_from(["GET", "HEAD"]),
)
def test_a_request_in_pieces_gets_the_answer_of_a_whole_one(
    target: str, host: str, extra: list[str], data: st.DataObject, method: str
):
    request = get(target, host, method, extra="".join(f"{line}\r\n" for line in extra))
    cut = data.draw(st.integers(1, len(request) - 1))
    peer = data.draw(st.sampled_from(["10.0.0.1", "192.0.2.7"]))
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(Path(directory))
        whole = asyncio.run(bench.exchange(request, peer=peer))
        records, bench.journal.records = bench.journal.records, []
        pieces = asyncio.run(bench.exchange(request[:cut], request[cut:], peer=peer))
        bench.index.close()
        bench.counters.close()
    assert whole.sent == pieces.sent
    assert whole.closed == pieces.closed
    assert records == bench.journal.records


def test_a_visit_behind_a_slow_request_gets_the_same_answer_through_the_application(bench: Bench):
    plain = asyncio.run(bench.exchange(get("/docs/a?b=c")))
    queued = asyncio.run(bench.exchange(get("/slow", "localhost") + get("/docs/a?b=c")))
    second = queued.sent.split(b"admin", 1)[1]
    assert status_and_location(second) == status_and_location(plain.sent)
    assert bench.journal.records[0] == bench.journal.records[1]


def test_a_defect_is_answered_and_logged_not_left_hanging(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a record that cannot be read")

    monkeypatch.setattr("linnet.edge.lookup.decode_route", fail)
    request = get("/docs/a")
    for pieces in ([request], [request[:9], request[9:]]):
        wire = asyncio.run(bench.exchange(*pieces))
        assert status_and_location(wire.sent)[0] == 500
        assert wire.closed


def test_a_header_that_only_resembles_host_is_none(bench: Bench):
    for request in (
        b"GET /abc HTTP/1.1\r\nHser-Agent: go.example\r\n\r\n",
        b"GET /abc HTTP/1.1\r\nContent-Length: 22\r\n\r\n\nHost: go.example\r\n\r\n\r\n",
    ):
        assert status_and_location(asyncio.run(bench.exchange(request)).sent)[0] == 400
    assert bench.journal.records == []


def test_an_api_key_sent_to_a_short_domain_by_mistake_is_not_kept(bench: Bench):
    bench.run(bench.exchange(get("/links/tweetbot?apiKey=sk_secret&domain=go.example&APIKEY=other")))
    assert bench.journal.records[-1][6] == "/links/tweetbot?apiKey=&domain=go.example&APIKEY="
