"""Removed links over the API: who may list and restore them, and what the answers say."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from linnet.actions.keys import new_key
from linnet.model.access import KeyKind, Membership, Role
from tests.api.conftest import Api
from tests.support.moments import NOON


def removed(api: Api, key: str | None = None, **query: Any) -> Any:
    """listRemovedLinks of ``go.example``."""
    return api.request("GET", "/links/removed/1", key=key, params=query)


def restore(api: Api, link_id: str, key: str | None = None) -> Any:
    """restoreLink."""
    return api.request("POST", f"/links/restore/{link_id}", key=key)


def member_key(api: Api, role: Role, *, own_links_only: bool = False) -> tuple[int, str]:
    """Somebody with a role in the team that ``go.example`` is in from now on, by the number and a key."""
    with api.database.write() as work:
        domain = work.domains.find(1)
        assert domain is not None
        team_id = domain.team_id or work.teams.add("team", NOON).id
        work.domains.save(replace(domain, team_id=team_id))
        owner = Membership(team_id=team_id, user_id=domain.owner_id, role=Role.OWNER)
        user = work.users.add(email=f"{role}{own_links_only}@example.com", name=None, password_hash="none", created_at=NOON)
        work.teams.save_member(owner)
        work.teams.save_member(Membership(team_id=team_id, user_id=user.id, role=role, own_links_only=own_links_only))
        return user.id, new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON)[0]


def test_a_deleted_link_is_listed_with_all_its_fields_and_restored_as_it_was(api: Api):
    link = api.created(path="abc", title="T", tags=["a"], clicksLimit=5, domainId=1)
    shown = api.request("GET", f"/links/{link['id']}").json()
    assert api.request("DELETE", f"/links/{link['id']}").status_code == 200
    assert api.request("GET", f"/links/{link['id']}").status_code == 404
    page = removed(api).json()
    assert page["count"] == 1
    (listed,) = page["links"]
    assert {name: listed[name] for name in shown} == shown
    assert listed["removalReason"] == "deleted"
    span = datetime.fromisoformat(listed["restorableUntil"]) - datetime.fromisoformat(listed["removedAt"])
    assert span == timedelta(days=30)
    answer = restore(api, link["id"])
    assert (answer.status_code, answer.json()) == (200, shown)
    assert api.request("GET", f"/links/{link['id']}").json() == shown
    assert removed(api).json() == {"count": 0, "links": []}


def test_links_that_were_deleted_at_once_can_be_restored_one_by_one(api: Api):
    ids = [api.created(path=f"p{number}", allowDuplicates=True)["id"] for number in range(3)]
    api.request("DELETE", "/links/delete_bulk", json={"link_ids": ids})
    assert {each["id"] for each in removed(api).json()["links"]} == set(ids)
    assert restore(api, ids[1]).json()["path"] == "p1"
    assert len(removed(api).json()["links"]) == 2


def test_pages_follow_one_another(api: Api):
    for number in range(5):
        api.request("DELETE", f"/links/{api.created(path=f'p{number}')['id']}")
    first = removed(api, limit=2).json()
    second = removed(api, limit=2, pageToken=first["nextPageToken"]).json()
    last = removed(api, limit=2, pageToken=second["nextPageToken"]).json()
    paths = [[each["path"] for each in page["links"]] for page in (first, second, last)]
    assert paths == [["p4", "p3"], ["p2", "p1"], ["p0"]]
    assert "nextPageToken" not in last


@pytest.mark.parametrize("token", ["x", "1", "1_", "_1", "1_1_1", "9" * 17 + "_1", "1_" + "9" * 19, "-1_1", "1_1\n"])
def test_a_token_of_nobody_is_refused(api: Api, token: str):
    answer = removed(api, pageToken=token)
    assert (answer.status_code, answer.json()["field"]) == (400, "pageToken")


@pytest.mark.parametrize("limit", [0, -1, 151, 2**70])
def test_a_limit_out_of_bounds_is_refused(api: Api, limit: int):
    assert removed(api, limit=limit).status_code == 400


@pytest.mark.parametrize("token", ["0_0", "9999999999999999_1", "9999999999999999_" + "9" * 18])
def test_any_place_is_one_to_begin_behind(api: Api, token: str):
    assert removed(api, pageToken=token).status_code == 200


def test_a_link_that_is_there_is_answered_as_it_is(api: Api):
    link = api.created(path="abc")
    noted = len(api.noted())
    assert restore(api, link["id"]).json()["path"] == "abc"
    assert len(api.noted()) == noted


@pytest.mark.parametrize("link_id", ["lnk_1_" + "x" * 21, "0", "7", "9" * 30, "lnk_%00", "%F0%9F%98%80"])
def test_what_nobody_had_cannot_be_restored(api: Api, link_id: str):
    answer = restore(api, link_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "link_not_found")


def test_another_link_with_the_path_is_named_in_the_refusal(api: Api):
    link = api.created(path="abc")
    api.request("DELETE", f"/links/{link['id']}")
    other = api.created(path="abc", originalURL="https://example.com/other")
    answer = restore(api, link["id"])
    assert (answer.status_code, answer.json()["code"], answer.json()["linkId"]) == (409, "path_taken", other["id"])


def test_what_another_owner_removed_is_as_what_nobody_had(api: Api):
    link = api.created(path="abc")
    api.request("DELETE", f"/links/{link['id']}")
    key, _ = api.other_owner()
    theirs, nobodys = restore(api, link["id"], key), restore(api, "lnk_1_" + "x" * 21, key)
    assert (theirs.status_code, theirs.text) == (404, nobodys.text)
    by_number = restore(api, "1", key)
    assert (by_number.status_code, by_number.text) == (404, nobodys.text)
    assert removed(api, key).json()["code"] == "domain_not_found"
    assert removed(api).json()["count"] == 1


def test_who_may_only_read_links_may_neither_list_nor_restore_removed_ones(api: Api):
    _, key = member_key(api, Role.READ_ONLY)
    link = api.created(path="abc")
    assert api.request("DELETE", f"/links/{link['id']}").status_code == 200
    assert removed(api, key).status_code == 403
    assert restore(api, link["id"], key).status_code == 404


def test_who_sees_only_links_of_its_own_restores_only_these(api: Api):
    _, key = member_key(api, Role.USER, own_links_only=True)
    body = {"domain": "go.example", "originalURL": "https://example.com/"}
    own = api.request("POST", "/links", key=key, json=body | {"path": "own"}).json()
    other = api.created(path="other")
    for link in (own, other):
        assert api.request("DELETE", f"/links/{link['id']}").status_code == 200
    assert [each["path"] for each in removed(api, key).json()["links"]] == ["own"]
    assert restore(api, other["id"], key).status_code == 404
    assert restore(api, own["id"], key).json()["path"] == "own"
    assert [each["path"] for each in removed(api).json()["links"]] == ["other"]


def test_every_other_member_restores_what_anybody_removed(api: Api):
    _, key = member_key(api, Role.USER)
    link = api.created(path="abc")
    assert api.request("DELETE", f"/links/{link['id']}").status_code == 200
    assert [each["path"] for each in removed(api, key).json()["links"]] == ["abc"]
    assert restore(api, link["id"], key).status_code == 200
