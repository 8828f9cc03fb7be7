"""Archiving links and taking them back (contract b.2)."""

from typing import Any

import pytest

from linnet.model.audit import Event
from tests.api.conftest import Api


def archived(api: Api, link: dict[str, Any]) -> bool:
    found: bool = api.request("GET", f"/links/{link['id']}").json()["archived"]
    return found


def test_a_link_is_archived_and_taken_back(api: Api):
    link = api.created()
    for address, expected in (("/links/archive", True), ("/links/archive", True), ("/links/unarchive", False)):
        answer = api.request("POST", address, json={"link_id": link["id"]})
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert archived(api, link) is expected
    assert [entry.event for entry in api.noted()] == [Event.LINK_UPDATED, Event.LINK_UPDATED, Event.LINK_CREATED]


@pytest.mark.parametrize("spelled", ["lnk", "link", "number"])
def test_every_spelling_of_an_id_is_taken(api: Api, spelled: str):
    link = api.created()
    link_id = {"lnk": link["id"], "link": link["id"].replace("lnk_", "link_"), "number": 1}[spelled]
    assert api.request("POST", "/links/archive", json={"link_id": link_id}).status_code == 200
    assert archived(api, link)


@pytest.mark.parametrize("domain_id", [1, "1", None, ""])
def test_the_domain_may_be_named_as_text_or_number(api: Api, domain_id: object):
    link = api.created()
    for address, body in (("archive", {"link_id": link["id"]}), ("archive_bulk", {"link_ids": [link["id"]]})):
        assert api.request("POST", f"/links/{address}", json=body | {"domain_id": domain_id}).status_code == 200


@pytest.mark.parametrize(("domain_id", "status"), [(2, 404), ("2", 404), ("x", 400), ([], 400), (1.5, 400), (-1, 400)])
def test_a_domain_that_is_not_the_links_is_refused(api: Api, domain_id: object, status: int):
    link = api.created()
    for address, body in (("archive", {"link_id": link["id"]}), ("archive_bulk", {"link_ids": [link["id"]]})):
        answer = api.request("POST", f"/links/{address}", json=body | {"domain_id": domain_id})
        assert answer.status_code == status, answer.text
    assert not archived(api, link)


def test_an_archived_link_is_still_given_for_its_destination(api: Api):
    link = api.created()
    api.request("POST", "/links/archive", json={"link_id": link["id"]})
    again = api.created()
    assert (again["id"], again["duplicate"], again["archived"]) == (link["id"], True, True)


class TestMany:
    def test_many_links_are_archived_and_taken_back_at_once(self, api: Api):
        links = [api.created(path=f"p{n}") for n in range(150)]
        for address, expected in (("/links/archive_bulk", True), ("/links/unarchive_bulk", False)):
            answer = api.request("POST", address, json={"link_ids": [link["id"] for link in links]})
            assert (answer.status_code, answer.json()) == (200, {"success": True})
            listed = api.request("GET", "/api/links", params={"domain_id": 1}).json()["links"]
            assert {link["archived"] for link in listed} == {expected}
        entry = api.noted()[0]
        assert (entry.event, entry.details["count"], len(entry.details["link_ids"])) == (Event.LINKS_UNARCHIVED, 150, 100)

    def test_the_readmes_spelling_is_taken(self, api: Api):
        link = api.created()
        assert api.request("POST", "/links/archive_bulk", json={"links": [link["id"]]}).status_code == 200
        assert archived(api, link)

    def test_unknown_ids_are_skipped_and_named(self, api: Api):
        link = api.created()
        ids = ["lnk_1_unknown", link["id"], link["id"], "nonsense", "rubbish"]
        answer = api.request("POST", "/links/archive_bulk", json={"link_ids": ids})
        assert (answer.status_code, answer.json()) == (
            200,
            {"success": True, "skipped": ["lnk_1_unknown", "nonsense", "rubbish"]},
        )
        assert archived(api, link)

    @pytest.mark.parametrize("address", ["archive_bulk", "unarchive_bulk"])
    def test_when_no_id_is_known_the_first_is_named(self, api: Api, address: str):
        answer = api.request("POST", f"/links/{address}", json={"link_ids": ["lnk_1_a", "lnk_1_b"]})
        assert (answer.status_code, answer.json()["error"]) == (404, "Link lnk_1_a not found")

    @pytest.mark.parametrize(
        "body", [{}, {"link_ids": None}, {"link_ids": "lnk_1_a"}, {"link_ids": ["lnk_1_a"] * 151}, {"link_ids": [[]]}]
    )
    def test_a_list_that_cannot_be_read_is_refused(self, api: Api, body: dict[str, Any]):
        answer = api.request("POST", "/links/archive_bulk", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, "link_ids")
        assert answer.json()["error"] == answer.json()["message"]

    def test_an_empty_list_is_done_at_once(self, api: Api):
        assert api.request("POST", "/links/archive_bulk", json={"link_ids": []}).json() == {"success": True}
        assert api.noted() == []
