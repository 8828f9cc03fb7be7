"""What the edge knows of a link and of a domain, and the decision for one visit."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag, StrEnum
from typing import Final
from urllib.parse import urlsplit

from linnet.model.domain import Domain
from linnet.model.link import DEFAULT_REDIRECT_TYPE, Link
from linnet.model.path import path_key, requested_path, wildcard_depth
from linnet.model.url import ENCRYPTED_SCHEME, location, merged_query

_ENCRYPTED: Final = f"{ENCRYPTED_SCHEME}:"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Needs(IntFlag):
    """What a route asks for beyond a plain redirect; a route with none is answered from its prerendered bytes."""

    NOTHING = 0
    EXPIRY = 1
    CLICK_LIMIT = 2
    CAPTURE = 4
    PASSWORD = 8
    ENCRYPTION = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The edge's projection of a link. ``expires_at_ms`` counts from the epoch; ``destination`` fits a Location header."""

    link_number: int
    domain_id: int
    destination: str
    redirect_type: int = 302
    skip_query: bool = False
    needs: int = 0
    expires_at_ms: int | None = None
    expired_url: str | None = None
    clicks_limit: int | None = None
    capture_depth: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRoute:
    """The edge's projection of a domain; ``wildcard_depths``, deepest first, are those for which it has a wildcard link."""

    domain_id: int
    hostname: str
    case_sensitive: bool = False
    redirect_404: str | None = None
    hide_referrer: bool = False
    hide_visitor_ip: bool = False
    tracks_conversions: bool = False
    wildcard_depths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """A change of one route; ``route`` is None where no link has that path any more. Applying it twice changes nothing."""

    sequence: int
    domain_id: int
    path_key: str
    route: Route | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainChange:
    """A change of one domain; ``domain`` is None where it is gone."""

    sequence: int
    hostname: str
    domain: DomainRoute | None


class Outcome(StrEnum):
    """How a visit ends."""

    REDIRECT = "redirect"
    EXPIRED = "expired"
    PROTECTED = "protected"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What rules may look at. ``rest`` is what a wildcard captured, decoded and encoded again, as it may stand in a URL;
    ``clicks_used`` counts earlier clicks against the limit; ``click_id`` goes along where conversions are tracked."""

    query: str = ""
    rest: str = ""
    clicks_used: int = 0
    click_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome for one visit; ``destination`` is set for redirects."""

    outcome: Outcome
    status: int
    destination: str | None = None


def decide(route: Route, facts: VisitFacts, now_ms: int) -> Decision:
    """Where this visit goes: expiry by date, then by clicks, then protection, then the destination with the visitor's query."""
    if route.expires_at_ms is not None and now_ms >= route.expires_at_ms:
        return _expired(route)
    if route.clicks_limit is not None and facts.clicks_used >= route.clicks_limit:
        return _expired(route)
    if route.needs & (Needs.PASSWORD | Needs.ENCRYPTION):
        return Decision(outcome=Outcome.PROTECTED, status=403)
    destination = route.destination
    if route.needs & Needs.CAPTURE:
        destination = destination.replace("$1", facts.rest)
    if facts.query and not route.skip_query:
        destination = merged_query(destination, facts.query)
    if facts.click_id:
        destination = merged_query(destination, f"clid={facts.click_id}")
    return Decision(outcome=Outcome.REDIRECT, status=route.redirect_type, destination=destination)


def _expired(route: Route) -> Decision:
    if route.expired_url is not None:
        return Decision(outcome=Outcome.EXPIRED, status=302, destination=route.expired_url)
    return Decision(outcome=Outcome.EXPIRED, status=410)


def route_of(link: Link) -> Route:
    """The edge's projection of ``link``."""
    return route_from(
        link.number,
        link.domain_id,
        original_url=link.original_url,
        redirect_type=link.redirect_type,
        skip_query=link.skip_query,
        expires_at_ms=milliseconds(link.expires_at) if link.expires_at is not None else None,
        expired_url=link.expired_url,
        clicks_limit=link.clicks_limit,
        depth=wildcard_depth(link.path),
        protected=link.password_hash is not None,
    )


def route_from(
    link_number: int,
    domain_id: int,
    *,
    original_url: str,
    redirect_type: int | None,
    skip_query: bool,
    expires_at_ms: int | None,
    expired_url: str | None,
    clicks_limit: int | None,
    depth: int | None,
    protected: bool,
) -> Route:
    """The edge's projection of a link of which only these fields are at hand; ``depth`` is that of a wildcard path."""
    needs = 0
    if expires_at_ms is not None:
        needs |= Needs.EXPIRY
    if clicks_limit is not None:
        needs |= Needs.CLICK_LIMIT
    if depth is not None and "$1" in original_url:
        needs |= Needs.CAPTURE
    if protected:
        needs |= Needs.PASSWORD
    if original_url.startswith(_ENCRYPTED):
        needs |= Needs.ENCRYPTION
    return Route(
        link_number=link_number,
        domain_id=domain_id,
        destination=location(original_url),
        redirect_type=redirect_type or DEFAULT_REDIRECT_TYPE,
        skip_query=skip_query,
        needs=int(needs),
        expires_at_ms=expires_at_ms,
        expired_url=location(expired_url) if expired_url is not None else None,
        clicks_limit=clicks_limit,
        capture_depth=depth,
    )


def domain_route_of(domain: Domain, wildcard_depths: tuple[int, ...]) -> DomainRoute:
    """The edge's projection of ``domain``."""
    return DomainRoute(
        domain_id=domain.id,
        hostname=domain.hostname,
        case_sensitive=domain.case_sensitive,
        redirect_404=location(domain.redirect_404) if domain.redirect_404 else None,
        hide_referrer=domain.hide_referrer,
        hide_visitor_ip=domain.hide_visitor_ip,
        tracks_conversions=domain.enable_conversion_tracking,
        wildcard_depths=tuple(sorted(wildcard_depths, reverse=True)),
    )


def lost_destination(domain: DomainRoute, raw_path: bytes) -> str | None:
    """Where a visitor of a path without a link goes; None when that is nowhere, or this very path, whose link was removed."""
    url = domain.redirect_404
    if url is None or domain.hostname not in url.lower():
        return url
    parts = urlsplit(url)
    here, there = requested_path(raw_path), requested_path((parts.path or "/").encode())
    if parts.hostname != domain.hostname or here is None or there is None:
        return url
    same = path_key(here, case_sensitive=domain.case_sensitive) == path_key(there, case_sensitive=domain.case_sensitive)
    return None if same else url


def candidate_keys(key: str, domain: DomainRoute) -> list[str]:
    """The keys to look up for a requested key, best first: exact, then the longest ``prefix/*``, then ``*``."""
    keys = [key]
    if domain.wildcard_depths:
        segments = key.split("/")
        for depth in domain.wildcard_depths:
            if depth == 0:
                keys.append("*")
            elif depth < len(segments):
                keys.append("/".join(segments[:depth]) + "/*")
    return keys


def key_of(link: Link, domain: Domain) -> str:
    """The path key under which the edge finds ``link``."""
    return path_key(link.path, case_sensitive=domain.case_sensitive)


def milliseconds(moment: datetime) -> int:
    """``moment`` (aware) in whole milliseconds since the epoch."""
    return (moment - _EPOCH) // _MILLISECOND
