"""Each operation on targeting, folders, tags, permissions and OpenGraph tags, called with the official client."""

import json
from typing import Any

from tests.support.official import OfficialClient
from tests.support.server import Server


def make(client: OfficialClient, domain: str, name: str, **fields: Any) -> str:
    body = {"domain": domain, "originalURL": f"https://example.com/{name}", "path": f"grouping-{name}"} | fields
    return str(client.ask("createLink", body=body)["idString"])


def test_countries(server: Server, client: OfficialClient):
    path = {"linkId": make(client, server.domain, "countries")}
    assert client.ask("getLinkCountries", path=path) == []
    us = client.ask("createLinkCountry", path=path, body={"country": "US", "originalURL": "https://us.example.com/"})
    assert (us["LinkIdString"], us["country"], us["originalURL"]) == (path["linkId"], "US", "https://us.example.com/")
    rows = [{"country": "GB", "originalURL": "https://uk.example.com"}, {"country": "DE", "url": "https://de.example.com"}]
    others = client.ask("createLinkCountriesBulk", path=path, body=rows, query={"domainId": str(server.domain_id)})
    assert [each["country"] for each in others] == ["GB", "DE"]
    assert client.ask("getLinkCountries", path=path, query={"domainId": str(server.domain_id)}) == [us, *others]
    assert client.ask("deleteLinkCountry", path=path | {"country": "US"}) == {"success": True}
    assert client.ask("getLinkCountries", path=path) == others
    assert client.call("deleteLinkCountry", path=path | {"country": "US"}).status == 404
    refused = client.call("createLinkCountry", path=path, body={"country": "XX", "originalURL": "https://example.com/"})
    assert (refused.status, refused.error["field"]) == (400, "country")


def test_regions(server: Server, client: OfficialClient):
    path = {"linkId": make(client, server.domain, "regions")}
    regions = client.ask("getRegionsByCountry", path={"country": "US"})
    assert regions[0] == {"id": "AL", "name": "Alabama"}
    california = {"country": "US", "region": "CA", "originalURL": "https://ca.example.com/"}
    made = client.ask("createLinkRegion", path=path, body=california, query={"domainId": server.domain_id})
    assert (made["region"], made["name"], made["country"]) == ("CA", "California", "US")
    rows = [{"country": "US", "region": "NY", "url": "https://ny.example.com"}]
    others = client.ask("createLinkRegionsBulk", path=path, body=rows, query={"domainId": server.domain_id})
    assert client.ask("getLinkRegions", path=path) == [made, *others]
    gone = client.ask("deleteLinkRegion", path=path | {"country": "US", "region": "CA"}, query={"domainId": "1"})
    assert gone == {"success": True}
    assert client.ask("getLinkRegions", path=path) == others
    refused = client.call("createLinkRegion", path=path, body=california | {"region": "ZZ"})
    assert (refused.status, refused.error["field"]) == (400, "region")


def test_folders(server: Server, client: OfficialClient):
    draft = {"domainId": server.domain_id, "name": "Marketing Links", "color": "ff0000", "ecLevel": "H", "redirectType": 301}
    made = client.ask("createFolder", body=draft)
    assert made == {"id": made["id"], "DomainId": server.domain_id} | {k: draft[k] for k in draft if k != "domainId"}
    assert made in client.ask("listFolders", path={"domainId": server.domain_id})["linkFolders"]
    assert client.ask("getFolder", path={"domainId": server.domain_id, "folderId": made["id"]}) == made
    missing = client.call("getFolder", path={"domainId": server.domain_id, "folderId": "x" * 21})
    assert (missing.status, missing.data) == (200, None)
    linked = make(client, server.domain, "folder", folderId=made["id"])
    assert client.ask("getLink", path={"linkId": linked})["redirectType"] == "301"
    assert client.call("listFolders", path={"domainId": 987654}).status == 404


def test_opengraph(server: Server, client: OfficialClient):
    path = {"domainId": server.domain_id, "linkId": make(client, server.domain, "opengraph")}
    assert client.ask("getLinkOpengraph", path=path) == []
    tags = [["title", "Custom Title"], ["image", "https://example.com/image.png"]]
    assert client.ask("updateLinkOpengraph", path=path, body=tags) == tags
    assert client.ask("getLinkOpengraph", path=path) == tags
    as_object = {"title": "Custom Title", "description": "For social sharing"}
    assert client.ask("updateLinkOpengraph", path=path, body=as_object) == [list(item) for item in as_object.items()]
    assert client.call("updateLinkOpengraph", path=path, body=[["nothing", "x"]]).status == 400
    assert client.call("getLinkOpengraph", path=path | {"domainId": 987654}).status == 404


def test_tags(server: Server, client: OfficialClient):
    ids = [make(client, server.domain, f"tags-{number}", tags=["kept"]) for number in range(3)]
    assert client.ask("addTagsBulk", body={"tag": "campaign", "link_ids": ids[:2]}) == {"success": True}
    assert client.ask("addTagsBulk", body={"tag": "readme", "links": ids[2:]}) == {"success": True}
    tags = [client.ask("getLink", path={"linkId": link_id})["tags"] for link_id in ids]
    assert tags == [["kept", "campaign"], ["kept", "campaign"], ["kept", "readme"]]
    assert client.call("addTagsBulk", body={"tag": "campaign", "link_ids": ["lnk_1_unknown"]}).status == 404
    listed = server.api("GET", f"/tags/{server.domain_id}").json
    assert {"campaign", "kept", "readme"} <= set(listed)
    assert listed == sorted(listed)


def test_permissions(server: Server, client: OfficialClient):
    domain = client.ask("createDomain", body={"hostname": "shop.localhost"})
    team = json.loads(server.run("team", "create", "Shop", "--json").stdout)
    user = json.loads(server.run("user", "create", "member@example.com", "--json").stdout)
    server.run("team", "add", "member@example.com", "--team", str(team["id"]), "--role", "read_only")
    server.run("team", "domain", "shop.localhost", "--team", str(team["id"]))
    # The server remembers for a second what a key may do.
    is_ours = {"domainId": domain["id"]}
    server.wait(lambda: client.call("getDomain", path=is_ours).status == 200, "the team's domain to be the owner's")
    path = {"domainId": domain["id"], "linkId": make(client, "shop.localhost", "permissions")}
    assert client.ask("getLinkPermissions", path=path) == []
    given = client.ask("addLinkPermission", status=201, path=path | {"userId": user["id"]}, body={"permission": "read"})
    assert (given["DomainId"], given["UserId"], given["LinkIdString"]) == (domain["id"], user["id"], path["linkId"])
    assert client.ask("getLinkPermissions", path=path) == [given]
    assert client.call("addLinkPermission", path=path | {"userId": 987654}).status == 404
    assert client.ask("deleteLinkPermission", status=201, path=path | {"userId": user["id"]}) == {"success": True}
    assert client.call("deleteLinkPermission", path=path | {"userId": user["id"]}).status == 404
