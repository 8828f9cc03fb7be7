"""An edge in this process, with a journal in memory: asked as the protocol class asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from linnet.edge.blocked import BlockGuard
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.heads import VisitHead
from linnet.edge.hosts import Host
from linnet.edge.options import EdgeOptions
from linnet.edge.ordinary import VISIT_LINE
from linnet.edge.routes import RouteIndex
from linnet.edge.visit import Edge
from linnet.model.click import RawClick
from linnet.model.route import DomainRoute, Route

NOON = 1_777_636_800.0
PROXY = "10.0.0.1"


class Nowhere:
    """A world without places."""

    def country_of(self, address: str, /) -> str:
        return ""

    def region_of(self, address: str, /) -> str:
        return ""


class Journal:
    """Keeps records in memory."""

    def __init__(self) -> None:
        self.clicks: list[RawClick] = []

    def append(self, records: list[RawClick], /) -> int:
        self.clicks += map(RawClick._make, records)
        return 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, read; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str | None:
        return self.headers.get("location")


class SmallEdge:
    """An edge with one domain, ``go.example``, behind the trusted proxy 10.0.0.1 and for everybody else. With ``ordinary`` it
    is asked as the protocol class asks about whole requests with nothing unusual about them, where that is so."""

    def __init__(self, directory: Path, *, ordinary: bool = False, blocked: BlockGuard | None = None, **options: Any) -> None:
        self._ordinary = ordinary
        self.index = RouteIndex(directory / "routes.mdb")
        self.counters = NodeCounters(directory / "counters.mdb")
        self.journal = Journal()
        self.now = NOON
        facts = VisitorFacts([ip_network("10.0.0.0/8")], Nowhere)
        self.edge = Edge(
            self.index, self.counters, self.journal, EdgeOptions(**options), facts, clock=lambda: self.now, blocked=blocked
        )
        self.domain()

    def domain(self, **settings: Any) -> None:
        """Give the domain these settings, and no others."""
        with self.index.writing() as writer:
            writer.set_domain("go.example", DomainRoute(**{"domain_id": 1, "hostname": "go.example", **settings}))

    def route(self, number: int, key: str, destination: str = "https://example.com/", **fields: Any) -> None:
        """Add a link's route."""
        with self.index.writing() as writer:
            writer.set_route(1, key, Route(link_number=number, domain_id=1, destination=destination, **fields))

    def visit(
        self,
        target: str,
        *,
        method: str = "GET",
        peer: str = "192.0.2.7",
        forwarded_for: str = "",
        https: bool = False,
        close: bool = False,
        host: str = "go.example",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> Reply:
        """What a visitor gets; ``forwarded_for`` and ``https`` as a trusted proxy says them, other ``headers`` have
        their names in lower case."""
        found = self.edge.host(host.encode())
        assert isinstance(found, Host), found
        forwarded, raw = forwarded_for.encode(), target.encode("latin-1")
        line = VISIT_LINE.match(method.encode() + b" " + raw + b" HTTP/1.1\r\n")
        if line is not None and self._ordinary:
            lines = b"".join(b"%b: %b\r\n" % each for each in headers)
            head = VisitHead(host.encode(), b"agent/1", b"", b"", https, lines, close=close)
            response = self.edge.answer_ordinary(found, line, head, peer, forwarded, b"")
        else:
            response = self.edge.answer(found, method, raw, close, peer, b"agent/1", b"", headers, forwarded, https)
        self.edge.end_tick()
        return read(response)

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()
        self.counters.close()


def read(response: bytes) -> Reply:
    """A response in bytes, read; fails where a header comes twice."""
    head, _, body = response.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    assert len(headers) == len(pairs), f"a header comes twice: {lines}"
    return Reply(int(status_line.split(" ")[1]), headers, body)
