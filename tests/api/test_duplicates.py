"""Copies of links, and example links (contract b.2)."""

from typing import Any

import pytest

from linnet.model.opengraph import Tag
from linnet.model.targeting import Place
from tests.api.conftest import Api
from tests.support.moments import NOON


def duplicate(api: Api, link_id: str, **options: Any) -> Any:
    return api.request("POST", f"/links/duplicate/{link_id}", **options)


def full_link(api: Api) -> dict[str, Any]:
    api.add_folder("f")
    return api.created(
        path="original",
        folderId="f",
        title="T",
        tags=["a", "b"],
        cloaking=True,
        redirectType=307,
        password="secret",
        passwordContact=True,
        expiresAt="2030-01-01T00:00:00.000Z",
        expiredURL="https://example.com/over",
        ttl="2031-01-01T00:00:00.000Z",
        clicksLimit=9,
        androidURL="https://example.com/a",
        iphoneURL="https://example.com/i",
        splitURL="https://example.com/s",
        splitPercent=30,
        skipQS=True,
        archived=True,
        utmSource="s",
        integrationAdroll="1",
        integrationFB="2",
        integrationTT="3",
        integrationGA="4",
        integrationGTM="5",
    )


class TestDuplicate:
    def test_a_copy_has_all_that_the_link_has(self, api: Api):
        link = full_link(api)
        read = api.request("GET", f"/links/{link['id']}").json()
        copy = duplicate(api, link["id"]).json()
        own = {"id", "idString", "path", "shortURL", "secureShortURL", "createdAt"}
        assert {name: copy[name] for name in read if name not in own} == {
            name: value for name, value in read.items() if name not in own
        }
        assert all(copy[name] != read[name] for name in own)
        assert (copy["success"], copy["duplicate"], copy["duplicatedFrom"]) == (True, False, link["id"])
        assert len(copy["path"]) == 6
        assert api.noted()[0].details == {"duplicated_from": link["id"]}

    def test_a_copy_has_the_password_places_and_opengraph_tags_and_is_independent(self, api: Api):
        link = full_link(api)
        places = [Place(country="DE", region="", original_url="https://example.com/de", created_at=NOON)]
        tags: tuple[Tag, ...] = (("title", "A title"), ("image", "https://example.com/i.png"))
        with api.database.write() as work:
            number = work.links.find(link["id"]).number  # type: ignore[union-attr]
            work.places.save(number, places)
            work.opengraph.save(number, tags)
        copy = duplicate(api, link["id"]).json()
        assert api.request("DELETE", f"/links/{link['id']}").status_code == 200
        with api.database.read() as work:
            stored = work.links.find(copy["id"])
            assert stored is not None
            assert (stored.password_hash or "").startswith("$argon2id$")
            assert [place.original_url for place in work.places.search(stored.number)] == ["https://example.com/de"]
            assert work.opengraph.search(stored.number) == tags
            assert stored.tags == ("a", "b")

    def test_a_path_can_be_given(self, api: Api):
        link = api.created(path="abc")
        assert duplicate(api, link["id"], json={"path": "/xyz"}).json()["path"] == "xyz"
        assert len(duplicate(api, link["id"], json={"path": None}).json()["path"]) == 6
        assert duplicate(api, link["id"].replace("lnk_", "link_"), json={}).status_code == 200

    def test_a_taken_path_is_a_conflict_also_for_the_same_destination(self, api: Api):
        link = api.created(path="abc")
        answer = duplicate(api, link["id"], json={"path": "ABC"})
        assert (answer.status_code, answer.json()["field"], answer.json()["linkId"]) == (409, "path", link["id"])

    @pytest.mark.parametrize("path", ["a?b", "x" * 1025, 5, "a\u0000"])
    def test_a_path_that_cannot_be_one_is_refused(self, api: Api, path: object):
        answer = duplicate(api, api.created()["id"], json={"path": path})
        assert (answer.status_code, answer.json()["field"]) == (400, "path")

    def test_a_link_that_is_not_there_is_a_404(self, api: Api):
        assert duplicate(api, "lnk_1_unknown").status_code == 404


class TestExamples:
    def test_five_links_show_what_links_can_do(self, api: Api):
        answer = api.request("POST", "/links/examples", json={"domain": "go.example"})
        assert answer.status_code == 200
        body = answer.json()
        assert body["success"] is True
        split, phones, expiring, file, password = body["links"]
        assert all(link["success"] and not link["duplicate"] and link["title"] for link in body["links"])
        assert split["splitURL"]
        assert split["splitPercent"] == 50
        assert phones["iphoneURL"]
        assert phones["androidURL"]
        assert expiring["expiresAt"] > expiring["createdAt"]
        assert expiring["expiredURL"]
        assert file["originalURL"].endswith(".pdf")
        assert (password["hasPassword"], password["password"]) == (True, "example")
        assert len({link["path"] for link in body["links"]}) == 5

    def test_again_they_are_the_same_links(self, api: Api):
        first = api.request("POST", "/links/examples", json={"domain": "go.example"}).json()["links"]
        api.request("DELETE", f"/links/{first[2]['id']}")
        again = api.request("POST", "/links/examples", json={"domain": "go.example"}).json()["links"]
        assert [link["duplicate"] for link in again] == [True, True, False, True, True]
        assert "password" not in again[4]

    def test_there_is_room_for_all_of_them_or_for_none(self, api: Api):
        api.context_fields["max_links"] = 4
        answer = api.request("POST", "/links/examples", json={"domain": "go.example"})
        assert answer.status_code == 402
        assert api.request("GET", "/api/links", params={"domain_id": 1}).json()["count"] == 0

    @pytest.mark.parametrize(("body", "status"), [({}, 400), ({"domain": "no.example"}, 404), ({"domain": 5}, 400)])
    def test_the_domain_is_checked(self, api: Api, body: dict[str, Any], status: int):
        answer = api.request("POST", "/links/examples", json=body)
        assert (answer.status_code, answer.json()["field"]) == (status, "domain")
