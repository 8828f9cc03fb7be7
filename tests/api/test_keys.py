"""API keys over the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linnet.actions.keys import Authenticator
from tests.api.conftest import Api


def make(api: Api, **fields: Any) -> Any:
    return api.request("POST", "/api/keys", json={"type": "secret"} | fields)


def test_a_new_key_is_shown_once_and_works(api: Api):
    ends = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = make(api, description="Shop", domain="go.example", expiresAt=ends.isoformat()).json()
    assert made["key"].startswith(made["prefix"])
    expected = {
        "type": "secret",
        "description": "Shop",
        "domainId": api.installed.domain.id,
        "teamId": None,
        "userId": api.installed.domain.owner_id,
        "lastUsedAt": None,
        "revokedAt": None,
    }
    assert {name: made[name] for name in expected} == expected
    assert datetime.fromisoformat(made["expiresAt"]) == ends
    assert api.request("GET", "/api/domains", key=made["key"]).status_code == 200
    listed = api.request("GET", "/api/keys").json()
    assert made["key"] not in str(listed)
    assert {name: value for name, value in made.items() if name != "key"} in listed["keys"]


def test_an_expiry_in_milliseconds_is_taken(api: Api):
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    made = make(api, expiresAt=int(ends.timestamp() * 1000)).json()
    assert datetime.fromisoformat(made["expiresAt"]) == ends


def test_null_is_as_if_it_was_not_sent(api: Api):
    fields = dict.fromkeys(("expiresAt", "domain", "domainId", "teamId", "serviceAccountId", "description"))
    made = make(api, **fields).json()
    assert (made["expiresAt"], made["domainId"], made["teamId"], made["description"]) == (None, None, None, "")


def test_a_revoked_key_is_unauthorized_and_stays_in_the_list(api: Api):
    made = make(api, type="public").json()
    answer = api.request("DELETE", f"/api/keys/{made['id']}")
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert api.request("GET", "/links/expand?domain=go.example&path=x", key=made["key"]).status_code == 401
    (listed,) = [key for key in api.request("GET", "/api/keys").json()["keys"] if key["id"] == made["id"]]
    assert listed["revokedAt"] is not None


def test_foreign_keys_answer_as_unknown_ones(api: Api):
    other_key, _ = api.other_owner()
    foreign = api.request("DELETE", "/api/keys/1", key=other_key)
    unknown = api.request("DELETE", "/api/keys/999")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json() == unknown.json() | {name: unknown.json()[name].replace("999", "1") for name in ("error", "message")}
    assert api.request("GET", "/api/keys").json()["keys"][0]["revokedAt"] is None


def test_the_list_goes_on_behind_the_page_token(api: Api):
    ids = [make(api).json()["id"] for _ in range(3)]
    first = api.request("GET", "/api/keys?limit=3").json()
    second = api.request("GET", f"/api/keys?limit=3&pageToken={first['nextPageToken']}").json()
    assert [key["id"] for key in first["keys"] + second["keys"]][-3:] == ids
    assert "nextPageToken" not in second


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "root"}, "type"),
        ({"type": None}, "type"),
        ({"description": "x" * 201}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"expiresAt": 1}, "expiresAt"),
        ({"expiresAt": "soon"}, "expiresAt"),
        ({"expiresAt": ""}, "expiresAt"),
        ({"expiresAt": 1e300}, "expiresAt"),
        ({"domainId": "x"}, "domainId"),
        ({"teamId": [1]}, "teamId"),
    ],
)
def test_bad_fields_are_refused_by_name(api: Api, fields: dict[str, Any], field: str | None):
    answer = make(api, **fields)
    assert answer.status_code == 400, answer.text
    assert answer.json().get("field") == field


@pytest.mark.parametrize(
    "fields",
    [{"domainId": 999}, {"domainId": -1}, {"domainId": 10**30}, {"domain": "no.example"}, {"domain": "\x00"}]
    + [{name: number} for name in ("teamId", "serviceAccountId") for number in (999, 0, -1, 10**18)],
)
def test_what_nobody_knows_is_not_found(api: Api, fields: dict[str, Any]):
    answer = make(api, **fields)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=151", "pageToken=-1", "pageToken=x", "pageToken=²", "pageToken=" + "9" * 18]
)
def test_a_page_out_of_bounds_is_refused(api: Api, query: str):
    assert api.request("GET", f"/api/keys?{query}").status_code == 400


def test_a_restricted_key_makes_none_that_reaches_further(api: Api):
    restricted = make(api, domain="go.example").json()["key"]
    made = api.request("POST", "/api/keys", json={"type": "secret"}, key=restricted).json()
    assert made["domainId"] == api.installed.domain.id
    _, other = api.other_owner()
    refused = api.request("POST", "/api/keys", json={"type": "secret", "domainId": other.id}, key=restricted)
    assert refused.status_code == 404
    assert Authenticator(api.database).actor_of(made["key"]).only_domain_id == api.installed.domain.id
