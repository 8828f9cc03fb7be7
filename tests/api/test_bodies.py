"""What is said about a body or a query that does not fit."""

from typing import Any

import pytest

from tests.api.conftest import Api


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/links", {}, "originalURL is required."),
        ("/links/archive", {}, "link_id is required."),
        ("/links", {"originalURL": 5}, "originalURL must be a string."),
        ("/links", {"originalURL": "https://example.com/", "tags": "a"}, "tags must be an array."),
        ("/links", {"originalURL": "https://example.com/", "tags": [1]}, "tags[0] must be a string."),
        ("/links", {"originalURL": "https://example.com/", "cloaking": "perhaps"}, "cloaking must be true or false."),
        ("/links", [], "The body must be an object."),
        ("/links/folders", {"domainId": "one", "name": "A"}, "domainId must be a whole number."),
        ("/links/folders", {"domainId": 1}, "name is required."),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(api: Api, path: str, body: Any, message: str):
    answer = api.request("POST", path, json={"domain": "go.example", **body} if isinstance(body, dict) else body)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_a_query_parameter_is_told_about_in_the_same_words(api: Api):
    answer = api.request("GET", "/api/links", params={"domain_id": "one"})
    assert (answer.status_code, answer.json()["message"]) == (400, "domain_id must be a whole number.")
    assert answer.json()["field"] == "domain_id"
