"""What clients may send by mistake or in bad faith: a 4xx in the universal shape, and nothing done."""

import os
from typing import Any

import pytest

from linnet.model.errors import StorageUnavailable
from tests.api.conftest import Api


def refused(answer: Any, status: int, field: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status, body
    assert answer.headers["content-type"] == "application/json"
    assert (body["success"], body["statusCode"]) == (False, status)
    assert isinstance(body["message"], str)
    assert isinstance(body["error"], str)
    assert isinstance(body["code"], str)
    assert body.get("field") == field
    return body


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"originalURL": "javascript:alert(1)"}, "originalURL"),
        ({"originalURL": "data:text/html,x"}, "originalURL"),
        ({"originalURL": "mailto:a@example.com"}, "originalURL"),
        ({"originalURL": "example.com"}, "originalURL"),
        ({"originalURL": ""}, "originalURL"),
        ({"originalURL": "https://"}, "originalURL"),
        ({"originalURL": "https://[::1"}, "originalURL"),
        ({"originalURL": "https://e xample.com/"}, "originalURL"),
        ({"originalURL": "https://example.com/\u0000"}, "originalURL"),
        ({"originalURL": "https://example.com/\r\nSet-Cookie: a=b"}, "originalURL"),
        ({"originalURL": "https://example.com/" + "x" * 8192}, "originalURL"),
        ({"originalURL": "https://example.com:99999/"}, "originalURL"),
        ({"originalURL": 5}, "originalURL"),
        ({"originalURL": None}, "originalURL"),
        ({"path": "a\tb"}, "path"),
        ({"path": "x" * 1025}, "path"),
        ({"path": ["a"]}, "path"),
        ({"path": "a?b"}, "path"),
        ({"title": "x" * 513}, "title"),
        ({"title": "a\u0007"}, "title"),
        ({"tags": "abc"}, "tags"),
        ({"tags": ["x" * 65]}, "tags"),
        ({"tags": ["t"] * 101}, "tags"),
        ({"tags": [""]}, "tags"),
        ({"redirectType": 303}, "redirectType"),
        ({"redirectType": "often"}, "redirectType"),
        ({"clicksLimit": 0}, "clicksLimit"),
        ({"clicksLimit": 10**30}, "clicksLimit"),
        ({"splitPercent": 101}, "splitPercent"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiresAt": 1e300}, "expiresAt"),
        ({"expiresAt": []}, "expiresAt"),
        ({"ttl": "-5"}, "ttl"),
        ({"expiredURL": "javascript:1"}, "expiredURL"),
        ({"iphoneURL": "vbscript:1"}, "iphoneURL"),
        ({"skipQS": "perhaps"}, "skipQS"),
        ({"utmSource": "x" * 257}, "utmSource"),
        ({"password": "x" * 257}, "password"),
        ({"domain": 5}, "domain"),
        ({"domain": "go.example\u0000"}, "domain"),
        ({"domain": "unknown.example"}, "domain"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(api: Api, fields: dict[str, Any], field: str):
    answer = api.create(**fields)
    refused(answer, 404 if field == "domain" and answer.status_code == 404 else 400, field)
    assert api.request("GET", "/api/links", params={"domain_id": 1}).json()["links"] == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 3000, b"nul", b"{'a': 1}"])
def test_a_body_that_is_no_json_object_is_refused(api: Api, body: bytes):
    answer = api.request("POST", "/links", content=body, headers={"content-type": "application/json"})
    refused(answer, 400, answer.json().get("field"))


def test_an_empty_body_lacks_a_required_field(api: Api):
    refused(api.request("POST", "/links", content=b""), 400, "originalURL")


def test_a_body_over_five_megabytes_is_refused(api: Api):
    refused(api.request("POST", "/links", content=b"x" * 5_000_001), 413)
    without_length = (b"x" * 100_000 for _ in range(51))
    refused(api.request("POST", "/links", content=without_length), 413)


def test_keys_that_do_not_work_are_told_apart_from_those_that_may_not(api: Api):
    for key in ("sk_unknown", f"Bearer {api.installed.secret_key}", "é", "x" * 10_000):
        answer = api.request("GET", "/api/domains", headers={"authorization": key.encode()})
        assert refused(answer, 401)["error"] == "Unauthorized"
    refused(api.client.get("/api/domains"), 401)
    refused(api.request("GET", "/api/domains", key=api.installed.public_key), 403)


def test_routes_and_methods_that_do_not_exist_answer_in_the_same_shape(api: Api):
    for path in ("/nothing", "/domains/x", "/links/a/b", "/%00", "/links/%ff/x"):
        assert refused(api.request("GET", path), 404)["code"] == "route_not_found"
    answer = api.request("PUT", "/links")
    assert refused(answer, 405)["code"] == "method_not_allowed"
    assert "POST" in answer.headers["allow"]


def test_clients_that_show_error_as_the_message_find_the_reason_there(api: Api):
    for method, path, status in [
        ("GET", "/links/unknown", 404),
        ("DELETE", "/links/unknown", 404),
        ("GET", "/links/expand?domain=go.example&path=unknown", 404),
        ("GET", "/api/links?domain_id=77", 404),
        ("GET", "/api/links?domain_id=1&limit=0", 400),
        ("GET", "/domains/77", 403),
    ]:
        body = api.request(method, path).json()
        assert (body["statusCode"], body["error"]) == (status, body["message"]), path
    conflict = api.request("POST", "/domains", json={"hostname": "go.example"}).json()
    assert conflict["error"] == conflict["message"]
    api.created(path="abc")
    assert api.create(path="abc", originalURL="https://example.com/other").json()["error"] == "Conflict"


@pytest.mark.parametrize("query", [{}, {"domain_id": "x"}, {"domain_id": 1, "limit": 0}, {"domain_id": 1, "limit": 151}])
def test_query_parameters_are_checked(api: Api, query: dict[str, Any]):
    answer = api.request("GET", "/api/links", params=query)
    assert answer.status_code == 400
    assert answer.json()["success"] is False


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/links/expand?path=a", "domain"),
        ("/links/expand?domain=go.example", "path"),
        ("/api/links", "domain_id"),
        ("/api/links?domain_id=x", "domain_id"),
        ("/api/links?domain_id=1&limit=", "limit"),
        ("/api/links?domain_id=1&limit=0", "limit"),
        ("/api/domains?limit=301", "limit"),
        ("/api/domains?offset=-1", "offset"),
    ],
)
def test_a_query_parameter_that_is_missing_or_wrong_is_named(api: Api, path: str, field: str):
    refused(api.request("GET", path), 400, field)


@pytest.mark.parametrize("field", ["beforeDate", "afterDate", "dateSortOrder"])
def test_list_filters_are_named_when_they_cannot_be_read(api: Api, field: str):
    refused(api.request("GET", "/api/links", params={"domain_id": 1, field: "never"}), 400, field)


def test_ids_of_another_owner_answer_like_ids_that_nobody_has(api: Api):
    link = api.created(path="abc")
    other_key, other_domain = api.other_owner()
    unknown = "lnk_1_" + "x" * 21
    for method, address in [("GET", "/links/{}"), ("POST", "/links/{}"), ("DELETE", "/links/{}")]:
        theirs = api.request(method, address.format(link["id"]), key=other_key, json={} if method == "POST" else None)
        nobodys = api.request(method, address.format(unknown), key=other_key, json={} if method == "POST" else None)
        assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json()) == (404, theirs.json())
    refused(api.request("GET", "/api/links", params={"domain_id": 1}, key=other_key), 404)
    refused(api.request("GET", "/links/expand", params={"domain": "go.example", "path": "abc"}, key=other_key), 404, "domain")
    assert refused(api.request("GET", "/domains/1", key=other_key), 403)["type"] == "accessDenied"
    assert refused(api.request("GET", "/domains/77", key=other_key), 403)["type"] == "accessDenied"
    assert [domain["id"] for domain in api.request("GET", "/api/domains", key=other_key).json()] == [other_domain.id]
    assert api.request("GET", f"/links/{link['id']}").status_code == 200


class TestLoops:
    def test_a_link_to_itself_is_refused(self, api: Api):
        refused(api.create(path="a", originalURL="http://go.example:8000/A?x"), 400, "originalURL")

    def test_two_links_to_each_other_are_refused_also_when_the_second_comes_by_an_edit(self, api: Api):
        api.created(path="a", originalURL="https://go.example/b")
        refused(api.create(path="b", originalURL="https://go.example/a"), 400, "originalURL")
        link = api.created(path="b", originalURL="https://example.com/")
        refused(api.request("POST", f"/links/{link['id']}", json={"originalURL": "https://GO.example/a"}), 400, "originalURL")

    def test_a_catch_all_onto_its_own_domain_is_refused(self, api: Api):
        refused(api.create(path="*", originalURL="https://go.example/missing"), 400, "originalURL")
        refused(api.create(path="docs/*", originalURL="https://go.example/docs/$1"), 400, "originalURL")

    def test_the_expired_url_counts_too(self, api: Api):
        refused(api.create(path="a", expiredURL="https://go.example/a"), 400, "expiredURL")

    def test_another_link_of_ours_may_be_a_destination(self, api: Api):
        api.created(path="a")
        assert api.create(path="b", originalURL="https://go.example/a").status_code == 200


def test_a_bulk_call_creates_the_good_rows_and_explains_the_bad_ones_in_place(api: Api):
    rows: list[Any] = [{"originalURL": f"https://example.com/{n}"} for n in range(1000)]
    bad: dict[int, Any] = dict(zip(range(5, 1000, 60), [{"path": "x"}, 5, {"originalURL": "data:x"}] * 6, strict=False))
    for n, value in bad.items():
        rows[n] = value
    answer = api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows})
    assert answer.status_code == 200
    outcomes = answer.json()
    assert len(outcomes) == 1000
    for n, outcome in enumerate(outcomes):
        if n in bad:
            assert (outcome["success"], outcome["status"]) == (False, 400)
            assert outcome["error"] == outcome["message"]
        else:
            assert outcome["originalURL"] == f"https://example.com/{n}"
    with api.database.read() as work:
        assert work.links.count(1) == 1000 - len(bad)


def test_a_bulk_call_keeps_to_the_rules_among_its_own_rows(api: Api):
    rows = [
        {"originalURL": "https://example.com/a"},
        {"originalURL": "https://example.com/a"},
        {"originalURL": "https://example.com/a", "allowDuplicates": 1},
        {"originalURL": "https://example.com/b", "path": "p"},
        {"originalURL": "https://example.com/c", "path": "P"},
        {"originalURL": "https://example.com/b", "path": "p"},
        {"originalURL": "https://example.com/a", "path": None},
    ]
    first, same, other, taken, conflict, again, null = api.request(
        "POST", "/links/bulk", json={"domain": "go.example", "links": rows}
    ).json()
    assert (same["id"], same["duplicate"]) == (first["id"], True)
    assert other["id"] != first["id"]
    assert (conflict["status"], conflict["field"]) == (409, "path")
    assert again["id"] == taken["id"]
    assert null["id"] == first["id"]


def test_a_bulk_call_may_be_a_bare_list_of_rows_with_their_domains(api: Api):
    rows = [{"domain": "go.example", "originalURL": f"https://example.com/{n}"} for n in range(3)]
    answer = api.request("POST", "/links/bulk", json=rows)
    assert [each["originalURL"] for each in answer.json()] == [row["originalURL"] for row in rows]
    api.request("POST", "/domains", json={"hostname": "t.example"})
    mixed = [
        {"domain": "t.example", "originalURL": "https://example.com/1"},
        {"domain": "unknown.example", "originalURL": "https://example.com/2"},
        {"originalURL": "https://example.com/3"},
        {"domain": "go.example", "originalURL": "https://example.com/4"},
        5,
    ]
    outcomes = api.request("POST", "/links/bulk", json=mixed).json()
    assert [outcome.get("status", 200) for outcome in outcomes] == [200, 404, 400, 200, 400]
    assert [outcome["shortURL"].split("/")[2] for outcome in (outcomes[0], outcomes[3])] == [
        "t.example:8000",
        "go.example:8000",
    ]
    for wrong in ([], [5], [{"originalURL": "https://example.com/"}]):
        refused(api.request("POST", "/links/bulk", json=wrong), 400, "domain")
    refused(api.request("POST", "/links/bulk", json=[mixed[1]]), 404, "domain")
    refused(api.request("POST", "/links/bulk", json=[rows[0]] * 1001), 413, "links")


def test_a_bulk_call_of_more_than_a_thousand_rows_is_refused_whole(api: Api):
    rows = [{"originalURL": "https://example.com/"}] * 1001
    refused(api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows}), 413, "links")


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(api: Api):
    path = api.database.url.removeprefix("sqlite:///")
    api.request("GET", "/api/domains")
    os.rename(path, path + ".away")
    answer = api.create()
    body = refused(answer, 503)
    assert body["code"] == StorageUnavailable.code
    assert answer.headers["retry-after"] == "5"
    os.rename(path + ".away", path)
    assert api.create().status_code == 200
