"""What a visitor gets for a link: seen from outside, over real sockets."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.support.server import Answer, Server
from tests.support.wire import get, wire


@pytest.mark.parametrize("redirect_type", [301, 302, 307, 308])
def test_a_link_redirects_with_its_own_status(server: Server, redirect_type: int):
    server.create(f"type-{redirect_type}", "https://example.com/landing", redirectType=redirect_type)
    answer = server.visit(f"/type-{redirect_type}")
    assert (answer.status, answer.location, answer.body) == (redirect_type, "https://example.com/landing", b"")
    assert answer.headers["content-length"] == "0"
    assert "date" in answer.headers


def test_a_permanent_redirect_is_asked_for_again_so_that_it_counts(server: Server):
    server.create("permanent", redirectType=301)
    assert server.visit("/permanent").headers["cache-control"] == "no-cache"


def test_a_link_redirects_with_302_unless_told_otherwise(server: Server):
    server.create("plain", "https://example.com/?a=1#part")
    answer = server.visit("/plain")
    assert (answer.status, answer.location) == (302, "https://example.com/?a=1#part")


@pytest.mark.parametrize(
    ("destination", "asked", "location"),
    [
        ("https://example.com/x", "?a=1", "https://example.com/x?a=1"),
        ("https://example.com/x?b=2", "?a=1", "https://example.com/x?b=2&a=1"),
        ("https://example.com/x?a=0&b=2", "?a=1", "https://example.com/x?b=2&a=1"),
        ("https://example.com/x#top", "?a=1&a=2", "https://example.com/x?a=1&a=2#top"),
        ("https://example.com/x", "?a=%C3%BC&b=a+b", "https://example.com/x?a=%C3%BC&b=a+b"),
        ("https://example.com/x", "?", "https://example.com/x"),
    ],
)
def test_the_visitors_query_is_passed_through(server: Server, destination: str, asked: str, location: str):
    path = server.create(url=destination)["path"]
    assert server.visit(f"/{path}{asked}").location == location


def test_the_visitors_query_is_dropped_where_the_owner_says_so(server: Server):
    server.create("skip", "https://example.com/x?b=2", skipQS=True)
    assert server.visit("/skip?a=1").location == "https://example.com/x?b=2"


def test_an_expired_link_leads_to_its_expired_url_or_is_gone(server: Server):
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    server.create("over", expiresAt=past)
    server.create("over-there", expiresAt=past, expiredURL="https://example.com/sorry")
    gone, elsewhere = server.visit("/over"), server.visit("/over-there?a=1")
    assert (gone.status, gone.location) == (410, None)
    assert gone.headers["content-type"].startswith("text/html")
    assert (elsewhere.status, elsewhere.location) == (302, "https://example.com/sorry")


def test_a_link_expires_at_its_moment(server: Server):
    server.create("soon", expiresAt=int((time.time() + 1.5) * 1000))
    assert server.visit("/soon").status == 302
    took = server.wait(lambda: server.visit("/soon").status == 410, "the link to expire", seconds=5)
    assert took <= 2


def test_a_click_limit_is_exact_across_workers_and_concurrent_visitors(server: Server):
    limit = 25
    server.create("limited", clicksLimit=limit, expiredURL="https://example.com/full")
    with ThreadPoolExecutor(16) as visitors:
        locations = list(visitors.map(lambda _: server.visit("/limited").location, range(80)))
    assert locations.count("https://example.com/") == limit
    assert locations.count("https://example.com/full") == 80 - limit


def test_a_click_limit_without_expired_url_ends_in_gone(server: Server):
    server.create("once", clicksLimit=1)
    assert [server.visit("/once").status for _ in range(3)] == [302, 410, 410]


def test_special_paths_are_tried_from_the_exact_one_to_the_catch_all(server: Server):
    server.create("docs/exact", "https://example.com/exact")
    server.create("docs/*", "https://example.com/docs/$1?from=short")
    server.create("docs/deep/*", "https://example.com/deep/$1")
    assert server.visit("/docs/exact").location == "https://example.com/exact"
    assert server.visit("/docs/a/b").location == "https://example.com/docs/a/b?from=short"
    assert server.visit("/docs/deep/c").location == "https://example.com/deep/c"
    assert server.visit("/docs/a?q=1").location == "https://example.com/docs/a?from=short&q=1"
    assert server.visit("/docs/a%20b%2Fc/%E2%82%AC").location.startswith("https://example.com/docs/a%20b")
    assert server.visit("/docs").status == 404


def test_what_a_wildcard_captures_cannot_break_out_of_the_destination(server: Server):
    server.create("jump/*", "https://example.com/$1")
    for asked in ("/jump/x%0d%0aSet-Cookie:%20a=b", "/jump/%0d%0a%0d%0a<script>", "/jump//evil.example/"):
        answer = server.visit(asked)
        assert answer.status in (302, 404)
        assert "set-cookie" not in answer.headers
        if answer.location is not None:
            assert answer.location.startswith("https://example.com/")
            assert "\r" not in answer.location
            assert "\n" not in answer.location


def test_the_root_link_and_the_catch_all(server: Server):
    hostname = _new_domain(server, "root.localhost")
    assert _visit(server, hostname, "/").status == 404
    _create(server, hostname, "", "https://example.com/root")
    assert _visit(server, hostname, "/").location == "https://example.com/root"
    assert _visit(server, hostname, "/anything").status == 404
    _create(server, hostname, "*", "https://example.com/else")
    assert _visit(server, hostname, "/anything/at/all").location == "https://example.com/else"
    assert _visit(server, hostname, "/").location == "https://example.com/root"


def test_paths_ignore_case_on_a_domain_that_says_nothing_about_it(server: Server):
    server.create("MixedCase")
    assert [server.visit(path).status for path in ("/MixedCase", "/mixedcase", "/MIXEDCASE")] == [302, 302, 302]


@pytest.mark.parametrize("path", ["straße", "日本語", "a b", "ünï/cödé", "100%25", "semi;colon", "plus+plus", "emoji-🐦"])
def test_unicode_and_reserved_characters_in_paths(server: Server, path: str):
    created = server.create(path, f"https://example.com/{quote(path)}")
    answer = server.visit("/" + quote(created["path"], safe="/"))
    assert answer.location == f"https://example.com/{quote(path)}"
    by_short_url = server.visit("/" + created["shortURL"].split("/", 3)[3])
    assert by_short_url.location == answer.location


def test_a_decomposed_path_finds_the_composed_one(server: Server):
    server.create("caf\u00e9")
    assert server.visit("/" + quote("cafe\u0301")).status == 302


def test_a_path_in_raw_utf_8_is_found(server: Server):
    server.create("größe")
    with wire(server.port) as connection:
        connection.send(b"GET /gr\xc3\xb6\xc3\x9fe HTTP/1.1\r\nHost: " + server.host.encode() + b"\r\n\r\n")
        assert connection.answer().status in (302, 400)


@pytest.mark.parametrize(
    "path", ["/no-such-link", "/%ff%fe", "/%", "/%zz", "/a%00b", "/wp-login.php", "/.env", "/" + "x" * 3000]
)
def test_an_unknown_path_is_a_small_page(server: Server, path: str):
    answer = server.visit(path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(answer.body) < 2048


@pytest.mark.parametrize("host", ["who.localhost", "example.com", "go.localhost.evil.example", "xn--nxasmq6b", "[::2]", ""])
def test_an_unknown_host_reveals_nothing(server: Server, host: str):
    server.create("known")
    with wire(server.port) as connection:
        connection.send(get("/known", host))
        answer = connection.answer()
    assert answer.status in (400, 404, 421)
    assert answer.location is None


@pytest.mark.parametrize("host", ["GO.localhost", "go.localhost.", "go.localhost:1"])
def test_a_hostname_is_known_in_every_spelling(server: Server, host: str):
    server.create("spelled")
    with wire(server.port) as connection:
        connection.send(get("/spelled", host))
        assert connection.answer().status == 302


def test_head_answers_like_get_without_a_body(server: Server):
    server.create("headed")
    with wire(server.port) as connection:
        connection.send(get("/headed", server.host, method="HEAD") + get("/not-there", server.host, method="HEAD"))
        first, second = connection.answer(head_only=True), connection.answer(head_only=True)
        assert (first.status, first.location) == (302, "https://example.com/")
        assert second.status == 404
        assert int(second.headers["content-length"]) > 0
        assert connection.stays_silent()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_link_can_only_be_followed(server: Server, method: str):
    server.create("only-followed")
    answer = server.visit("/only-followed", method=method)
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


def test_a_changed_link_leads_to_its_new_destination_at_once(server: Server):
    link = server.create("changing", "https://example.com/1")
    for number in range(2, 12):
        changed = server.api("POST", f"/links/{link['idString']}", {"originalURL": f"https://example.com/{number}"})
        assert changed.status == 200
        assert {server.visit("/changing").location for _ in range(8)} == {f"https://example.com/{number}"}


def test_a_deleted_link_is_gone_at_once(server: Server):
    link = server.create("deleted")
    assert server.visit("/deleted").status == 302
    assert server.api("DELETE", f"/links/{link['idString']}").status == 200
    assert {server.visit("/deleted").status for _ in range(8)} == {404}


def test_a_moved_link_is_found_under_its_new_path_only(server: Server):
    link = server.create("old-path")
    assert server.api("POST", f"/links/{link['idString']}", {"path": "new-path"}).status == 200
    assert (server.visit("/old-path").status, server.visit("/new-path").status) == (404, 302)


def test_a_created_link_redirects_before_the_response_from_every_worker(server: Server):
    answered: set[str] = set()
    for number in range(15):
        link = server.create(f"fresh-{number}")
        connections = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(12)]
        for connection in connections:
            connection.sendall(get(f"/{link['path']}", server.host))
        statuses = {connection.recv(12).decode() for connection in connections}
        answered |= {server.worker_of(connection) for connection in connections}
        assert statuses == {"HTTP/1.1 302"}
        for connection in connections:
            connection.close()
    assert answered == {"web-0", "web-1"}, "the connections did not reach both workers, so this proved nothing"


def _new_domain(server: Server, hostname: str) -> str:
    answer = server.api("POST", "/domains", {"hostname": hostname})
    assert answer.status == 200, answer
    return hostname


def _create(server: Server, hostname: str, path: str, url: str) -> None:
    answer = server.api("POST", "/links", {"domain": hostname, "path": path, "originalURL": url})
    assert answer.status == 200, answer


def _visit(server: Server, hostname: str, target: str) -> Answer:
    return server.request("GET", target, host=f"{hostname}:{server.port}")


def test_an_archived_link_goes_on_redirecting(server: Server):
    link = server.create("shelved")
    assert server.api("POST", "/links/archive", {"link_id": link["idString"]}).status == 200
    assert server.visit("/shelved").location == "https://example.com/"
