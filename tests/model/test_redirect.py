"""Decisions for one visit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.link import Link
from linnet.model.redirect import (
    DomainRoute,
    Needs,
    Outcome,
    Route,
    VisitFacts,
    candidate_keys,
    decide,
    lost_destination,
    route_of,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOON_MS = 1_777_636_800_000
PLAIN = Route(link_number=1, domain_id=1, destination="https://example.com/a?x=1#top")


def link(**fields: object) -> Link:
    given_fields = {
        "id": "lnk_1_a",
        "number": 7,
        "domain_id": 1,
        "owner_id": 1,
        "path": "a",
        "original_url": "https://example.com/",
        "created_at": NOON,
        "updated_at": NOON,
    } | fields
    return Link(**given_fields)  # type: ignore[arg-type]


def test_a_plain_link_leads_to_its_destination():
    decision = decide(PLAIN, VisitFacts(), NOON_MS)
    assert (decision.outcome, decision.status, decision.destination) == (Outcome.REDIRECT, 302, PLAIN.destination)


def test_the_visitors_query_is_passed_through_before_the_fragment_and_wins():
    decision = decide(PLAIN, VisitFacts(query="x=2&y=3"), NOON_MS)
    assert decision.destination == "https://example.com/a?x=2&y=3#top"


def test_skip_query_leaves_the_destination_alone():
    assert decide(replace(PLAIN, skip_query=True), VisitFacts(query="x=2"), NOON_MS).destination == PLAIN.destination


def test_expiry_begins_at_its_moment_exactly():
    route = replace(PLAIN, expires_at_ms=NOON_MS)
    assert decide(route, VisitFacts(), NOON_MS - 1).outcome is Outcome.REDIRECT
    assert decide(route, VisitFacts(), NOON_MS).status == 410


@pytest.mark.parametrize("facts", [VisitFacts(clicks_used=3), VisitFacts(clicks_used=4)])
def test_a_used_up_click_limit_leads_to_the_expired_url(facts: VisitFacts):
    route = replace(PLAIN, clicks_limit=3, expired_url="https://example.com/over")
    decision = decide(route, facts, NOON_MS)
    assert (decision.outcome, decision.status, decision.destination) == (Outcome.EXPIRED, 302, "https://example.com/over")
    assert decide(route, VisitFacts(clicks_used=2), NOON_MS).outcome is Outcome.REDIRECT


def test_a_capture_puts_the_rest_of_the_path_in_place():
    route = route_of(link(path="docs/*", original_url="https://example.com/manual/$1?v=$1"))
    assert route.needs & Needs.CAPTURE
    decision = decide(route, VisitFacts(rest="a/b%20c"), NOON_MS)
    assert decision.destination == "https://example.com/manual/a/b%20c?v=a/b%20c"


@pytest.mark.parametrize("fields", [{"password_hash": "$argon2id$…"}, {"original_url": "shortsecure://YQ==?Yg=="}])
def test_a_protected_link_never_tells_its_destination(fields: dict[str, str]):
    decision = decide(route_of(link(**fields)), VisitFacts(), NOON_MS)
    assert (decision.outcome, decision.status, decision.destination) == (Outcome.PROTECTED, 403, None)


def test_the_route_of_a_unicode_destination_is_ready_for_a_header():
    assert route_of(link(original_url="https://bücher.example/straße?q=ä")).destination == (
        "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4"
    )


def test_keys_are_looked_up_exact_first_then_longest_prefix_then_catch_all():
    domain = DomainRoute(domain_id=1, hostname="go.example", wildcard_depths=(2, 1, 0))
    assert candidate_keys("docs/api/x", domain) == ["docs/api/x", "docs/api/*", "docs/*", "*"]
    assert candidate_keys("docs", domain) == ["docs", "*"]


routes = st.builds(
    Route,
    link_number=st.integers(1, 2**40),
    domain_id=st.just(1),
    destination=st.sampled_from(["https://e.example/", "https://e.example/$1?a=b#c", "shortsecure://a?b"]),
    redirect_type=st.sampled_from([301, 302, 307, 308]),
    skip_query=st.booleans(),
    needs=st.integers(0, 31),
    expires_at_ms=st.none() | st.integers(0, 2**41),
    expired_url=st.none() | st.just("https://e.example/over"),
    clicks_limit=st.none() | st.integers(1, 5),
)
facts = st.builds(VisitFacts, query=st.text(max_size=30), rest=st.text(max_size=10), clicks_used=st.integers(0, 6))


@given(routes, facts, st.integers(0, 2**41))
def test_every_visit_of_every_route_has_one_decision(route: Route, visit: VisitFacts, now_ms: int):
    decision = decide(route, visit, now_ms)
    assert decision == decide(route, visit, now_ms)
    assert (decision.destination is not None) == (300 <= decision.status < 400)


@pytest.mark.parametrize(
    ("redirect_404", "asked", "destination"),
    [
        (None, b"/x", None),
        ("https://example.com/x", b"/x", "https://example.com/x"),
        ("https://go.example/x?a=1", b"/y", "https://go.example/x?a=1"),
        ("https://go.example/x?a=1", b"/x", None),
        ("https://GO.example:8000/%58", b"/x", None),
        ("https://go.example", b"/", None),
        ("https://not-go.example/x", b"/x", "https://not-go.example/x"),
        ("https://example.com/?from=go.example", b"/", "https://example.com/?from=go.example"),
        ("https://go.example/x", b"/\xff%ff", "https://go.example/x"),
    ],
)
def test_an_unknown_path_is_not_led_to_itself(redirect_404: str | None, asked: bytes, destination: str | None):
    domain = DomainRoute(domain_id=1, hostname="go.example", redirect_404=redirect_404)
    assert lost_destination(domain, asked) == destination
