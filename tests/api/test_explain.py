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


def domain_settings(api: Api, **settings: object) -> None:
    answer = api.request("POST", f"/domains/settings/{api.installed.domain.id}", json=settings)
    assert answer.status_code == 200, answer.text


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
        ({"https": "perhaps"}, "https"),
    ],
)
def test_what_no_visit_could_have_is_refused(api: Api, link_id: str, visit: dict[str, str], field: str):
    refused(api.request("GET", f"/links/explain/{link_id}", params=visit), 400, field)


def test_nobody_explains_links_of_others(api: Api, link_id: str):
    other_key, _ = api.other_owner()
    refused(api.request("GET", f"/links/explain/{link_id}", key=other_key), 404)


def test_visits_by_http_are_sent_to_https_before_the_link_is_looked_at(api: Api):
    domain_settings(api, httpsLevel="redirect")
    link_id = api.created(path="a b", password="x")["idString"]
    found = explained(api, link_id, https="false", query="q=ü")
    assert (found["outcome"], found["status"], found["decidedBy"]) == ("https", 301, "https")
    assert found["destination"] == "https://go.example/a%20b?q=%C3%BC"
    assert [step["decides"] for step in found["steps"]] == [True]
    # Visitors come as the domain wants it unless something else is said.
    found = explained(api, link_id)
    assert (found["outcome"], found["steps"][0]["step"], found["steps"][0]["decides"]) == ("password", "https", False)


def test_a_wildcard_link_by_http_keeps_what_was_captured(api: Api):
    domain_settings(api, httpsLevel="hsts")
    link_id = api.created(path="docs/*", originalURL="https://example.com/$1")["idString"]
    assert explained(api, link_id, https="false", rest="a/b c")["destination"] == "https://go.example/docs/a/b%20c"
    assert explained(api, link_id, rest="a/b c")["destination"] == "https://example.com/a/b%20c"
    refused(api.request("GET", f"/links/explain/{link_id}", params={"rest": "a/../b"}), 400, "rest")


def test_a_destination_on_a_block_list_leads_nowhere(api: Api, link_id: str):
    api.context_fields["harmful_host"] = lambda url: "us.example" if "us.example" in url else None
    found = explained(api, link_id, country="US")
    assert (found["outcome"], found["status"], found["decidedBy"]) == ("blocked", 403, "blocked")
    assert found["destination"] == "https://us.example/"
    assert [step["step"] for step in found["steps"][-2:]] == ["country", "blocked"]
    assert explained(api, link_id)["outcome"] == "redirect"


def test_visitors_whose_clicks_are_not_counted_are_told_apart(api: Api, link_id: str):
    domain_settings(api, ipExclusions=["192.0.2.0/24"])
    assert any("ipExclusions" in each for each in explained(api, link_id, address="192.0.2.7")["afterwards"])
    assert any("ipExclusions" in each for each in explained(api, link_id, address="::ffff:192.0.2.7")["afterwards"])
    assert explained(api, link_id, address="198.51.100.7")["afterwards"] == []
    assert explained(api, link_id, address="fe80::1%eth0")["afterwards"] == []
    assert explained(api, link_id)["afterwards"] == []


def test_a_query_is_explained_as_browsers_send_it(api: Api):
    link_id = api.created(path="asked")["idString"]
    assert explained(api, link_id, query="a=b c#d")["destination"] == "https://example.com/?a=b%20c%23d"


def test_a_cloaked_link_shows_nothing_of_http_to_visitors_by_https(api: Api):
    link_id = api.created(path="framed", originalURL="http://example.com/", cloaking=True)["idString"]
    assert explained(api, link_id)["outcome"] == "cloaked"
    found = explained(api, link_id, https="true")
    assert found["outcome"] == "redirect"
    assert "by https" in found["afterwards"][0]


def test_the_mark_of_a_qr_code_goes_no_further_where_scans_are_told_apart(api: Api):
    link_id = api.created(path="code")["idString"]
    found = explained(api, link_id, query="_qr&a=b")
    assert found["destination"] == "https://example.com/?a=b"
    assert found["afterwards"][0] == "_qr is taken out of the query: the click is a scan of a QR code."
    domain_settings(api, qrScanTracking=False, httpsLevel="redirect")
    assert explained(api, link_id, query="_qr")["destination"] == "https://example.com/?_qr"
    assert explained(api, link_id, query="_qr", https="false")["destination"] == "https://go.example/code?_qr"
