"""Explaining links over HTTP."""

from typing import Any

import pytest

from tests.api.conftest import Api
from tests.api.test_bad_input import refused

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"


def explained(api: Api, link_id: str, **visit: str) -> Any:
    answer = api.request("GET", f"/links/explain/{link_id}", params=visit)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def link_id(api: Api) -> str:
    link = api.created(path="abc", iphoneURL="https://example.com/iphone", clicksLimit=5)
    made = api.request(
        "POST", f"/link_country/{link['idString']}", json={"country": "US", "originalURL": "https://us.example/"}
    )
    assert made.status_code == 200
    return str(link["idString"])


def test_an_explanation_names_the_rule_that_decides_and_those_before_it(api: Api, link_id: str):
    found = explained(api, link_id, country="us", userAgent=IPHONE, query="?a=b")
    assert (found["outcome"], found["status"], found["destination"]) == ("redirect", 302, "https://us.example/?a=b")
    assert found["decidedBy"] == found["steps"][-1]["step"] == "country"
    assert [step["step"] for step in found["steps"]][:2] == ["expiry", "click limit"]
    assert found["visitor"]["country"] == "US"
    assert found["shortURL"] == "http://go.example:8000/abc"
    assert explained(api, link_id, country="DE", userAgent=IPHONE)["decidedBy"] == "device"
    assert explained(api, link_id)["decidedBy"] == "default"


def test_the_country_of_an_address_is_looked_up_unless_one_is_given(api: Api, link_id: str):
    assert explained(api, link_id, address="8.8.8.8")["decidedBy"] == "country"
    assert explained(api, link_id, address="8.8.8.8", country="DE")["decidedBy"] == "default"


def test_a_visit_may_be_at_another_time_and_with_the_password(api: Api):
    link = api.created(path="end", expiresAt="2090-01-01T00:00:00Z", expiredURL="https://example.com/over", password="secret")
    link_id = link["idString"]
    assert explained(api, link_id)["outcome"] == "password"
    assert explained(api, link_id, password="true")["outcome"] == "redirect"
    late = explained(api, link_id, at="2091-01-01T00:00:00Z")
    assert (late["outcome"], late["destination"], late["at"]) == (
        "expired",
        "https://example.com/over",
        "2091-01-01T00:00:00.000Z",
    )


def test_both_spellings_of_an_id_are_taken(api: Api, link_id: str):
    assert explained(api, link_id.replace("lnk_", "link_"))["linkId"] == link_id


@pytest.mark.parametrize(
    ("visit", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"region": "CA"}, "region"),
        ({"country": "US", "region": "California"}, "region"),
        ({"address": "300.1.1.1"}, "address"),
        ({"userAgent": "x" * 3000}, "userAgent"),
        ({"query": "a\nb"}, "query"),
        ({"at": "soon"}, "at"),
    ],
)
def test_what_no_visit_could_have_is_refused(api: Api, link_id: str, visit: dict[str, str], field: str):
    refused(api.request("GET", f"/links/explain/{link_id}", params=visit), 400, field)


def test_nobody_explains_links_of_others(api: Api, link_id: str):
    other_key, _ = api.other_owner()
    refused(api.request("GET", f"/links/explain/{link_id}", key=other_key), 404)
