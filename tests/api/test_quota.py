"""How many links an owner may have: status 402, and no link more (contract a.5, a.6)."""

from typing import Any

import pytest

from tests.api.conftest import Api


@pytest.fixture
def full(api: Api) -> Api:
    """An owner with two links of two, on two domains."""
    api.context_fields["max_links"] = 2
    api.request("POST", "/domains", json={"hostname": "t.example"})
    api.created(path="abc")
    api.created(domain="t.example")
    return api


def count(api: Api) -> int:
    with api.database.read() as work:
        return work.links.count(1) + work.links.count(2)


@pytest.mark.parametrize(
    ("method", "address", "options"),
    [
        ("POST", "/links", {"json": {"domain": "go.example", "originalURL": "https://example.com/new"}}),
        ("POST", "/links", {"json": {"domain": "go.example", "originalURL": "https://example.com/new", "path": "new"}}),
        ("POST", "/links/public", {"json": {"domain": "t.example", "originalURL": "https://example.com/new"}}),
        ("POST", "/links/duplicate/1", {}),
        ("POST", "/links/duplicate/1", {"json": {"path": "new"}}),
        ("POST", "/links/examples", {"json": {"domain": "go.example"}}),
        ("GET", "/links/tweetbot", {"params": {"domain": "go.example", "originalURL": "https://example.com/new"}}),
    ],
)
def test_a_link_too_many_is_refused(full: Api, method: str, address: str, options: dict[str, Any]):
    if "tweetbot" in address:
        options["params"]["apiKey"] = full.installed.secret_key
    answer = full.request(method, address, **options)
    body = answer.json()
    assert (answer.status_code, body["statusCode"], body["success"], body["code"]) == (402, 402, False, "quota_reached")
    assert "2 links" in body["message"]
    assert count(full) == 2


def test_existing_links_are_found_changed_and_removed_all_the_same(full: Api):
    assert full.created()["duplicate"]
    assert full.created(path="abc")["duplicate"]
    assert full.request("POST", "/links/1", json={"title": "T"}).status_code == 200
    assert full.request("DELETE", "/links/1").status_code == 200
    assert not full.created()["duplicate"]


def test_rows_are_refused_one_by_one(api: Api):
    api.context_fields["max_links"] = 3
    first = api.created(path="abc")
    rows = [{"originalURL": f"https://example.com/{n}"} for n in range(4)]
    rows[1:1] = [{"originalURL": "https://example.com/", "path": "abc"}]
    outcomes = api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows}).json()
    assert [outcome.get("status", 200) for outcome in outcomes] == [200, 200, 200, 402, 402]
    assert outcomes[1]["id"] == first["id"]
    refused = outcomes[3]
    assert (refused["success"], refused["status"], refused["error"]) == (False, 402, refused["message"])


def test_another_owners_links_do_not_count(full: Api):
    key, domain = full.other_owner()
    body = {"domain": domain.hostname, "originalURL": "https://example.com/"}
    assert full.request("POST", "/links", key=key, json=body).status_code == 200


def test_without_a_limit_nothing_is_counted(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr("linnet.storage.links.LinkRepository.count_of_owner")
    api.created()
