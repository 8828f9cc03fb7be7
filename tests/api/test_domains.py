"""Domains, health and metrics over the API."""

from typing import Any

import pytest

from tests.api.conftest import Api


def test_a_domain_has_every_required_field_of_the_contract(api: Api):
    required = {
        "id",
        "hostname",
        "unicodeHostname",
        "state",
        "createdAt",
        "updatedAt",
        "hasFavicon",
        "hideReferer",
        "linkType",
        "cloaking",
        "hideVisitorIp",
        "enableAI",
        "httpsLevel",
        "httpsLinks",
        "clientStorage",
        "caseSensitive",
        "incrementCounter",
        "robots",
        "exportEnabled",
        "enableConversionTracking",
        "qrScanTracking",
    }
    (listed,) = api.request("GET", "/api/domains").json()
    assert required <= set(listed)
    assert listed["isFavorite"] is False
    one = api.request("GET", f"/domains/{listed['id']}").json()
    assert one["ipExclusions"] == []
    assert one["userPlan"] == "large"


def test_a_new_domain_is_stored_in_punycode_and_shown_as_people_read_it(api: Api):
    domain = api.request(
        "POST", "/domains", json={"hostname": "Bücher.example", "hideReferer": True, "linkType": "secure"}
    ).json()
    assert (domain["hostname"], domain["unicodeHostname"]) == ("xn--bcher-kva.example", "bücher.example")
    assert (domain["hideReferer"], domain["linkType"]) == (True, "secure")
    assert api.created(domain="xn--bcher-kva.example")["shortURL"].startswith("http://xn--bcher-kva.example:8000/")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "hostname"),
        ({"hostname": "https://go.example"}, 400, "hostname"),
        ({"hostname": "localhost"}, 400, "hostname"),
        ({"hostname": "192.0.2.1"}, 400, "hostname"),
        ({"hostname": "a..example"}, 400, "hostname"),
        ({"hostname": "x" * 64 + ".example"}, 400, "hostname"),
        ({"hostname": "admin.example.com"}, 400, "hostname"),
        ({"hostname": "n.example", "linkType": "short"}, 400, "linkType"),
        ({"hostname": "GO.example"}, 409, "hostname"),
    ],
)
def test_hostnames_that_cannot_be_registered_are_refused(api: Api, body: dict[str, Any], status: int, field: str):
    answer = api.request("POST", "/domains", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_domains_are_listed_in_pages_and_by_pattern(api: Api):
    for name in ("b.example", "c.example"):
        api.request("POST", "/domains", json={"hostname": name})
    names = lambda **query: [d["hostname"] for d in api.request("GET", "/api/domains", params=query).json()]  # noqa: E731
    assert names() == ["go.example", "b.example", "c.example"]
    assert names(limit=1, offset=1) == ["b.example"]
    assert names(pattern="c.") == ["c.example"]
    assert api.request("GET", "/api/domains", params={"limit": 301}).status_code == 400


def test_health_and_metrics_need_no_key(api: Api):
    assert api.client.get("/health/live").json() == {"status": "ok"}
    ready = api.client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok"})
    metrics = api.client.get("/metrics")
    assert metrics.text == "metric 1\n"
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
