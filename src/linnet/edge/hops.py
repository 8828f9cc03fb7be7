"""Redirects that lead to our own domains, followed in this node's index, so that no visitor is sent round in a circle."""

from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from linnet.edge.hosts import Host, HostKind
from linnet.edge.lookup import record_of_path, wildcard_of_path
from linnet.edge.routes import RouteView, decode_route
from linnet.model.own_urls import WebUrl, read_url
from linnet.model.route import DomainRoute, Route, lost_destination

# As many as a link may lead through when it is stored (``actions/loops``); browsers give up after twenty.
MAX_HOPS: Final = 10
_REPORT_SECONDS: Final = 60.0
_log = structlog.get_logger("linnet.edge")


class Hop(NamedTuple):
    """A link of ours that a destination leads to, and what its visitor would bring along."""

    domain: DomainRoute
    route: Route
    rest: str
    query: str
    secure: bool


class Hops:
    """Follows destinations. ``host`` says what a Host header stands for; ``ports`` are those at which visitors come."""

    def __init__(self, host: Callable[[bytes], Host | HostKind], view: Callable[[], RouteView], ports: frozenset[int]) -> None:
        self._named = host
        self._view = view
        self._ports = ports
        self._reported_at = -_REPORT_SECONDS

    def is_circle(self, destination: str, onward: Callable[[Hop], str | None]) -> bool:
        """Whether who is sent to ``destination`` comes back to where it was, or is sent on by ten links of ours or more.

        ``onward`` is where a link would send this visitor, None for nowhere else.
        """
        seen: set[tuple[int, int, str, str]] = set()
        url: str | None = destination
        for _ in range(MAX_HOPS):
            parts = read_url(url) if url is not None else None
            host = self._host(parts) if parts is not None else None
            if parts is None or host is None:
                return False
            hop = self._hop(host, parts)
            state = (host.domain_id, hop.route.link_number, hop.rest, hop.query) if hop else (host.domain_id, 0, parts.path, "")
            if state in seen:
                return True
            seen.add(state)
            url = onward(hop) if hop is not None else lost_destination(host.domain, parts.path.encode())
        return True

    def report(self, domain: DomainRoute, link_number: int, now: float) -> None:
        """Log that visitors of a link (0: of a path without one) would go in a circle; at most once a minute."""
        if now - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = now
            _log.warning("edge.circle", domain=domain.hostname, link=link_number)

    def _host(self, parts: WebUrl) -> Host | None:
        if parts.port not in self._ports:
            return None
        host = self._named(parts.host.encode())
        return host if isinstance(host, Host) else None

    def _hop(self, host: Host, parts: WebUrl) -> Hop | None:
        view, path = self._view(), parts.path.encode()
        record = record_of_path(view, host, path)
        if record is not None:
            return Hop(host.domain, decode_route(record, host.domain_id), "", parts.query, parts.secure)
        found = wildcard_of_path(view, host, path)
        return Hop(host.domain, found[0], found[1], parts.query, parts.secure) if found is not None else None


def _no_view() -> RouteView:
    raise AssertionError("where no host is known, no link is looked up")


NO_HOPS: Final = Hops(lambda _: HostKind.UNKNOWN, _no_view, frozenset())
