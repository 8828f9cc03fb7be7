"""The load asks for what it claims to ask for: wrk with the benchmarks' script, before a server that writes down requests."""

import re
import socketserver
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench import load
from bench.load import CLOSING, MISSES, MIXED, PLAIN, PROXIED_RULES, RULES, Target, Traffic
from tests.support.needs import program

SCRIPT = Path(load.__file__).with_name("browser.lua")
LINKS, RULED = 900, 100
_ANSWER = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"


class _Recorder(socketserver.ThreadingTCPServer):
    """Answers every request with a redirect; ``connections`` has the requests of each connection."""

    daemon_threads = True

    def __init__(self) -> None:
        self.connections: list[list[str]] = []
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Recorder)
        requests: list[str] = []
        self.server.connections.append(requests)
        lines: list[bytes] = []
        while line := self.rfile.readline():
            lines.append(line)
            if line == b"\r\n":
                requests.append(b"".join(lines).decode())
                lines.clear()
                closing = "Connection: close" in requests[-1]
                self.wfile.write(_ANSWER + (b"Connection: close\r\n\r\n" if closing else b"\r\n"))
                if closing:
                    return


@contextmanager
def recording() -> Iterator[_Recorder]:
    with _Recorder() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def asked(traffic: Traffic, *, pause_ms: int = 0) -> list[list[str]]:
    """The requests of each connection in a second of this traffic."""
    with recording() as server:
        port = server.server_address[1]
        target = Target([], port, f"go.localhost:{port}", LINKS, RULED)
        command = [program("wrk"), "-t1", "-c2", "-d1s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/", "--"]
        done = subprocess.run(
            [*command, *load.arguments(target, traffic, pause_ms)], capture_output=True, text=True, timeout=30, check=True
        )
        assert " failed=0\n" in done.stdout
        return [requests for requests in server.connections if requests]


def paths(connections: Sequence[Sequence[str]]) -> list[str]:
    return [request.split(" ", 2)[1] for requests in connections for request in requests]


def test_mixed_traffic_has_its_shares():
    found = paths(asked(MIXED))
    letters = Counter(path[1] for path in found)
    shares = {letter: number / len(found) for letter, number in letters.items()}
    assert len(found) > 200
    assert abs(shares["k"] - 0.80) < 0.1
    assert abs(shares["t"] - 0.15) < 0.1
    assert 0 < shares["m"] < 0.15
    assert all(re.fullmatch(r"/[kmt]\d{7}", path) for path in found)
    assert all(int(path[2:]) < {"k": LINKS, "t": RULED, "m": LINKS}[path[1]] for path in found)


def test_other_traffic_is_of_one_kind():
    assert {path[1] for path in paths(asked(RULES))} == {"t"}
    assert {path[1] for path in paths(asked(MISSES))} == {"m"}


def test_browsers_keep_their_connections_but_where_each_request_has_its_own():
    kept = asked(PLAIN)
    assert len(kept) <= 3
    assert all("\r\nConnection: keep-alive\r\n" in request for request in kept[0])
    assert all("\r\nUser-Agent: Mozilla/5.0 " in request and "\r\nHost: go.localhost:" in request for request in kept[0])
    closed = asked(CLOSING)
    assert len(closed) > 20
    assert {len(requests) for requests in closed} == {1}


def test_a_walk_takes_links_in_turn():
    found = [int(path[2:]) for path in paths(asked(replace(PLAIN, step=8), pause_ms=1))]
    assert set(range(0, 400, 8)) <= set(found)
    assert {number % 4 for number in found} == {0}


def test_behind_a_proxy_each_request_is_for_another_address():
    requests = [request for requests in asked(PROXIED_RULES) for request in requests]
    addresses = {re.search(r"\r\nX-Forwarded-For: (\d+\.\d+\.\d+\.\d+)\r\n", request)[1] for request in requests}
    assert len(addresses) > len(requests) * 0.99
