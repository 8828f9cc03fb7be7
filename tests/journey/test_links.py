"""The main job: make a link with the official client, follow it, and read the click in the statistics."""

import json
import subprocess
import time
import urllib.request
from datetime import UTC, datetime
from typing import Any

from tests.support.official import OfficialClient
from tests.support.server import Server

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_the_owner_finds_the_domain(server: Server, client: OfficialClient):
    domains = client.ask("listDomains")
    assert [(domain["hostname"], domain["id"]) for domain in domains] == [(server.domain, server.domain_id)]
    assert client.ask("getDomain", path={"domainId": server.domain_id})["hostname"] == server.domain


def test_a_link_is_made_followed_and_counted(server: Server, client: OfficialClient):
    link = client.ask("createLink", body={"domain": server.domain, "originalURL": "https://example.com/landing?a=1"})
    assert link["success"]
    assert not link["duplicate"]
    assert link["shortURL"] == f"http://{server.host}/{link['path']}"

    visited = time.monotonic()
    answer = server.visit(
        f"/{link['path']}?utm_source=letter&utm_medium=mail",
        User_Agent=CHROME,
        Referer="https://www.facebook.com/some/post",
        X_Forwarded_For="8.8.8.8",
        X_Forwarded_Proto="https",
    )
    assert answer.status == 302
    assert answer.location == "https://example.com/landing?a=1&utm_source=letter&utm_medium=mail"

    server.wait(lambda: server.link_clicks(link["idString"]) == 1, "the click in the link's statistics", seconds=5)
    assert time.monotonic() - visited < 2, "a click must be in the statistics within two seconds"

    statistics = server.api("GET", f"/statistics/link/{link['idString']}?period=today&clicksChartInterval=hour").json
    assert (statistics["totalClicks"], statistics["humanClicks"]) == (1, 1)
    assert [(row["browser"], row["score"]) for row in statistics["browser"]] == [("Chrome", 1)]
    assert [(row["country"], row["score"]) for row in statistics["country"]] == [("US", 1)]
    assert [row["os"] for row in statistics["os"]] == ["Windows"]
    assert [row["referer"] for row in statistics["referer"]] == ["facebook.com"]
    assert [row["social"].lower() for row in statistics["social"]] == ["facebook"]
    assert _charted(statistics) == 1

    click = _last_clicks(server, link["path"])[0]
    expected = {
        "host": server.domain,
        "path": f"/{link['path']}",
        "method": "GET",
        "st": 302,
        "ip": "8.8.8.0",
        "proto": "https",
        "ref": "https://www.facebook.com/some/post",
        "ua": CHROME,
        "human": True,
        "browser": "Chrome",
        "country": "United States",
        "refhost": "facebook.com",
        "os": "Windows",
        "utm_source": "letter",
        "utm_medium": "mail",
    }
    assert {name: click[name] for name in expected} == expected
    moment = datetime.fromisoformat(click["dt"])
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 10


def test_a_bots_click_is_no_human_click(server: Server, client: OfficialClient):
    link = client.ask("createLink", body={"domain": server.domain, "originalURL": "https://example.com/bots"})
    server.visit(f"/{link['path']}", User_Agent=GOOGLEBOT)
    server.visit(f"/{link['path']}", User_Agent=CHROME)
    server.wait(lambda: server.link_clicks(link["idString"]) == 2, "both clicks", seconds=5)
    statistics = server.api("POST", f"/statistics/link/{link['idString']}", {"period": "today"}).json
    assert (statistics["totalClicks"], statistics["humanClicks"]) == (2, 1)
    only_bots = server.api("POST", f"/statistics/link/{link['idString']}", {"period": "today", "include": {"human": False}})
    assert only_bots.json["totalClicks"] == 1


def test_the_domains_statistics_add_up(server: Server, client: OfficialClient):
    before = server.api("GET", f"/statistics/domain/{server.domain_id}?period=today").json
    for number in range(3):
        link = client.ask("createLink", body={"domain": server.domain, "originalURL": f"https://example.com/sum/{number}"})
        server.visit(f"/{link['path']}", User_Agent=CHROME)
    server.wait(lambda: server.domain_clicks() >= before["clicks"] + 3, "three more clicks", seconds=5)
    after = server.api(
        "POST", f"/statistics/domain/{server.domain_id}", {"period": "today", "clicksChartInterval": "hour"}
    ).json
    assert after["clicks"] == before["clicks"] + 3
    assert after["humanClicks"] == before["humanClicks"] + 3
    assert after["links"] == before["links"] + 3
    assert _charted(after) == after["clicks"]


def test_a_link_is_read_changed_and_removed(server: Server, client: OfficialClient):
    body = {
        "domain": server.domain,
        "originalURL": "https://example.com/v1",
        "path": "journey",
        "title": "One",
        "tags": ["a", "b"],
    }
    link = client.ask("createLink", body=body)
    identity = {"linkId": link["idString"]}
    assert client.ask("getLink", path=identity)["tags"] == ["a", "b"]
    assert client.ask("expandLink", query={"domain": server.domain, "path": "journey"})["idString"] == link["idString"]

    changed = client.ask("updateLink", path=identity, body={"originalURL": "https://example.com/v2", "redirectType": 307})
    assert (changed["originalURL"], changed["redirectType"], changed["title"]) == ("https://example.com/v2", "307", "One")
    visited = server.visit("/journey")
    assert (visited.status, visited.location) == (307, "https://example.com/v2")
    cleared = client.ask("updateLink", path=identity, body={"title": None})
    assert cleared.get("title") is None

    assert client.ask("deleteLink", path={"link_id": link["idString"]})["success"]
    assert client.call("getLink", path=identity).status == 404
    assert server.visit("/journey").status == 404


def test_the_five_rules_about_duplicates_and_taken_paths(server: Server, client: OfficialClient):
    def create(**body: Any):
        return client.call("createLink", body={"domain": server.domain, **body})

    first = create(originalURL="https://example.com/rules", path="rules").data
    again = create(originalURL="https://example.com/rules", path="rules").data
    assert (again["idString"], again["duplicate"]) == (first["idString"], True)
    taken = create(originalURL="https://example.com/other", path="rules")
    assert taken.status == 409
    assert taken.error["message"]
    without_path = create(originalURL="https://example.com/rules").data
    assert (without_path["idString"], without_path["duplicate"]) == (first["idString"], True)
    other_path = create(originalURL="https://example.com/rules", path="rules-2").data
    assert (other_path["idString"] != first["idString"], other_path["duplicate"]) == (True, False)
    allowed = create(originalURL="https://example.com/rules", allowDuplicates=True).data
    assert allowed["idString"] not in (first["idString"], other_path["idString"])


def test_many_links_are_made_in_one_call_and_listed_in_pages(server: Server, client: OfficialClient):
    rows = [{"originalURL": f"https://example.com/bulk/{number}", "path": f"bulk-{number}"} for number in range(320)]
    rows[7]["originalURL"] = "javascript:alert(1)"
    made = client.ask("createLinksBulk", body={"domain": server.domain, "links": rows})
    assert len(made) == 320
    assert made[7]["error"]
    assert made[7]["statusCode"] == 400
    assert made[319]["path"] == "bulk-319"
    assert server.visit("/bulk-319").location == "https://example.com/bulk/319"

    seen: list[str] = []
    token: str | None = None
    while True:
        query = {"domain_id": server.domain_id, "limit": 150} | ({"pageToken": token} if token else {})
        page = client.ask("listLinks", query=query)
        seen += [link["path"] for link in page["links"]]
        token = page.get("nextPageToken")
        if not token:
            break
    assert len(seen) == len(set(seen))
    assert {f"bulk-{number}" for number in range(320) if number != 7} <= set(seen)


def test_what_goes_wrong_is_told_in_the_contracts_shape(server: Server, client: OfficialClient):
    unknown = client.call("getLink", path={"linkId": "lnk_1_000000000000000000000"})
    refused = client.call("createLink", body={"domain": server.domain, "originalURL": "javascript:alert(1)"})
    foreign = client.call("createLink", body={"domain": "elsewhere.localhost", "originalURL": "https://example.com/"})
    assert (unknown.status, refused.status) == (404, 400)
    assert foreign.status in (403, 404)
    for result in (unknown, refused, foreign):
        assert {"success", "statusCode", "error", "message"} <= set(result.error), result
        assert result.error["statusCode"] == result.status
    stranger = OfficialClient(server.base_url, "sk_unknown")
    assert stranger.call("listDomains").status == 401
    stranger.close()
    public = OfficialClient(server.base_url, server.public_key)
    assert public.call("listDomains").status == 403
    public.close()


def test_the_same_with_curl_and_with_python_alone(server: Server):
    draft = json.dumps({"domain": server.domain, "originalURL": "https://example.com/curl", "path": "with-curl"})
    made = _curl(
        f"{server.base_url}/links",
        "-H",
        f"authorization: {server.secret_key}",
        "-H",
        "content-type: application/json",
        "-d",
        draft,
    )
    link = json.loads(made)
    location = _curl("--write-out", "%{redirect_url}", "--output", "-", link["shortURL"])
    assert location == "https://example.com/curl"

    request = urllib.request.Request(
        f"{server.base_url}/links/{link['idString']}", headers={"Authorization": server.secret_key}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["path"] == "with-curl"


def _curl(*arguments: str) -> str:
    # .localhost is this machine (RFC 6761); curl knows that, whatever the resolver says.
    return subprocess.run(["curl", "--silent", "--show-error", *arguments], capture_output=True, text=True, check=True).stdout


def _charted(statistics: dict[str, Any]) -> int:
    points = statistics["clickStatistics"]["datasets"][0]["data"]
    return sum(int(point["y"]) for point in points)


def _last_clicks(server: Server, path: str) -> list[dict[str, Any]]:
    body = {"limit": 30, "period": "today", "include": {"paths": [f"/{path}"]}}
    answer = server.api("POST", f"/statistics/domain/{server.domain_id}/last_clicks", body)
    assert answer.status == 200, answer
    clicks: list[dict[str, Any]] = answer.json
    return clicks
