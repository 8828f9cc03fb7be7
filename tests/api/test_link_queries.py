"""Finding and listing links, in the contract's shapes (b.1)."""

from typing import Any

import pytest

from tests.api.conftest import Api


def listed(api: Api, **query: Any) -> list[str]:
    answer = api.request("GET", "/api/links", params={"domain_id": 1} | query)
    assert answer.status_code == 200, answer.text
    return [link["path"] for link in answer.json()["links"]]


class TestByUrl:
    def test_the_oldest_link_to_a_destination_is_found(self, api: Api):
        first = api.created(originalURL="https://example.com/a?b=c&d")
        api.created(originalURL="https://example.com/a?b=c&d", path="later")
        query = {"domain": "go.example", "originalURL": " https://example.com/a?b=c&d "}
        found = api.request("GET", "/links/by-original-url", params=query).json()
        assert found == api.request("GET", f"/links/{first['id']}").json()

    @pytest.mark.parametrize("url", ["https://example.com/none", "", "not a url", "https://example.com/A", "\0"])
    def test_a_destination_that_no_link_has_is_a_404(self, api: Api, url: str):
        api.created(originalURL="https://example.com/a")
        answer = api.request("GET", "/links/by-original-url", params={"domain": "go.example", "originalURL": url})
        assert (answer.status_code, answer.json()["error"]) == (404, "Link not found")
        several = api.request("GET", "/links/multiple-by-url", params={"domain": "go.example", "originalURL": url})
        assert (several.status_code, several.json()) == (200, {"links": []})

    def test_all_links_to_a_destination_are_found_oldest_first(self, api: Api):
        made = [api.created(path=f"p{n}") for n in range(3)]
        api.created(originalURL="https://example.com/other")
        query = {"domain": "GO.example.", "originalURL": "https://example.com/"}
        links = api.request("GET", "/links/multiple-by-url", params=query).json()["links"]
        assert [link["id"] for link in links] == [link["id"] for link in made]
        assert links[0] == api.request("GET", f"/links/{made[0]['id']}").json()

    def test_no_more_than_150_are_given(self, api: Api):
        rows = [{"originalURL": "https://example.com/", "allowDuplicates": True} for _ in range(160)]
        api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows})
        query = {"domain": "go.example", "originalURL": "https://example.com/"}
        assert len(api.request("GET", "/links/multiple-by-url", params=query).json()["links"]) == 150

    @pytest.mark.parametrize("address", ["/links/by-original-url", "/links/multiple-by-url"])
    def test_what_is_missing_is_named(self, api: Api, address: str):
        for query, field in (({"domain": "go.example"}, "originalURL"), ({"originalURL": "https://example.com/"}, "domain")):
            answer = api.request("GET", address, params=query)
            assert (answer.status_code, answer.json()["field"]) == (400, field)
        answer = api.request("GET", address, params={"domain": "no.example", "originalURL": "https://example.com/"})
        assert (answer.status_code, answer.json()["field"]) == (404, "domain")


class TestList:
    def test_each_link_says_who_made_it_without_nulls(self, api: Api):
        api.created()
        (link,) = api.request("GET", "/api/links", params={"domain_id": 1}).json()["links"]
        owner = api.installed.domain.owner_id
        assert link["User"] == {"id": owner, "name": "", "email": "owner@example.com", "photoURL": ""}
        assert link["OwnerId"] == owner
        assert None not in link.values()

    def test_a_link_alone_comes_without_its_user(self, api: Api):
        link = api.created()
        assert "User" not in api.request("GET", f"/links/{link['id']}").json()

    def test_the_id_leaves_one_link_and_only_in_its_domain(self, api: Api):
        first, _ = api.created(path="a"), api.created(path="b")
        api.request("POST", "/domains", json={"hostname": "t.example"})
        assert listed(api, idString=first["id"]) == ["a"]
        assert listed(api, idString=first["id"].replace("lnk_", "link_")) == ["a"]
        assert listed(api, idString=first["id"], domain_id=2) == []
        assert listed(api, idString="lnk_1_unknown") == []
        assert listed(api, idString="\0") == []
        assert listed(api, idString="") == ["b", "a"]

    def test_a_day_or_a_millisecond_of_creation_leaves_the_links_of_then(self, api: Api):
        api.created(path="a", createdAt="2026-01-01T23:59:59.999Z")
        api.created(path="b", createdAt="2026-01-02T00:00:00.000Z")
        api.created(path="c", createdAt="2026-01-02T23:59:59.999Z")
        assert listed(api, createdAt="2026-01-02") == ["c", "b"]
        assert listed(api, createdAt="2026-01-01T23:59:59.999Z") == ["a"]
        assert listed(api, createdAt="2026-01-02T01:00:00+01:00") == ["b"]
        assert listed(api, createdAt="2026-01-02", afterDate="2026-01-02T12:00:00Z") == ["c"]
        assert listed(api, createdAt="2026-01-02", beforeDate="2026-01-02T12:00:00Z") == ["b"]
        answer = api.request("GET", "/api/links", params={"domain_id": 1, "createdAt": "then"})
        assert (answer.status_code, answer.json()["field"]) == (400, "createdAt")

    def test_unknown_and_empty_parameters_are_tolerated(self, api: Api):
        api.created(path="a")
        empty = dict.fromkeys(("pageToken", "folderId", "beforeDate", "afterDate", "createdAt", "dateSortOrder"), "")
        assert listed(api, offset=0, search="x", **empty) == ["a"]

    def test_a_page_holds_150_links_unless_told_otherwise(self, api: Api):
        rows = [{"originalURL": f"https://example.com/{n}"} for n in range(151)]
        api.request("POST", "/links/bulk", json={"domain": "go.example", "links": rows})
        page = api.request("GET", "/api/links", params={"domain_id": 1}).json()
        assert (page["count"], len(page["links"]), "nextPageToken" in page) == (150, 150, True)
        rest = api.request("GET", "/api/links", params={"domain_id": 1, "pageToken": page["nextPageToken"]}).json()
        assert (rest["count"], "nextPageToken" in rest) == (1, False)

    def test_archived_links_are_listed_too(self, api: Api):
        api.created(path="a", archived=True)
        assert listed(api) == ["a"]


class TestDomainBesideALink:
    @pytest.mark.parametrize(("method", "name"), [("GET", "domainId"), ("POST", "domain_id")])
    def test_a_link_is_only_found_in_the_domain_that_is_named_with_it(self, api: Api, method: str, name: str):
        link = api.created()
        api.request("POST", "/domains", json={"hostname": "t.example"})
        body: dict[str, Any] = {"json": {}} if method == "POST" else {}
        for value, status in (("1", 200), ("", 200), ("2", 404), ("99", 404), ("x", 400), ("0", 400), ("9" * 40, 404)):
            answer = api.request(method, f"/links/{link['id']}", params={name: value}, **body)
            assert answer.status_code == status, (value, answer.text)
            if status == 400:
                assert answer.json()["field"] == name
