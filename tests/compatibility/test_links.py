"""Each operation on links, called with the official client, whose schemas every answer has to fit."""

from typing import Any

from tests.support.official import OfficialClient
from tests.support.server import Server

FULL: dict[str, Any] = {
    "title": "A title",
    "tags": ["a", "b"],
    "cloaking": False,
    "password": "secret",
    "passwordContact": True,
    "redirectType": 307,
    "expiresAt": 1893456000000,
    "expiredURL": "https://example.com/over",
    "ttl": "2031-01-01T00:00:00.000Z",
    "androidURL": "https://example.com/android",
    "iphoneURL": "https://example.com/iphone",
    "createdAt": 1577934245000,
    "clicksLimit": 100,
    "skipQS": True,
    "archived": False,
    "splitURL": "https://example.com/split",
    "splitPercent": 20,
    "utmSource": "s",
    "utmMedium": "m",
    "utmCampaign": "c",
    "utmTerm": "t",
    "utmContent": "n",
    "integrationAdroll": "1",
    "integrationFB": "2",
    "integrationTT": "3",
    "integrationGA": "4",
    "integrationGTM": "5",
}


def make(server: Server, client: OfficialClient, name: str, **fields: Any) -> Any:
    body = {"domain": server.domain, "originalURL": f"https://example.com/{name}", "path": name} | fields
    return client.ask("createLink", body=body)


def test_create_get_and_list_carry_every_field(server: Server, client: OfficialClient):
    made = make(server, client, "full", **FULL)
    assert (made["success"], made["duplicate"], made["password"]) == (True, False, "secret")
    read = client.ask("getLink", path={"linkId": made["idString"]})
    expected = {
        name: value for name, value in FULL.items() if name not in ("password", "expiresAt", "createdAt", "redirectType")
    }
    assert {name: read[name] for name in expected} == expected
    assert (read["redirectType"], read["expiresAt"], read["createdAt"]) == (
        "307",
        "2030-01-01T00:00:00.000Z",
        "2020-01-02T03:04:05.000Z",
    )
    assert read["hasPassword"]
    page = client.ask("listLinks", query={"domain_id": server.domain_id, "idString": made["idString"]})
    assert page["count"] == 1
    (listed,) = page["links"]
    user = listed.pop("User")
    assert listed == read
    assert (user["id"], user["email"]) == (read["OwnerId"], "owner@example.com")


def test_links_are_expanded_and_found_by_their_destination(server: Server, client: OfficialClient, browser: OfficialClient):
    first = make(server, client, "found")
    second = client.ask(
        "createLink", body={"domain": server.domain, "originalURL": first["originalURL"], "allowDuplicates": True}
    )
    for any_key in (client, browser):
        expanded = any_key.ask("expandLink", query={"domain": server.domain, "path": "found"})
        assert expanded["idString"] == first["idString"]
    query = {"domain": server.domain, "originalURL": first["originalURL"]}
    assert client.ask("getLinkByOriginalUrl", query=query)["idString"] == first["idString"]
    several = client.ask("getLinksByUrl", query=query)["links"]
    assert [link["idString"] for link in several] == [first["idString"], second["idString"]]
    nothing = query | {"originalURL": "https://example.com/nothing"}
    assert client.call("getLinkByOriginalUrl", query=nothing).status == 404
    assert client.ask("getLinksByUrl", query=nothing) == {"links": []}


def test_update_changes_clears_and_reports_a_taken_path(server: Server, client: OfficialClient):
    first, second = make(server, client, "one", expiresAt=1893456000000), make(server, client, "two")
    changed = client.ask(
        "updateLink",
        path={"linkId": first["idString"]},
        query={"domain_id": str(server.domain_id)},
        body={"title": "New", "expiresAt": None, "archived": True},
    )
    assert (changed["title"], changed["archived"], "expiresAt" in changed) == ("New", True, False)
    assert not client.ask("updateLink", path={"linkId": first["idString"]}, body={"archived": False})["archived"]
    taken = client.call("updateLink", path={"linkId": first["idString"]}, body={"path": "two"})
    assert (taken.status, taken.error["field"], taken.error["linkId"]) == (409, "path", second["idString"])


def test_a_duplicate_redirects_by_itself(server: Server, client: OfficialClient):
    link = make(server, client, "to-copy", redirectType=301)
    copy = client.ask("duplicateLink", path={"linkId": link["idString"]})
    assert (copy["duplicatedFrom"], copy["success"], copy["redirectType"]) == (link["idString"], True, "301")
    named = client.ask("duplicateLink", path={"linkId": link["idString"]}, body={"path": "copied"})
    client.ask("deleteLink", path={"link_id": link["idString"]})
    assert server.visit("/to-copy").status == 404
    for path in (copy["path"], named["path"]):
        visited = server.visit(f"/{path}")
        assert (visited.status, visited.location) == (301, "https://example.com/to-copy")
    taken = client.call("duplicateLink", path={"linkId": copy["idString"]}, body={"path": "copied"})
    assert (taken.status, taken.error["field"]) == (409, "path")


def test_the_public_key_creates_links(server: Server, browser: OfficialClient):
    body = {"domain": server.domain, "originalURL": "https://example.com/public", "expiresAt": "2030-01-01T00:00:00Z"}
    link = browser.ask("createLinkPublic", body=body)
    assert (link["source"], link["expiresAt"], link["duplicate"]) == ("public", 1893456000000, False)
    assert browser.ask("createLinkPublic", body=body)["duplicate"]
    assert server.visit(f"/{link['path']}").location == "https://example.com/public"


def test_a_link_by_a_plain_address(server: Server, client: OfficialClient):
    query = {
        "domain": server.domain,
        "originalURL": "https://example.com/simple",
        "apiKey": server.secret_key,
        "path": "simple",
    }
    assert client.ask("createLinkSimple", query=query)["path"] == "simple"
    assert client.ask("createLinkSimple", query=query | {"urlOnly": "1"}) == f"http://{server.host}/simple"


def test_examples_redirect(server: Server, client: OfficialClient):
    answer = client.ask("createExampleLinks", body={"domain": server.domain})
    assert answer["success"]
    assert len(answer["links"]) == 5
    statuses = [server.visit(f"/{link['path']}").status for link in answer["links"]]
    assert statuses[:4] == [302, 302, 302, 302]
    assert statuses[4] != 302
    again = client.ask("createExampleLinks", body={"domain": server.domain})
    assert [link["idString"] for link in again["links"]] == [link["idString"] for link in answer["links"]]


def test_bulk_creation_as_the_schema_and_as_the_readme_has_it(server: Server, client: OfficialClient):
    rows: list[dict[str, Any]] = [{"originalURL": f"https://example.com/rows/{n}", "path": f"rows-{n}"} for n in range(3)]
    rows[1] = {"originalURL": "https://example.com/other", "path": "rows-0"}
    first, second, third = client.ask("createLinksBulk", body={"domain": server.domain, "links": rows})
    assert (first["success"], third["path"], second["status"]) == (True, "rows-2", 409)
    assert "rows-0" in second["error"]
    bare = client.ask("createLinksBulk", body=[row | {"domain": server.domain} for row in rows])
    assert [row["duplicate"] for row in (bare[0], bare[2])] == [True, True]


def test_links_are_archived_and_taken_back(server: Server, client: OfficialClient):
    links = [make(server, client, f"shelf-{n}") for n in range(3)]
    ids = [link["idString"] for link in links]

    def archived() -> list[bool]:
        return [client.ask("getLink", path={"linkId": each})["archived"] for each in ids]

    assert client.ask("archiveLink", body={"link_id": ids[0]})["success"]
    assert archived() == [True, False, False]
    assert server.visit("/shelf-0").status == 302
    assert client.ask("archiveLinksBulk", body={"link_ids": ids})["success"]
    assert archived() == [True] * 3
    assert client.ask("unarchiveLink", body={"link_id": ids[1], "domain_id": str(server.domain_id)})["success"]
    assert client.ask("unarchiveLinksBulk", body={"links": [ids[2], "lnk_1_unknown"]})["success"]
    assert archived() == [True, False, False]
    assert client.call("archiveLink", body={"link_id": "lnk_1_unknown"}).error["error"] == "Link not found"


def test_removed_links_redirect_no_longer(server: Server, client: OfficialClient):
    links = [make(server, client, f"gone-{n}") for n in range(3)]
    assert client.ask("deleteLink", path={"link_id": links[0]["idString"]})["idString"] == links[0]["idString"]
    ids = [link["idString"] for link in links]
    assert client.ask("deleteLinksBulk", body={"link_ids": ids})["success"]
    assert [server.visit(f"/gone-{n}").status for n in range(3)] == [404] * 3
    gone = client.call("deleteLinksBulk", body={"link_ids": ids})
    assert (gone.status, gone.error["success"]) == (404, False)
