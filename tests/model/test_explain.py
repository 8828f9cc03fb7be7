"""Explaining a decision: its steps are those that ``decide`` takes, whatever the route and the visit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.condition_json import read_condition
from linnet.model.explain import finishing_touches, steps_of
from linnet.model.redirect import Outcome, VisitFacts, decide
from linnet.model.route import Needs, Route
from linnet.model.rules import Rule, route_rules
from linnet.model.targeting import Handheld
from tests.support.decisions import facts, routes

NOON_MS = 1_777_636_800_000
PLAIN = Route(link_number=1, domain_id=1, destination="https://example.com/")


@given(routes, facts, st.integers(0, 2**41))
def test_the_last_step_is_the_one_that_decides_and_no_other_does(route: Route, visit: VisitFacts, now_ms: int):
    steps = steps_of(route, visit, now_ms)
    assert [step.decides for step in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1].step == decide(route, visit, now_ms).rule
    assert all(step.why.endswith(".") for step in steps)
    assert len({step.step for step in steps}) == len(steps)


def why(route: Route, visit: VisitFacts, step: str) -> str:
    return next(each.why for each in steps_of(route, visit, NOON_MS) if each.step == step)


@pytest.mark.parametrize(
    ("fields", "visit", "step", "expected"),
    [
        ({"expires_at_ms": NOON_MS + 1}, {}, "expiry", "the visit 2026-05-01T12:00:00.000Z, not past it"),
        ({"expires_at_ms": NOON_MS}, {}, "expiry", "the visit 2026-05-01T12:00:00.000Z, past it"),
        ({"clicks_limit": 3}, {"clicks_used": 2}, "click limit", "2 of 3 clicks were used"),
        ({"needs": int(Needs.PASSWORD)}, {}, "password", "did not give"),
        ({"places": {("US", ""): "x"}}, {"country": "DE"}, "country", "in DE, for which the link has no destination"),
        ({"places": {("EU", ""): "x"}}, {"country": "DE"}, "country", "as a member of the EU"),
        (
            {"places": {("US", "CA"): "x"}},
            {"country": "US", "region": "CA"},
            "region",
            "in US-CA, for which the link has a dest",
        ),
        ({"places": {("US", "CA"): "x"}}, {"country": "US"}, "region", "region is not known"),
        ({"iphone_url": "x"}, {"handheld": Handheld.ANDROID}, "device", "Android, for which the link does not have a URL"),
        ({"split_url": "x", "split_percent": 30}, {"share": 30}, "split", "lot is 30, which is not below splitPercent, 30"),
    ],
)
def test_a_step_says_what_it_found(fields: dict[str, object], visit: dict[str, object], step: str, expected: str):
    assert expected in why(replace(PLAIN, **fields), VisitFacts(**visit), step)  # type: ignore[arg-type]


def test_a_rule_that_does_not_fit_says_where_in_its_condition():
    condition = read_condition({"all": [{"country": ["US"]}, {"os": ["ios"]}]}, "condition")
    route = replace(PLAIN, rules=route_rules([Rule(condition=condition, original_url="https://e.example/", name="Phones")]))
    assert why(route, VisitFacts(country="US"), "rule 1 (Phones)") == "The visit does not fit condition.all[1].os."


def test_what_is_done_to_the_destination_is_told_in_its_order():
    route = replace(PLAIN, needs=int(Needs.CAPTURE | Needs.CLOAKING | Needs.TRACKING), tracking={"ga": "G-1", "fb": "1"})
    touches = finishing_touches(route, VisitFacts(rest="a/b", query="x=1"), Outcome.CLOAKED, tracks_conversions=True)
    assert [touch.split()[0] for touch in touches] == ["$1", "The", "The", "The", "Scripts"]
    assert "fb, ga" in touches[-1]
    skipping = replace(PLAIN, skip_query=True)
    assert "skipQS" in finishing_touches(skipping, VisitFacts(query="x"), Outcome.REDIRECT, tracks_conversions=False)[0]


def test_a_preview_carries_along_what_a_redirect_does():
    touches = finishing_touches(PLAIN, VisitFacts(query="x=1"), Outcome.PREVIEW, tracks_conversions=True)
    assert [touch.split()[0] for touch in touches] == ["The", "The"]
    assert finishing_touches(PLAIN, VisitFacts(query="x=1"), Outcome.EXPIRED, tracks_conversions=True) == []
