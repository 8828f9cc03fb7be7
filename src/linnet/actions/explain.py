"""What a visit of a link would come to, and why; nobody visits anything, and nothing is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from linnet.actions.context import Context, link_and_domain
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.explain import Seen, finishing_touches, steps_of
from linnet.model.link import Link, clean_text
from linnet.model.path import requested_path
from linnet.model.redirect import Decision, VisitFacts, decide
from linnet.model.route import Route, milliseconds
from linnet.model.targeting import clean_country, clean_region
from linnet.storage.routes import find_route
from linnet.visitor.address import normal_address
from linnet.visitor.robots import is_preview, is_robot

_MAX_TEXT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit as one imagines it; what is not said is as unknown as it is for a visitor who does not tell. ``country`` and
    ``region`` stand in place of what the address tells, ``at`` (aware) in place of now; ``rest`` is what a wildcard link
    captures, ``language`` an Accept-Language header."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The decision for a visit with the steps that led to it, the last of which decided, what was done to the destination
    afterwards, and what of the visitor was looked at."""

    link: Link
    domain: Domain
    at: datetime
    facts: VisitFacts
    decision: Decision
    steps: list[Seen]
    touches: list[str]


@dataclass(frozen=True, slots=True)
class Explainer:
    """``facts_of`` tells what the edge would know of a visitor as far as a route asks, ``clicks_used`` how many clicks a link
    has used up on this node."""

    facts_of: Callable[[Route, Visit], VisitFacts]
    clicks_used: Callable[[int], int]


def explain_link(context: Context, explainer: Explainer, link_id: str, visit: Visit) -> Explanation:
    """What the edge would make of ``visit``. LinkNotFound where the actor may not see the link, or visitors do not: the
    domain's hostname is not proved yet."""
    _refuse_oddities(visit)
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        route = find_route(work.connection, link.number)
    if route is None or not domain.verified:
        raise LinkNotFound("Visitors do not reach this link: its domain's TXT record has not been found yet.")
    at = visit.at if visit.at is not None else context.now()
    agent = visit.user_agent.encode()
    facts = explainer.facts_of(route, visit)._replace(
        query=visit.query,
        rest=visit.rest,
        unlocked=visit.password_given,
        previews=is_preview(agent),
        robot=is_robot(agent),
    )
    if visit.country is not None:
        facts = facts._replace(country=clean_country(visit.country), region="")
    if visit.region is not None:
        facts = facts._replace(region=clean_region(visit.region, facts.country))
    if route.clicks_limit is not None:
        facts = facts._replace(clicks_used=explainer.clicks_used(link.number))
    now_ms = milliseconds(at)
    decision = decide(route, facts, now_ms)
    return Explanation(
        link=link,
        domain=domain,
        at=at,
        facts=facts,
        decision=decision,
        steps=steps_of(route, facts, now_ms),
        touches=finishing_touches(route, facts, decision.outcome, tracks_conversions=domain.enable_conversion_tracking),
    )


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
    if requested_path(f"/{visit.rest}".encode()) is None:
        raise InvalidField("rest must be what may stand in a path.", field="rest")
