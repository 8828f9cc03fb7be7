"""What a domain says is obeyed as soon as the call that says it returns, by every worker, behind a proxy that ends TLS."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.codes import read_code
from tests.support.server import Answer, Server, running_server
from tests.support.wire import get, wire

TURNS = 12
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PNG = b"\x89PNG\r\n\x1a\n an icon"
APPLE = {"applinks": {"details": [{"appIDs": ["ABCDE12345.com.example.app"], "components": [{"/": "/*"}]}]}}
ANDROID = [
    {"relation": ["delegate_permission/common.handle_all_urls"], "target": {"namespace": "web", "site": "https://e.example"}}
]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two web workers that take these tests for their proxy."""
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.1/32"}
    with running_server(tmp_path_factory.mktemp("proxied") / "linnet", workers=2, settings=settings) as running:
        running.create("plain", "https://example.com/")
        yield running


@pytest.fixture(autouse=True)
def _as_new(proxied: Server) -> Iterator[None]:
    yield
    change(
        proxied,
        httpsLevel="none",
        robots="allow",
        ipExclusions=[],
        rootRedirect=None,
        redirect404=None,
        favicon=None,
        pageTexts=None,
        appleAppSiteAssociation=None,
        assetLinks=None,
        hideReferer=False,
        qrScanTracking=True,
    )


def change(server: Server, **sent: Any) -> None:
    answer = server.api("POST", f"/domains/settings/{server.domain_id}", sent)
    assert answer.status == 200, answer


def by_https(server: Server, target: str, **headers: str) -> Answer:
    return server.visit(target, X_Forwarded_Proto="https", **headers)


def test_a_change_is_obeyed_by_every_worker_when_the_call_returns(proxied: Server):
    for number in range(6):
        robots, header = ("noindex", "noindex") if number % 2 else ("allow", None)
        change(proxied, robots=robots, pageTexts={"notFound": f"Text {number}"})
        replies = [proxied.visit("/not-there") for _ in range(TURNS)]
        assert {reply.headers.get("x-robots-tag") for reply in replies} == {header}
        assert all(f"Text {number}".encode() in reply.body for reply in replies)


@pytest.mark.parametrize("level", ["redirect", "hsts"])
def test_visitors_by_http_go_to_https_and_come_back_through_the_proxy(proxied: Server, level: str):
    change(proxied, httpsLevel=level)
    strict = "max-age=31536000" if level == "hsts" else None
    for _ in range(TURNS):
        sent_on = proxied.visit("/plain?a=1")
        assert (sent_on.status, sent_on.location) == (301, "https://go.localhost/plain?a=1")
        assert sent_on.headers["cache-control"] == "no-cache"
        assert "strict-transport-security" not in sent_on.headers
        arrived = by_https(proxied, "/plain?a=1")
        assert (arrived.status, arrived.location) == (302, "https://example.com/?a=1")
        assert arrived.headers.get("strict-transport-security") == strict
    assert by_https(proxied, "/not-there").headers.get("strict-transport-security") == strict
    refused = proxied.request("DELETE", "/plain", host=proxied.host, headers={"X-Forwarded-Proto": "https"})
    assert (refused.status, refused.headers.get("strict-transport-security")) == (405, strict)


def test_the_administrators_hosts_are_not_sent_to_https(proxied: Server):
    change(proxied, httpsLevel="hsts")
    assert proxied.request("GET", "/health/ready").status == 200
    assert proxied.api("GET", f"/domains/{proxied.domain_id}").json["httpsLevel"] == "hsts"


def test_a_visit_in_pieces_and_an_absolute_target_are_sent_to_https_too(proxied: Server):
    change(proxied, httpsLevel="redirect")
    with wire(proxied.port) as connection:
        for piece in (b"GET /pla", b"in HTTP/1.1\r\nHo", b"st: " + proxied.host.encode() + b"\r\n\r\n"):
            connection.send(piece)
        assert connection.answer().location == "https://go.localhost/plain"
        connection.send(get(f"http://{proxied.host}/plain?x", proxied.host))
        assert connection.answer().location == "https://go.localhost/plain?x"


def test_a_beacon_is_answered_by_http_too(proxied: Server):
    change(proxied, httpsLevel="redirect")
    for method in ("GET", "POST"):
        answer = proxied.request(method, "/.shortio/conversion?clid=unknown", host=proxied.host)
        assert (answer.status, answer.location) == (400, None)


def test_clicks_from_excluded_addresses_are_followed_and_not_counted(proxied: Server):
    link = proxied.create("quiet", clicksLimit=2)
    change(proxied, ipExclusions=["192.0.2.0/24"])
    before = proxied.metric("linnet_clicks_dropped_total", 'reason="excluded"')
    for _ in range(TURNS):
        assert proxied.visit("/quiet", X_Forwarded_For="192.0.2.77").status == 302
    statuses = [proxied.visit("/quiet", X_Forwarded_For="198.51.100.7").status for _ in range(3)]
    assert statuses == [302, 302, 410]
    proxied.wait(lambda: proxied.link_clicks(link["idString"]) >= 3, "the clicks to be stored")
    assert proxied.link_clicks(link["idString"]) == 3
    dropped = lambda: proxied.metric("linnet_clicks_dropped_total", 'reason="excluded"') - before  # noqa: E731
    proxied.wait(lambda: dropped() >= TURNS, "the metric")
    assert dropped() == TURNS


def test_files_of_the_domain_are_served_and_counted_nowhere(proxied: Server):
    before = proxied.domain_clicks()
    icon = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    change(proxied, favicon=icon, appleAppSiteAssociation=APPLE, assetLinks=ANDROID, robots="disallow")
    for _ in range(TURNS):
        shown = proxied.visit("/favicon.ico")
        assert (shown.status, shown.headers["content-type"], shown.body) == (200, "image/png", PNG)
        apple, android = (proxied.visit(f"/.well-known/{name}") for name in ("apple-app-site-association", "assetlinks.json"))
        assert (apple.status, apple.headers["content-type"], apple.json) == (200, "application/json", APPLE)
        assert (android.status, android.headers["content-type"], android.json) == (200, "application/json", ANDROID)
        robots = proxied.visit("/robots.txt")
        assert (robots.status, robots.body) == (200, b"User-agent: *\nDisallow: /\n")
    assert {answer.headers["x-robots-tag"] for answer in (shown, apple, android, robots)} == {"noindex"}
    last = proxied.create("last")
    proxied.visit("/last")
    proxied.wait(lambda: proxied.link_clicks(last["idString"]) == 1, "the click behind them")
    assert proxied.domain_clicks() == before + 1


def test_the_root_and_unknown_paths_lead_where_the_domain_says(proxied: Server):
    change(proxied, rootRedirect="https://example.com/home", redirect404="https://example.com/lost")
    for _ in range(TURNS):
        assert (proxied.visit("/").status, proxied.visit("/").location) == (302, "https://example.com/home")
        assert proxied.visit("/not-there").location == "https://example.com/lost"
    change(proxied, rootRedirect=None, redirect404=None)
    assert {proxied.visit(path).status for path in ("/", "/not-there") for _ in range(TURNS)} == {404}


def test_pages_say_what_their_owner_wrote(proxied: Server):
    change(proxied, pageTexts={"notFound": "<img src=x>\nHelp: a&b", "expired": "Over & out", "password": "Members"})
    proxied.create("over", expiresAt=1_000_000_000_000)
    over, missing = proxied.visit("/over"), proxied.visit("/not-there")
    assert (over.status, missing.status) == (410, 404)
    assert "<p>Over &amp; out</p>" in over.body.decode()
    assert re.search("<p>&lt;img src=x&gt;\nHelp: a&amp;b</p>", missing.body.decode())


def test_hidden_referrers_stay_hidden_on_pages_too(proxied: Server):
    change(proxied, hideReferer=True)
    answers = [proxied.visit(path) for path in ("/plain", "/plain?a=1", "/not-there", "/favicon.ico", "/robots.txt")]
    assert {answer.headers["referrer-policy"] for answer in answers} == {"no-referrer"}


def test_scans_of_qr_codes_are_told_from_other_clicks(proxied: Server):
    link = proxied.create("poster", "https://example.com/fair")
    image = proxied.api("POST", f"/links/qr/{link['idString']}", {"type": "png"}).body
    address = read_code(image)
    assert address == link["shortURL"] + "?_qr"
    for _ in range(3):
        scanned = proxied.visit(address.split(proxied.host)[1], User_Agent=FIREFOX)
        assert (scanned.status, scanned.location) == (302, "https://example.com/fair")
    assert proxied.visit("/poster?a=1", User_Agent=FIREFOX).location == "https://example.com/fair?a=1"
    proxied.wait(lambda: proxied.link_clicks(link["idString"]) == 4, "the clicks to be stored")
    asked = {"column": "scan", "period": "today"}
    tops = proxied.api("POST", f"/statistics/link/{link['idString']}/top", asked).json
    assert [(top["column"], top["displayName"], top["score"]) for top in tops] == [
        ("true", "QR code", "3"),
        ("false", "Link", "1"),
    ]
    found = proxied.api("POST", f"/statistics/domain/{proxied.domain_id}/last_clicks", {"include": {"paths": ["/poster"]}}).json
    assert sorted(click["scan"] for click in found) == [False, True, True, True]
    question = {"include": {"paths": ["/poster"], "scan": True}, "period": "today"}
    assert int(proxied.api("POST", f"/statistics/domain/{proxied.domain_id}", question).json["clicks"]) == 3


def test_without_the_setting_codes_have_no_mark(proxied: Server):
    change(proxied, qrScanTracking=False)
    link = proxied.create("unmarked")
    assert read_code(proxied.api("POST", f"/links/qr/{link['idString']}", {}).body) == link["shortURL"]
    assert {proxied.visit("/unmarked?_qr").location for _ in range(TURNS)} == {"https://example.com/?_qr"}
