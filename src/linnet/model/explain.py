"""Why a visit ends as it does: the steps of ``redirect.decide`` in their order, each with what it found, up to the one that
decides."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from linnet.model.conditions import misses
from linnet.model.redirect import Outcome, Step, VisitFacts, look_of
from linnet.model.route import Needs, Route
from linnet.model.rules import ready
from linnet.model.targeting import EU_MEMBERS, EUROPEAN_UNION, Handheld

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEVICES: Final = {Handheld.NONE: "neither an Apple nor an Android one", Handheld.APPLE: "Apple's", Handheld.ANDROID: "Android"}
# What one missed rule may say of itself.
_MOST_MISSES: Final = 5


class Stop(StrEnum):
    """How a visit ends that the edge keeps from what ``decide`` says of it; steps that decide so have these names, too."""

    HTTPS = "https"
    CIRCLE = "circle"
    BLOCKED = "blocked"


class Seen(NamedTuple):
    """A step that was looked at: its name (``Step``, ``Stop``, or a rule's), whether it decides, and why."""

    step: str
    decides: bool
    why: str


class End(NamedTuple):
    """What becomes of a visit: an ``Outcome`` or a ``Stop``, the status of its response, and the step that decided.

    Where a ``Stop`` other than HTTPS did, ``destination`` is where nobody is led."""

    outcome: str
    status: int
    destination: str | None
    variant: str
    rule: str


def https_step(level: str, *, secure: bool) -> Seen:
    """What a domain with this ``httpsLevel``, which is not ``none``, makes of how a visitor comes."""
    if secure:
        return Seen(Stop.HTTPS, False, f"The visitor comes by https, as httpsLevel ({level}) asks.")
    return Seen(Stop.HTTPS, True, f"The visitor comes by http, and httpsLevel ({level}) asks for https.")


def steps_of(route: Route, facts: VisitFacts, now_ms: int) -> list[Seen]:
    """The steps up to the one that decides, which is the last one and has the name of ``decide``'s ``rule``."""
    seen: list[Seen] = []
    for step in _steps(route, facts, now_ms):
        seen.append(step)
        if step.decides:
            break
    return seen


def _steps(route: Route, facts: VisitFacts, now_ms: int) -> Iterator[Seen]:
    yield _expiry(route, now_ms)
    yield _click_limit(route, facts)
    yield _password(route, facts)
    yield _encryption(route)
    yield _preview(route, facts)
    yield from _own_rules(route, facts, now_ms)
    yield from _places(route, facts)
    yield _device(route, facts)
    yield from _ways(route, facts)
    yield Seen(Step.DEFAULT, True, "Nothing else decided, so the link's own destination does.")


def _expiry(route: Route, now_ms: int) -> Seen:
    if route.expires_at_ms is None:
        return Seen(Step.EXPIRY, False, "The link has no expiresAt.")
    expired = now_ms >= route.expires_at_ms
    when = _moment(route.expires_at_ms)
    return Seen(Step.EXPIRY, expired, f"expiresAt is {when}, and the visit {_moment(now_ms)}, {'not ' * (not expired)}past it.")


def _click_limit(route: Route, facts: VisitFacts) -> Seen:
    if route.clicks_limit is None:
        return Seen(Step.CLICK_LIMIT, False, "The link has no clicksLimit.")
    used_up = facts.clicks_used >= route.clicks_limit
    return Seen(Step.CLICK_LIMIT, used_up, f"{facts.clicks_used} of {route.clicks_limit} clicks were used before this visit.")


def _password(route: Route, facts: VisitFacts) -> Seen:
    if not route.needs & Needs.PASSWORD:
        return Seen(Step.PASSWORD, False, "The link has no password.")
    why = "The visitor gave the password." if facts.unlocked else "The link has a password that the visitor did not give."
    return Seen(Step.PASSWORD, not facts.unlocked, why)


def _encryption(route: Route) -> Seen:
    encrypted = bool(route.needs & Needs.ENCRYPTION)
    why = "The destination is encrypted: the visitor's browser reads it." if encrypted else "The destination is not encrypted."
    return Seen(Step.ENCRYPTION, encrypted, why)


def _preview(route: Route, facts: VisitFacts) -> Seen:
    if not route.needs & Needs.PREVIEW:
        return Seen(Step.PREVIEW, False, "The link has no OpenGraph tags.")
    why = f"The visitor is {'a' if facts.previews else 'no'} program that shows previews."
    return Seen(Step.PREVIEW, facts.previews, why)


def _own_rules(route: Route, facts: VisitFacts, now_ms: int) -> Iterator[Seen]:
    look = look_of(facts, now_ms)
    for rule in ready(route.rules) if route.rules is not None else ():
        missed = misses(rule.condition, look)
        if missed:
            more = f" and {len(missed) - _MOST_MISSES} more" if len(missed) > _MOST_MISSES else ""
            yield Seen(rule.label, False, f"The visit does not fit {', '.join(missed[:_MOST_MISSES])}{more}.")
        else:
            yield Seen(rule.label, True, "The visit fits the rule's condition.")


def _places(route: Route, facts: VisitFacts) -> Iterator[Seen]:
    places = route.places or {}
    country, region = facts.country, facts.region
    where = f"The visitor's address is in {country}" if country else "The visitor's country is not known"
    if any(code for _, code in places):
        fits = region != "" and (country, region) in places
        found = f"{where}-{region}" if country and region else "The visitor's region is not known"
        yield Seen(Step.REGION, fits, f"{found}, for which the link has {'a' if fits else 'no'} destination.")
    else:
        yield Seen(Step.REGION, False, "The link has no destinations by region.")
    if not any(not code for _, code in places):
        yield Seen(Step.COUNTRY, False, "The link has no destinations by country.")
        return
    own = (country, "") in places
    union = not own and country in EU_MEMBERS and (EUROPEAN_UNION, "") in places
    has = "a destination" if own else "a destination as a member of the EU" if union else "no destination"
    yield Seen(Step.COUNTRY, own or union, f"{where}, for which the link has {has}.")


def _device(route: Route, facts: VisitFacts) -> Seen:
    if route.iphone_url is None and route.android_url is None:
        return Seen(Step.DEVICE, False, "The link has neither iphoneURL nor androidURL.")
    url = {Handheld.APPLE: route.iphone_url, Handheld.ANDROID: route.android_url}.get(facts.handheld)
    has = "has" if url is not None else "does not have"
    return Seen(Step.DEVICE, url is not None, f"The device is {_DEVICES[facts.handheld]}, for which the link {has} a URL.")


def _ways(route: Route, facts: VisitFacts) -> Iterator[Seen]:
    if route.variants:
        yield Seen(Step.VARIANTS, True, f"Of {len(route.variants)} variants the visitor's lot is one, and always the same.")
    elif route.split_url is not None:
        side = "is below" if facts.share < route.split_percent else "is not below"
        yield Seen(Step.SPLIT, True, f"The visitor's lot is {facts.share}, which {side} splitPercent, {route.split_percent}.")
    else:
        yield Seen(Step.SPLIT, False, "The link has neither variants nor splitURL.")


def finishing_touches(route: Route, facts: VisitFacts, outcome: Outcome, *, tracks_conversions: bool) -> list[str]:
    """What is done to a destination that a step chose, in the order in which it is done."""
    touches: list[str] = []
    if outcome not in (Outcome.REDIRECT, Outcome.PREVIEW, Outcome.CLOAKED, Outcome.TRACKED):
        return touches
    if route.needs & Needs.CAPTURE:
        touches.append(f"$1 is replaced by '{facts.rest}', what the wildcard captured.")
    if facts.query:
        passed = "is left out, because skipQS is set" if route.skip_query else "is passed through"
        touches.append(f"The visitor's query, '{facts.query}', {passed}.")
    if tracks_conversions:
        touches.append("The click's id is added as clid, because the domain tracks conversions.")
    if outcome is Outcome.CLOAKED:
        touches.append("The destination is shown in a frame, because the link is cloaked.")
    elif route.needs & Needs.CLOAKING and outcome is not Outcome.PREVIEW:
        touches.append("The link is cloaked, but browsers show nothing of http in a frame of a page by https.")
    if route.needs & Needs.TRACKING and outcome in (Outcome.CLOAKED, Outcome.TRACKED):
        touches.append(f"Scripts are loaded first, for {', '.join(sorted(route.tracking or ()))}.")
    return touches


def _moment(at_ms: int) -> str:
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return f"{at_ms} ms after 1970"
