"""What the edge knows of a link and of a domain: their projections in the route index, and how changes of them travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Final
from urllib.parse import urlsplit

from linnet.model.conditions import Browser, Cidr, Country, Device, Language, Os, Referrer, Region, leaves_of
from linnet.model.domain import Domain
from linnet.model.link import DEFAULT_REDIRECT_TYPE, Link
from linnet.model.opengraph import Tag
from linnet.model.path import MAX_PATH_BYTES, path_key, requested_path
from linnet.model.rules import Rule, route_rules
from linnet.model.tracking import usable_ids
from linnet.model.url import ENCRYPTED_SCHEME, location
from linnet.model.variants import Way, WeightedVariant, ways_of

_ENCRYPTED: Final = f"{ENCRYPTED_SCHEME}:"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
# The share of a split whose owner names a destination and no percentage.
DEFAULT_SPLIT_PERCENT: Final = 50


class Needs(IntFlag):
    """What a route asks for beyond a plain redirect; a route with none is answered from its prerendered bytes. From ADDRESS to
    REFERRER it is what the link's own rules look at."""

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
    PREVIEW = 512
    TRACKING = 1024
    CLOAKING = 2048
    RULES = 1 << 16
    ADDRESS = 1 << 17
    LANGUAGE = 1 << 18
    AGENT = 1 << 19
    REFERRER = 1 << 20
    VARIANTS = 1 << 21
    # A destination may be on one of our own domains: visitors must not be led in a circle.
    OWN_HOST = 1 << 22


# What leaves of conditions look at beyond the clock and the query string.
_NEEDS_OF: Final[Mapping[type, Needs]] = {
    Country: Needs.COUNTRY,
    Region: Needs.REGION,
    Cidr: Needs.ADDRESS,
    Language: Needs.LANGUAGE,
    Os: Needs.AGENT,
    Browser: Needs.AGENT,
    Device: Needs.AGENT,
    Referrer: Needs.REFERRER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The edge's projection of a link. ``expires_at_ms`` counts from the epoch; destinations fit a Location header.

    ``places`` are destinations by country and region ("" for a whole country). Of a hundred visitors ``split_percent`` go to
    ``split_url``, or all to ``variants`` by their weights. ``rules`` are the link's own, for ``rules.first_match``. A link with
    a ``password_hash`` (argon2id) may show its owner's address (``contact``) beside the question.
    ``tracking`` are the ids of the integrations that a visit is told to, by name, be they the link's, its folder's or its
    domain's, as ``cloaked`` may be the domain's wish. ``title`` and ``opengraph`` are there for pages that show them.
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
    rules: str | None = None
    variants: tuple[Way, ...] = ()
    title: str = ""
    password_hash: str | None = None
    contact: str | None = None
    cloaked: bool = False
    tracking: Mapping[str, str] | None = field(default=None, hash=False)
    opengraph: tuple[Tag, ...] = ()


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
    https_level: str = "none"
    robots: str = "allow"
    qr_scan_tracking: bool = True
    ip_exclusions: tuple[str, ...] = ()
    root_redirect: str | None = None
    favicon: str | None = None
    page_texts: Mapping[str, str] = field(default_factory=dict, hash=False)
    apple_association: str | None = None
    asset_links: str | None = None
    limit_counts_robots: bool = False
    whole_addresses: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFields:
    """The fields of a link that its route is made of: its own, or what it has from its folder and its domain."""

    original_url: str
    redirect_type: int | None = None
    skip_query: bool = False
    expires_at_ms: int | None = None
    expired_url: str | None = None
    clicks_limit: int | None = None
    depth: int | None = None
    password_hash: str | None = None
    contact: str | None = None
    iphone_url: str | None = None
    android_url: str | None = None
    split_url: str | None = None
    split_percent: int | None = None
    title: str | None = None
    cloaked: bool = False
    tracking: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    variants: tuple[WeightedVariant, ...] = ()
    opengraph: tuple[Tag, ...] = ()


def bare_route(link_number: int, domain_id: int, original_url: str, redirect_type: int | None, *, skip_query: bool) -> Route:
    """What ``route_from`` makes of a link without any of the other fields, several times as fast: most links are such."""
    return Route(
        link_number=link_number,
        domain_id=domain_id,
        destination=location(original_url),
        redirect_type=redirect_type or DEFAULT_REDIRECT_TYPE,
        skip_query=skip_query,
        needs=int(Needs.ENCRYPTION) if original_url.startswith(_ENCRYPTED) else 0,
    )


def route_from(link_number: int, domain_id: int, fields: LinkFields) -> Route:
    """The edge's projection of a link of which only these fields are at hand; ``depth`` is that of a wildcard path."""
    tracking = usable_ids(fields.tracking)
    needs = _needs_of(fields) | (Needs.TRACKING if tracking else Needs.NOTHING)
    shows_pages = needs & (Needs.CLOAKING | Needs.PREVIEW)
    places = fields.places
    split_url = None if fields.variants else _location(fields.split_url)
    return Route(
        link_number=link_number,
        domain_id=domain_id,
        destination=location(fields.original_url),
        redirect_type=fields.redirect_type or DEFAULT_REDIRECT_TYPE,
        skip_query=fields.skip_query,
        needs=int(needs),
        expires_at_ms=fields.expires_at_ms,
        expired_url=_location(fields.expired_url),
        clicks_limit=fields.clicks_limit,
        capture_depth=fields.depth,
        places={place: location(url) for place, url in places.items()} if places else None,
        iphone_url=_location(fields.iphone_url),
        android_url=_location(fields.android_url),
        split_url=split_url,
        split_percent=0 if split_url is None else fields.split_percent or DEFAULT_SPLIT_PERCENT,
        rules=route_rules(fields.rules),
        variants=ways_of(fields.variants, fields.original_url),
        title=fields.title or "" if shows_pages else "",
        password_hash=fields.password_hash,
        contact=fields.contact if fields.password_hash is not None else None,
        cloaked=fields.cloaked,
        tracking=tracking or None,
        opengraph=fields.opengraph,
    )


def _location(url: str | None) -> str | None:
    return None if url is None else location(url)


def _needs_of(fields: LinkFields) -> Needs:
    places = fields.places
    own = [rule.original_url for rule in fields.rules] + [variant.original_url for variant in fields.variants]
    destinations = (fields.original_url, fields.iphone_url, fields.android_url, fields.split_url, *places.values(), *own)
    looked_at = {_NEEDS_OF.get(type(leaf), Needs.NOTHING) for rule in fields.rules for leaf in leaves_of(rule.condition)}
    asked = {
        Needs.EXPIRY: fields.expires_at_ms is not None,
        Needs.CLICK_LIMIT: fields.clicks_limit is not None,
        Needs.PASSWORD: fields.password_hash is not None,
        Needs.ENCRYPTION: fields.original_url.startswith(_ENCRYPTED),
        Needs.COUNTRY: bool(places) or bool(looked_at & {Needs.COUNTRY, Needs.REGION}),
        Needs.REGION: any(region for _, region in places) or Needs.REGION in looked_at,
        Needs.DEVICE: fields.iphone_url is not None or fields.android_url is not None,
        Needs.SPLIT: fields.split_url is not None and not fields.variants,
        Needs.VARIANTS: bool(fields.variants),
        Needs.RULES: bool(fields.rules),
        **{need: need in looked_at for need in (Needs.ADDRESS, Needs.LANGUAGE, Needs.AGENT, Needs.REFERRER)},
        Needs.CAPTURE: fields.depth is not None and any("$1" in url for url in destinations if url is not None),
        Needs.PREVIEW: bool(fields.opengraph),
        Needs.CLOAKING: fields.cloaked,
    }
    return Needs(sum(int(need) for need, wanted in asked.items() if wanted))


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
        https_level=domain.https_level,
        robots=domain.robots,
        qr_scan_tracking=domain.qr_scan_tracking,
        ip_exclusions=domain.ip_exclusions,
        root_redirect=location(domain.root_redirect) if domain.root_redirect else None,
        favicon=domain.favicon,
        page_texts=domain.page_texts,
        apple_association=domain.apple_association,
        asset_links=domain.asset_links,
        limit_counts_robots=domain.limit_counts_robots,
        whole_addresses=domain.whole_addresses,
    )


def lost_destination(domain: DomainRoute, raw_path: bytes) -> str | None:
    """Where a visitor of a path without a link goes: from the root to the domain's ``root_redirect``, from elsewhere and
    without one to its ``redirect_404``; None when that is nowhere, or this very path, whose link was removed."""
    at_root = raw_path in (b"/", b"") and domain.root_redirect is not None
    url = domain.root_redirect if at_root else domain.redirect_404
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
                prefix = "/".join(segments[:depth]) + "/*"
                # No link has a longer path, and looking for one means hashing it.
                if len(prefix) <= MAX_PATH_BYTES:
                    keys.append(prefix)
    return keys


def key_of(link: Link, domain: Domain) -> str:
    """The path key under which the edge finds ``link``."""
    return path_key(link.path, case_sensitive=domain.case_sensitive)


def milliseconds(moment: datetime) -> int:
    """``moment`` (aware) in whole milliseconds since the epoch."""
    return (moment - _EPOCH) // _MILLISECOND
