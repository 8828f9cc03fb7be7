"""Links made, read, changed and listed over HTTP, on all cores with the clients: ``python -m bench.api``."""

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


def request(server: Server, path: str, value: object = None, method: str = "POST") -> bytes:
    """A request to the API as bytes, with ``value`` as its JSON body unless it is None."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nAuthorization: {server.secret_key}\r\n"
    if value is None:
        return f"{head}\r\n".encode()
    body = json.dumps(value).encode()
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def drive(server: Server, clients: int, requests: Iterator[bytes], accept: Callable[[bytes], None]) -> float:
    """All requests through ``clients`` connections; returns the seconds that took."""
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    opened = [
        (await loop.create_connection(lambda: Client(requests, accept), "127.0.0.1", server.port))[1] for _ in range(clients)
    ]
    await asyncio.gather(*[client.ended for client in opened])
    return time.monotonic() - began


def served(server: Server, requests: list[bytes], accept: Callable[[bytes], None] = lambda answer: None) -> float:
    """The requests that are answered with 200 per second, through all clients at once."""

    def check(answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"A request failed: {answer[:2000]!r}")
        accept(answer)

    return len(requests) / uvloop.run(drive(server, CLIENTS, iter(requests), check))


def singles(server: Server, count: int, numbers: Iterator[int]) -> tuple[float, list[str]]:
    """Links made one by one per second, each with a destination of its own and a generated path; and their ids."""
    ids = []

    def accept(answer: bytes) -> None:
        if b'"duplicate":true' in answer:
            raise SystemExit(f"A link was not created: {answer!r}")
        ids.append(answer.partition(b'"idString":"')[2].partition(b'"')[0].decode())

    drafts = [
        request(server, "/links", {"domain": server.domain, "originalURL": f"https://example.com/single/{next(numbers)}"})
        for _ in range(count)
    ]
    return served(server, drafts, accept), ids


def reads(server: Server, ids: list[str]) -> float:
    """Links read by their ids per second."""
    return served(server, [request(server, f"/links/{link_id}", method="GET") for link_id in ids])


def updates(server: Server, ids: list[str], numbers: Iterator[int]) -> float:
    """Links given another destination and title per second."""
    patches = [{"originalURL": f"https://example.com/changed/{next(numbers)}", "title": "Changed"} for _ in ids]
    return served(server, [request(server, f"/links/{link_id}", patch) for link_id, patch in zip(ids, patches, strict=True)])


def pages(server: Server, count: int) -> float:
    """First pages of 150 links listed per second."""
    return served(server, [request(server, f"/api/links?domain_id={server.domain_id}&limit=150", method="GET")] * count)


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


class Tally:
    """The rates of one kind of request over all rounds, and the CPU time that the server spent on each request."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.microseconds: list[float] = []

    def take(self, server: Server, count: int, work: Callable[[], float]) -> None:
        """Measure one round of ``work``, which is ``count`` requests or links and returns its rate."""
        wait_for_quiet()
        before = spent(server)
        self.rates.append(work())
        self.microseconds.append((spent(server) - before) / count * 1e6)

    def results(self, what: str, unit: str, budget: float | None = None, stretch: float | None = None) -> list[Result]:
        """The medians, for ``show``."""
        return [
            Result(what, median(self.rates), f"{unit}/s", budget, stretch, at_least=True),
            Result(f"{what}: CPU of the server for each", median(self.microseconds), "µs"),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=12_000, help="links made, read and changed one by one in a round")
    parser.add_argument("--pages", type=int, default=1_000, help="pages of 150 links listed in a round")
    parser.add_argument("--bulks", type=int, default=60, help=f"calls of {BULK_SIZE} links in a round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    numbers = itertools.count()
    create, read, update, page, bulk = Tally(), Tally(), Tally(), Tally(), Tally()
    ids: list[str] = []
    with scratch() as directory:
        server = installation(directory / "linnet", workers=os.cpu_count() or 2)
        server.start()

        def create_and_keep() -> float:
            rate, ids[:] = singles(server, given.singles, numbers)
            return rate

        try:
            singles(server, given.singles // 4, numbers)
            for number in range(given.rounds):
                create.take(server, given.singles, create_and_keep)
                read.take(server, given.singles, lambda: reads(server, ids))
                update.take(server, given.singles, lambda: updates(server, ids, numbers))
                page.take(server, given.pages, lambda: pages(server, given.pages))
                bulk.take(server, given.bulks * BULK_SIZE, lambda: bulks(server, given.bulks, numbers))
                rates = ", ".join(f"{each.rates[-1]:,.0f}" for each in (create, read, update, page, bulk))
                note(f"round {number + 1}: creates, reads, updates, pages, bulk links a second: {rates}")
        finally:
            server.stop()
    show(
        "The API over HTTP",
        [
            *create.results(f"single creates, {CLIENTS} clients", "links", 1500, 4000),
            *read.results("reads by id", "links"),
            *update.results("updates", "links"),
            *page.results("pages of 150 links", "pages"),
            *bulk.results(f"bulk creates, {BULK_SIZE:,} per call", "links", 15_000, 40_000),
        ],
    )


if __name__ == "__main__":
    main()
