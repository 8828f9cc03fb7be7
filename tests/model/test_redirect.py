"""Decisions for one visit."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.click import Variant
from linnet.model.condition_json import read_condition
from linnet.model.conditions import Traits
from linnet.model.link import Link
from linnet.model.path import MAX_PATH_BYTES
from linnet.model.redirect import Outcome, VisitFacts, decide
from linnet.model.route import (
    DomainRoute,
    LinkFields,
    Needs,
    Route,
    bare_route,
    candidate_keys,
    lost_destination,
    route_from,
)
from linnet.model.rules import Rule, route_rules
from linnet.model.targeting import EU_MEMBERS, Handheld, Place, split_share
from linnet.model.tracking import usable_ids
from linnet.model.variants import Way, WeightedVariant
from tests.support.decisions import facts, routes
from tests.support.routes import route_of

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


PLAIN_LINK = route_of(link())
TAGS = (("title", "Offer"),)


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


def test_a_link_with_a_password_tells_its_destination_to_who_knows_it_and_to_nobody_else():
    route = route_of(link(password_hash="$argon2id$…"))
    asked = decide(route, VisitFacts(previews=True), NOON_MS)
    assert (asked.outcome, asked.status, asked.destination) == (Outcome.PASSWORD, 403, None)
    assert decide(route, VisitFacts(unlocked=True), NOON_MS).destination == "https://example.com/"


def test_what_is_encrypted_is_for_the_visitors_browser_to_read():
    decision = decide(route_of(link(original_url="shortsecure://YQ==?Yg==")), VisitFacts(query="a=b"), NOON_MS)
    assert (decision.outcome, decision.destination) == (Outcome.ENCRYPTED, "shortsecure://YQ==?Yg==")


def test_programs_that_preview_a_link_see_its_tags_and_people_its_destination():
    route = route_of(link(), opengraph=(("title", "Offer"),))
    assert decide(route, VisitFacts(previews=True), NOON_MS).outcome is Outcome.PREVIEW
    assert decide(route, VisitFacts(), NOON_MS).outcome is Outcome.REDIRECT


def test_a_cloaked_link_stays_in_a_frame_with_whatever_scripts_it_has():
    assert decide(route_of(link(cloaking=True)), VisitFacts(query="a=b"), NOON_MS).outcome is Outcome.CLOAKED
    both = decide(route_of(link(cloaking=True), tracking={"ga": "G-1"}), VisitFacts(query="a=b"), NOON_MS)
    assert (both.outcome, both.destination) == (Outcome.CLOAKED, "https://example.com/?a=b")
    assert decide(route_of(link(integration_ga="G-1")), VisitFacts(), NOON_MS).outcome is Outcome.TRACKED


def test_the_route_of_a_unicode_destination_is_ready_for_a_header():
    assert route_of(link(original_url="https://bücher.example/straße?q=ä")).destination == (
        "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4"
    )


def test_keys_are_looked_up_exact_first_then_longest_prefix_then_catch_all():
    domain = DomainRoute(domain_id=1, hostname="go.example", wildcard_depths=(2, 1, 0))
    assert candidate_keys("docs/api/x", domain) == ["docs/api/x", "docs/api/*", "docs/*", "*"]
    # Those that are longer than any path are not looked for.
    long = "d" * (MAX_PATH_BYTES - 2)
    assert candidate_keys(f"{long}/api/x", domain) == [f"{long}/api/x", f"{long}/*", "*"]
    assert candidate_keys("docs", domain) == ["docs", "*"]


@given(routes, facts, st.integers(0, 2**41))
def test_every_visit_of_every_route_has_one_decision(route: Route, visit: VisitFacts, now_ms: int):
    decision = decide(route, visit, now_ms)
    assert decision == decide(route, visit, now_ms)
    assert (decision.destination is not None) == (decision.status < 400)
    assert (decision.outcome in (Outcome.REDIRECT, Outcome.EXPIRED)) >= (300 <= decision.status < 400)
    if decision.variant is not Variant.NONE:
        assert decision.outcome in (Outcome.REDIRECT, Outcome.CLOAKED, Outcome.TRACKED)
        assert route.split_url is not None or route.variants
    assert decision.rule


GERMAN = Rule(condition=read_condition({"language": ["de"]}, "c"), original_url="https://e.example/german", name="German")
RULES = {
    "rule 1 (German)": {"rules": route_rules([GERMAN])},
    "region": {"places": {("US", "CA"): "https://e.example/region"}},
    "country": {"places": {("US", ""): "https://e.example/country"}},
    "iphone": {"iphone_url": "https://e.example/iphone"},
    "android": {"android_url": "https://e.example/android"},
    "variants": {"variants": (Way("c", 5, "https://e.example/variants"),)},
    "split": {"split_url": "https://e.example/split", "split_percent": 30},
}


@pytest.mark.parametrize("rules", list(product([False, True], repeat=len(RULES))))
def test_the_first_rule_that_fits_decides(rules: tuple[bool, ...]):
    present = [name for name, is_there in zip(RULES, rules, strict=True) if is_there]
    route = replace(PLAIN, destination="https://e.example/default")
    places: dict[tuple[str, str], str] = {}
    for name in present:
        fields = dict(RULES[name])
        places.update(fields.pop("places", {}))  # type: ignore[call-overload]
        route = replace(route, places=places or None, **fields)
    for country, region, handheld, share, liked in product(
        ["US", "DE", ""], ["CA", "NY", ""], Handheld, [0, 29, 30, 99], [("de",), ()]
    ):
        fitting = {
            "rule 1 (German)": liked == ("de",),
            "region": (country, region) == ("US", "CA"),
            "country": country == "US",
            "iphone": handheld is Handheld.APPLE,
            "android": handheld is Handheld.ANDROID,
            "variants": True,
            "split": share < 30,
        }
        expected = next((name for name in present if fitting[name]), "default")
        traits = Traits(languages=liked)
        visit = VisitFacts(country=country, region=region, handheld=handheld, share=share, traits=traits)
        decision = decide(route, visit, NOON_MS)
        assert decision.destination == f"https://e.example/{'german' if expected == 'rule 1 (German)' else expected}"
        drawn = "split" if expected == "split" else "original" if "split" in present else ""
        drawn = "c" if expected == "variants" else drawn
        assert decision.variant == (drawn if expected in ("variants", "split", "default") else Variant.NONE)
        step = {"iphone": "device", "android": "device"}.get(expected, expected)
        assert decision.rule == ("split" if step == "default" and "split" in present else step)


@pytest.mark.parametrize(
    "ended",
    [{"expires_at_ms": 1}, {"clicks_limit": 1}, {"needs": int(Needs.PASSWORD)}, {"needs": int(Needs.ENCRYPTION)}],
)
def test_no_rule_leads_past_expiry_or_protection(ended: dict[str, int]):
    plain = replace(PLAIN, **ended)  # type: ignore[arg-type]
    ways = (Way("a", 1, "https://e.example/way"),)
    targeted = replace(plain, places={("US", ""): "https://e.example/us"}, split_url="https://e.example/s", split_percent=100)
    targeted = replace(targeted, rules=route_rules([GERMAN]), variants=ways)
    visit = VisitFacts(country="US", clicks_used=1, traits=Traits(languages=("de",)))
    assert decide(targeted, visit, NOON_MS) == decide(plain, visit, NOON_MS)
    assert decide(targeted, visit, NOON_MS).variant is Variant.NONE


@pytest.mark.parametrize(
    "fields",
    [
        {"places": {("US", ""): "https://e.example/$1?a=1#x"}},
        {"iphone_url": "https://e.example/$1?a=1#x"},
        {"split_url": "https://e.example/$1?a=1#x", "split_percent": 100},
        {"rules": route_rules([replace(GERMAN, original_url="https://e.example/$1?a=1#x")])},
        {"variants": (Way("a", 1, "https://e.example/$1?a=1#x"),)},
        {"destination": "https://e.example/$1?a=1#x"},
    ],
)
def test_capture_query_and_click_id_reach_whichever_destination_was_chosen(fields: dict[str, object]):
    route = replace(PLAIN, needs=int(Needs.CAPTURE), **fields)  # type: ignore[arg-type]
    visit = VisitFacts(
        query="b=2", rest="r", click_id="c", country="US", handheld=Handheld.APPLE, traits=Traits(languages=("de",))
    )
    assert decide(route, visit, NOON_MS).destination == "https://e.example/r?a=1&b=2&clid=c#x"
    assert decide(replace(route, skip_query=True), visit, NOON_MS).destination == "https://e.example/r?a=1&clid=c#x"


def test_a_rule_for_the_european_union_is_for_its_members_that_have_no_other():
    route = replace(PLAIN, places={("EU", ""): "https://e.example/eu", ("DE", ""): "https://e.example/de"})
    led = {country: decide(route, VisitFacts(country=country), NOON_MS).destination for country in ("FR", "DE", "GB", "CH", "")}
    assert led == {
        "FR": "https://e.example/eu",
        "DE": "https://e.example/de",
        **dict.fromkeys(("GB", "CH", ""), PLAIN.destination),
    }
    assert len(EU_MEMBERS) == 27


def test_the_page_for_a_preview_leads_on_with_what_the_visit_brought():
    route = route_of(link(path="x/*", original_url="https://example.com/$1", split_url="https://e.example/"), opengraph=TAGS)
    decision = decide(route, VisitFacts(previews=True, rest="r", query="a=b"), NOON_MS)
    assert (decision.destination, decision.variant) == ("https://example.com/r?a=b", Variant.NONE)


def test_robots_are_spared_the_scripts_of_tracking():
    route = route_of(link(integration_ga="G-1"))
    assert decide(route, VisitFacts(untracked=True), NOON_MS) == decide(PLAIN_LINK, VisitFacts(), NOON_MS)
    cloaked = route_of(link(integration_ga="G-1", cloaking=True))
    assert decide(cloaked, VisitFacts(untracked=True), NOON_MS).outcome is Outcome.CLOAKED


@pytest.mark.parametrize(
    ("destination", "secure", "outcome"),
    [
        ("http://example.com/", True, Outcome.REDIRECT),
        ("http://example.com/", False, Outcome.CLOAKED),
        ("https://example.com/", True, Outcome.CLOAKED),
    ],
)
def test_what_a_browser_would_not_show_in_a_frame_is_redirected_to(destination: str, secure: bool, outcome: Outcome):
    route = route_of(link(original_url=destination, cloaking=True))
    assert decide(route, VisitFacts(secure=secure), NOON_MS).outcome is outcome


def test_the_key_of_an_encrypted_link_does_not_go_on_when_the_link_has_expired():
    """A browser takes the fragment of the short URL along to a destination that has none of its own (RFC 9110, 10.2.2)."""
    encrypted = link(original_url="shortsecure://YQ==?Yg==", expires_at=NOON, expired_url="https://example.com/over")
    assert decide(route_of(encrypted), VisitFacts(), NOON_MS).destination == "https://example.com/over#"
    assert decide(route_of(replace(encrypted, expired_url="https://e.example/#a")), VisitFacts(), NOON_MS).destination == (
        "https://e.example/#a"
    )
    plain = replace(encrypted, original_url="https://example.com/")
    assert decide(route_of(plain), VisitFacts(), NOON_MS).destination == "https://example.com/over"


@pytest.mark.parametrize(
    ("name", "written", "known"),
    [
        ("ga", "G-ABC123", "G-ABC123"),
        ("ga", " ua-12345-1 ", "UA-12345-1"),
        ("ga", "AW-123456789", "AW-123456789"),
        ("ga", "GTM-AB12", "GTM-AB12"),
        ("gtm", "GTM-AB12", "GTM-AB12"),
        ("gtm", "G-ABC123", "G-ABC123"),
        ("fb", "1234567890", "1234567890"),
        ("tt", "CUP0KTBC77UE7K4ENLCG", "CUP0KTBC77UE7K4ENLCG"),
        ("adroll", "YP2ZA24FSRHVFOXA6H4TJN, CN2GLR4VF5DM7E5CN4Q7PM", "YP2ZA24FSRHVFOXA6H4TJN/CN2GLR4VF5DM7E5CN4Q7PM"),
        ("adroll", "YP2ZA24FSRHVFOXA6H4TJN", "YP2ZA24FSRHVFOXA6H4TJN"),
        ("ga", "G-1');alert(1)//", None),
        ("ga", "12345", None),
        ("gtm", "</script>", None),
        ("fb", "12 34", None),
        ("fb", "１２３", None),
        ("tt", "a-b", None),
        ("adroll", "ADV", None),
        ("adroll", "A" * 22 + "/" + "B" * 22 + "/C", None),
        ("segment", "G-1", None),
    ],
)
def test_only_ids_of_their_services_form_are_told_of_visits(name: str, written: str, known: str | None):
    assert usable_ids({name: written}) == ({} if known is None else {name: known})
    route = route_from(1, 1, LinkFields(original_url="https://example.com/", tracking={name: written}))
    assert bool(route.needs & Needs.TRACKING) == (known is not None)
    assert route.tracking == (None if known is None else {name: known})


@pytest.mark.parametrize(
    ("fields", "places", "needs"),
    [
        ({}, [], Needs.NOTHING),
        ({}, [("DE", "")], Needs.COUNTRY),
        ({}, [("US", "CA"), ("DE", "")], Needs.COUNTRY | Needs.REGION),
        ({"iphone_url": "https://e.example/i"}, [], Needs.DEVICE),
        ({"android_url": "https://e.example/a"}, [], Needs.DEVICE),
        ({"split_url": "https://e.example/s", "split_percent": 1}, [], Needs.SPLIT),
        ({"split_percent": 1}, [], Needs.NOTHING),
        ({"path": "x/*", "android_url": "https://e.example/$1"}, [], Needs.DEVICE | Needs.CAPTURE),
        ({"path": "*", "split_url": "https://e.example/$1"}, [], Needs.SPLIT | Needs.CAPTURE),
    ],
)
def test_a_route_asks_for_what_its_rules_look_at_and_no_more(
    fields: dict[str, str], places: list[tuple[str, str]], needs: Needs
):
    there = [Place(country=country, region=region, original_url="https://e.example/ü") for country, region in places]
    route = route_of(link(**fields), there)
    assert route.needs == needs
    assert (route.places or {}) == dict.fromkeys(places, "https://e.example/%C3%BC")


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        ({"country": ["DE"]}, Needs.COUNTRY),
        ({"not": {"region": ["US-CA"]}}, Needs.COUNTRY | Needs.REGION),
        ({"language": ["de"]}, Needs.LANGUAGE),
        ({"any": [{"os": ["ios"]}, {"all": [{"browser": ["edge"]}, {"device": ["mobile"]}]}]}, Needs.AGENT),
        ({"referrer": {"hosts": ["example.com"]}}, Needs.REFERRER),
        ({"cidr": ["10.0.0.0/8"]}, Needs.ADDRESS),
        ({"query": {"name": "a"}}, Needs.NOTHING),
        ({"weekday": {"days": ["monday"], "timeZone": "UTC"}}, Needs.NOTHING),
    ],
)
def test_a_route_asks_for_what_its_own_rules_look_at_and_no_more(condition: object, needs: Needs):
    rule = Rule(condition=read_condition(condition, "c"), original_url="https://bücher.example/$1")
    assert route_of(link(), rules=(GERMAN,)).needs == Needs.RULES | Needs.LANGUAGE
    assert route_of(link(), rules=(rule,)).needs == Needs.RULES | needs
    assert route_of(link(path="x/*"), rules=(rule,)).needs == Needs.RULES | Needs.CAPTURE | needs


def test_weighted_variants_take_the_place_of_a_split_and_may_mean_the_links_own_destination():
    ways = (
        WeightedVariant(original_url=None, weight=3, label="b"),
        WeightedVariant(original_url="https://bücher.example/", weight=1, label="a"),
    )
    route = route_of(link(split_url="https://e.example/s", split_percent=1), variants=ways)
    assert (route.needs, route.split_url, route.split_percent) == (Needs.VARIANTS, None, 0)
    assert route.variants == (Way("b", 3, "https://example.com/"), Way("a", 1, "https://xn--bcher-kva.example/"))


def test_a_split_without_a_percentage_is_in_halves():
    assert route_of(link(split_url="https://e.example/s")).split_percent == 50


@given(st.integers(1, 2**63), st.text(max_size=40), st.binary(max_size=40))
def test_the_lot_of_a_visitor_stays_and_is_one_of_a_hundred(number: int, address: str, agent: bytes):
    assert 0 <= split_share(number, address, agent) <= 99
    assert split_share(number, address, agent) == split_share(number, address, agent)


def test_lots_are_even_and_not_the_same_at_every_link():
    visitors = [(f"10.{number >> 8}.{number & 255}.1", b"agent") for number in range(10_000)]
    first, second = ([split_share(link_number, *visitor) for visitor in visitors] for link_number in (1, 2))
    assert all(50 < first.count(share) < 160 for share in range(100))
    assert sum(one == other for one, other in zip(first, second, strict=True)) < 200


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


@pytest.mark.parametrize(
    "url", ["https://example.com/a?b=c", "https://exämple.com/ü", "shortsecure://abc?def", "app://open/$1"]
)
@pytest.mark.parametrize("redirect_type", [None, 301, 302, 307, 308])
@pytest.mark.parametrize("skip_query", [True, False])
def test_a_link_without_other_fields_has_the_same_route_on_the_short_way(url: str, redirect_type: int | None, skip_query: bool):
    fields = LinkFields(original_url=url, redirect_type=redirect_type, skip_query=skip_query)
    assert bare_route(7, 3, url, redirect_type, skip_query=skip_query) == route_from(7, 3, fields)
