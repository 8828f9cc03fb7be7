"""Links created with a public key, and by a plain address (contract b.2, c.1)."""

from typing import Any

import pytest

from tests.api.conftest import Api


def public(api: Api, *, key: str | None = None, **fields: Any) -> Any:
    body = {"domain": "go.example", "originalURL": "https://example.com/"} | fields
    return api.request("POST", "/links/public", key=key or api.installed.public_key, json=body)


def simple(api: Api, *, key: str | None = None, **query: Any) -> Any:
    given = {"domain": "go.example", "originalURL": "https://example.com/", "apiKey": key or api.installed.secret_key}
    return api.client.request("GET", "/links/tweetbot", params=given | query)


class TestPublic:
    def test_the_answer_has_everything_that_a_strict_client_decodes(self, api: Api):
        link = public(api).json()
        kinds = {
            "originalURL": str,
            "path": str,
            "idString": str,
            "id": str,
            "shortURL": str,
            "secureShortURL": str,
            "cloaking": bool,
            "tags": list,
            "createdAt": str,
            "skipQS": bool,
            "archived": bool,
            "DomainId": int,
            "OwnerId": int,
            "hasPassword": bool,
            "source": str,
            "success": bool,
            "duplicate": bool,
        }
        assert {name: type(link[name]) for name in kinds} == kinds
        assert (link["source"], link["cloaking"], link["success"], link["duplicate"]) == ("public", False, True, False)
        assert set(link) == set(kinds), "what is not set is left out"

    def test_times_are_numbers_where_phones_want_numbers(self, api: Api):
        link = public(api, expiresAt="2030-01-01T00:00:00.123Z", ttl=1924992000000, cloaking=True).json()
        assert link["expiresAt"] == 1893456000123
        assert link["ttl"] == "2031-01-01T00:00:00.000Z"
        assert link["createdAt"].endswith("Z")
        assert link["cloaking"] is True

    def test_utm_fields_are_taken_and_given_in_both_spellings(self, api: Api):
        sent = {"utm_source": "s", "utm_medium": "m", "utm_campaign": "c", "utm_term": "t", "utm_content": "n"}
        link = public(api, **sent).json()
        assert {name: link[name] for name in sent} == sent
        camel = {"utmSource": "s", "utmMedium": "m", "utmCampaign": "c", "utmTerm": "t", "utmContent": "n"}
        assert {name: link[name] for name in camel} == camel
        assert link["originalURL"].endswith("?utm_source=s&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=n")

    def test_there_is_never_a_second_link_to_a_destination(self, api: Api):
        first = public(api).json()
        again = public(api, allowDuplicates=True).json()
        assert (again["id"], again["duplicate"]) == (first["id"], True)

    def test_a_secret_key_will_do_and_the_source_stays_public(self, api: Api):
        assert public(api, key=api.installed.secret_key).json()["source"] == "public"

    def test_a_folder_can_be_named(self, api: Api):
        api.add_folder("f", redirect_type=307)
        link = public(api, folderId="f").json()
        assert (link["FolderId"], link["redirectType"]) == ("f", "307")

    def test_a_taken_path_is_a_conflict(self, api: Api):
        public(api, path="abc")
        answer = public(api, path="abc", originalURL="https://example.com/other")
        body = answer.json()
        assert (answer.status_code, body["success"], body["statusCode"]) == (409, False, 409)
        assert isinstance(body["message"], str)

    @pytest.mark.parametrize(
        ("fields", "status"), [({"domain": "no.example"}, 404), ({"originalURL": "javascript:1"}, 400), ({"domain": None}, 400)]
    )
    def test_refusals_have_what_phones_require(self, api: Api, fields: dict[str, Any], status: int):
        answer = public(api, **fields)
        assert answer.status_code == status
        body = answer.json()
        assert [type(body[name]) for name in ("message", "statusCode", "success")] == [str, int, bool]

    def test_without_a_key_phones_can_read_that_too(self, api: Api):
        body = public(api, key="pk_unknown").json()
        assert (body["statusCode"], body["success"], body["message"]) == (401, False, "Unauthorized")


class TestSimple:
    def test_a_link_comes_back(self, api: Api):
        answer = simple(api, path="abc", title="A title")
        link = answer.json()
        assert answer.status_code == 200
        assert (link["path"], link["title"], link["source"], link["success"]) == ("abc", "A title", "api", True)
        assert answer.headers["cache-control"] == "no-store"
        assert simple(api).json()["duplicate"]

    @pytest.mark.parametrize("value", ["1", "true", "True"])
    def test_the_address_alone_comes_as_plain_text(self, api: Api, value: str):
        answer = simple(api, path="abc", urlOnly=value)
        assert answer.text == "http://go.example:8000/abc"
        assert answer.headers["content-type"].startswith("text/plain")

    @pytest.mark.parametrize("value", ["0", "false", "", "perhaps"])
    def test_otherwise_json_does(self, api: Api, value: str):
        assert simple(api, path="abc", urlOnly=value).json()["shortURL"] == "http://go.example:8000/abc"

    def test_refusals_are_json_either_way(self, api: Api):
        simple(api, path="abc")
        for query, status in [
            ({"originalURL": "https://example.com/2", "path": "abc"}, 409),
            ({"originalURL": "ftp://example.com/"}, 400),
            ({"domain": "no.example"}, 404),
            ({"apiKey": "sk_unknown"}, 401),
            ({"apiKey": ""}, 401),
            ({"apiKey": api.installed.public_key}, 403),
        ]:
            answer = simple(api, **{"urlOnly": "1"} | query)
            assert (answer.status_code, answer.json()["statusCode"]) == (status, status), query

    def test_a_key_in_the_header_is_not_enough(self, api: Api):
        query = {"domain": "go.example", "originalURL": "https://example.com/"}
        assert api.request("GET", "/links/tweetbot", params=query).status_code == 401
