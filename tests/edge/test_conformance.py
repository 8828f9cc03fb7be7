"""RFC 9112 and 9110, byte for byte: what a connection answers must not depend on how its bytes arrive."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from linnet.edge.heads import MAX_HEAD_BYTES, MAX_TARGET_BYTES
from linnet.edge.protocol import MAX_WAITING
from linnet.model.click import RawClick
from tests.support.conformance import API, CASES, CHUNKED, CLOSED, KEPT, VISIT, A, H
from tests.support.edge import Bench, Response, Wire, get, responses


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("conformance"))
    yield made
    made.close()


def statuses(answers: list[Response]) -> list[int]:
    return [answer.status for answer in answers]


def exchange(bench: Bench, *pieces: bytes, peer: str = "192.0.2.7") -> tuple[list[Response], bool, list[RawClick]]:
    """The answers, whether the connection was closed, and what is journalled."""
    bench.journal.records = []
    wire = bench.run(bench.exchange(*pieces, peer=peer))
    return responses(wire.sent), wire.closed, bench.journal.records


def settled(bench: Bench, *pieces: bytes, peer: str = "192.0.2.7") -> tuple[list[Response], bool, list[RawClick]]:
    """``exchange`` without what depends on the moment when a body comes: whether the client must be asked for it, and whether
    an answer can say already that it is the last one."""
    answers, closed, records = exchange(bench, *pieces, peer=peer)
    return [answer.without(b"connection") for answer in answers if answer.status != 100], closed, records


def in_pieces(data: bytes, *cuts: int) -> list[bytes]:
    ends = [*sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize("case", CASES)
def test_a_connection_answers_the_same_however_its_bytes_arrive(bench: Bench, case: str):
    data, expected, closed = CASES[case]
    data += VISIT
    expected = expected if closed else [*expected, 302]
    answers, is_closed, _ = exchange(bench, data)
    assert (statuses(answers), is_closed) == (expected, closed)
    whole = settled(bench, data)
    assert settled(bench, *in_pieces(data, *range(len(data)))) == whole
    # Each request in a chunk of its own is what browsers send.
    assert settled(bench, data[: -len(VISIT)], VISIT) == whole


@pytest.mark.parametrize("case", [case for case in CASES if "HEAD" in case])
def test_a_refused_head_has_no_body(bench: Bench, case: str):
    refused = exchange(bench, CASES[case][0])[0][-1]
    assert (refused.status, refused.body) == (400, b"")


@pytest.mark.parametrize("name", [b"go.example", b"localhost"])
@pytest.mark.parametrize("before", [b"", VISIT, API])
@pytest.mark.parametrize("headers", [1, 500])
def test_the_bound_of_a_head_is_exact(bench: Bench, name: bytes, before: bytes, headers: int):
    def request(size: int) -> bytes:
        start = b"GET /abc HTTP/1.1\r\nHost: " + name + b"\r\n"
        line = b"X-A: " + b"x" * ((size - len(start) - 2) // headers - 7) + b"\r\n"
        head = start + line * headers
        rest = size - len(head) - 2
        return head[:-2] + b"x" * rest + b"\r\n\r\n"

    answered = [200 if name == b"localhost" else 302]
    first = [] if not before else [302] if before == VISIT else [200]
    for size, expected, closed in ((MAX_HEAD_BYTES, answered, KEPT), (MAX_HEAD_BYTES + 1, [431], CLOSED)):
        data = before + request(size)
        assert len(data) == len(before) + size
        for pieces in ([data], in_pieces(data, *range(0, len(data), 1000)), in_pieces(data, len(before))):
            sent, is_closed, _ = exchange(bench, *pieces)
            assert (statuses(sent), is_closed) == ([*first, *expected], closed)


@pytest.mark.parametrize("before", [b"", VISIT, API])
def test_the_bound_of_a_visits_target_is_exact(bench: Bench, before: bytes):
    first = [] if not before else [302] if before == VISIT else [200]
    for size, expected, closed in ((MAX_TARGET_BYTES, [302], KEPT), (MAX_TARGET_BYTES + 1, [414], CLOSED)):
        for start in (b"/abc?", b"https://go.example/abc?"):
            target = start + b"q" * (size - len("/abc?"))
            data = before + b"GET " + target + b" HTTP/1.1\r\n" + H + b"\r\n"
            for pieces in ([data], in_pieces(data, *range(0, len(data), 1000)), in_pieces(data, len(before))):
                sent, is_closed, _ = exchange(bench, *pieces)
                assert (statuses(sent), is_closed) == ([*first, *expected], closed)
    # The API has a longer one: it is asked for links by their destinations.
    data = b"GET /abc?" + b"q" * MAX_TARGET_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert statuses(exchange(bench, data)[0]) == [200]


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /abc HTTP/1.1\r\nHost: go.example\r\nX: ",
        b"GET /",
        b"GET /abc HTTP/1.1\r\n" + H + CHUNKED + b"\r\n1;",
        b"GET /abc HTTP/1.1\r\n" + H + CHUNKED + b"\r\n0\r\nX: ",
        b"POST /x HTTP/1.1\r\n" + A + CHUNKED + b"\r\n0\r\nX: ",
    ],
)
def test_a_head_a_chunks_extension_and_trailers_must_end(bench: Bench, endless: bytes):
    data = endless + b"a" * 100_000
    sent, closed, _ = exchange(bench, data)
    assert closed
    assert statuses(sent) == ([302] if CHUNKED in endless and H in endless else [431])
    assert exchange(bench, *in_pieces(data, *range(0, len(data), 999)))[:2] == (sent, closed)


def test_a_trailer_is_not_taken_for_a_header(bench: Bench):
    body = b"\r\n0\r\nReferer: https://e.example/\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n"
    request = b"GET /abc HTTP/1.1\r\n" + H + CHUNKED + body
    for before in (b"", API):
        _, _, (click,) = exchange(bench, before + request, peer="10.0.0.1")
        assert (click[8], click[10]) == ("", "")


def test_a_request_that_asks_for_another_protocol_keeps_its_body(bench: Bench):
    head = b"POST /x HTTP/1.1\r\n" + A + b"Content-Length: 4\r\n"
    for wish in (b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"):
        (answer,), _, _ = exchange(bench, head + wish + b"\r\nbody")
        assert (b"x-body", b"4") in answer.headers


def test_no_more_than_a_bounded_number_of_requests_waits(bench: Bench):
    sent, closed, _ = exchange(bench, API + VISIT * 1000)
    assert statuses(sent) == [200] + [302] * MAX_WAITING
    assert [(b"connection", b"close") in answer.headers for answer in sent] == [False] * MAX_WAITING + [True]
    assert closed


def test_a_client_that_ends_its_side_is_answered(bench: Bench):
    async def ended(data: bytes) -> tuple[Wire, bool]:
        protocol, wire = bench.protocol(), Wire()
        protocol.connection_made(wire)
        protocol.data_received(data)
        kept = protocol.eof_received()
        if not kept:
            protocol.connection_lost(None)
        for _ in range(100):
            await asyncio.sleep(0)
        return wire, kept

    wire, kept = bench.run(ended(VISIT))
    assert (statuses(responses(wire.sent)), kept) == ([302], False)
    wire, kept = bench.run(ended(API + VISIT + API))
    assert (statuses(responses(wire.sent)), kept, wire.closed) == ([200, 302, 200], True, True)
    wire, kept = bench.run(ended(b"POST /x HTTP/1.1\r\n" + A + b"Content-Length: 4\r\n\r\nbo"))
    assert (statuses(responses(wire.sent)), kept) == ([], False)


_targets = st.sampled_from(
    [b"/abc", b"/", b"/skip?x=1", b"/docs/a/b", b"/%ff", b"/abc#f", b"*", b"http://go.example/abc", b"//abc"]
)
_fields = st.sampled_from(
    [
        b"Host: go.example",
        b"HOST:go.example:80",
        b"Host: localhost",
        b"Host: who.example",
        b"Host: go.example/",
        b"Host:",
        b"Connection: keep-alive",
        b"connection: Keep-Alive, te",
        b"Connection: close",
        b"Proxy-Connection: close",
        b"Proxy-Authorization: x",
        b"Connection: upgrade",
        b"Upgrade: h2c",
        b"User-Agent: a \t",
        b"user-agent:\t b",
        b"Referer: https://e.example/ ",
        b"X-Forwarded-For: 198.51.100.7",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Proto: http",
        b"Expect: 100-continue",
        b"Content-Length: 0",
        b"Content-Length: 5",
        b"Content-Length: 5 ",
        b"Content-Length: 05",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"X-Host: localhost",
        b"X:\nHost: localhost",
        b" folded",
        b"X : a",
        b"X: \x00",
        b"X: \xff",
        b"",
    ]
)
_line = st.builds(
    b"%s%s%s%s%s".__mod__,
    st.tuples(
        st.sampled_from([b"GET", b"HEAD", b"POST", b"OPTIONS", b"CONNECT", b"get", b"", b"\r\nGET", b"PRI"]),
        st.sampled_from([b" "] * 8 + [b"  ", b"\t", b""]),
        _targets,
        st.sampled_from([b" "] * 8 + [b"  ", b""]),
        st.sampled_from([b"HTTP/1.1"] * 12 + [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b""]),
    ),
)
_plain_line = st.builds(b"%s %s HTTP/1.1".__mod__, st.tuples(st.sampled_from([b"GET", b"HEAD", b"POST"]), _targets))
_end = st.sampled_from([b"\r\n"] * 30 + [b"\n", b"\r"])
_body = st.sampled_from([b""] * 5 + [b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"zz\r\n", VISIT])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request that is right, or nearly so."""
    lines = [draw(st.one_of(_plain_line, _plain_line, _line))]
    if draw(st.integers(0, 9)):
        lines.append(draw(st.sampled_from([b"Host: go.example", b"Host: localhost"])))
    lines += draw(st.lists(_fields, max_size=4))
    return b"".join(line + draw(_end) for line in [*lines, b""]) + draw(_body)


@settings(max_examples=300)
@given(st.lists(requests(), min_size=1, max_size=5), st.data())
def test_random_heads_get_the_same_answers_in_one_chunk_and_in_many_pieces(
    bench: Bench, parts: list[bytes], data: st.DataObject
):
    stream = b"".join(parts)
    note(repr(parts))
    peer = data.draw(st.sampled_from(["192.0.2.7", "10.0.0.1"]))
    cuts = data.draw(st.lists(st.integers(1, max(1, len(stream) - 1)), max_size=6))
    whole = settled(bench, stream, peer=peer)
    assert settled(bench, *in_pieces(stream, *cuts), peer=peer) == whole
    assert settled(bench, *parts, peer=peer) == whole
    assert settled(bench, *in_pieces(stream, *range(len(stream))), peer=peer) == whole


def test_the_bench_can_tell_answers_apart(bench: Bench):
    assert exchange(bench, get("/abc")) != exchange(bench, get("/skip"))


@pytest.mark.parametrize("place", [b"/a%cb", b"/%c", b"/a?b%cc", b"/a?%c"])
def test_every_byte_in_a_target_is_taken_the_same_whether_its_head_is_known_or_not(bench: Bench, place: bytes):
    head = b" HTTP/1.1\r\n" + H + b"User-Agent: known\r\n\r\n"
    assert statuses(exchange(bench, b"GET /abc" + head)[0]) == [302]
    for byte in range(256):
        request = b"GET " + place % byte + head
        # Known by now, and answered by the quick way if that takes such a target.
        quick = exchange(bench, request)
        assert exchange(bench, request[:5], request[5:]) == quick, request
