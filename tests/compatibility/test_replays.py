"""The requests of clients that are not installed here, as their sources document them, replayed byte for byte (contract f)."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.server import Answer, Server

PAGE = {"Origin": "https://shop.example", "Referer": "https://shop.example/"}


def call(server: Server, method: str, target: str, value: Any = None, **headers: str) -> Answer:
    """A call with a client's own headers; underscores in their names stand for hyphens."""
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    return server.request(method, target, headers=sent, body=None if value is None else json.dumps(value).encode())


class TestBrowserSdk:
    def test_create_link_is_preflighted_and_answered_to_any_page(self, server: Server):
        asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization,content-type"}
        preflight = call(server, "OPTIONS", "/links/public", **PAGE, **asked)
        assert preflight.status in (200, 204)
        assert preflight.headers["access-control-allow-origin"] == "*"
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert "authorization" in allowed
        assert "content-type" in allowed
        body = {"originalURL": "https://example.com/browser", "domain": server.domain, "extra": "kept out"}
        answer = call(
            server, "POST", "/links/public", body, **PAGE, Authorization=server.public_key, Content_Type="application/json"
        )
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
        link = answer.json
        assert link["source"] == "public"
        assert link["shortURL"].startswith(f"http://{server.host}/")
        assert "User" not in link

    def test_expand_link_takes_the_public_key(self, server: Server):
        server.create("browsed", "https://example.com/browsed")
        query = urlencode({"domain": server.domain, "path": "browsed"})
        answer = call(server, "GET", f"/links/expand?{query}", **PAGE, Authorization=server.public_key)
        assert answer.json["originalURL"] == "https://example.com/browsed"

    def test_an_encrypted_link_is_kept_as_it_was_sent(self, server: Server):
        secret = "shortsecure://q83vEjRWeJA=?AAECAwQFBgcICQoL"
        body = {"originalURL": secret, "domain": server.domain}
        answer = call(server, "POST", "/links/public", body, Authorization=server.public_key, Content_Type="application/json")
        assert answer.json["originalURL"] == secret

    def test_errors_reach_the_page_with_a_message(self, server: Server):
        body = {"originalURL": "javascript:alert(1)", "domain": server.domain}
        refused = call(
            server, "POST", "/links/public", body, **PAGE, Authorization=server.public_key, Content_Type="application/json"
        )
        assert refused.status == 400
        assert refused.headers["access-control-allow-origin"] == "*"
        assert "originalURL" in (refused.json["message"] or refused.json["error"])


class TestMobileSdks:
    def test_ios_decodes_every_field_that_it_requires(self, server: Server):
        body = {
            "originalURL": "https://example.com/ios",
            "domain": server.domain,
            "utm_source": "ios",
            "cloaking": False,
            "tags": ["app"],
            "expiresAt": 4_102_444_800_000,
        }
        answer = call(server, "POST", "/links/public", body, Authorization=server.public_key, Content_Type="application/json")
        link = answer.json
        kinds = {
            "cloaking": bool,
            "tags": list,
            "createdAt": str,
            "skipQS": bool,
            "archived": bool,
            "DomainId": int,
            "OwnerId": int,
            "hasPassword": bool,
            "source": str,
            "success": bool,
            "duplicate": bool,
            "expiresAt": int,
            "utm_source": str,
        }
        assert {name: type(link.get(name)) for name in kinds} == kinds

    @pytest.mark.parametrize("body", [{}, {"domain": "nobody.example", "originalURL": "https://example.com"}])
    def test_ios_decodes_every_refusal(self, server: Server, body: dict[str, str]):
        answer = call(server, "POST", "/links/public", body, Authorization=server.public_key, Content_Type="application/json")
        assert answer.status >= 400
        kinds = {name: type(answer.json[name]) for name in ("message", "statusCode", "success")}
        assert kinds == {"message": str, "statusCode": int, "success": bool}

    def test_ios_follows_a_short_link_by_head_and_reads_where_it_leads(self, server: Server):
        server.create("ios", "https://example.com/app?screen=1")
        answer = server.visit("/ios?utm_medium=ios", method="HEAD")
        assert (answer.status, answer.body) == (302, b"")
        assert answer.location == "https://example.com/app?screen=1&utm_medium=ios"


class TestCommandLine:
    def test_bulk_creation_sends_integers_for_booleans_and_null_for_no_path(self, server: Server):
        rows = [
            {
                "cloaking": 0,
                "path": None if number else "cli-first",
                "originalURL": f"https://example.com/cli/{number}",
                "createdAt": "2020-01-02 03:04:05+00:00",
                "title": None,
                "utmSource": "cli",
                "utmMedium": None,
                "utmCampaign": None,
            }
            for number in range(3)
        ]
        rows.append({"cloaking": 0, "path": "cli-first", "originalURL": "https://example.com/other", "title": None})
        body = {"domain": server.domain, "allowDuplicates": 0, "links": rows}
        answer = call(server, "POST", "/links/bulk", body, authorization=server.secret_key, content_type="application/json")
        assert answer.status == 200
        made, refused = answer.json[:3], answer.json[3]
        assert [link["createdAt"] for link in made] == ["2020-01-02T03:04:05.000Z"] * 3
        assert [link["originalURL"] for link in made] == [f"https://example.com/cli/{n}?utm_source=cli" for n in range(3)]
        assert all("error" not in link for link in made)
        # It prints what stands in "error".
        assert "cli-first" in refused["error"]

    def test_expand_answers_404_for_an_unknown_path(self, server: Server):
        query = urlencode({"domain": server.domain, "path": "no-such-path"})
        assert call(server, "GET", f"/links/expand?{query}", authorization=server.secret_key).status == 404


class TestSyncAction:
    """The GitHub action: domains by name, links in pages, and a link changed only where a field differs."""

    def test_a_link_that_was_synchronised_is_not_changed_again(self, server: Server):
        key = {"authorization": server.secret_key, "content_type": "application/json"}
        wanted = {"originalURL": "https://example.com/sync", "path": "synced", "title": "Sync", "redirectType": "301"}
        body = wanted | {"domain": server.domain, "tags": ["github-action-managed"], "FolderId": None}
        assert call(server, "POST", "/links", body, **key).status == 200
        found, token = [], ""
        while True:
            page = call(server, "GET", f"/api/links?domain_id={server.domain_id}&limit=150{token}", **key).json
            found += page["links"]
            if not page.get("nextPageToken"):
                break
            token = "&" + urlencode({"pageToken": page["nextPageToken"]})
        (link,) = [each for each in found if each["path"] == "synced"]
        assert {name: link[name] for name in wanted} == wanted
        # What the file does not mention must not be there: undefined in the file and null in the answer would differ.
        for unset in ("cloaking", "expiresAt", "expiredURL", "androidURL", "iphoneURL", "splitURL", "utmSource", "FolderId"):
            assert link.get(unset) is None
            assert unset not in link or unset == "FolderId"


class TestImporters:
    def test_a_bad_key_is_known_by_its_error(self, server: Server):
        answer = call(server, "GET", "/api/domains", Authorization="sk_bad")
        assert (answer.status, answer.json["error"]) == (401, "Unauthorized")

    def test_a_key_is_tried_with_one_domain(self, server: Server):
        answer = call(server, "GET", "/api/domains?limit=1", Authorization=server.secret_key)
        assert [domain["hostname"] for domain in answer.json] == [server.domain]

    def test_a_connector_pages_through_clicks_by_time(self, server: Server):
        server.create("paged", "https://example.com/paged")
        for _ in range(5):
            server.visit("/paged")
            # Its cursor is a moment in milliseconds, so that two clicks of one moment would not be told apart.
            time.sleep(0.005)
        place = f"/statistics/domain/{server.domain_id}/last_clicks"

        def clicks(**cursor: str) -> list[dict[str, Any]]:
            asked = {"limit": 2, "period": "today", "include": {"paths": ["/paged"]}, **cursor}
            rows: list[dict[str, Any]] = server.api("POST", place, asked).json
            return rows

        server.wait(
            lambda: len(server.api("POST", place, {"period": "today", "include": {"paths": ["/paged"]}}).json) == 5, "clicks"
        )
        seen, page = [], clicks()
        while page:
            seen += page
            page = clicks(beforeDate=page[-1]["dt"])
        assert len(seen) == 5
        assert [row["dt"] for row in seen] == sorted((row["dt"] for row in seen), reverse=True)


def test_a_host_that_clients_have_written_into_them_reaches_the_api(server: Server):
    """As DNS would bring them: the host of the request is the client's own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", "/api/domains", headers={"Host": "api.short.cm", "authorization": server.secret_key})
        assert connection.getresponse().status == 200
    finally:
        connection.close()
