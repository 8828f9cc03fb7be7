"""Sockets of web workers: evenly dealt, and never left alone."""

import asyncio
import os
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.compose.listening import Neighbours, listen, waiting_at
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("listening") / "linnet", workers=2)
    server.start()
    yield server
    server.stop()


def visit(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /x HTTP/1.1\r\nHost: go.localhost\r\n\r\n")
    connection.settimeout(10)
    return connection.recv(12)


def test_an_address_in_use_is_not_shared_with_who_has_it():
    with listen("127.0.0.1", 0, 2)[0] as taken, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", taken.getsockname()[1], 2)


def test_all_sockets_have_one_address_and_tell_who_waits():
    listeners = listen("127.0.0.1", 0, 3)
    assert len({listener.getsockname() for listener in listeners}) == 1
    assert [waiting_at(listener) for listener in listeners] == [0, 0, 0]
    visitors = [socket.create_connection(listeners[0].getsockname()) for _ in range(30)]
    assert sum(waiting_at(listener) for listener in listeners) == 30
    for each in (*visitors, *listeners):
        each.close()


def test_who_waits_at_a_neighbour_is_accepted_until_nobody_waits_there():
    async def look() -> tuple[int, int]:
        listener = listen("127.0.0.1", 0, 1)[0]
        neighbours = Neighbours([listener], asyncio.Protocol)
        visitor = socket.create_connection(listener.getsockname())
        await neighbours.look()
        before = waiting_at(listener)
        await neighbours.look()
        await asyncio.sleep(0.05)
        after = waiting_at(listener)
        await neighbours.look()
        await neighbours.look()
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.05)
            alone = waiting_at(listener)
        visitor.close()
        neighbours.close()
        return before - after, alone

    assert asyncio.run(look()) == (1, 1)


def test_connections_are_dealt_out_over_the_workers(server: Server):
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    assert all(visit(each).startswith(b"HTTP/1.1 404") for each in connections)
    held = Counter(server.worker_of(each) for each in connections)
    # Fifty each, give or take; fewer than twenty would not happen in the life of the universe.
    assert min(held.values()) >= 20, held
    for each in connections:
        each.close()


def test_visitors_of_a_worker_that_stands_still_are_answered_by_another(server: Server):
    stopped = server.pid("web-0")
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    try:
        connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        assert {visit(each)[:12] for each in connections} == {b"HTTP/1.1 404"}
        assert {server.worker_of(each) for each in connections} == {"web-1"}
    finally:
        os.kill(stopped, signal.SIGCONT)
    for each in connections:
        each.close()


def test_nobody_shares_the_address_of_a_running_server(server: Server, tmp_path: Path):
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", server.port, 2)
