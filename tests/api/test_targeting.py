"""Targeting by country and region over HTTP, field by field (contract b.3)."""

from datetime import datetime
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.test_bad_input import refused

US = {"country": "US", "originalURL": "https://us.example.com/"}
CALIFORNIA = {"country": "US", "region": "CA", "originalURL": "https://ca.example.com/"}


@pytest.fixture
def link_id(api: Api) -> str:
    return str(api.created(path="abc")["idString"])


def checked(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_a_country_is_added_listed_and_removed(api: Api, link_id: str):
    added = checked(api.request("POST", f"/link_country/{link_id}", json=US))
    assert set(added) == {"id", "LinkIdString", "country", "originalURL", "createdAt"}
    assert isinstance(added["id"], int)
    assert (added["LinkIdString"], added["country"], added["originalURL"]) == (link_id, "US", "https://us.example.com/")
    assert datetime.fromisoformat(added["createdAt"]).tzinfo is not None
    assert added["createdAt"].endswith("Z")
    assert checked(api.request("GET", f"/link_country/{link_id}")) == [added]
    assert checked(api.request("DELETE", f"/link_country/{link_id}/us")) == {"success": True}
    assert checked(api.request("GET", f"/link_country/{link_id}")) == []
    assert refused(api.request("DELETE", f"/link_country/{link_id}/US"), 404)["code"] == "place_not_found"


def test_a_region_is_added_listed_and_removed(api: Api, link_id: str):
    added = checked(api.request("POST", f"/link_region/{link_id}", json=CALIFORNIA))
    assert set(added) == {"id", "LinkIdString", "country", "region", "originalURL", "name", "createdAt"}
    assert (added["country"], added["region"], added["name"]) == ("US", "CA", "California")
    assert checked(api.request("GET", f"/link_region/{link_id}")) == [added]
    assert checked(api.request("GET", f"/link_country/{link_id}")) == []
    checked(api.request("POST", f"/link_country/{link_id}", json=US))
    for blank in ("%20", "US-"):
        refused(api.request("DELETE", f"/link_region/{link_id}/US/{blank}"), 404)
    assert checked(api.request("DELETE", f"/link_region/{link_id}/US/US-CA")) == {"success": True}
    assert checked(api.request("GET", f"/link_region/{link_id}")) == []
    assert len(checked(api.request("GET", f"/link_country/{link_id}"))) == 1
    refused(api.request("DELETE", f"/link_region/{link_id}/US/CA"), 404)


def test_a_second_destination_for_a_country_replaces_the_first(api: Api, link_id: str):
    first = checked(api.request("POST", f"/link_country/{link_id}", json=US))
    second = checked(api.request("POST", f"/link_country/{link_id}", json=US | {"originalURL": "https://example.com/us"}))
    assert second["id"] == first["id"]
    assert checked(api.request("GET", f"/link_country/{link_id}")) == [second]


@pytest.mark.parametrize("kind", ["country", "region"])
def test_codes_are_read_leniently_and_url_is_an_alias(api: Api, link_id: str, kind: str):
    sent = {"country": " us ", "region": "us-ca", "url": "https://us.example.com/", "domainId": 1, "more": {}}
    added = checked(api.request("POST", f"/link_{kind}/{link_id}", json=sent))
    assert (added["country"], added["originalURL"]) == ("US", "https://us.example.com/")
    assert added.get("region") == ("CA" if kind == "region" else None)


def test_many_countries_are_added_in_their_order_and_of_two_for_one_the_last_counts(api: Api, link_id: str):
    rows = [US, {"country": "DE", "url": "https://de.example.com/"}, US | {"originalURL": "https://example.com/later"}]
    added = checked(api.request("POST", f"/link_country/bulk/{link_id}", json=rows))
    assert [(each["country"], each["originalURL"]) for each in added] == [
        ("US", "https://example.com/later"),
        ("DE", "https://de.example.com/"),
    ]
    assert checked(api.request("GET", f"/link_country/{link_id}")) == added
    assert checked(api.request("POST", f"/link_country/bulk/{link_id}", json=[])) == []


def test_many_regions_are_added_all_or_none(api: Api, link_id: str):
    rows = [CALIFORNIA, CALIFORNIA | {"region": "NY"}]
    added = checked(api.request("POST", f"/link_region/bulk/{link_id}", json=rows))
    assert [each["name"] for each in added] == ["California", "New York"]
    bad = [CALIFORNIA | {"region": "TX"}, CALIFORNIA | {"region": "ZZ"}]
    assert refused(api.request("POST", f"/link_region/bulk/{link_id}", json=bad), 400, "region")["message"].startswith("Item 1")
    assert checked(api.request("GET", f"/link_region/{link_id}")) == added


def test_there_are_bounds_for_one_call_and_for_a_link(api: Api, link_id: str):
    refused(api.request("POST", f"/link_country/bulk/{link_id}", json=[US] * 258), 413)
    refused(api.request("POST", f"/link_region/bulk/{link_id}", json=[CALIFORNIA] * 1001), 413)
    codes = [
        (country, each["id"])
        for country in ("GB", "SI", "UG", "TR", "US", "ES", "FR", "RU", "MX", "PH", "VN", "TH")
        for each in checked(api.request("GET", f"/link_region/list/{country}"))
    ][:1001]
    rows = [{"country": country, "region": code, "url": "https://example.com/"} for country, code in codes]
    assert len(rows) == 1001
    assert len(checked(api.request("POST", f"/link_region/bulk/{link_id}", json=rows[:1000]))) == 1000
    assert "1000" in refused(api.request("POST", f"/link_region/bulk/{link_id}", json=rows[1000:]), 400)["message"]
    assert len(checked(api.request("GET", f"/link_region/{link_id}"))) == 1000


def test_destinations_are_bounded_together_because_each_visit_reads_them(api: Api, link_id: str):
    codes = [each["id"] for each in checked(api.request("GET", "/link_region/list/US"))]
    rows = [{"country": "US", "region": code, "url": "https://example.com/" + "x" * 8000} for code in codes[:33]]
    assert len(checked(api.request("POST", f"/link_region/bulk/{link_id}", json=rows[:32]))) == 32
    assert str(256 * 1024) in refused(api.request("POST", f"/link_region/bulk/{link_id}", json=rows[32:]), 400)["message"]
    assert len(checked(api.request("GET", f"/link_region/{link_id}"))) == 32


def test_the_regions_of_a_country_are_listed_by_name(api: Api):
    found = checked(api.request("GET", "/link_region/list/US"))
    assert found[0] == {"id": "AL", "name": "Alabama"}
    names = [each["name"] for each in found]
    assert names == sorted(names)
    assert {"id": "CA", "name": "California"} in found
    assert checked(api.request("GET", "/link_region/list/us")) == found
    assert checked(api.request("GET", "/link_region/list/XK")) == []
    assert checked(api.request("GET", "/link_region/list/EU")) == []
    for unknown in ("XX", "USA", "%00", "UK"):
        refused(api.request("GET", f"/link_region/list/{unknown}"), 400, "country")


BAD_PLACES: list[tuple[Any, str | None]] = [
    ({}, "country"),
    ([], None),
    ([[]], None),
    ("US", None),
    (US | {"country": "XX"}, "country"),
    (US | {"country": "UK"}, "country"),
    (US | {"country": ["US"]}, "country"),
    (US | {"country": "\0"}, "country"),
    ({"country": "US"}, "originalURL"),
    (US | {"originalURL": None}, "originalURL"),
    (US | {"originalURL": 7}, "originalURL"),
    (US | {"originalURL": "javascript:alert(1)"}, "originalURL"),
    (US | {"originalURL": "https://example.com/\0"}, "originalURL"),
    (US | {"originalURL": "http://go.example/ABC"}, "originalURL"),
]


@pytest.mark.parametrize(("body", "field"), BAD_PLACES)
def test_a_country_that_cannot_be_used_is_refused_alone_and_among_others(api: Api, link_id: str, body: Any, field: str | None):
    refused(api.request("POST", f"/link_country/{link_id}", json=body), 400, field)
    refused(api.request("POST", f"/link_country/bulk/{link_id}", json=[US, body]), 400, field)
    refused(api.request("POST", f"/link_country/bulk/{link_id}", json={"a": body}), 400)
    assert checked(api.request("GET", f"/link_country/{link_id}")) == []


@pytest.mark.parametrize("region", ["ZZ", "DE-BY", "California", "", " ", "US-", None, 6, "\0"])
def test_a_region_that_the_country_does_not_have_is_refused(api: Api, link_id: str, region: Any):
    refused(api.request("POST", f"/link_region/{link_id}", json=CALIFORNIA | {"region": region}), 400, "region")
    assert checked(api.request("GET", f"/link_region/{link_id}")) == []


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'[{"country":' * 5000, b"\xff", b'["\\ud800"]', b""])
def test_bodies_that_are_no_json_are_refused(api: Api, link_id: str, body: bytes):
    for path in ("/link_country/", "/link_country/bulk/", "/link_region/", "/link_region/bulk/"):
        assert api.request("POST", f"{path}{link_id}", content=body).status_code == 400


def test_a_link_is_named_by_each_of_its_ids_and_by_no_other(api: Api, link_id: str):
    with api.database.read() as work:
        link = work.links.find(link_id)
        assert link is not None
    for name in (link_id, link_id.replace("lnk_", "link_"), str(link.number)):
        assert checked(api.request("POST", f"/link_country/{name}", json=US))["LinkIdString"] == link_id
        assert len(checked(api.request("GET", f"/link_country/{name}"))) == 1
    for unknown in ("lnk_1_unknown", "0", "9" * 18, "9" * 30, "-1", "%00", "lnk_%00", "lnk_%F0%9F%98%80", "%ED%A0%80"):
        refused(api.request("GET", f"/link_country/{unknown}"), 404)
        refused(api.request("POST", f"/link_region/{unknown}", json=CALIFORNIA), 404)
        refused(api.request("DELETE", f"/link_country/{unknown}/US"), 404)


def test_a_domain_that_is_named_must_be_the_links(api: Api, link_id: str):
    domain_id = api.installed.domain.id
    for right in (domain_id, f"{domain_id}", ""):
        checked(api.request("POST", f"/link_country/{link_id}", json=US, params={"domainId": right}))
        checked(api.request("POST", f"/link_region/{link_id}", json=CALIFORNIA, params={"domainId": right}))
    for wrong, status in [(domain_id + 1, 404), (10**40, 404), ("x", 400), (-1, 400), ("\0", 400)]:
        for answer in (
            api.request("GET", f"/link_country/{link_id}", params={"domainId": wrong}),
            api.request("POST", f"/link_region/bulk/{link_id}", json=[CALIFORNIA], params={"domainId": wrong}),
            api.request("DELETE", f"/link_country/{link_id}/US", params={"domainId": wrong}),
            api.request("DELETE", f"/link_region/{link_id}/US/CA", params={"domainId": wrong}),
        ):
            body = refused(answer, status, None if status == 404 else "domainId")
            assert status == 400 or body["message"] == "Link not found"


def test_codes_in_the_address_that_nothing_has_are_not_found(api: Api, link_id: str):
    for code in ("%00", "XX", "x" * 3000, "%F0%9F%98%80"):
        refused(api.request("DELETE", f"/link_country/{link_id}/{code}"), 404)
        refused(api.request("DELETE", f"/link_region/{link_id}/US/{code}"), 404)
        refused(api.request("DELETE", f"/link_region/{link_id}/{code}/CA"), 404)


def test_links_of_another_owner_answer_like_links_that_nobody_has(api: Api, link_id: str):
    checked(api.request("POST", f"/link_country/{link_id}", json=US))
    key, _ = api.other_owner()
    for method, address, body in [
        ("GET", "/link_country/{}", None),
        ("POST", "/link_country/{}", US),
        ("POST", "/link_country/bulk/{}", [US]),
        ("DELETE", "/link_country/{}/US", None),
        ("GET", "/link_region/{}", None),
        ("POST", "/link_region/{}", CALIFORNIA),
        ("POST", "/link_region/bulk/{}", [CALIFORNIA]),
        ("DELETE", "/link_region/{}/US/CA", None),
    ]:
        theirs, nobodys = (
            api.request(method, address.format(name), json=body, key=key) for name in (link_id, "lnk_1_" + "x" * 21)
        )
        assert (theirs.status_code, theirs.json()) == (404, nobodys.json())
    assert len(checked(api.request("GET", f"/link_country/{link_id}"))) == 1
    for answer in (
        api.request("GET", f"/link_country/{link_id}", key=api.installed.public_key),
        api.request("GET", "/link_region/list/US", key=api.installed.public_key),
    ):
        assert refused(answer, 403)["type"] == "accessDenied"
    refused(api.client.get("/link_region/list/US"), 401)
