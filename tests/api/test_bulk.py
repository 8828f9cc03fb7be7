"""Many links in one call: created and removed (contract b.2)."""

from typing import Any

import pytest

from linnet.actions import bulk as actions
from linnet.model.audit import Event
from tests.api.conftest import Api


def bulk(api: Api, rows: list[Any], **fields: Any) -> list[dict[str, Any]]:
    answer = api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows} | fields)
    assert answer.status_code == 200, answer.text
    outcomes: list[dict[str, Any]] = answer.json()
    assert len(outcomes) == len(rows)
    return outcomes


def to(number: int, **fields: Any) -> dict[str, Any]:
    return {"originalURL": f"https://example.com/{number}"} | fields


def test_of_a_thousand_rows_with_seventeen_bad_ones_983_links_are_made(api: Api):
    rows = [to(n, path=f"p{n}") for n in range(1000)]
    bad = list(range(3, 1000, 59))
    assert len(bad) == 17
    for n in bad:
        rows[n] = {"originalURL": "javascript:alert(1)", "path": f"p{n}"}
    outcomes = bulk(api, rows)
    refused = [n for n, outcome in enumerate(outcomes) if "error" in outcome]
    assert refused == bad
    assert [outcome["path"] for n, outcome in enumerate(outcomes) if n not in bad] == [
        f"p{n}" for n in range(1000) if n not in bad
    ]
    with api.database.read() as work:
        assert work.links.count(1) == 983
    assert {outcomes[n]["status"] for n in bad} == {400}


def test_the_call_is_noted_once_with_a_hundred_ids(api: Api):
    outcomes = bulk(api, [to(n) for n in range(120)])
    (entry,) = api.noted()
    assert (entry.event, entry.domain_id, entry.details["count"]) == (Event.LINKS_CREATED, 1, 120)
    assert len(entry.details["link_ids"]) == 100
    assert set(entry.details["link_ids"]) <= {outcome["id"] for outcome in outcomes}


def test_a_call_that_makes_nothing_is_not_noted(api: Api):
    api.created()
    before = len(api.noted())
    bulk(api, [{"originalURL": "https://example.com/"}, {"originalURL": "x:"}])
    assert len(api.noted()) == before


def test_what_the_command_line_client_sends_is_taken(api: Api):
    row = {
        "cloaking": 0,
        "path": None,
        "originalURL": "https://example.com/",
        "createdAt": "2020-01-02 03:04:05+00:00",
        "title": None,
        "utmSource": None,
        "utmMedium": "mail",
        "utmCampaign": None,
    }
    first, second = bulk(api, [row, row], allowDuplicates=0)
    assert (first["cloaking"], first["createdAt"], first["originalURL"]) == (
        False,
        "2020-01-02T03:04:05.000Z",
        "https://example.com/?utm_medium=mail",
    )
    assert (second["id"], second["duplicate"]) == (first["id"], True)
    third, fourth = bulk(api, [row, row], allowDuplicates=1)
    assert len({first["id"], third["id"], fourth["id"]}) == 3


def test_a_rows_own_word_about_duplicates_counts(api: Api):
    first, second, third = bulk(api, [to(1), to(1, allowDuplicates=False), to(1)], allowDuplicates=True)
    assert second["id"] == first["id"] != third["id"]


class TestFolders:
    def test_the_folder_of_the_call_gives_its_defaults_to_rows_without_their_own(self, api: Api):
        api.add_folder("f", redirect_type=307, utm_source="news", prefix="n-", expires_at_days=2)
        api.add_folder("g", redirect_type=308)
        rows = [to(1), to(2, folderId="g"), to(3, path="own", redirectType=301), to(4, FolderId="g")]
        first, second, third, fourth = bulk(api, rows, folderId="f")
        assert (first["FolderId"], first["redirectType"], first["utmSource"]) == ("f", "307", "news")
        assert first["originalURL"] == "https://example.com/1?utm_source=news"
        assert first["path"].startswith("n-")
        assert len(first["path"]) == 8
        assert "expiresAt" in first
        assert (second["FolderId"], second["redirectType"], len(second["path"])) == ("g", "308", 6)
        assert (third["path"], third["redirectType"], third["FolderId"]) == ("own", "301", "f")
        assert fourth["FolderId"] == "g"

    def test_a_folder_that_is_not_there_refuses_its_rows_alone(self, api: Api):
        api.add_folder("f")
        outcomes = bulk(api, [to(1, folderId="f"), to(2, folderId="none"), to(3), to(4, folderId="none")])
        assert [outcome.get("status", 200) for outcome in outcomes] == [200, 400, 200, 400]
        assert [outcomes[1]["field"], outcomes[3]["field"]] == ["folderId", "folderId"]

    def test_a_prefix_is_written_as_it_is_before_generated_paths(self, api: Api):
        api.add_folder("f", prefix="news/")
        single = api.created(folderId="f")
        assert single["path"].startswith("news/")
        assert len(single["path"]) == 11
        assert api.created(folderId="f", path="own", originalURL="https://example.com/2")["path"] == "own"
        copy = api.request("POST", f"/links/duplicate/{single['id']}").json()
        assert copy["path"].startswith("news/")

    def test_rows_find_links_by_the_destination_that_the_folder_gives_them(self, api: Api):
        api.add_folder("f", utm_source="news")
        first, second = bulk(api, [to(1), to(1)], folderId="f")
        (third,) = bulk(api, [to(1, utmSource="news")])
        assert first["id"] == second["id"] == third["id"]


class TestPasswords:
    def test_each_row_gets_its_password(self, api: Api, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(actions, "MAX_PASSWORDS", 3)
        rows = [to(n, password=f"secret {n % 4}") for n in range(8)] + [to(9), to(10, password="")]
        outcomes = bulk(api, rows)
        assert [outcome.get("status", 200) for outcome in outcomes] == [200, 200, 200, 400, 200, 200, 200, 400, 200, 200]
        assert outcomes[3]["field"] == "password"
        assert [outcome["password"] for outcome in outcomes[:3]] == ["secret 0", "secret 1", "secret 2"]
        assert [outcome["hasPassword"] for outcome in outcomes if "id" in outcome] == [True] * 6 + [False] * 2

    def test_a_bare_list_of_several_domains_has_no_more_passwords(self, api: Api, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(actions, "MAX_PASSWORDS", 3)
        assert api.request("POST", "/domains", json={"hostname": "other.localhost"}).status_code == 200
        hosts = ("go.example", "other.localhost")
        rows = [to(n, password=f"secret {n}", domain=hosts[n % 2]) for n in range(4)]
        outcomes = api.request("POST", "/links/bulk", json=rows).json()
        assert [outcome.get("status", 200) for outcome in outcomes] == [200, 200, 200, 400]

    def test_nothing_is_hashed_for_a_domain_that_the_key_may_not_use(self, api: Api, monkeypatch: pytest.MonkeyPatch):
        hashed: list[str] = []
        monkeypatch.setattr(actions, "hash_link_password", hashed.append)
        body = {"domain": "no.example", "links": [to(1, password="secret")]}
        assert api.request("POST", "/links/bulk", json=body).status_code == 404
        assert hashed == []


class TestDelete:
    def test_many_links_are_removed_with_a_body(self, api: Api):
        links = [api.created(path=f"p{n}", tags=["t"]) for n in range(150)]
        ids = [link["id"] for link in links]
        answer = api.request("DELETE", "/links/delete_bulk", json={"link_ids": ids})
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert api.request("GET", "/api/links", params={"domain_id": 1}).json()["count"] == 0
        assert api.created(path="p7")["id"] not in ids
        entry = api.noted()[1]
        assert (entry.event, entry.details["count"], len(entry.details["link_ids"])) == (Event.LINKS_DELETED, 150, 100)
        assert isinstance(api.published[-1], int)

    def test_a_call_that_is_repeated_still_does_the_rest(self, api: Api):
        first, second = api.created(path="a"), api.created(path="b")
        api.request("DELETE", "/links/delete_bulk", json={"link_ids": [first["id"]]})
        answer = api.request("DELETE", "/links/delete_bulk", json={"links": [first["id"], second["id"]]})
        assert (answer.status_code, answer.json()) == (200, {"success": True, "skipped": [first["id"]]})
        answer = api.request("DELETE", "/links/delete_bulk", json={"link_ids": [second["id"]]})
        assert (answer.status_code, answer.json()["error"]) == (404, f"Link {second['id']} not found")

    @pytest.mark.parametrize("body", [{}, {"link_ids": ["lnk_1_a"] * 151}, {"link_ids": {}}, []])
    def test_a_body_that_cannot_be_read_is_refused(self, api: Api, body: Any):
        assert api.request("DELETE", "/links/delete_bulk", json=body).status_code == 400

    def test_without_a_body_the_ids_are_missed(self, api: Api):
        answer = api.request("DELETE", "/links/delete_bulk", headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (400, "link_ids")
