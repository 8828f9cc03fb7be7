"""RFC 9112 and 9110 over real sockets: every case that the protocol class is held to, and what only a socket can show."""

import json
import socket

import pytest

from tests.edge_http.test_protocol import api
from tests.support.conformance import CASES, VISIT
from tests.support.server import Server
from tests.support.wire import RawAnswer, Wire, get, wire

FOLLOWED = "https://example.com/followed"


@pytest.fixture(scope="module", autouse=True)
def links(server: Server) -> None:
    server.create("abc", FOLLOWED)
    server.create("followed", FOLLOWED)


def _for(server: Server, data: bytes) -> bytes:
    """A case's bytes with this server's domain; the length of a body that holds a request changes with it."""
    host = server.domain.encode()
    grown = len(VISIT) + len(host) - len(b"go.example")
    lengths = {b"Content-Length: 39": b"Content-Length: %d" % grown, b"\r\n27\r\n": b"\r\n%x\r\n" % grown}
    for old, new in {**lengths, b"go.example": host, b"GO.EXAMPLE": host.upper()}.items():
        data = data.replace(old, new)
    return data


def _answers(connection: Wire, number: int, heads: bool) -> list[RawAnswer]:
    return [connection.answer(head_only=heads and position == number - 1) for position in range(number)]


# What the table expects of routes and applications that this server does not have.
_OF_THE_BENCH = ("without a path", "with a query alone", "many Upgrades")


def _expected(case: str, statuses: list[int]) -> list[set[int]]:
    """The application answers an unknown path with 404 and another method with 405, where the bench's one says 200."""
    if any(words in case for words in _OF_THE_BENCH):
        return [{404}]
    # Nor does it read a body that it has no use for.
    return [{200, 404, 405} if status == 200 else {status} for status in statuses if status != 100]


@pytest.mark.parametrize("case", CASES)
def test_a_server_answers_what_the_standards_ask_for(server: Server, case: str):
    data, statuses, closed = CASES[case]
    with wire(server.port) as connection:
        connection.send(_for(server, data) + get("/followed", server.host))
        expected = _expected(case, statuses)
        for answer, allowed in zip(_answers(connection, len(expected), heads="HEAD" in case), expected, strict=True):
            assert answer.status in allowed
        if not closed:
            assert connection.answer().location == FOLLOWED
            assert connection.stays_silent(0.05)
            return
        assert connection.is_closed()


def test_pipelined_requests_are_answered_in_order_wherever_their_bytes_are_cut(server: Server):
    stream = get("/followed", server.host) + api(server, "GET", "/api/domains") + get("/not-there", server.host)
    # The server is to read each piece by itself, which takes a moment; so not every cut is tried over sockets.
    for cut in range(1, len(stream), 7):
        with wire(server.port) as connection:
            connection.send(stream[:cut])
            connection.send(stream[cut:])
            first, second, third = (connection.answer() for _ in range(3))
            assert (first.location, second.status, third.status) == (FOLLOWED, 200, 404)
            assert json.loads(second.body)[0]["hostname"] == server.domain


def test_two_requests_byte_by_byte(server: Server):
    with wire(server.port) as connection:
        for byte in get("/followed", server.host) + api(server, "GET", "/api/domains") + get("/followed", server.host):
            connection.send(bytes([byte]))
        assert [connection.answer().status for _ in range(3)] == [302, 200, 302]


def test_a_refusal_waits_for_the_answers_before_it(server: Server):
    rows = [{"originalURL": f"https://example.com/before/{number}"} for number in range(300)]
    slow = api(server, "POST", "/links/bulk", {"domain": server.domain, "allowDuplicates": True, "links": rows})
    for bad in (
        b"NONSENSE\r\n\r\n",
        b"GET /followed HTTP/1.1\r\n\r\n",
        b"POST /links HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n",
    ):
        with wire(server.port) as connection:
            connection.send(slow + get("/followed", server.host) + bad)
            bulk, visit, refused = (connection.answer() for _ in range(3))
            assert (bulk.status, len(json.loads(bulk.body))) == (200, 300)
            assert visit.location == FOLLOWED
            assert (refused.status, refused.headers["connection"]) == (400, "close")
            assert connection.is_closed()


def test_a_bulk_call_whose_body_cannot_be_read_is_refused_once(server: Server):
    head = (
        f"POST /links/bulk HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.secret_key}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
    )
    with wire(server.port) as connection:
        connection.send(head.encode())
        assert connection.stays_silent(0.2)
        connection.send(b'{"a":1}\r\n')
        assert connection.answer().status == 400
        assert connection.is_closed()


@pytest.mark.parametrize("wish", ["", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"])
def test_a_call_that_offers_another_protocol_is_answered_as_if_it_did_not(server: Server, wish: str):
    body = json.dumps({"domain": server.domain, "originalURL": "https://example.com/h2c"}).encode()
    head = (
        f"POST /links HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.secret_key}\r\n"
        f"Content-Type: application/json\r\n{wish}Content-Length: {len(body)}\r\n\r\n"
    )
    with wire(server.port) as connection:
        connection.send(head.encode() + body + get("/followed", server.host))
        created, visit = connection.answer(), connection.answer()
        assert json.loads(created.body)["originalURL"] == "https://example.com/h2c"
        assert visit.location == FOLLOWED


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1])
@pytest.mark.parametrize("lines", [1, 400])
def test_a_head_may_have_64_kib_and_no_byte_more(server: Server, size: int, lines: int):
    head = get("/followed", server.host).removesuffix(b"\r\n")
    each = (size - len(head) - 2) // lines
    fields = [b"X-%05d: " % number + b"x" * (each - 11) + b"\r\n" for number in range(lines)]
    fields[-1] = fields[-1][:-2] + b"x" * (size - len(head) - 2 - sum(map(len, fields))) + b"\r\n"
    request = head + b"".join(fields) + b"\r\n"
    assert len(request) == size
    with wire(server.port) as connection:
        connection.send(request)
        answer = connection.answer()
        if size > 64 * 1024:
            assert (answer.status, answer.headers["connection"]) == (431, "close")
            assert connection.is_closed()
        else:
            assert answer.location == FOLLOWED
            assert connection.stays_silent()


@pytest.mark.parametrize("last", ["visit", "api"])
def test_a_client_that_ends_its_side_is_still_answered(server: Server, last: str):
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as client:
        client.sendall(get("/followed", server.host) * 3 + (api(server, "GET", "/api/domains") if last == "api" else b""))
        client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(65536):
            received += data
    assert received.count(b"HTTP/1.1 302") == 3
    assert received.count(b"HTTP/1.1 200") == (last == "api")
