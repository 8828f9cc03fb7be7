"""What the edge knows of a link and of a domain, and the decision for one visit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag, StrEnum
from typing import Final
from urllib.parse import urlsplit

from linnet.model.click import Variant
from linnet.model.domain import Domain
from linnet.model.link import DEFAULT_REDIRECT_TYPE, Link
from linnet.model.path import path_key, requested_path, wildcard_depth
from linnet.model.targeting import Handheld, Place, destination_for
from linnet.model.url import ENCRYPTED_SCHEME, location, merged_query

_ENCRYPTED: Final = f"{ENCRYPTED_SCHEME}:"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
# The share of a split whose owner names a destination and no percentage.
DEFAULT_SPLIT_PERCENT: Final = 50


class Needs(IntFlag):
    """What a route asks for beyond a plain redirect; a route with none is answered from its prerendered bytes."""

    NOTHING = 0
    EXPIRY = 1
    CLICK_LIMIT = 2
    CAPTURE = 4
    PASSWORD = 8
    ENCRYPTION = 16
    COUNTRY = 32
    REGION = 64
    DEVICE = 128
    SPLIT = 256


# Bare numbers, because members of an IntFlag take a microsecond to combine.
_CAPTURE: Final = int(Needs.CAPTURE)
_PROTECTED: Final = int(Needs.PASSWORD | Needs.ENCRYPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The edge's projection of a link. ``expires_at_ms`` counts from the epoch; destinations fit a Location header.

    ``places`` are destinations by country and region ("" for a whole country). Of a hundred visitors ``split_percent`` go to
    ``split_url``.
    """

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
    places: Mapping[tuple[str, str], str] | None = field(default=None, hash=False)
    iphone_url: str | None = None
    android_url: str | None = None
    split_url: str | None = None
    split_percent: int = 0


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
    ``clicks_used`` counts earlier clicks against the limit; ``click_id`` goes along where conversions are tracked. ``country``
    and ``region`` are ISO 3166's codes, "" when unknown; ``share`` (0 to 99) is the visitor's lot in a split."""

    query: str = ""
    rest: str = ""
    clicks_used: int = 0
    click_id: str = ""
    country: str = ""
    region: str = ""
    handheld: Handheld = Handheld.NONE
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome for one visit; ``destination`` is set for redirects, ``variant`` for those that a split decided."""

    outcome: Outcome
    status: int
    destination: str | None = None
    variant: Variant = Variant.NONE


def decide(route: Route, facts: VisitFacts, now_ms: int) -> Decision:
    """Where this visit goes: expiry by date, then by clicks, then protection, then the destination for this visitor (region,
    country, device, split, and else the link's own), with what a wildcard captured, the visitor's query and the click's id."""
    if route.expires_at_ms is not None and now_ms >= route.expires_at_ms:
        return _expired(route)
    if route.clicks_limit is not None and facts.clicks_used >= route.clicks_limit:
        return _expired(route)
    if route.needs & _PROTECTED:
        return Decision(outcome=Outcome.PROTECTED, status=403)
    destination, variant = _chosen(route, facts)
    if route.needs & _CAPTURE:
        destination = destination.replace("$1", facts.rest)
    if facts.query and not route.skip_query:
        destination = merged_query(destination, facts.query)
    if facts.click_id:
        destination = merged_query(destination, f"clid={facts.click_id}")
    return Decision(outcome=Outcome.REDIRECT, status=route.redirect_type, destination=destination, variant=variant)


def _chosen(route: Route, facts: VisitFacts) -> tuple[str, Variant]:
    """The destination that the first fitting rule names, and the variant when that was the split."""
    if route.places is not None:
        there = destination_for(route.places, facts.country, facts.region)
        if there is not None:
            return there, Variant.NONE
    if route.iphone_url is not None and facts.handheld is Handheld.APPLE:
        return route.iphone_url, Variant.NONE
    if route.android_url is not None and facts.handheld is Handheld.ANDROID:
        return route.android_url, Variant.NONE
    if route.split_url is None:
        return route.destination, Variant.NONE
    if facts.share < route.split_percent:
        return route.split_url, Variant.SPLIT
    return route.destination, Variant.ORIGINAL


def _expired(route: Route) -> Decision:
    if route.expired_url is not None:
        return Decision(outcome=Outcome.EXPIRED, status=302, destination=route.expired_url)
    return Decision(outcome=Outcome.EXPIRED, status=410)


def route_of(link: Link, places: Iterable[Place] = ()) -> Route:
    """The edge's projection of ``link`` with its destinations by place."""
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
        iphone_url=link.iphone_url,
        android_url=link.android_url,
        split_url=link.split_url,
        split_percent=link.split_percent,
        places={(place.country, place.region): place.original_url for place in places},
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
    iphone_url: str | None,
    android_url: str | None,
    split_url: str | None,
    split_percent: int | None,
    places: Mapping[tuple[str, str], str],
) -> Route:
    """The edge's projection of a link of which only these fields are at hand; ``depth`` is that of a wildcard path."""
    needs = 0
    if expires_at_ms is not None:
        needs |= Needs.EXPIRY
    if clicks_limit is not None:
        needs |= Needs.CLICK_LIMIT
    if protected:
        needs |= Needs.PASSWORD
    if original_url.startswith(_ENCRYPTED):
        needs |= Needs.ENCRYPTION
    if places:
        needs |= Needs.COUNTRY
        if any(region for _, region in places):
            needs |= Needs.REGION
    if iphone_url is not None or android_url is not None:
        needs |= Needs.DEVICE
    if split_url is not None:
        needs |= Needs.SPLIT
    if depth is not None and any(
        "$1" in url for url in (original_url, iphone_url, android_url, split_url, *places.values()) if url is not None
    ):
        needs |= Needs.CAPTURE
    return Route(
        link_number=link_number,
        domain_id=domain_id,
        destination=location(original_url),
        redirect_type=redirect_type or DEFAULT_REDIRECT_TYPE,
        skip_query=skip_query,
        needs=int(needs),
        expires_at_ms=expires_at_ms,
        expired_url=None if expired_url is None else location(expired_url),
        clicks_limit=clicks_limit,
        capture_depth=depth,
        places={place: location(url) for place, url in places.items()} if places else None,
        iphone_url=None if iphone_url is None else location(iphone_url),
        android_url=None if android_url is None else location(android_url),
        split_url=None if split_url is None else location(split_url),
        split_percent=0 if split_url is None else split_percent or DEFAULT_SPLIT_PERCENT,
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
