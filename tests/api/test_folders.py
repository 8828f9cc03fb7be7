"""Folders over HTTP, field by field (contract b.5)."""

import re
from typing import Any

import pytest

from linnet.model.grouping import MAX_FOLDERS, MAX_LOGO_URL
from tests.api.conftest import Api
from tests.api.test_bad_input import refused

FULL = {
    "color": "ff0000",
    "backgroundColor": "00ff0080",
    "logoUrl": "https://example.com/logo.png",
    "logoHeight": 40,
    "logoWidth": 60,
    "ecLevel": "Q",
    "integrationFB": "fb",
    "integrationTT": "tt",
    "integrationGA": "ga",
    "integrationGTM": "GTM-1",
    "integrationAdroll": "ad",
    "utmCampaign": "c",
    "utmMedium": "m",
    "utmSource": "s",
    "utmTerm": "t",
    "utmContent": "o",
    "redirectType": 301,
    "expiresAtDays": 30,
    "icon": "star",
    "prefix": "promo/",
}


def create(api: Api, **fields: Any) -> Any:
    return api.request("POST", "/links/folders", json={"domainId": api.installed.domain.id, "name": "News"} | fields)


def test_a_folder_has_the_fields_that_it_was_made_with_and_no_others(api: Api):
    plain = create(api).json()
    assert set(plain) == {"id", "DomainId", "name"}
    assert (plain["DomainId"], plain["name"]) == (1, "News")
    assert re.fullmatch(r"[A-Za-z0-9_-]{21}", plain["id"])
    answer = create(api, **FULL, more=1)
    assert answer.status_code == 200
    full = answer.json()
    assert full == FULL | {"id": full["id"], "DomainId": 1, "name": "News"}
    assert api.request("GET", f"/links/folders/1/{full['id']}").json() == full
    assert api.request("GET", f"/links/folders/1/{plain['id']}").json() == plain


def test_numbers_may_be_texts_and_null_is_not_sent(api: Api):
    folder = create(api, domainId="1", redirectType="307", color=None, expiresAtDays=None, utmTerm="").json()
    assert folder == {"id": folder["id"], "DomainId": 1, "name": "News", "redirectType": 307}


def test_folders_are_listed_by_name(api: Api):
    assert api.request("GET", "/links/folders/1").json() == {"linkFolders": []}
    made = [create(api, name=name).json() for name in ("b", "a")]
    answer = api.request("GET", "/links/folders/1")
    assert (answer.status_code, answer.json()) == (200, {"linkFolders": made[::-1]})


def test_a_folder_that_is_not_there_is_null(api: Api):
    _, other = api.other_owner()
    folder_id = create(api).json()["id"]
    for path in ("/links/folders/1/unknown", "/links/folders/1/%00", "/links/folders/1/%ED%A0%80"):
        answer = api.request("GET", path)
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/json", b"null")
    refused(api.request("GET", f"/links/folders/{other.id}/{folder_id}"), 404)


def test_a_link_is_made_in_a_folder_with_its_defaults(api: Api):
    folder = create(api, redirectType=308, utmSource="letter").json()
    link = api.created(folderId=folder["id"])
    assert (link["FolderId"], link["redirectType"], link["utmSource"]) == (folder["id"], "308", "letter")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": "a\0"}, "name"),
        ({"domainId": None}, "domainId"),
        ({"domainId": "x"}, "domainId"),
        ({"domainId": 1.5}, "domainId"),
        ({"color": "#ff0000"}, "color"),
        ({"color": "red"}, "color"),
        ({"backgroundColor": "fff"}, "backgroundColor"),
        ({"backgroundColor": 16711680.5}, "backgroundColor"),
        ({"logoUrl": "ftp://example.com/a.png"}, "logoUrl"),
        ({"logoUrl": "data:text/html,<script>"}, "logoUrl"),
        ({"logoUrl": "data:image/png;base64,\0"}, "logoUrl"),
        ({"logoUrl": "data:image/png;base64," + "A" * MAX_LOGO_URL}, "logoUrl"),
        ({"logoWidth": 0}, "logoWidth"),
        ({"logoHeight": 10**30}, "logoHeight"),
        ({"ecLevel": "Z"}, "ecLevel"),
        ({"redirectType": 200}, "redirectType"),
        ({"expiresAtDays": -1}, "expiresAtDays"),
        ({"expiresAtDays": 10**12}, "expiresAtDays"),
        ({"prefix": "a?b"}, "prefix"),
        ({"prefix": "docs/*"}, "prefix"),
        ({"icon": "x" * 257}, "icon"),
        ({"utmSource": {"a": [[]]}}, "utmSource"),
        ({"integrationGTM": "a\u0007"}, "integrationGTM"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_made(api: Api, fields: dict[str, Any], field: str):
    refused(create(api, **fields), 400, field)
    assert api.request("GET", "/links/folders/1").json() == {"linkFolders": []}


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{", b"[" * 100_000])
def test_a_body_that_is_no_folder_is_refused(api: Api, body: bytes):
    assert api.request("POST", "/links/folders", content=body).status_code == 400


def test_domains_of_another_owner_answer_like_domains_that_nobody_has(api: Api):
    folder_id = create(api).json()["id"]
    key, _ = api.other_owner()
    for domain_id in (1, 77, -1, 0, 2**31, 10**30):
        for answer in (
            api.request("GET", f"/links/folders/{domain_id}", key=key),
            api.request("GET", f"/links/folders/{domain_id}/{folder_id}", key=key),
            api.request("POST", "/links/folders", json={"domainId": domain_id, "name": "x"}, key=key),
        ):
            body = refused(answer, 404)
            assert body["message"] == f"There is no domain {domain_id} among those that this key may use."
    refused(api.request("GET", "/links/folders/1", key=api.installed.public_key), 403)
    assert len(api.request("GET", "/links/folders/1").json()["linkFolders"]) == 1


def test_a_domain_has_room_for_so_many_folders(api: Api):
    for number in range(MAX_FOLDERS):
        api.add_folder(f"f{number}")
    assert refused(create(api), 402)["code"] == "quota_reached"


def test_logos_have_room_only_together(api: Api):
    api.add_folder("f", logo_url="data:image/png;base64," + "A" * 5_000_000)
    logo = "data:image/png;base64,iVBORw0KGgo="
    refused(create(api, logoUrl=logo), 400, "logoUrl")
    assert create(api, logoUrl="").status_code == 200


@pytest.mark.parametrize(
    ("style", "field"),
    [
        ({"color": "FFFFFF", "backgroundColor": "FFFFFE"}, "color"),
        ({"logoUrl": "data:image/png;base64,AAAA"}, "logoUrl"),
        ({"logoUrl": "data:image/svg+xml;base64,PHN2Zy8+"}, "logoUrl"),
    ],
)
def test_a_style_in_which_no_code_could_be_drawn_makes_no_folder(api: Api, style: dict[str, str], field: str):
    domain_id = api.installed.domain.id
    refused = api.request("POST", "/links/folders", json={"domainId": domain_id, "name": "Styled", **style})
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert api.request("GET", f"/links/folders/{domain_id}").json() == {"linkFolders": []}
