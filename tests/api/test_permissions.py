"""Permissions for single links over HTTP (contract b.6)."""

from typing import Any

import pytest

from linnet.actions import keys
from linnet.model.access import Membership, Role
from tests.api.conftest import Api
from tests.api.test_audit import member
from tests.api.test_bad_input import refused

OWNER, MEMBER = 1, 2


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a key may do is looked up for each request, although the server remembers it for a second."""
    monkeypatch.setattr(keys, "_REMEMBERED_SECONDS", 0)


@pytest.fixture
def link_id(api: Api) -> str:
    return str(api.created(path="abc")["idString"])


def path_of(link_id: str, user_id: object = None, domain_id: object = 1) -> str:
    return f"/links/permissions/{domain_id}/{link_id}" + ("" if user_id is None else f"/{user_id}")


def listed(api: Api, link_id: str, key: str | None = None) -> Any:
    answer = api.request("GET", path_of(link_id), key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_permission_is_given_listed_and_taken_back(api: Api, link_id: str):
    member(api, Role.READ_ONLY)
    assert listed(api, link_id) == []
    answer = api.request("POST", path_of(link_id, MEMBER), json={"permission": "read"})
    assert answer.status_code == 201
    given = answer.json()
    assert given == {"id": given["id"], "DomainId": 1, "UserId": MEMBER, "LinkIdString": link_id}
    assert isinstance(given["id"], str)
    again = api.request("POST", path_of(link_id, MEMBER))
    assert (again.status_code, again.json()) == (201, given)
    assert listed(api, link_id) == [given]
    removed = api.request("DELETE", path_of(link_id, MEMBER))
    assert (removed.status_code, removed.json()) == (201, {"success": True})
    assert listed(api, link_id) == []
    assert refused(api.request("DELETE", path_of(link_id, MEMBER)), 404)["code"] == "permission_not_found"
    events = [entry.event.value for entry in api.noted()]
    assert [event for event in events if "permission" in event] == ["link.permission_removed", "link.permission_added"]


def test_a_permission_lets_a_member_change_the_link_and_nothing_else_of_it(api: Api, link_id: str):
    key = member(api, Role.READ_ONLY)
    other = api.created(path="other")["id"]
    refused(api.request("POST", f"/links/{link_id}", json={"title": "x"}, key=key), 404)
    api.request("POST", path_of(link_id, MEMBER))
    assert api.request("POST", f"/links/{link_id}", json={"title": "x"}, key=key).json()["title"] == "x"
    country = {"country": "DE", "originalURL": "https://example.com/"}
    assert api.request("POST", f"/link_country/{link_id}", json=country, key=key).status_code == 200
    assert api.request("POST", "/tags/bulk", json={"tag": "t", "link_ids": [link_id]}, key=key).status_code == 200
    refused(api.request("POST", f"/links/{other}", json={"title": "x"}, key=key), 404)
    refused(api.request("POST", "/tags/bulk", json={"tag": "t", "link_ids": [link_id, other]}, key=key), 404)
    for method in ("POST", "DELETE"):
        assert refused(api.request(method, path_of(link_id, OWNER), key=key), 403)["type"] == "accessDenied"
    assert [each["UserId"] for each in listed(api, link_id, key)] == [MEMBER]


def test_who_made_a_link_and_who_configures_its_domain_decide(api: Api, link_id: str):
    user_key = member(api, Role.USER)
    admin_key = member(api, Role.ADMIN, "c@example.com")
    body = {"domain": "go.example", "originalURL": "https://example.com/"}
    own = api.request("POST", "/links", json=body | {"path": "own"}, key=user_key).json()["id"]
    assert api.request("POST", path_of(own, OWNER), key=user_key).status_code == 201
    assert api.request("POST", path_of(own, 3), key=admin_key).status_code == 201
    assert api.request("DELETE", path_of(own, OWNER), key=user_key).status_code == 201
    refused(api.request("POST", path_of(link_id, MEMBER), key=user_key), 403)
    with api.database.write() as work:
        work.teams.save_member(Membership(team_id=1, user_id=MEMBER, role=Role.READ_ONLY))
    refused(api.request("POST", path_of(own, OWNER), key=user_key), 403)


def test_only_members_of_the_team_can_be_permitted(api: Api, link_id: str):
    assert refused(api.request("POST", path_of(link_id, OWNER)), 404)["code"] == "user_not_found"
    member(api, Role.USER)
    api.other_owner()
    for user_id in (3, 77, 0, 2**31, 2**63, 10**30):
        assert refused(api.request("POST", path_of(link_id, user_id)), 404)["code"] == "user_not_found"
        assert refused(api.request("DELETE", path_of(link_id, user_id)), 404)["code"] == "permission_not_found"
    for user_id in ("x", "-", "%00"):
        refused(api.request("POST", path_of(link_id, user_id)), 404)
    assert listed(api, link_id) == []


def test_a_member_who_has_left_the_team_can_do_nothing_with_what_is_left(api: Api, link_id: str):
    key = member(api, Role.USER)
    api.request("POST", path_of(link_id, MEMBER))
    with api.database.write() as work:
        work.teams.remove_member(1, MEMBER)
    for method, path in [("GET", f"/links/{link_id}"), ("GET", path_of(link_id)), ("POST", path_of(link_id, OWNER))]:
        refused(api.request(method, path, key=key), 404)
    refused(api.request("POST", "/tags/bulk", json={"tag": "t", "link_ids": [link_id]}, key=key), 404)
    assert api.request("DELETE", path_of(link_id, MEMBER)).status_code == 201


def test_links_of_another_owner_or_domain_answer_like_links_that_nobody_has(api: Api, link_id: str):
    member(api, Role.USER)
    key, other = api.other_owner()
    wrong = [path_of("lnk_1_unknown"), path_of("%00"), path_of(link_id, domain_id=other.id), path_of(link_id, domain_id=10**30)]
    for address, used in [(path_of(link_id), key), *((each, None) for each in wrong)]:
        for method, ending in [("GET", ""), ("POST", f"/{MEMBER}"), ("DELETE", f"/{MEMBER}")]:
            assert refused(api.request(method, address + ending, key=used), 404)["error"] == "Link not found"
    refused(api.request("GET", path_of(link_id), key=api.installed.public_key), 403)


def test_a_narrowed_member_lists_the_tags_of_links_that_it_sees(api: Api, link_id: str):
    key = member(api, Role.USER)
    with api.database.write() as work:
        work.teams.save_member(Membership(team_id=1, user_id=MEMBER, role=Role.USER, own_links_only=True))
    api.request("POST", "/tags/bulk", json={"tag": "shared", "link_ids": [link_id]})
    api.created(path="other", tags=["secret"])
    assert api.request("GET", "/tags/1", key=key).json() == []
    api.request("POST", path_of(link_id, MEMBER))
    assert api.request("GET", "/tags/1", key=key).json() == ["shared"]
    assert api.request("GET", "/tags/1").json() == ["secret", "shared"]
