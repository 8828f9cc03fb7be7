"""Links made over HTTP, one by one and a thousand a call, on all cores with the clients: ``python -m bench.create``."""

import argparse
import asyncio
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import cast

import uvloop

from bench.support import Result, cpu_seconds, installation, median, note, scratch, show, wait_for_quiet
from tests.support.server import Server

CLIENTS = 16
BULK_CLIENTS = 2
BULK_SIZE = 1000


class Client(asyncio.Protocol):
    """One connection that sends a request as soon as the last one was answered; ``accept`` looks at each whole answer."""

    def __init__(self, requests: Iterator[bytes], accept: Callable[[bytes], None]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._accept = accept
        self._received = bytearray()
        self._needed = 0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._needed:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._received[:end]).lower()
            length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            self._needed = end + 4 + int(length)
        if len(self._received) >= self._needed:
            self._accept(bytes(self._received))
            self._received.clear()
            self._needed = 0
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


def request(server: Server, path: str, value: object) -> bytes:
    """A POST to the API as bytes."""
    body = json.dumps(value).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nAuthorization: {server.secret_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def drive(server: Server, clients: int, requests: Iterator[bytes], accept: Callable[[bytes], None]) -> float:
    """All requests through ``clients`` connections; returns the seconds that took."""
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    opened = [
        (await loop.create_connection(lambda: Client(requests, accept), "127.0.0.1", server.port))[1] for _ in range(clients)
    ]
    await asyncio.gather(*[client.ended for client in opened])
    return time.monotonic() - began


def singles(server: Server, count: int, numbers: Iterator[int]) -> float:
    """Links made one by one per second, each with a destination of its own and a generated path."""
    made = 0

    def accept(answer: bytes) -> None:
        nonlocal made
        if not answer.startswith(b"HTTP/1.1 200") or b'"duplicate":true' in answer:
            raise SystemExit(f"A link was not created: {answer!r}")
        made += 1

    drafts = [
        request(server, "/links", {"domain": server.domain, "originalURL": f"https://example.com/single/{next(numbers)}"})
        for _ in range(count)
    ]
    seconds = uvloop.run(drive(server, CLIENTS, iter(drafts), accept))
    assert made == count
    return count / seconds


def bulks(server: Server, calls: int, numbers: Iterator[int]) -> float:
    """Links made a thousand a call per second."""
    made = 0

    def accept(answer: bytes) -> None:
        nonlocal made
        if not answer.startswith(b"HTTP/1.1 200") or b'"error"' in answer:
            raise SystemExit(f"A bulk call failed: {answer[:2000]!r}")
        made += answer.count(b'"idString"')

    batches = [
        request(
            server,
            "/links/bulk",
            {
                "domain": server.domain,
                "links": [
                    {"originalURL": f"https://example.com/bulk/{next(numbers)}", "title": "A title"} for _ in range(BULK_SIZE)
                ],
            },
        )
        for _ in range(calls)
    ]
    seconds = uvloop.run(drive(server, BULK_CLIENTS, iter(batches), accept))
    assert made == calls * BULK_SIZE
    return made / seconds


def spent(server: Server) -> float:
    """The CPU time of the server's processes so far."""
    return sum(cpu_seconds(number) for name in server.process_names() if (number := server.pid(name)) is not None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=12_000, help="links made one by one in a round")
    parser.add_argument("--bulks", type=int, default=60, help=f"calls of {BULK_SIZE} links in a round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    numbers = itertools.count()
    with scratch() as directory:
        server = installation(directory / "linnet", workers=os.cpu_count() or 2)
        server.start()
        try:
            singles(server, given.singles // 4, numbers)
            one_by_one, in_bulk, single_cpu, bulk_cpu = [], [], [], []
            for number in range(given.rounds):
                wait_for_quiet()
                before = spent(server)
                one_by_one.append(singles(server, given.singles, numbers))
                single_cpu.append((spent(server) - before) / given.singles * 1e6)
                wait_for_quiet()
                before = spent(server)
                in_bulk.append(bulks(server, given.bulks, numbers))
                bulk_cpu.append((spent(server) - before) / given.bulks / BULK_SIZE * 1e6)
                note(f"round {number + 1}: {one_by_one[-1]:,.0f} one by one, {in_bulk[-1]:,.0f} in bulk")
        finally:
            server.stop()
    show(
        "Creating links",
        [
            Result(f"single creates, {CLIENTS} clients", median(one_by_one), "links/s", 1500, 4000, at_least=True),
            Result(f"bulk creates, {BULK_SIZE:,} per call", median(in_bulk), "links/s", 15_000, 40_000, at_least=True),
            Result("CPU of the server for a single create", median(single_cpu), "µs"),
            Result("CPU of the server for a link made in bulk", median(bulk_cpu), "µs"),
        ],
    )


if __name__ == "__main__":
    main()
