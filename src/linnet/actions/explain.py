"""What a visit of a link would come to, and why; nobody visits anything, and nothing is counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from linnet.actions.context import Context, link_and_domain
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.explain import End, Seen, Stop, finishing_touches, https_step, steps_of
from linnet.model.link import Link, clean_text
from linnet.model.path import climbs, quoted, requested_path, wildcard_depth
from linnet.model.redirect import ONWARD, Decision, VisitFacts, decide
from linnet.model.route import Needs, Route, milliseconds
from linnet.model.scan import MARKER, without_marker
from linnet.model.targeting import clean_country, clean_region
from linnet.model.url import quoted_target
from linnet.storage.routes import find_route
from linnet.visitor.address import AddressSet, normal_address
from linnet.visitor.robots import is_preview, is_robot

_MAX_TEXT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit as one imagines it; what is not said is as unknown as it is for a visitor who does not tell. ``country`` and
    ``region`` stand in place of what the address tells, ``at`` (aware) in place of now; ``rest`` is what a wildcard link
    captures, ``language`` an Accept-Language header. ``https`` None is by what the domain wants."""

    country: str | None = None
    region: str | None = None
    address: str = ""
    user_agent: str = ""
    language: str = ""
    referrer: str = ""
    query: str = ""
    rest: str = ""
    at: datetime | None = None
    password_given: bool = False
    https: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What becomes of a visit with the steps that led to it, the last of which decided, what was done to the destination
    afterwards, and what of the visitor was looked at."""

    link: Link
    domain: Domain
    at: datetime
    facts: VisitFacts
    end: End
    steps: list[Seen]
    touches: list[str]


@dataclass(frozen=True, slots=True)
class Explainer:
    """``facts_of`` tells what the edge would know of a visitor as far as a route asks, ``clicks_used`` how many clicks a link
    has used up on this node, ``is_circle`` whether a visitor, of whom each link would know what is given, comes back to where
    it was when it is sent to a destination at a moment (in milliseconds), and ``https_origin`` where a domain sends visitors
    by http, None where they may stay."""

    facts_of: Callable[[Route, Visit], VisitFacts]
    clicks_used: Callable[[int], int]
    is_circle: Callable[[str, Callable[[Route], VisitFacts], int], bool]
    https_origin: Callable[[Domain], str | None]


def explain_link(context: Context, explainer: Explainer, link_id: str, visit: Visit) -> Explanation:
    """What the edge would make of ``visit``. LinkNotFound where the actor may not see the link, or visitors do not: the
    domain's hostname is not proved yet."""
    _refuse_oddities(visit)
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        route = find_route(work.connection, link.number)
    return explain_route(context, explainer, link, domain, route, visit)


def explain_route(
    context: Context, explainer: Explainer, link: Link, domain: Domain, route: Route | None, visit: Visit
) -> Explanation:
    """The same for a link of the actor's with this route, which need not be stored."""
    _refuse_oddities(visit)
    if route is None or not domain.verified:
        raise LinkNotFound("Visitors do not reach this link: its domain's TXT record has not been found yet.")
    at = visit.at if visit.at is not None else context.now()
    origin = explainer.https_origin(domain)
    https = origin is not None if visit.https is None else visit.https
    visit = replace(visit, https=https, address=normal_address(visit.address))
    asked = _as_sent(visit.query)
    query, scanned = without_marker(asked.encode()) if domain.qr_scan_tracking else (asked.encode(), False)
    facts = _known(explainer, route, visit)._replace(
        query=query.decode(),
        rest=quoted(_captured(route, visit.rest)),
        unlocked=visit.password_given,
    )
    explain = partial(Explanation, link=link, domain=domain, at=at, facts=facts)
    gate = [] if origin is None else [https_step(domain.https_level, secure=bool(visit.https))]
    if origin is not None and not visit.https:
        address = _address(origin, link, facts.rest, asked)
        return explain(end=End(Stop.HTTPS, 301, address, "", Stop.HTTPS), steps=gate, touches=[])
    now_ms = milliseconds(at)
    decision = decide(route, facts, now_ms)
    steps = [*gate, *steps_of(route, facts, now_ms)]
    touches = finishing_touches(route, facts, decision.outcome, tracks_conversions=domain.enable_conversion_tracking)
    if scanned:
        touches.insert(0, f"{MARKER} is taken out of the query: the click is a scan of a QR code.")
    if visit.address in AddressSet(domain.ip_exclusions):
        touches.append("The click is neither stored nor counted, because the address is among the domain's ipExclusions.")
    stop = _stop(context, explainer, decision, lambda hop: _known(explainer, hop, visit), now_ms)
    if stop is None:
        return explain(end=End(*decision), steps=steps, touches=touches)
    step, status = stop
    end = End(step.step, status, decision.destination, decision.variant, step.step)
    return explain(end=end, steps=[*steps, step], touches=touches)


def _known(explainer: Explainer, route: Route, visit: Visit) -> VisitFacts:
    """What any link's ``route`` would know of the visitor."""
    agent = visit.user_agent.encode()
    facts = explainer.facts_of(route, visit)._replace(
        previews=is_preview(agent),
        untracked=is_robot(agent),
        secure=bool(visit.https),
    )
    if visit.country is not None:
        facts = facts._replace(country=clean_country(visit.country), region="")
    if visit.region is not None:
        facts = facts._replace(region=clean_region(visit.region, facts.country))
    if route.clicks_limit is not None:
        facts = facts._replace(clicks_used=explainer.clicks_used(route.link_number))
    return facts


def _as_sent(query: str) -> str:
    """A query string as browsers send it."""
    ascii_query = query if query.isascii() else quoted_target(query)
    return ascii_query.replace(" ", "%20").replace("#", "%23")


def _captured(route: Route, rest: str) -> str:
    text = requested_path(f"/{rest}".encode())
    if text is None:
        raise InvalidField("rest must be what may stand in a path.", field="rest")
    if route.needs & Needs.CAPTURE and climbs(text):
        raise InvalidField("rest holds . or .. between slashes, which no link with $1 captures.", field="rest")
    return text


def _address(origin: str, link: Link, rest: str, query: str) -> str:
    """The address that the visitor came to, at ``origin``."""
    path = quoted(link.path) if wildcard_depth(link.path) is None else f"{quoted(link.path.removesuffix('*'))}{rest}"
    return f"{origin}/{path}{f'?{query}' if query else ''}"


def _stop(
    context: Context, explainer: Explainer, decision: Decision, seen_of: Callable[[Route], VisitFacts], now_ms: int
) -> tuple[Seen, int] | None:
    """What keeps a visitor from the destination of a decision, and the status of the page instead."""
    destination = decision.destination
    if destination is None:
        return None
    if decision.outcome in ONWARD and explainer.is_circle(destination, seen_of, now_ms):
        why = "The destination leads in a circle, or through ten short links of this installation or more."
        return Seen(Stop.CIRCLE, True, why), 508
    host = context.harmful_host(destination)
    if host is None:
        return None
    return Seen(Stop.BLOCKED, True, f"The destination is on a block-list, as {host}: the visitor is warned."), 403


def _refuse_oddities(visit: Visit) -> None:
    for field, value in (
        ("userAgent", visit.user_agent),
        ("language", visit.language),
        ("referrer", visit.referrer),
        ("query", visit.query),
        ("rest", visit.rest),
    ):
        clean_text(value, field=field, limit=_MAX_TEXT)
    if visit.address and not normal_address(visit.address):
        raise InvalidField("address must be an IPv4 or IPv6 address such as 192.0.2.1.", field="address")
    if visit.region is not None and visit.country is None:
        raise InvalidField("region needs its country beside it.", field="region")
