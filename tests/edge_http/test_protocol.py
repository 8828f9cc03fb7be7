"""HTTP/1.1 itself, over raw sockets: order, keep-alive, and what must be refused (RFC 9112)."""

import json
import socket

import pytest

from tests.support.server import Server
from tests.support.wire import Wire, get, wire

HELLO = "https://example.com/hello"


@pytest.fixture(scope="module", autouse=True)
def hello(server: Server) -> None:
    server.create("hello", HELLO)


def api(server: Server, method: str, target: str, value: object = None) -> bytes:
    """A request of the API as bytes."""
    body = b"" if value is None else json.dumps(value).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: localhost:{server.port}\r\nAuthorization: {server.secret_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def test_a_connection_is_kept_for_many_requests(server: Server):
    with wire(server.port) as connection:
        for _ in range(200):
            connection.send(get("/hello", server.host))
            assert connection.answer().location == HELLO


def test_pipelined_requests_are_answered_in_order(server: Server):
    for number in range(5):
        server.create(f"pipe-{number}", f"https://example.com/{number}")
    order = [0, 3, 1, 4, 2] * 40
    with wire(server.port) as connection:
        connection.send(b"".join(get(f"/pipe-{number}", server.host) for number in order))
        assert [connection.answer().location for _ in order] == [f"https://example.com/{number}" for number in order]


def test_redirects_behind_a_slow_api_request_wait_their_turn(server: Server):
    rows = [{"originalURL": f"https://example.com/slow/{number}"} for number in range(500)]
    slow = api(server, "POST", "/links/bulk", {"domain": server.domain, "allowDuplicates": True, "links": rows})
    with wire(server.port) as connection:
        connection.send(
            get("/hello", server.host)
            + slow
            + get("/hello", server.host)
            + get("/not-there", server.host)
            + api(server, "GET", "/api/domains")
        )
        first, bulk, second, third, domains = [connection.answer() for _ in range(5)]
        assert first.location == HELLO
        assert bulk.status == 200
        assert len(json.loads(bulk.body)) == 500
        assert second.location == HELLO
        assert third.status == 404
        assert json.loads(domains.body)[0]["hostname"] == server.domain
        connection.send(get("/hello", server.host))
        assert connection.answer().location == HELLO


def test_a_redirect_sent_while_an_api_request_is_under_way_waits_its_turn(server: Server):
    rows = [{"originalURL": f"https://example.com/late/{number}"} for number in range(1000)]
    with wire(server.port) as connection:
        connection.send(api(server, "POST", "/links/bulk", {"domain": server.domain, "allowDuplicates": True, "links": rows}))
        connection.send(get("/hello", server.host))
        assert len(json.loads(connection.answer().body)) == 1000
        assert connection.answer().location == HELLO


def test_api_and_redirects_share_a_connection(server: Server):
    with wire(server.port) as connection:
        for _ in range(10):
            connection.send(api(server, "GET", "/api/domains"))
            assert connection.answer().status == 200
            connection.send(get("/hello", server.host))
            assert connection.answer().location == HELLO


@pytest.mark.parametrize("size", [1, 7, 40])
def test_a_request_may_come_in_pieces(server: Server, size: int):
    request = get("/hello?n=1", server.host, "User-Agent: pieces")
    with wire(server.port) as connection:
        for start in range(0, len(request), size):
            connection.send(request[start : start + size])
        assert connection.answer().location == f"{HELLO}?n=1"


def test_http_1_0_is_answered_and_closed(server: Server):
    with wire(server.port) as connection:
        connection.send(get("/hello", server.host, version="1.0"))
        assert connection.answer().location == HELLO
        assert connection.is_closed()


def test_http_1_0_without_a_host_is_no_domain_of_ours(server: Server):
    with wire(server.port) as connection:
        connection.send(get("/hello", None, version="1.0"))
        answer = connection.answer()
        assert answer.status in (400, 404, 421)
        assert answer.location is None


def test_connection_close_is_honoured(server: Server):
    with wire(server.port) as connection:
        connection.send(get("/hello", server.host, "Connection: close"))
        answer = connection.answer()
        assert (answer.location, answer.headers["connection"]) == (HELLO, "close")
        assert connection.is_closed()


def test_an_absolute_target_is_answered_for_the_host_that_it_names(server: Server):
    with wire(server.port) as connection:
        connection.send(get(f"http://{server.host}/hello", "who.localhost"))
        assert connection.answer().location == HELLO
        connection.send(get("http://who.localhost/hello", server.host))
        assert connection.answer().location is None


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Content-Length: 0\r\n\r\n",
    ],
)
def test_the_body_of_a_get_is_read_and_ignored(server: Server, body: bytes):
    with wire(server.port) as connection:
        head = get("/hello", server.host).removesuffix(b"\r\n")
        connection.send(head + body + get("/hello", server.host))
        assert [connection.answer().location for _ in range(2)] == [HELLO, HELLO]
        assert connection.stays_silent()


def test_a_client_that_expects_100_continue_is_not_kept_waiting(server: Server):
    body = json.dumps({"domain": server.domain, "originalURL": "https://example.com/continued"}).encode()
    head = (
        f"POST /links HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.secret_key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with wire(server.port) as connection:
        connection.send(head.encode())
        assert connection.answer().status == 100
        connection.send(body)
        assert connection.answer().status == 200


CHUNKED = b"Transfer-Encoding: chunked\r\n"
MALFORMED = {
    "no host": b"GET /hello HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
    "two different hosts": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nhost: localhost\r\n\r\n",
    "length and chunked": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\n" + CHUNKED + b"\r\n0\r\n\r\nX",
    "chunked and length": b"POST /hello HTTP/1.1\r\nHost: {host}\r\n" + CHUNKED + b"Content-Length: 6\r\n\r\n0\r\n\r\nX",
    "two lengths": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "negative length": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    "length with a sign": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: +1\r\n\r\na",
    "unknown coding": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, nonsense\r\n\r\n0\r\n\r\n",
    "space before the colon": b"GET /hello HTTP/1.1\r\nHost : {host}\r\n\r\n",
    "no method": b"/hello HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "no version": b"GET /hello\r\nHost: {host}\r\n\r\n",
    "another protocol": b"GET /hello HTTQ/1.1\r\nHost: {host}\r\n\r\n",
    "another version": b"GET /hello HTTP/2.0\r\nHost: {host}\r\n\r\n",
    "a version to come": b"GET /hello HTTP/9.9\r\nHost: {host}\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + b"x" * 40 + b"\r\n\r\n",
    "control character in the target": b"GET /he\x01llo HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "NUL in a header": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nX-A: a\x00b\r\n\r\n",
    "bare CR in a header": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nX-A: a\rb\r\n\r\n",
    "a header without a colon": b"GET /hello HTTP/1.1\r\nHost: {host}\r\nnonsense\r\n\r\n",
    "lower-case method": b"get /hello HTTP/1.1\r\nHost: {host}\r\n\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_request_is_refused_and_the_connection_closed(server: Server, case: str):
    request = MALFORMED[case].replace(b"{host}", server.host.encode())
    with wire(server.port) as connection:
        # What follows on the connection must not be taken for a request: that is how smuggling works.
        connection.send(request + get("/hello", server.host))
        refused = connection.answer()
        assert refused.status == 400
        assert refused.location is None
        assert connection.is_closed()


def test_a_refused_request_is_no_click(server: Server):
    link = server.create("unclicked")
    with wire(server.port) as connection:
        connection.send(b"GET /unclicked HTTP/1.1\r\nHost: " + server.host.encode() + b"\r\nHost: x\r\n\r\n")
        assert connection.answer().status == 400
    server.visit("/unclicked")
    server.wait(lambda: server.link_clicks(link["idString"]) > 0, "the click")
    assert server.link_clicks(link["idString"]) == 1


@pytest.mark.parametrize(
    "headers",
    [["X-Filler: " + "x" * 100_000], [f"X-{number}: {'y' * 100}" for number in range(1000)], ["Cookie: " + "z" * 2_000_000]],
)
def test_oversized_headers_are_refused_and_the_connection_closed(server: Server, headers: list[str]):
    with wire(server.port) as connection:
        _send_what_is_taken(connection, get("/hello", server.host, *headers))
        assert _first_status(connection) in (400, 413, 414, 431, None)


def test_an_oversized_target_is_refused_and_the_connection_closed(server: Server):
    with wire(server.port) as connection:
        _send_what_is_taken(connection, get("/" + "a" * 200_000, server.host))
        assert _first_status(connection) in (400, 414, 431, None)


def test_headers_of_an_honest_size_are_fine(server: Server):
    with wire(server.port) as connection:
        connection.send(get("/hello", server.host, "Cookie: " + "z" * 16_000))
        assert connection.answer().location == HELLO


def test_an_oversized_body_is_refused_in_the_contracts_shape(server: Server):
    answer = server.request(
        "POST",
        "/links",
        headers={"Authorization": server.secret_key, "Content-Type": "application/json"},
        body=b'{"domain":"go.localhost","originalURL":"https://example.com/","title":"' + b"x" * 6_000_000 + b'"}',
    )
    assert answer.status == 413
    assert answer.json["statusCode"] == 413
    assert answer.json["success"] is False
    assert answer.json["message"]


def test_a_client_that_goes_away_harms_nobody(server: Server):
    for _ in range(50):
        rude = Wire(server.port)
        rude.send(get("/hello", server.host) * 50)
        rude.close()
    with wire(server.port) as connection:
        connection.send(get("/hello", server.host))
        assert connection.answer().location == HELLO


def test_a_client_that_reads_nothing_does_not_stop_the_others(server: Server):
    deaf = socket.create_connection(("127.0.0.1", server.port))
    deaf.settimeout(0.5)
    sent = 0
    try:
        while sent < 64_000_000:
            sent += deaf.send(get("/not-there", server.host) * 100)
    except TimeoutError:
        pass
    assert sent < 64_000_000, "the server reads without end from a client that does not read its answers"
    for _ in range(8):
        with wire(server.port) as connection:
            connection.send(get("/hello", server.host))
            assert connection.answer().location == HELLO
    deaf.close()


def _send_what_is_taken(connection: Wire, data: bytes) -> None:
    try:
        connection.send(data)
    except (ConnectionResetError, BrokenPipeError):
        return


def _first_status(connection: Wire) -> int | None:
    """The status of the refusal, after which the connection is closed; None when it was reset before that could be read."""
    try:
        status = connection.answer().status
    except (EOFError, ConnectionResetError):
        return None
    assert connection.is_closed()
    return status
