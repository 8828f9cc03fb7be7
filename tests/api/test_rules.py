"""Linnet's own rules and weighted variants over HTTP: getLinkRules, updateLinkRules, getLinkVariants, updateLinkVariants."""

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.test_bad_input import refused
from tests.api.test_targeting import checked

EVENING = {"from": "18:00", "until": "06:00", "timeZone": "Europe/Berlin"}
RULE = {
    "name": "German, in the evening",
    "condition": {"all": [{"language": ["de"]}, {"not": {"timeOfDay": EVENING}}]},
    "originalURL": "https://example.com/de",
}
EVERYTHING = {
    "condition": {
        "any": [
            {"country": ["DE", "EU"]},
            {"region": ["US-CA"]},
            {"language": ["de-at"]},
            {"os": ["ios", "other"]},
            {"browser": ["samsung"]},
            {"device": ["tablet"]},
            {"date": {"from": "2026-05-01T00:00:00.000Z"}},
            {"weekday": {"days": ["friday"], "timeZone": "Asia/Tokyo"}},
            {"query": {"name": "ref", "equals": ""}},
            {"query": {"name": "ref", "contains": "news"}},
            {"referrer": {"hosts": ["example.com"], "subdomains": False}},
            {"cidr": ["192.0.2.0/24", "2001:db8::/32"]},
        ]
    },
    "originalURL": "https://example.com/any",
}
VARIANTS = [{"weight": 70, "name": "As before"}, {"originalURL": "https://example.com/b", "weight": 30}]


@pytest.fixture
def link_id(api: Api) -> str:
    return str(api.created(path="abc")["idString"])


def test_rules_are_answered_as_they_were_sent_and_replaced_as_a_whole(api: Api, link_id: str):
    address = f"/link_rules/{link_id}"
    assert checked(api.request("GET", address)) == []
    assert checked(api.request("PUT", address, json=[RULE, EVERYTHING])) == [RULE, EVERYTHING]
    assert checked(api.request("GET", address)) == [RULE, EVERYTHING]
    assert checked(api.request("PUT", address, json=[EVERYTHING])) == [EVERYTHING]
    assert checked(api.request("PUT", address, json=[])) == []
    assert checked(api.request("GET", address)) == []


def test_rules_are_written_in_one_form_however_they_were_sent(api: Api, link_id: str):
    sent = {
        "name": " x ",
        "condition": {
            "all": [
                {"country": [" de ", "DE"]},
                {"region": ["us-us-ca"]},
                {"language": ["de-AT"]},
                {"date": {"until": 1777636800000}},
                {"referrer": {"hosts": ["Bücher.example."]}},
                {"cidr": ["192.0.2.7/24"]},
            ]
        },
        "originalURL": " https://example.com/ ",
    }
    assert checked(api.request("PUT", f"/link_rules/{link_id}", json=[sent])) == [
        {
            "name": "x",
            "condition": {
                "all": [
                    {"country": ["DE"]},
                    {"region": ["US-CA"]},
                    {"language": ["de-at"]},
                    {"date": {"until": "2026-05-01T12:00:00.000Z"}},
                    {"referrer": {"hosts": ["xn--bcher-kva.example"], "subdomains": True}},
                    {"cidr": ["192.0.2.0/24"]},
                ]
            },
            "originalURL": "https://example.com/",
        }
    ]


def test_variants_get_labels_and_keep_them(api: Api, link_id: str):
    address = f"/link_variants/{link_id}"
    assert checked(api.request("GET", address)) == []
    first = checked(api.request("PUT", address, json=VARIANTS))
    assert first == [VARIANTS[0] | {"label": "a"}, VARIANTS[1] | {"label": "b"}]
    assert checked(api.request("GET", address)) == first
    third = {"originalURL": "https://example.com/c", "weight": 1}
    others = checked(api.request("PUT", address, json=[third, *reversed(VARIANTS)]))
    assert [each["label"] for each in others] == ["c", "b", "a"]
    moved = [first[1] | {"originalURL": "https://example.com/new"}]
    assert checked(api.request("PUT", address, json=moved)) == moved
    assert checked(api.request("PUT", address, json=[])) == []


@pytest.mark.parametrize("name", ["rules", "variants"])
def test_every_spelling_of_a_links_id_is_taken_and_the_domain_may_be_named(api: Api, link_id: str, name: str):
    link = api.request("GET", f"/links/{link_id}").json()
    other_spelling = link_id.replace("lnk_", "link_")
    for spelling in (link_id, other_spelling):
        checked(api.request("PUT", f"/link_{name}/{spelling}", json=[], params={"domainId": link["DomainId"]}))
        checked(api.request("GET", f"/link_{name}/{spelling}", params={"domainId": link["DomainId"]}))
    for method in ("GET", "PUT"):
        options: dict[str, Any] = {"json": []} if method == "PUT" else {}
        refused(api.request(method, f"/link_{name}/{link_id}", params={"domainId": link["DomainId"] + 1}, **options), 404)
        refused(api.request(method, f"/link_{name}/{link_id}", params={"domainId": "x"}, **options), 400, "domainId")
        refused(api.request(method, f"/link_{name}/lnk_1_unknown", **options), 404)


def deep(levels: int) -> dict[str, Any]:
    return {"not": deep(levels - 1)} if levels else {"country": ["DE"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": []}, "rules"),
        ("x", "rules"),
        ([RULE] * 51, "rules"),
        ([RULE | {"originalURL": "https://example.com/" + "x" * 7000}] * 11, "rules"),
        (
            [RULE, RULE | {"condition": {"all": [{"timeOfDay": EVENING | {"from": "25:00"}}]}}],
            "rules[1].condition.all[0].timeOfDay.from",
        ),
        ([RULE | {"condition": {"country": ["UK"]}}], "rules[0].condition.country[0]"),
        ([RULE | {"condition": {"region": ["DE-CA"]}}], "rules[0].condition"),
        ([RULE | {"condition": deep(6)}], "rules[0].condition" + ".not" * 6),
        ([RULE | {"originalURL": "javascript:alert(1)"}], "rules[0].originalURL"),
        ([RULE, RULE | {"originalURL": "http://go.example/ABC"}], "rules[1].originalURL"),
        ([RULE | {"originalURL": None}], "rules[0].originalURL"),
        ([RULE | {"enabled": True}], "rules[0]"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_by_their_place_and_nothing_changes(
    api: Api, link_id: str, body: Any, field: str
):
    checked(api.request("PUT", f"/link_rules/{link_id}", json=[RULE]))
    message = refused(api.request("PUT", f"/link_rules/{link_id}", json=body), 400, field)["message"]
    assert field in message
    assert checked(api.request("GET", f"/link_rules/{link_id}")) == [RULE]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "variants"),
        ([{"weight": 1}] * 17, "variants"),
        ([{"weight": 0}], "variants[0].weight"),
        ([{"weight": 1}, {"weight": 1, "originalURL": "http://go.example/ABC"}], "variants[1].originalURL"),
        ([{"weight": 1, "label": "z"}], "variants[0].label"),
        ([{"weight": 1, "label": "b"}, {"weight": 1, "label": "b"}], "variants[1].label"),
    ],
)
def test_variants_that_cannot_be_used_are_refused_by_their_place(api: Api, link_id: str, body: Any, field: str):
    refused(api.request("PUT", f"/link_variants/{link_id}", json=body), 400, field)
    assert checked(api.request("GET", f"/link_variants/{link_id}")) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'[{"condition":' * 5000, b'["\\ud800"]'])
@pytest.mark.parametrize("name", ["rules", "variants"])
def test_bodies_that_are_no_lists_are_refused(api: Api, link_id: str, name: str, body: bytes):
    headers = {"content-type": "application/json"}
    answer = api.request("PUT", f"/link_{name}/{link_id}", content=body, headers=headers)
    field = answer.json().get("field")
    refused(answer, 400, field)
    assert field is None or field.startswith(name)


def test_a_duplicate_has_the_rules_and_variants(api: Api, link_id: str):
    checked(api.request("PUT", f"/link_rules/{link_id}", json=[RULE]))
    variants = checked(api.request("PUT", f"/link_variants/{link_id}", json=VARIANTS))
    copy = checked(api.request("POST", f"/links/duplicate/{link_id}", json={}))["idString"]
    assert checked(api.request("GET", f"/link_rules/{copy}")) == [RULE]
    assert checked(api.request("GET", f"/link_variants/{copy}")) == variants


def test_who_did_what_is_in_the_audit_log(api: Api, link_id: str):
    checked(api.request("PUT", f"/link_rules/{link_id}", json=[RULE]))
    checked(api.request("PUT", f"/link_variants/{link_id}", json=VARIANTS))
    newest = api.request("GET", "/audit").json()["entries"][:2]
    assert [(each["event"], each["details"]) for each in newest] == [
        ("link.targeting_changed", {"variants": 2}),
        ("link.targeting_changed", {"rules": 1}),
    ]
