"""``GET /audit``: what was done, as far as the asker may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linnet.actions.keys import new_key
from linnet.model.access import KeyKind, Membership, Role
from tests.api.conftest import Api
from tests.support.moments import NOON


def entries(api: Api, query: str = "", *, key: str | None = None) -> list[dict[str, Any]]:
    answer = api.request("GET", f"/audit{query}", key=key)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def member(api: Api, role: Role, email: str = "b@example.com", **fields: Any) -> str:
    """The key of a member of team 1, which has ``go.example``."""
    with api.database.write() as work:
        if work.teams.find(1) is None:
            work.teams.add("Shop", NOON)
            work.teams.save_member(Membership(team_id=1, user_id=api.installed.domain.owner_id, role=Role.OWNER))
        user = work.users.add(email=email, name="Bea", password_hash="none", created_at=NOON)
        work.teams.save_member(Membership(team_id=1, user_id=user.id, role=role))
        raw_key, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON, **fields)
    moved = api.request("POST", f"/domains/settings/{api.installed.domain.id}", json={"teamId": 1})
    assert moved.status_code == 200, moved.text
    return raw_key


def test_an_entry_says_who_did_what_when_from_where_and_how(api: Api):
    link_id = api.created(path="there")["idString"]
    (entry,) = entries(api)
    assert datetime.now(UTC) - datetime.fromisoformat(entry.pop("at")) < timedelta(minutes=1)
    assert entry == {
        "id": 1,
        "event": "link.created",
        "subject": link_id,
        "domainId": api.installed.domain.id,
        "teamId": None,
        "userId": 1,
        "user": {"id": 1, "email": "owner@example.com", "name": None},
        "keyId": 1,
        "address": "",
        "details": entry["details"],
    }


def test_what_others_do_in_their_own_domains_is_not_seen(api: Api):
    other_key, other = api.other_owner()
    api.request("POST", "/links", json={"domain": "other.example", "originalURL": "https://example.com/"}, key=other_key)
    api.created(path="mine")
    assert [entry["userId"] for entry in entries(api)] == [1]
    assert [entry["domainId"] for entry in entries(api, key=other_key)] == [other.id]
    foreign, unknown = (api.request("GET", f"/audit?domainId={number}", key=other_key) for number in (1, 999))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["message"].replace(" 1 ", " 999 ") == unknown.json()["message"]


def test_who_manages_a_team_sees_what_its_members_do_and_they_see_their_own(api: Api):
    user, admin = member(api, Role.USER), member(api, Role.ADMIN, "c@example.com")
    made = api.request("POST", "/links", json={"domain": "go.example", "originalURL": "https://example.com/"}, key=user).json()
    assert [entry["subject"] for entry in entries(api, key=user)] == [made["idString"]]
    assert made["idString"] in [entry["subject"] for entry in entries(api, key=admin)]
    assert made["idString"] in [entry["subject"] for entry in entries(api)]
    assert [entry["subject"] for entry in entries(api, "?domainId=1", key=user)] == [made["idString"]]
    assert len(entries(api, "?domainId=1", key=admin)) > 1


@pytest.mark.parametrize(("role", "sees_others"), [(Role.ADMIN, True), (Role.USER, False)])
@pytest.mark.parametrize("restriction", [{"team_id": 1}, {"domain_id": 1}])
def test_a_restricted_key_sees_what_concerns_its_team_or_domain(
    api: Api, role: Role, sees_others: bool, restriction: dict[str, int]
):
    member(api, Role.USER)
    with api.database.write() as work:
        user = work.users.add(email="c@example.com", name=None, password_hash="none", created_at=NOON)
        work.teams.save_member(Membership(team_id=1, user_id=user.id, role=role))
        everywhere, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON)
        restricted, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON, **restriction)
    api.request("POST", "/domains", json={"hostname": "own.example"}, key=everywhere)
    shared = api.created(path="shared")["idString"]
    assert "domain.created" in [entry["event"] for entry in entries(api, key=everywhere)]
    seen = entries(api, key=restricted)
    assert "domain.created" not in [entry["event"] for entry in seen]
    assert (shared in [entry["subject"] for entry in seen]) is sees_others


def test_the_log_goes_on_behind_the_page_token_until_its_end(api: Api):
    links = [api.created(path=f"p{number}", allowDuplicates=True)["idString"] for number in range(5)]
    found: list[str] = []
    query = "?limit=2"
    while True:
        page = api.request("GET", f"/audit{query}").json()
        found += [entry["subject"] for entry in page["entries"]]
        if "nextPageToken" not in page:
            break
        query = f"?limit=2&pageToken={page['nextPageToken']}"
    assert found == links[::-1]
    assert len(page["entries"]) == 1


def test_the_log_is_filtered_by_who_and_what(api: Api):
    user = member(api, Role.USER)
    first = api.created(path="first")["idString"]
    api.request("POST", f"/links/{first}", json={"title": "t"})
    api.request("POST", "/links", json={"domain": "go.example", "originalURL": "https://b.example/", "path": "b"}, key=user)
    by_user = {entry["userId"] for entry in entries(api)}
    assert len(by_user) == 2
    (other,) = by_user - {1}
    assert {entry["userId"] for entry in entries(api, f"?userId={other}")} == {other}
    assert [entry["event"] for entry in entries(api, "?event=link.updated")] == ["link.updated"]
    assert {entry["event"] for entry in entries(api, "?event=link.updated,link.created")} == {"link.updated", "link.created"}
    key_id = entries(api)[-1]["keyId"] or entries(api)[0]["keyId"]
    assert {entry["keyId"] for entry in entries(api, f"?keyId={key_id}")} == {key_id}
    assert {entry["teamId"] for entry in entries(api, "?teamId=1")} == {1}
    assert entries(api, "?teamId=99") == entries(api, "?userId=999999999999999") == []
    assert {entry["subject"] for entry in entries(api, f"?text={first[4:].upper()}")} == {first}
    assert entries(api, "?text=%25") == entries(api, "?text=no%00thing") == []
    assert len(entries(api, "?text=TITLE")) == 1


def test_dates_bound_the_log(api: Api):
    api.created(path="now")
    hour = timedelta(hours=1)
    before, after = ((datetime.now(UTC) + shift).strftime("%Y-%m-%dT%H:%M:%SZ") for shift in (-hour, hour))
    assert len(entries(api, f"?from={before}&to={after}")) == 1
    assert entries(api, f"?to={before}") == []
    assert entries(api, f"?from={int((datetime.now(UTC) + hour).timestamp() * 1000)}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("event=link.eaten", "event"),
        ("userId=me", "userId"),
        ("keyId=-1", "keyId"),
        ("teamId=1.5", "teamId"),
        (f"text={'a' * 201}", "text"),
        ("limit=151", "limit"),
        ("limit=x", "limit"),
        ("from=yesterday", "from"),
        ("to=1e400", "to"),
        ("domainId=x", "domainId"),
        ("domainId=-1", "domainId"),
        ("pageToken=", "pageToken"),
        ("pageToken=x", "pageToken"),
        ("pageToken=2026-13-01T00:00:00_1", "pageToken"),
        ("pageToken=2026-01-01T00:00:00_" + "9" * 30, "pageToken"),
    ],
)
def test_bad_parameters_are_refused_by_name(api: Api, query: str, field: str):
    answer = api.request("GET", f"/audit?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] == field
