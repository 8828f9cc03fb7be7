"""Following a link that has rules: what is known of the visitor, the decision, and the bytes that it makes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import randbits
from typing import NamedTuple

from linnet.edge.blocked import BLOCKED, BlockGuard
from linnet.edge.cloaking import cloaking_page
from linnet.edge.cookie import is_unlocked
from linnet.edge.counters import NodeCounters
from linnet.edge.counting import uses_up
from linnet.edge.encrypted import encrypted_page
from linnet.edge.facts import Visitor, VisitorFacts
from linnet.edge.heads import Head, wishes_of
from linnet.edge.hops import NO_HOPS, Hop, Hops
from linnet.edge.interstitial import Made
from linnet.edge.password_page import password_page
from linnet.edge.preview import preview_page
from linnet.edge.respond import USUAL_PAGES, Pages, document, page, redirect
from linnet.edge.tracking import tracking_page
from linnet.model import conversion
from linnet.model.click import VARIANT_BITS, ClickFlag
from linnet.model.conversion import NONCE_BITS, ClickId
from linnet.model.redirect import ONWARD, Decision, Outcome, VisitFacts, decide
from linnet.model.route import DomainRoute, Needs, Route
from linnet.model.url import quoted_target
from linnet.visitor.robots import is_preview, is_robot

# Outcomes in which the visitor reaches the destination, or what there is to be seen of it: these use up a limit.
_ARRIVED = (Outcome.REDIRECT, Outcome.CLOAKED, Outcome.TRACKED, Outcome.ENCRYPTED, Outcome.PREVIEW)
# Bare numbers, because members of an IntFlag take a microsecond to combine.
_OWN_HOST = int(Needs.OWN_HOST)
_PASSWORD, _PREVIEW, _TRACKING = int(Needs.PASSWORD), int(Needs.PREVIEW), int(Needs.TRACKING)


class Asked(NamedTuple):
    """A visit as its link's rules may look at it. ``rest`` is what a wildcard captured, ``now`` seconds since the epoch,
    ``tail`` the end of the response's head (``respond.tail_of``). ``pages`` are those of the domain; a visit that is
    ``excluded`` comes from an address whose clicks are not counted, against a limit neither."""

    method: str
    query: bytes
    rest: str
    now: float
    visitor: Visitor
    head: Head
    https: bool
    tail: bytes
    pages: Pages = USUAL_PAGES
    excluded: bool = False


class Answer(NamedTuple):
    """What the visitor gets, and what the click's record says of it."""

    status: int
    response: bytes
    flags: int


@dataclass(frozen=True, slots=True)
class Following:
    """``click_key`` signs the ids of clicks, ``unlock_key`` the cookies of links whose password was given; who asked not to be
    tracked is not where ``honour_opt_out``."""

    counters: NodeCounters
    facts: VisitorFacts
    click_key: bytes
    unlock_key: bytes = b""
    hops: Hops = NO_HOPS
    blocked: BlockGuard | None = None
    honour_opt_out: bool = True

    def answer(self, domain: DomainRoute, route: Route, asked: Asked) -> Answer:
        """The answer to a visit of ``route``; its click is counted against the link's limit if it is one that counts."""
        now_ms = int(asked.now * 1000)
        nonce = randbits(NONCE_BITS) if domain.tracks_conversions and not self._opted_out(asked) else 0
        facts = self._facts(route, asked, ClickId(route.link_number, now_ms, nonce) if nonce else None)
        decision = decide(route, facts, now_ms)
        if route.needs & _OWN_HOST and (url := self._onward(route, facts, now_ms)) is not None:
            circle = self.circle(domain, route.link_number, url, asked)
            if circle is not None:
                return circle
        if (stopped := self._stopped(decision, asked)) is not None:
            return stopped
        if route.clicks_limit is not None and decision.outcome in _ARRIVED:
            used = self._clicks_used(domain, route.link_number, route.clicks_limit, asked)
            decision = decide(route, facts._replace(clicks_used=used), now_ms)
            if decision.outcome is Outcome.EXPIRED and (stopped := self._stopped(decision, asked)) is not None:
                return stopped
        elif route.clicks_limit is not None and decision.outcome is Outcome.PASSWORD:
            # Nobody is asked for the password of a link that is used up.
            decision = decide(route, facts._replace(clicks_used=self.counters.clicks(route.link_number)), now_ms)
        if route.tracking and self._opted_out(asked):
            # A page around the destination would tell the services, too.
            route = replace(route, tracking=None)
        response = _RESPONSES.get(decision.outcome, _page)(domain, route, decision, asked)
        return Answer(decision.status, response, VARIANT_BITS[decision.variant] | nonce << ClickFlag.NONCE_SHIFT)

    def lost(self, domain: DomainRoute, destination: str, asked: Asked) -> Answer:
        """The answer to a visit that its domain sends to ``destination``, because no link has the path."""
        blocked, url = self.blocked, destination.encode()
        if blocked is not None and blocked.stops(url):
            return Answer(BLOCKED, blocked.answer(url, asked.tail, asked.method, by="domain"), 0)
        return self.circle(domain, 0, destination, asked) or Answer(302, redirect(302, url, asked.tail), 0)

    def _stopped(self, decision: Decision, asked: Asked) -> Answer | None:
        """The answer where the destination is on a block-list, which no click counts for."""
        if self.blocked is None or decision.destination is None:
            return None
        url = decision.destination.encode()
        return Answer(BLOCKED, self.blocked.answer(url, asked.tail, asked.method), 0) if self.blocked.stops(url) else None

    def circle(self, domain: DomainRoute, link_number: int, destination: str, asked: Asked) -> Answer | None:
        """The answer where this visitor, sent to ``destination`` by a link (0: by its domain), would come back to where it was;
        None where it gets somewhere. Nothing is counted on the way."""
        if not self.hops.is_circle(destination, lambda hop: self._hop(hop, asked)):
            return None
        self.hops.report(domain, link_number, asked.now)
        return Answer(508, page(508, asked.tail, head_only=asked.method == "HEAD", pages=asked.pages), 0)

    def _hop(self, hop: Hop, asked: Asked) -> str | None:
        there = asked._replace(query=hop.query.encode(), rest=hop.rest, https=hop.secure)
        return self._onward(hop.route, self._facts(hop.route, there, None), int(asked.now * 1000))

    def _onward(self, route: Route, facts: VisitFacts, now_ms: int) -> str | None:
        """Where a link sends a visitor without more ado, before this visit is counted."""
        if route.clicks_limit is not None:
            facts = facts._replace(clicks_used=self.counters.clicks(route.link_number))
        decision = decide(route, facts, now_ms)
        return decision.destination if decision.outcome in ONWARD else None

    def _clicks_used(self, domain: DomainRoute, link_number: int, limit: int, asked: Asked) -> int:
        """How many clicks were counted before this one, which is counted too if it is to be."""
        agent = asked.visitor.user_agent
        counted = not asked.excluded and uses_up(asked.method, asked.head, agent, robots=domain.limit_counts_robots)
        return self.counters.claim_click(link_number, limit) if counted else self.counters.clicks(link_number)

    def ended(self, domain: DomainRoute, route: Route, asked: Asked) -> bytes | None:
        """The response where the link has ended, by date or by clicks; None while it can be followed."""
        used = self.counters.clicks(route.link_number) if route.clicks_limit is not None else 0
        decision = decide(route, VisitFacts(clicks_used=used), int(asked.now * 1000))
        return _redirect(domain, route, decision, asked) if decision.outcome is Outcome.EXPIRED else None

    def _facts(self, route: Route, asked: Asked, click: ClickId | None) -> VisitFacts:
        query = asked.query
        known = self.facts.of(route, asked.visitor, asked.head)
        needs, agent = route.needs, asked.visitor.user_agent
        return VisitFacts(
            query=query.decode() if query.isascii() else quoted_target(query),
            rest=asked.rest,
            click_id=conversion.click_id(click, self.click_key) if click is not None else "",
            country=known.country,
            region=known.region,
            handheld=known.handheld,
            share=known.share,
            unlocked=bool(needs & _PASSWORD) and is_unlocked(route, asked.head, asked.now, self.unlock_key),
            previews=bool(needs & _PREVIEW) and is_preview(agent),
            untracked=bool(needs & _TRACKING) and (is_robot(agent) or self._opted_out(asked)),
            secure=asked.https,
            lots=known.lots,
            traits=known.traits,
        )

    def _opted_out(self, asked: Asked) -> bool:
        return self.honour_opt_out and wishes_of(asked.head)[1] != 0


def _page(domain: DomainRoute, route: Route, decision: Decision, asked: Asked) -> bytes:
    status = decision.status if decision.status >= 400 else 403
    return page(status, asked.tail, head_only=asked.method == "HEAD", pages=asked.pages)


def _redirect(domain: DomainRoute, route: Route, decision: Decision, asked: Asked) -> bytes:
    if decision.destination is None:
        return _page(domain, route, decision, asked)
    private = bool(route.needs & _PASSWORD)
    return redirect(decision.status, decision.destination.encode(), asked.tail, private=private)


def _password(domain: DomainRoute, route: Route, decision: Decision, asked: Asked) -> bytes:
    return password_page(decision.status, route, domain.page_texts, asked.tail, head_only=asked.method == "HEAD")


def _made(domain: DomainRoute, route: Route, decision: Decision, asked: Asked) -> bytes:
    headers, body = _MADE[decision.outcome](domain, route, decision.destination or "")
    return document(decision.status, body, headers, asked.tail, head_only=asked.method == "HEAD")


_MADE: dict[Outcome, Callable[[DomainRoute, Route, str], Made]] = {
    Outcome.ENCRYPTED: encrypted_page,
    Outcome.PREVIEW: preview_page,
    Outcome.CLOAKED: cloaking_page,
    Outcome.TRACKED: tracking_page,
}
_RESPONSES: dict[Outcome, Callable[[DomainRoute, Route, Decision, Asked], bytes]] = {
    Outcome.REDIRECT: _redirect,
    Outcome.EXPIRED: _redirect,
    Outcome.PASSWORD: _password,
    **dict.fromkeys(_MADE, _made),
}
