"""Clients that take their time, and many that do nothing: they cost little, and keep nobody from being answered."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.needs import leave_out
from tests.support.server import Server, running_server
from tests.support.wire import get, wire

HELLO = "https://example.com/hello"
IDLE_SECONDS = 3
MANY = 10_000
# What a quiet connection may take of a worker's memory, in bytes; 6,200 were measured.
MEMORY_OF_ONE = 16_000


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker, which keeps quiet connections for three seconds."""
    settings = {"LINNET_KEEP_ALIVE_SECONDS": str(IDLE_SECONDS)}
    with running_server(tmp_path_factory.mktemp("impatient") / "linnet", workers=1, settings=settings) as running:
        running.create("hello", HELLO)
        yield running


def connections(server: Server) -> int:
    """How many accepted connections the worker holds, those included that it is closing."""
    held = psutil.Process(server.pid("web-0")).net_connections(kind="tcp")
    return sum(1 for each in held if each.status != psutil.CONN_LISTEN and each.laddr and each.laddr[1] == server.port)


@contextmanager
def open_files(number: int) -> Iterator[None]:
    """Room for that many in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < number:
        leave_out(f"this system lets a process open {hard} files, and the test needs {number}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _follow(server: Server, times: int) -> None:
    with wire(server.port) as connection:
        for _ in range(times):
            connection.send(get("/hello", server.host))
            assert connection.answer().location == HELLO


def _drip(client: socket.socket, data: bytes, ended: threading.Event) -> None:
    """Send a byte now and then until the server has had enough."""
    try:
        for byte in data:
            client.sendall(bytes([byte]))
            time.sleep(0.2)
    except OSError:
        ended.set()


def test_a_quiet_connection_is_closed_after_its_time(impatient: Server):
    with wire(impatient.port) as silent, wire(impatient.port) as stuck, wire(impatient.port) as used:
        stuck.send(b"GET /hello HTTP/1.1\r\nHo")
        used.send(get("/hello", impatient.host))
        assert used.answer().location == HELLO
        began = time.monotonic()
        assert all(connection.is_closed() for connection in (silent, stuck, used))
        assert time.monotonic() - began >= IDLE_SECONDS - 1


def test_a_call_whose_body_does_not_come_is_given_up(impatient: Server):
    head = (
        "POST /links HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
    )
    with wire(impatient.port) as connection:
        connection.send(head.format(key=impatient.secret_key, length="Content-Length: 100").encode() + b'{"domain":')
        assert connection.is_closed()


def test_a_head_that_comes_too_slowly_is_given_up(impatient: Server):
    begun = (b"GET /hello HTTP/1.1\r\nX: " + b"x" * 1000, b"\r\n" * 500)
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", impatient.port))) for _ in begun]
        ended = [threading.Event() for _ in begun]
        dripping = [threading.Thread(target=_drip, args=each) for each in zip(clients, begun, ended, strict=True)]
        for thread in dripping:
            thread.start()
        _follow(impatient, 100)
        for thread in dripping:
            thread.join()
    assert all(event.is_set() for event in ended), "the server waited to the end"


def test_a_client_that_stops_reading_is_let_go(impatient: Server):
    before = connections(impatient)
    with ExitStack() as stack:
        for _ in range(2):
            deaf = stack.enter_context(socket.create_connection(("127.0.0.1", impatient.port)))
            deaf.settimeout(0.2)
            try:
                while True:
                    deaf.sendall(get("/not-there", impatient.host) * 100)
            except TimeoutError:
                pass
        _follow(impatient, 100)
        impatient.wait(lambda: connections(impatient) <= before, "connections that nobody reads to be dropped")


def test_a_client_that_reads_slowly_gets_everything(impatient: Server):
    # More than the system's buffers take, and read for longer than a quiet connection is kept.
    number = 20_000
    with wire(impatient.port) as slow:
        sending = threading.Thread(target=slow.send, args=(get("/not-there", impatient.host) * number,))
        sending.start()
        for each in range(number):
            assert slow.answer().status == 404
            if each < 3000 and each % 30 == 0:
                time.sleep(IDLE_SECONDS * 2 / 100)
        sending.join()
        assert slow.stays_silent(0.05)


def test_ten_thousand_quiet_connections_are_held_while_visits_are_answered(tmp_path: Path):
    with open_files(MANY + 500), running_server(tmp_path / "linnet", workers=1) as server, ExitStack() as stack:
        server.create("hello", HELLO)
        _follow(server, 2000)
        worker = psutil.Process(server.pid("web-0"))
        before = worker.memory_info().rss
        idle = []
        for number in range(MANY):
            # One address has fewer free ports than there may be connections.
            source = (f"127.0.0.{2 + number % 8}", 0)
            idle.append(stack.enter_context(socket.create_connection(("127.0.0.1", server.port), source_address=source)))
            if number % 100 == 0:
                idle[-1].sendall(get("/hello", server.host))
                assert b"HTTP/1.1 302" in idle[-1].recv(4096)
        server.wait(lambda: connections(server) >= MANY, "all connections to be accepted")
        each = (worker.memory_info().rss - before) / MANY
        print(f"{each:.0f} bytes of memory for each quiet connection")
        for _ in range(20):
            _follow(server, 100)
        assert each < MEMORY_OF_ONE
        # They were kept, and each of them may still ask.
        for client in idle[::500]:
            client.sendall(get("/hello", server.host))
            assert b"HTTP/1.1 302" in client.recv(4096)


def test_connections_beyond_what_the_system_allows_keep_nobody_from_being_answered(tmp_path: Path):
    limit = 400
    with open_files(limit + 600), ExitStack() as stack:
        server = Server(tmp_path / "linnet", workers=1)
        stack.callback(server.stop)
        server.start(prefix=("prlimit", f"--nofile={limit // 2}:{limit}"))
        server.create("hello", HELLO)
        worker = server.pid("web-0")
        assert worker is not None
        assert resource.prlimit(worker, resource.RLIMIT_NOFILE) == (limit, limit), "the server takes less than it may"
        for _ in range(limit + 200):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        # Those that say nothing make room, long before their time.
        server.wait(lambda: _is_followed(server), "a visit to be answered", seconds=15)
        server.wait(lambda: server.api("GET", "/api/domains").status == 200, "the API to answer", seconds=15)
        assert server.log_tail().count("Traceback") == 0


def _is_followed(server: Server) -> bool:
    try:
        return server.visit("/hello").location == HELLO
    except OSError:
        return False
