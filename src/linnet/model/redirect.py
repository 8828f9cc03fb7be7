"""The decision for one visit: what a link's rules make of what is known of the visitor."""

from enum import StrEnum
from typing import Final, NamedTuple

from linnet.model.click import Variant
from linnet.model.conditions import NO_TRAITS, Look, Traits
from linnet.model.route import Needs, Route
from linnet.model.rules import first_match
from linnet.model.targeting import Handheld, destination_for
from linnet.model.url import merged_query, with_captured
from linnet.model.variants import drawn

# Bare numbers, because members of an IntFlag take a microsecond to combine.
_CAPTURE: Final = int(Needs.CAPTURE)
_PASSWORD: Final = int(Needs.PASSWORD)
_ENCRYPTION: Final = int(Needs.ENCRYPTION)
_PREVIEW: Final = int(Needs.PREVIEW)
_CLOAKING: Final = int(Needs.CLOAKING)
_TRACKING: Final = int(Needs.TRACKING)


class Step:
    """The steps of ``decide`` beside a link's own rules."""

    EXPIRY = "expiry"
    CLICK_LIMIT = "click limit"
    PASSWORD = "password"  # noqa: S105
    ENCRYPTION = "encryption"
    PREVIEW = "preview"
    REGION = "region"
    COUNTRY = "country"
    DEVICE = "device"
    VARIANTS = "variants"
    SPLIT = "split"
    DEFAULT = "default"


class Outcome(StrEnum):
    """How a visit ends. PASSWORD, ENCRYPTED, PREVIEW, CLOAKED and TRACKED are pages instead of a redirect; the last two lead
    to the destination nevertheless, in a frame or after a script."""

    REDIRECT = "redirect"
    EXPIRED = "expired"
    PASSWORD = "password"  # noqa: S105
    ENCRYPTED = "encrypted"
    PREVIEW = "preview"
    CLOAKED = "cloaked"
    TRACKED = "tracked"
    NOT_FOUND = "not_found"


# Outcomes from which the visitor gets to the destination by itself.
ONWARD: Final = (Outcome.REDIRECT, Outcome.CLOAKED, Outcome.TRACKED, Outcome.EXPIRED)


class VisitFacts(NamedTuple):
    """What rules may look at. ``rest`` is what a wildcard captured, decoded and encoded again, as it may stand in a URL;
    ``clicks_used`` counts earlier clicks against the limit; ``click_id`` goes along where conversions are tracked. ``country``
    and ``region`` are ISO 3166's codes, "" when unknown; ``share`` (0 to 99) is the visitor's lot in a split. ``unlocked`` says
    that the visitor gave the link's password, ``previews`` that a program asks in order to show what is behind the link,
    ``untracked`` that other services are not told of the visit (a program asks, or somebody who does not want to be tracked),
    and ``secure`` that the visitor came by https. ``lots`` are drawn for weighted variants (``variants.lots_of``), ``traits``
    are what only the link's own rules ask for."""

    query: str = ""
    rest: str = ""
    clicks_used: int = 0
    click_id: str = ""
    country: str = ""
    region: str = ""
    handheld: Handheld = Handheld.NONE
    share: int = 0
    unlocked: bool = False
    previews: bool = False
    untracked: bool = False
    secure: bool = False
    lots: bytes = b""
    traits: Traits = NO_TRAITS


class Decision(NamedTuple):
    """The outcome for one visit; ``destination`` is set where the visitor may learn it, ``variant`` where a split decided, and
    ``rule`` names the step that did: ``rule 2 (name)`` is one of the link's own rules, others are ``Step``'s."""

    outcome: Outcome
    status: int
    destination: str | None = None
    variant: str = Variant.NONE
    rule: str = ""


def decide(route: Route, facts: VisitFacts, now_ms: int) -> Decision:
    """Where this visit goes: expiry by date, then by clicks, then the password, then encryption, then the page for previews,
    then the destination for this visitor (the link's own rules, region, country, device, variants or split, and else the link's
    own), with what a wildcard captured, the visitor's query and the click's id; in a frame where the link is cloaked, behind
    scripts where people's visits are tracked."""
    if route.expires_at_ms is not None and now_ms >= route.expires_at_ms:
        return _expired(route, Step.EXPIRY)
    if route.clicks_limit is not None and facts.clicks_used >= route.clicks_limit:
        return _expired(route, Step.CLICK_LIMIT)
    needs = route.needs
    if needs & _PASSWORD and not facts.unlocked:
        return Decision(outcome=Outcome.PASSWORD, status=403, rule=Step.PASSWORD)
    if needs & _ENCRYPTION:
        return Decision(outcome=Outcome.ENCRYPTED, status=200, destination=route.destination, rule=Step.ENCRYPTION)
    if needs & _PREVIEW and facts.previews:
        destination = _carrying(route, facts, route.destination)
        return Decision(outcome=Outcome.PREVIEW, status=200, destination=destination, rule=Step.PREVIEW)
    chosen, variant, rule = _chosen(route, facts, now_ms)
    destination = _carrying(route, facts, chosen)
    outcome = _way(needs, facts, destination)
    status = route.redirect_type if outcome is Outcome.REDIRECT else 200
    return Decision(outcome=outcome, status=status, destination=destination, variant=variant, rule=rule)


def _carrying(route: Route, facts: VisitFacts, destination: str) -> str:
    """``destination`` with what the visit brings along."""
    if route.needs & _CAPTURE:
        destination = with_captured(destination, facts.rest)
    if facts.query and not route.skip_query:
        destination = merged_query(destination, facts.query)
    if facts.click_id:
        destination = merged_query(destination, f"clid={facts.click_id}")
    return destination


def _way(needs: int, facts: VisitFacts, destination: str) -> Outcome:
    """How a visit gets to its destination."""
    # Browsers show nothing of http in a frame of an https page.
    if needs & _CLOAKING and not (facts.secure and destination.startswith("http:")):
        return Outcome.CLOAKED
    if needs & _TRACKING and not facts.untracked:
        return Outcome.TRACKED
    return Outcome.REDIRECT


def look_of(facts: VisitFacts, now_ms: int) -> Look:
    """The visit as conditions of the link's own rules look at it."""
    return Look(facts.country, facts.region, facts.query, facts.traits, now_ms)


def _chosen(route: Route, facts: VisitFacts, now_ms: int) -> tuple[str, str, str]:
    """The destination that the first fitting rule names, the variant when that was a split, and the rule's name."""
    if route.rules is not None:
        rule = first_match(route.rules, look_of(facts, now_ms))
        if rule is not None:
            return rule.destination, Variant.NONE, rule.label
    if route.places is not None:
        there = destination_for(route.places, facts.country, facts.region)
        if there is not None:
            by_region = facts.region != "" and (facts.country, facts.region) in route.places
            return there, Variant.NONE, Step.REGION if by_region else Step.COUNTRY
    if route.iphone_url is not None and facts.handheld is Handheld.APPLE:
        return route.iphone_url, Variant.NONE, Step.DEVICE
    if route.android_url is not None and facts.handheld is Handheld.ANDROID:
        return route.android_url, Variant.NONE, Step.DEVICE
    if route.variants:
        way = drawn(route.variants, facts.lots)
        return way.destination, way.label, Step.VARIANTS
    if route.split_url is None:
        return route.destination, Variant.NONE, Step.DEFAULT
    if facts.share < route.split_percent:
        return route.split_url, Variant.SPLIT, Step.SPLIT
    return route.destination, Variant.ORIGINAL, Step.SPLIT


def _expired(route: Route, step: str) -> Decision:
    url = route.expired_url
    if url is not None:
        # A fragment of its own, be it an empty one, keeps the browser from handing on the key in that of the short URL.
        bare = route.needs & _ENCRYPTION and "#" not in url
        return Decision(outcome=Outcome.EXPIRED, status=302, destination=f"{url}#" if bare else url, rule=step)
    return Decision(outcome=Outcome.EXPIRED, status=410, rule=step)
