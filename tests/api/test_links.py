"""Links over the API, in the contract's shapes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Api


def test_a_link_comes_back_in_the_contracts_shape(api: Api):
    link = api.created(path="abc", title="Title", tags=["a", "b"], expiresAt=1999999999000, redirectType=301)
    assert link["path"] == "abc"
    assert link["shortURL"] == "http://go.example:8000/abc"
    assert link["secureShortURL"] == "https://go.example:8000/abc"
    assert link["id"] == link["idString"]
    assert link["idString"].startswith("lnk_1_")
    assert (link["success"], link["duplicate"], link["hasPassword"], link["archived"], link["skipQS"]) == (
        True,
        False,
        False,
        False,
        False,
    )
    assert (link["tags"], link["title"], link["redirectType"], link["source"]) == (["a", "b"], "Title", "301", "api")
    assert link["expiresAt"] == "2033-05-18T03:33:19.000Z"
    assert link["createdAt"].endswith("Z")
    assert "expiredURL" not in link
    assert "cloaking" not in link


def test_every_writable_field_is_stored_and_read_again(api: Api):
    api.add_folder("folder-1")
    fields: dict[str, Any] = {
        "title": "T",
        "tags": ["x"],
        "cloaking": True,
        "redirectType": 307,
        "expiresAt": "2030-01-01T00:00:00.000Z",
        "expiredURL": "https://example.com/over",
        "ttl": "2031-01-01T00:00:00.000Z",
        "androidURL": "https://example.com/a",
        "iphoneURL": "https://example.com/i",
        "createdAt": "2020-01-02 03:04:05+00:00",
        "clicksLimit": 9,
        "passwordContact": True,
        "skipQS": True,
        "archived": True,
        "splitURL": "https://example.com/s",
        "splitPercent": 30,
        "integrationAdroll": "1",
        "integrationFB": "2",
        "integrationTT": "3",
        "integrationGA": "4",
        "integrationGTM": "5",
        "utmSource": "s",
        "utmMedium": "m",
        "utmCampaign": "c",
        "utmTerm": "t",
        "utmContent": "n",
        "folderId": "folder-1",
    }
    created = api.created(**fields)
    read = api.request("GET", f"/links/{created['id']}").json()
    expected = fields | {"redirectType": "307", "createdAt": "2020-01-02T03:04:05.000Z", "FolderId": "folder-1"}
    del expected["folderId"]
    assert {name: read[name] for name in expected} == expected
    assert read["originalURL"] == ("https://example.com/?utm_source=s&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=n")


class TestTheFiveRules:
    def test_a_taken_path_with_the_same_destination_gives_the_existing_link(self, api: Api):
        first, second = api.created(path="abc"), api.created(path="abc")
        assert second["id"] == first["id"]
        assert second["duplicate"]

    def test_a_taken_path_with_another_destination_is_a_conflict(self, api: Api):
        first = api.created(path="abc")
        answer = api.create(path="ABC", originalURL="https://example.com/other")
        assert answer.status_code == 409
        body = answer.json()
        assert (body["code"], body["field"], body["linkId"], body["success"]) == ("path_taken", "path", first["id"], False)

    def test_a_known_destination_without_a_path_gives_the_existing_link(self, api: Api):
        first, second = api.created(), api.created()
        assert second["id"] == first["id"]
        assert second["duplicate"]

    def test_a_known_destination_with_a_path_makes_a_new_link(self, api: Api):
        first, second = api.created(), api.created(path="abc")
        assert second["id"] != first["id"]
        assert not second["duplicate"]

    def test_duplicates_may_be_allowed(self, api: Api):
        first, second = api.created(), api.created(allowDuplicates=True)
        assert second["id"] != first["id"]


@pytest.mark.parametrize(
    ("link_type", "length"), [("random", 6), ("four-char", 4), ("eight-char", 8), ("ten-char", 10), ("secure", 22)]
)
def test_paths_are_generated_as_the_domain_says(api: Api, link_type: str, length: int):
    api.request("POST", "/domains", json={"hostname": "t.example", "linkType": link_type})
    path = api.created(domain="t.example")["path"]
    assert len(path) == length
    assert path.isalnum()


def test_increment_counts_and_skips_taken_paths(api: Api):
    api.request("POST", "/domains", json={"hostname": "t.example", "linkType": "increment"})
    api.created(domain="t.example", path="2")
    paths = [api.created(domain="t.example", allowDuplicates=True)["path"] for _ in range(3)]
    assert paths == ["1", "3", "4"]


def test_concurrent_creates_never_share_a_generated_path(api: Api):
    api.request("POST", "/domains", json={"hostname": "t.example", "linkType": "increment"})
    with ThreadPoolExecutor(8) as pool:
        links = list(pool.map(lambda _: api.created(domain="t.example", allowDuplicates=True), range(40)))
    assert len({link["path"] for link in links}) == 40


def test_of_a_hundred_creates_of_one_path_one_succeeds(api: Api):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: api.create(path="abc", originalURL=f"https://example.com/{n}"), range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 99


def test_an_update_changes_what_it_mentions_and_null_clears(api: Api):
    link = api.created(path="abc", title="T", expiresAt=1999999999000, tags=["a"])
    changed = api.request("POST", f"/links/{link['id']}", json={"expiresAt": None, "path": "new"}).json()
    assert "expiresAt" not in changed
    assert (changed["title"], changed["tags"], changed["path"]) == ("T", ["a"], "new")
    assert api.request("GET", "/links/expand", params={"domain": "go.example", "path": "abc"}).status_code == 404


def test_an_update_that_names_one_utm_field_replaces_all_five(api: Api):
    link = api.created(utmSource="s", utmMedium="m")
    changed = api.request("POST", f"/links/{link['id']}", json={"utmSource": "z"}).json()
    assert changed["originalURL"] == "https://example.com/?utm_source=z"
    assert "utmMedium" not in changed
    moved = api.request("POST", f"/links/{link['id']}", json={"originalURL": "https://example.org/?a=b"}).json()
    assert moved["originalURL"] == "https://example.org/?a=b&utm_source=z"


def test_an_update_to_a_taken_path_is_a_conflict_that_names_the_other_link(api: Api):
    first = api.created(path="abc")
    second = api.created(path="xyz")
    answer = api.request("POST", f"/links/{second['id']}", json={"path": "abc"})
    assert (answer.status_code, answer.json()["field"], answer.json()["linkId"]) == (409, "path", first["id"])


def test_archived_is_honoured_both_ways(api: Api):
    link = api.created()
    assert api.request("POST", f"/links/{link['id']}", json={"archived": True}).json()["archived"]
    assert not api.request("POST", f"/links/{link['id']}", json={"archived": False}).json()["archived"]


def test_a_password_is_hashed_and_never_read_again(api: Api):
    link = api.created(password="open sesame")
    assert (link["hasPassword"], link["password"]) == (True, "open sesame")
    read = api.request("GET", f"/links/{link['id']}").json()
    assert read["hasPassword"]
    assert "password" not in read
    with api.database.read() as work:
        stored = work.links.find(link["id"])
    assert stored is not None
    assert (stored.password_hash or "").startswith("$argon2id$")
    cleared = api.request("POST", f"/links/{link['id']}", json={"password": None}).json()
    assert not cleared["hasPassword"]


def test_a_deleted_link_is_gone_also_with_a_json_content_type_and_no_body(api: Api):
    link = api.created(path="abc")
    answer = api.request("DELETE", f"/links/{link['id']}", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"success": True, "idString": link["id"]})
    assert api.request("DELETE", f"/links/{link['id']}").status_code == 404
    assert api.request("GET", f"/links/{link['id']}").json()["error"] == "Link not found"


def test_a_link_is_found_by_id_by_either_prefix_by_number_and_by_path(api: Api):
    link = api.created(path="Straße")
    for address in (link["id"], link["id"].replace("lnk_", "link_"), "1"):
        assert api.request("GET", f"/links/{address}").json()["id"] == link["id"]
    for path in ("straße", "/STRASSE".replace("SS", "ß")):
        assert api.request("GET", "/links/expand", params={"domain": "go.example", "path": path}).json()["id"] == link["id"]


def test_the_root_link_expands_with_an_empty_path(api: Api):
    link = api.created(path="")
    assert link["shortURL"] == "http://go.example:8000/"
    assert api.request("GET", "/links/expand", params={"domain": "go.example", "path": ""}).json()["id"] == link["id"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_hold_every_link_once_in_order(api: Api, order: str):
    made = [api.created(path=f"p{n}", createdAt=f"2026-01-0{n // 3 + 1}T00:00:00Z")["id"] for n in range(8)]
    seen: list[str] = []
    token = None
    while True:
        query = {"domain_id": 1, "limit": 3, "dateSortOrder": order} | ({"pageToken": token} if token else {})
        page = api.request("GET", "/api/links", params=query).json()
        assert page["count"] == len(page["links"])
        seen += [link["id"] for link in page["links"]]
        token = page.get("nextPageToken")
        if not token:
            break
    assert seen == (made if order == "asc" else made[::-1])


def test_a_full_last_page_has_no_token(api: Api):
    for n in range(2):
        api.created(path=f"p{n}")
    assert "nextPageToken" not in api.request("GET", "/api/links", params={"domain_id": 1, "limit": 2}).json()


def test_a_list_can_be_cut_by_date_and_folder(api: Api):
    api.add_folder("f")
    api.created(path="old", createdAt="2020-01-01T00:00:00Z", folderId="f")
    api.created(path="new", createdAt="2026-01-01T00:00:00Z")

    def paths(**query: str) -> list[str]:
        page = api.request("GET", "/api/links", params={"domain_id": 1} | query).json()
        return [link["path"] for link in page["links"]]

    assert paths(beforeDate="2021-01-01") == ["old"]
    assert paths(afterDate="2021-01-01T00:00:00Z") == ["new"]
    assert paths(folderId="f") == ["old"]


def test_a_page_token_that_was_tampered_with_is_refused(api: Api):
    for n in range(3):
        api.created(path=f"p{n}")
    token = api.request("GET", "/api/links", params={"domain_id": 1, "limit": 2}).json()["nextPageToken"]
    # Each character in turn, for the last one holds bits that mean nothing to base64, and characters that it would skip.
    changed = [token[:place] + ("B" if each == "A" else "A") + token[place + 1 :] for place, each in enumerate(token)]
    for wrong in (*changed, token + "AAAA", token + "=", token[:5] + "!" + token[5:], "-", "é", "x" * 5000, token[:10]):
        answer = api.request("GET", "/api/links", params={"domain_id": 1, "limit": 2, "pageToken": wrong})
        assert (answer.status_code, answer.json().get("field")) == (400, "pageToken"), wrong
    answer = api.request("GET", "/api/links", params={"domain_id": 1, "dateSortOrder": "asc", "pageToken": token})
    assert answer.status_code == 400


def test_leniencies_of_production_are_kept(api: Api):
    api.add_folder("f")
    link = api.created(cloaking=1, FolderId="f", utm_source="ios", unknown={"a": 1}, redirectType="308", path=None, title=None)
    assert (link["cloaking"], link["FolderId"], link["utmSource"], link["redirectType"]) == (True, "f", "ios", "308")


def test_changes_are_published_before_the_answer(api: Api):
    before = len(api.published)
    api.created()
    assert len(api.published) == before + 1
    assert isinstance(api.published[-1], int)


def test_times_are_taken_in_every_written_form(api: Api):
    for n, written in enumerate(
        [1893456000000, "1893456000000", "2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00", "2030-01-01"]
    ):
        assert api.created(path=f"t{n}", expiresAt=written)["expiresAt"] == "2030-01-01T00:00:00.000Z"
    assert datetime(2030, 1, 1, tzinfo=UTC).timestamp() == 1893456000


@pytest.mark.parametrize("ttl", ["2020-01-01T00:00:00Z", 1577836800000])
def test_a_link_cannot_be_removed_in_the_past(api: Api, ttl: object):
    link = api.created()
    row = {"originalURL": "https://example.com/row", "ttl": ttl}
    bulk = api.request("POST", "/links/bulk", json={"domain": "go.example", "links": [row]}).json()
    updated = api.request("POST", f"/links/{link['id']}", json={"ttl": ttl}).json()
    for body in (api.create(path="a", ttl=ttl).json(), updated, *bulk):
        assert (body["statusCode"], body["field"]) == (400, "ttl")
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert api.create(path="b", ttl=soon.isoformat()).status_code == 200
    assert "ttl" not in api.request("POST", f"/links/{link['id']}", json={"ttl": None}).json()


def test_nothing_is_hashed_where_the_key_may_not_write(api: Api, monkeypatch: pytest.MonkeyPatch):
    hashed: list[str] = []
    monkeypatch.setattr("linnet.actions.links.hash_link_password", hashed.append)
    assert api.create(domain="no.example", password="secret").status_code == 404
    assert api.request("POST", "/links/lnk_1_unknown", json={"password": "secret"}).status_code == 404
    assert api.request("POST", "/links/examples", json={"domain": "no.example"}).status_code == 404
    assert hashed == []
