"""Explaining visits, with what the edge would know of the visitors."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from linnet.actions.explain import Explainer, Visit
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import Visitor, VisitorFacts
from linnet.edge.gate import gate_of
from linnet.edge.hops import Hop, Hops
from linnet.edge.hosts import Host, HostKind, host_name, host_of
from linnet.edge.routes import RouteIndex, RouteView
from linnet.model.domain import Domain
from linnet.model.redirect import ONWARD, VisitFacts, decide
from linnet.model.route import Route, domain_route_of
from linnet.settings import Settings


def https_port(settings: Settings) -> int:
    """Where domains are served by https: at the port that is listened on, it is http."""
    return settings.public_port if settings.public_port != settings.port else 443


def own_ports(settings: Settings) -> frozenset[int]:
    """All ports at which visitors reach domains."""
    return frozenset({80, 443, settings.port, settings.public_port})


def explainer(
    facts: VisitorFacts, counters: NodeCounters, index: RouteIndex | None, *, ports: frozenset[int], https_port: int
) -> Explainer:
    """An explainer that asks ``facts`` and ``counters``, and ``index`` where a destination on one of our domains leads; without
    an index no destination is a circle. Domains are reached at ``ports``, and by https at ``https_port``."""

    def facts_of(route: Route, visit: Visit) -> VisitFacts:
        headers = [(b"accept-language", visit.language.encode()), (b"referer", visit.referrer.encode())]
        known = facts.of(route, Visitor(visit.address, b"", visit.user_agent.encode()), headers)
        return VisitFacts(**known._asdict())

    def is_circle(destination: str, seen_of: Callable[[Route], VisitFacts], now_ms: int) -> bool:
        def onward(hop: Hop) -> str | None:
            there = seen_of(hop.route)._replace(query=hop.query, rest=hop.rest, secure=hop.secure)
            decision = decide(hop.route, there, now_ms)
            return decision.destination if decision.outcome in ONWARD else None

        if index is None:
            return False
        with closing(index.view()) as view:
            return Hops(lambda header: _host(view, header, https_port), lambda: view, ports).is_circle(destination, onward)

    def https_origin(domain: Domain) -> str | None:
        gate = gate_of(domain_route_of(domain, ()), https_port)
        return gate.origin if gate is not None else None

    return Explainer(facts_of, counters.clicks, is_circle, https_origin)


def _host(view: RouteView, header: bytes, https_port: int) -> Host | HostKind:
    domain = view.domain(host_name(header))
    return host_of(replace(domain, ip_exclusions=()), https_port) if domain is not None else HostKind.UNKNOWN
