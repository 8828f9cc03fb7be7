"""What operations on links answer when they do not succeed: the statuses and shapes of contract a.5."""

from typing import Any

import pytest

from linnet.api.operations import BY_NAME, Access
from tests.api.conftest import Api

NEW = {"domain": "go.example", "originalURL": "https://example.com/new"}
UNKNOWN = "lnk_1_unknown"
# By operation: the method, the address, and what else is sent for each status that this server has a reason for.
CASES: dict[str, tuple[str, dict[int, tuple[str, dict[str, Any]]]]] = {
    "createLink": (
        "POST",
        {
            400: ("/links", {"json": NEW | {"originalURL": "x:"}}),
            402: ("/links", {"json": NEW}),
            404: ("/links", {"json": NEW | {"domain": "no.example"}}),
            409: ("/links", {"json": NEW | {"path": "abc"}}),
        },
    ),
    "createLinkPublic": (
        "POST",
        {
            400: ("/links/public", {"json": NEW | {"tags": 5}}),
            402: ("/links/public", {"json": NEW}),
            404: ("/links/public", {"json": NEW | {"domain": "no.example"}}),
            409: ("/links/public", {"json": NEW | {"path": "abc"}}),
        },
    ),
    "createExampleLinks": (
        "POST",
        {
            400: ("/links/examples", {"json": {}}),
            402: ("/links/examples", {"json": {"domain": "go.example"}}),
            404: ("/links/examples", {"json": {"domain": "no.example"}}),
        },
    ),
    "updateLink": (
        "POST",
        {
            400: ("/links/1", {"json": {"originalURL": "x:"}}),
            404: (f"/links/{UNKNOWN}", {"json": {}}),
            409: ("/links/1", {"json": {"path": "xyz"}}),
        },
    ),
    "duplicateLink": (
        "POST",
        {
            400: ("/links/duplicate/1", {"json": {"path": "?"}}),
            402: ("/links/duplicate/1", {}),
            404: (f"/links/duplicate/{UNKNOWN}", {}),
            409: ("/links/duplicate/1", {"json": {"path": "xyz"}}),
        },
    ),
    "deleteLink": ("DELETE", {404: (f"/links/{UNKNOWN}", {})}),
    "deleteLinksBulk": (
        "DELETE",
        {
            400: ("/links/delete_bulk", {"json": {}}),
            404: ("/links/delete_bulk", {"json": {"link_ids": [UNKNOWN]}}),
        },
    ),
    "archiveLink": (
        "POST",
        {400: ("/links/archive", {"json": {}}), 404: ("/links/archive", {"json": {"link_id": UNKNOWN}})},
    ),
    "unarchiveLink": (
        "POST",
        {400: ("/links/unarchive", {"json": {}}), 404: ("/links/unarchive", {"json": {"link_id": UNKNOWN}})},
    ),
    "archiveLinksBulk": (
        "POST",
        {400: ("/links/archive_bulk", {"json": {}}), 404: ("/links/archive_bulk", {"json": {"link_ids": [UNKNOWN]}})},
    ),
    "unarchiveLinksBulk": (
        "POST",
        {400: ("/links/unarchive_bulk", {"json": {}}), 404: ("/links/unarchive_bulk", {"json": {"link_ids": [UNKNOWN]}})},
    ),
    "listLinks": (
        "GET",
        {
            400: ("/api/links", {"params": {"domain_id": 1, "limit": 151}}),
            404: ("/api/links", {"params": {"domain_id": 99}}),
        },
    ),
    "getLink": ("GET", {400: ("/links/1", {"params": {"domainId": "x"}}), 404: (f"/links/{UNKNOWN}", {})}),
    "expandLink": (
        "GET",
        {
            400: ("/links/expand", {"params": {"domain": "go.example"}}),
            404: ("/links/expand", {"params": {"domain": "go.example", "path": "none"}}),
        },
    ),
    "getLinkByOriginalUrl": (
        "GET",
        {404: ("/links/by-original-url", {"params": {"domain": "go.example", "originalURL": "https://example.com/none"}})},
    ),
}


@pytest.mark.parametrize(("name", "status"), [(name, status) for name, (_, cases) in CASES.items() for status in cases])
def test_a_refusal_has_the_documented_shape(api: Api, name: str, status: int):
    api.created(path="abc"), api.created(path="xyz")
    if status == 402:
        api.context_fields["max_links"] = 2
    method, cases = CASES[name]
    address, options = cases[status]
    checked(api.request(method, address, **options), name, status)


@pytest.mark.parametrize("name", [name for name in CASES if BY_NAME[name].access is Access.SECRET_KEY])
def test_keys_that_do_not_work_and_keys_that_may_not_answer_in_the_same_shape(api: Api, name: str):
    method, cases = CASES[name]
    address, options = next(iter(cases.values()))
    checked(api.request(method, address, key="sk_unknown", **options), name, 401)
    checked(api.request(method, address, key=api.installed.public_key, **options), name, 403)


def checked(answer: Any, name: str, status: int) -> None:
    operation = BY_NAME[name]
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (answer.status_code, body["statusCode"], body["success"]) == (status, status, False), body
    assert body["message"]
    assert isinstance(body["code"], str)
    if operation.error_is_message and status != 401:
        assert body["error"] == body["message"]
    if status == 409:
        assert (body["field"], body["linkId"][:6]) == ("path", "lnk_1_")
    assert operation.errors == () or status in operation.errors or status in (400, 401)


def test_a_defect_is_a_500_in_the_same_shape(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.links.clean_draft", lambda draft: 1 / 0)
    body = api.create().json()
    assert (body["statusCode"], body["success"], body["error"]) == (500, False, "Internal Server Error")
    assert "division" not in str(body)
