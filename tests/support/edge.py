"""The edge's protocol class on connections in memory, with a real route index: for tests of every byte, and for fuzzing."""

import asyncio
import zlib
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

import h11
import uvicorn
from uvicorn.server import ServerState

from linnet.edge.application import Application, EdgeApplication
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.options import EdgeOptions
from linnet.edge.protocol import EdgeProtocol, protocol_class
from linnet.edge.routes import RouteIndex
from linnet.edge.visit import Edge
from linnet.model.click import RawClick
from linnet.model.route import DomainRoute, Needs, Route

T = TypeVar("T")
NOON = 1_777_636_800.0
# How often the event loop goes round while a slow request is with the application; and how often it must go round without
# news for a connection to be quiet.
SLOW_TURNS = 20
QUIET_TURNS = 60


class Journal:
    """Keeps records in memory."""

    def __init__(self) -> None:
        self.records: list[RawClick] = []

    def append(self, records: list[RawClick], /) -> int:
        self.records += records
        return 0


class Atlas:
    """A small world."""

    def country_of(self, address: str, /) -> str:
        return {"192.0.2": "DE", "198.51.100": "US"}.get(address.rpartition(".")[0], "")

    def region_of(self, address: str, /) -> str:
        return {"192.0.2.7": "BY", "198.51.100.7": "CA"}.get(address, "")


class Wire(asyncio.Transport):
    """A connection that keeps what was written to it."""

    def __init__(self, peer: str = "192.0.2.7") -> None:
        super().__init__({"peername": (peer, 4711), "sockname": ("192.0.2.1", 80)})
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0


async def admin(scope: Any, receive: Any, send: Any) -> None:
    """Reads a request to its end, as the API does, and tells what it saw."""
    body = b""
    message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
    if scope["path"] == "/slow":
        for _ in range(SLOW_TURNS):
            await asyncio.sleep(0)
    seen = (scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], scope["http_version"], body)
    headers = [
        (b"content-length", b"5"),
        (b"x-seen", b"%08x" % zlib.crc32(repr(seen).encode())),
        (b"x-body", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"admin"})


def with_whole_forms(application: Application) -> Application:
    """``application``, which is given a form when all of it has come: what it answers must not depend on the moment."""

    async def run(scope: Any, receive: Any, send: Any) -> None:
        messages = []
        while scope["state"].get("form") and (not messages or messages[-1].get("more_body")):
            messages.append(await receive())

        async def replay() -> Any:
            return messages.pop(0) if messages else await receive()

        await application(scope, replay, send)

    return run


@dataclass(frozen=True, slots=True)
class Response:
    """One response; header names are in lower case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def without(self, name: bytes) -> "Response":
        """The same without a header."""
        return replace(self, headers=tuple(each for each in self.headers if each[0] != name))


def responses(sent: bytes) -> list[Response]:
    """What a client makes of all that a connection sent. Fails where it is no HTTP, and where something is left over.

    No body here begins like a response, so that a response to HEAD is known without its request. The moment is left out, and
    the order of headers: the protocol class and the application put them differently.
    """
    found = []
    while sent:
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "any")]))
        client.send(h11.EndOfMessage())
        head, end, rest = sent.partition(b"\r\n\r\n")
        client.receive_data(head + end)
        event = client.next_event()
        assert isinstance(event, h11.Response | h11.InformationalResponse), sent
        headers = dict(event.headers)
        assert len(headers) == len(event.headers), f"a header came twice: {head!r}"
        length = int(headers.get(b"content-length", 0))
        body = b"" if rest.startswith(b"HTTP/1.1 ") else rest[:length]
        assert len(body) in (0, length), f"a response without its end: {sent!r}"
        headers.pop(b"date", None)
        found.append(Response(event.status_code, tuple(sorted(headers.items())), body))
        sent = rest[len(body) :]
    return found


class Bench:
    """An edge with a few routes, and connections to it."""

    def __init__(self, directory: Path, routes: "list[tuple[int, str, dict[str, Any]]] | None" = None) -> None:
        self.index = RouteIndex(directory / "routes.mdb")
        with self.index.writing() as writer:
            writer.set_domain("go.example", DomainRoute(domain_id=1, hostname="go.example", wildcard_depths=(1,)))
            writer.set_domain(
                "404.example", DomainRoute(domain_id=2, hostname="404.example", redirect_404="https://e.example/404")
            )
            writer.set_domain("case.example", DomainRoute(domain_id=3, hostname="case.example", case_sensitive=True))
            for number, (domain_id, path, fields) in enumerate(ROUTES if routes is None else routes, 1):
                writer.set_route(domain_id, path, Route(link_number=number, domain_id=domain_id, **fields))
        self.counters = NodeCounters(directory / "counters.mdb")
        self.journal = Journal()
        options = EdgeOptions(orphans_per_second=10**6)
        facts = VisitorFacts([ip_network("10.0.0.0/8")], Atlas)
        self._runner = asyncio.Runner()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.edge = Edge(self.index, self.counters, self.journal, options, facts, clock=lambda: NOON)

    def close(self) -> None:
        """Close files and the event loop."""
        self._runner.close()
        self.index.close()
        self.counters.close()

    def run(self, work: Coroutine[None, None, T]) -> T:
        """Do something in the event loop that is kept until ``close``: its connections share what they learn."""
        return self._runner.run(work)

    async def exchange(self, *pieces: bytes, peer: str = "192.0.2.7") -> Wire:
        """What a connection sends back for the given pieces of data, each in a tick of its own."""
        protocol = self.protocol()
        wire = Wire(peer)
        protocol.connection_made(wire)
        for piece in pieces:
            if not wire.closed:
                protocol.data_received(piece)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        quiet, sent = 0, wire.sent
        while quiet < (QUIET_TURNS if protocol.tasks else 3):
            await asyncio.sleep(0)
            quiet = quiet + 1 if wire.sent == sent else 0
            sent = wire.sent
        # So that nothing of it is left in the event loop.
        closed = wire.closed
        protocol.connection_lost(None)
        await asyncio.sleep(0)
        wire.closed = closed
        return wire

    def protocol(self) -> EdgeProtocol:
        """A new connection's, of the class that all connections of an event loop share."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            trusts = lambda peer: peer == "10.0.0.1"  # noqa: E731
            application = with_whole_forms(EdgeApplication(self.edge, admin, admin, trusts))
            self._config = uvicorn.Config(application, ws="none", lifespan="off", log_config=None)
            self._config.load()
            self._class = protocol_class(self.edge, trusts)
            self._loop = loop
        return self._class(self._config, ServerState(), {}, loop)


ROUTES: list[tuple[int, str, dict[str, Any]]] = [
    (1, "abc", {"destination": "https://example.com/?x=1"}),
    (1, "", {"destination": "https://example.com/root", "redirect_type": 301}),
    (1, "straße", {"destination": "https://example.com/s", "redirect_type": 307}),
    (1, "skip", {"destination": "https://example.com/", "skip_query": True, "redirect_type": 308}),
    (1, "over", {"destination": "https://example.com/", "needs": int(Needs.EXPIRY), "expires_at_ms": 1}),
    (1, "secret", {"destination": "https://example.com/", "needs": int(Needs.PASSWORD)}),
    (1, "docs/*", {"destination": "https://example.com/m/$1", "needs": int(Needs.CAPTURE), "capture_depth": 1}),
    (1, "once", {"destination": "https://example.com/", "needs": int(Needs.CLICK_LIMIT), "clicks_limit": 1}),
    (3, "Abc", {"destination": "https://example.com/upper"}),
    (
        1,
        "by-rule",
        {
            "destination": "https://example.com/",
            "needs": int(Needs.COUNTRY | Needs.REGION | Needs.DEVICE | Needs.SPLIT),
            "places": {("US", "CA"): "https://example.com/california", ("DE", ""): "https://example.com/de"},
            "iphone_url": "https://example.com/iphone",
            "android_url": "https://example.com/android",
            "split_url": "https://example.com/split",
            "split_percent": 50,
        },
    ),
]


def get(target: str, host: str = "go.example", method: str = "GET", version: str = "1.1", extra: str = "") -> bytes:
    return f"{method} {target} HTTP/{version}\r\nHost: {host}\r\nUser-Agent: agent/1\r\n{extra}\r\n".encode()
