"""What a domain says about its visits, at the edge."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.gate import gate_of
from linnet.edge.hosts import Host
from linnet.model import conversion
from linnet.model.click import VARIANTS, ClickFlag, DropReason, variant_of
from linnet.model.conversion import ClickId
from linnet.model.route import DomainRoute, Needs
from tests.support.small_edge import PROXY, SmallEdge


@pytest.fixture(params=["ordinary", "careful"])
def edge(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SmallEdge]:
    made = SmallEdge(tmp_path, ordinary=request.param == "ordinary", click_key=b"k" * 32)
    yield made
    made.close()


# Addresses that are not counted


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "excluded"),
    [
        ("192.0.2.7", "", True),
        ("192.0.2.8", "", False),
        ("::ffff:192.0.2.7", "", True),
        ("198.51.100.200", "", True),
        ("2001:db8::1:7", "", True),
        (PROXY, "192.0.2.7", True),
        (PROXY, "192.0.2.8", False),
        (PROXY, "192.0.2.7, 192.0.2.8", False),
        ("192.0.2.8", "192.0.2.7", False),
        ("", "", False),
    ],
)
def test_clicks_from_excluded_addresses_are_followed_and_not_journalled(
    edge: SmallEdge, peer: str, forwarded_for: str, excluded: bool
):
    edge.domain(ip_exclusions=("192.0.2.7", "198.51.100.0/24", "2001:db8::/64"))
    edge.route(7, "plain")
    for target in ("/plain", "/plain?a=1", "/unknown"):
        assert edge.visit(target, peer=peer, forwarded_for=forwarded_for).status == (404 if target == "/unknown" else 302)
    assert len(edge.journal.clicks) == (0 if excluded else 3)
    assert edge.edge.counts.dropped.get(DropReason.EXCLUDED, 0) == (3 if excluded else 0)


def test_clicks_from_excluded_addresses_use_up_no_limit(edge: SmallEdge):
    edge.domain(ip_exclusions=("192.0.2.7",))
    edge.route(7, "once", needs=int(Needs.CLICK_LIMIT), clicks_limit=1)
    assert [edge.visit("/once").status for _ in range(3)] == [302, 302, 302]
    assert [edge.visit("/once", peer="192.0.2.8").status for _ in range(2)] == [302, 410]


def test_exclusions_hold_from_the_next_visit_on_however_the_host_is_spelled(edge: SmallEdge):
    edge.route(7, "plain")
    spellings = ("go.example", "GO.example.", "go.example:8080")
    for host in spellings:
        edge.visit("/plain", host=host)
    edge.domain(ip_exclusions=("192.0.2.0/24",))
    for host in spellings:
        edge.visit("/plain", host=host)
    assert len(edge.journal.clicks) == 3
    assert len({id(edge.edge.host(host.encode())) for host in spellings}) == 1


# Words of its own


def test_pages_say_what_the_domain_wants(edge: SmallEdge):
    texts = {"not_found": "Ask <b>Ann</b> & \"Bob\".\nOr 'Zoë'.", "expired": "Over.", "password": "Members only."}
    edge.domain(page_texts=texts)
    edge.route(1, "over", needs=int(Needs.EXPIRY), expires_at_ms=1)
    missing, over = edge.visit("/missing"), edge.visit("/over")
    assert "Ask &lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Bob&quot;.\nOr &#x27;Zoë&#x27;." in missing.body.decode()
    assert (missing.status, over.status) == (404, 410)
    assert b"Over." in over.body
    for reply in (missing, over):
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert edge.visit("/missing", method="HEAD").headers["content-length"] == str(len(missing.body))
    assert edge.visit("/missing", method="HEAD").body == b""


def test_a_page_without_words_of_its_own_has_the_usual_ones(edge: SmallEdge):
    usual = edge.visit("/missing").body
    edge.domain(page_texts={"expired": "Over."})
    assert edge.visit("/missing").body == usual


# Referrers


def test_a_domain_that_hides_referrers_says_so_on_redirects_and_pages(edge: SmallEdge):
    edge.route(1, "plain")
    assert "referrer-policy" not in edge.visit("/plain").headers
    edge.domain(hide_referrer=True)
    replies = [edge.visit("/plain"), edge.visit("/plain", close=True), edge.visit("/plain?a=1"), edge.visit("/missing")]
    assert {reply.headers["referrer-policy"] for reply in replies} == {"no-referrer"}


# HTTPS

STRICT = "max-age=31536000"


@pytest.mark.parametrize("level", ["redirect", "hsts"])
@pytest.mark.parametrize("target", ["/plain", "/PLAIN?a=1&b=%20x", "/", "/no/such/link", "/favicon.ico", "//evil.example/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_visitors_by_http_are_sent_to_the_same_address_by_https_and_not_counted(
    edge: SmallEdge, level: str, target: str, method: str
):
    edge.domain(https_level=level)
    edge.route(1, "plain")
    reply = edge.visit(target, method=method)
    assert (reply.status, reply.location) == (301, f"https://go.example{target}")
    assert reply.headers["cache-control"] == "no-cache"
    assert "strict-transport-security" not in reply.headers
    assert edge.journal.clicks == []


def test_by_https_visits_are_answered_as_ever(edge: SmallEdge):
    edge.domain(https_level="redirect")
    edge.route(1, "plain")
    reply = edge.visit("/plain", https=True)
    assert (reply.status, reply.location) == (302, "https://example.com/")
    assert "strict-transport-security" not in reply.headers
    assert len(edge.journal.clicks) == 1


def test_strict_transport_is_said_on_every_response_by_https(edge: SmallEdge):
    edge.domain(https_level="hsts", redirect_404="https://example.com/404", favicon="data:image/gif;base64,R0lGODlh")
    edge.route(1, "plain")
    edge.route(2, "over", needs=int(Needs.EXPIRY), expires_at_ms=1)
    targets = ("/plain", "/plain?a=1", "/over", "/missing", "/favicon.ico", "/robots.txt", conversion.PATH.decode())
    assert {edge.visit(target, https=True).headers["strict-transport-security"] for target in targets} == {STRICT}
    host = edge.edge.host(b"go.example")
    assert isinstance(host, Host)
    assert STRICT.encode() in edge.edge.refuse(405, close=False, host=host, https=True)
    assert STRICT.encode() not in edge.edge.refuse(405, close=False, host=host)


def test_a_beacon_by_http_is_taken_as_it_is(edge: SmallEdge):
    edge.domain(https_level="hsts", tracks_conversions=True)
    click = conversion.click_id(ClickId(7, 1_777_636_800_000, 5), b"k" * 32)
    reply = edge.visit(f"{conversion.PATH.decode()}?clid={click}")
    assert reply.status == 204
    assert "strict-transport-security" not in reply.headers
    assert len(edge.journal.clicks) == 1


def test_the_way_to_https_has_the_installations_port(tmp_path: Path):
    edge = SmallEdge(tmp_path, https_port=8443)
    edge.domain(https_level="redirect")
    assert edge.visit("/a", host="go.example:8080").location == "https://go.example:8443/a"
    edge.close()


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=200))
def test_whatever_is_asked_for_the_way_to_https_is_one_header_on_the_same_host(target: str):
    gate = gate_of(DomainRoute(domain_id=1, hostname="go.example", https_level="redirect"), 443)
    assert gate is not None
    location = gate.redirect(b"/", b"/" + target.encode("latin-1"), False)
    assert location is not None
    assert location.startswith(b"https://go.example/")
    assert re.fullmatch(rb"[!-~]+", location)
    assert unquote_to_bytes(location.removeprefix(b"https://go.example/")) == unquote_to_bytes(target.encode("latin-1"))


# Search engines


@pytest.mark.parametrize(
    ("robots", "rules", "header"),
    [("allow", b"Allow: /", None), ("disallow", b"Disallow: /", "noindex"), ("noindex", b"Allow: /", "noindex")],
)
def test_search_engines_are_told_what_the_domain_says(edge: SmallEdge, robots: str, rules: bytes, header: str | None):
    edge.domain(robots=robots)
    edge.route(1, "plain")
    told = edge.visit("/robots.txt")
    assert (told.status, told.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert told.body == b"User-agent: *\n" + rules + b"\n"
    assert edge.journal.clicks == []
    for target in ("/plain", "/plain?a=1", "/missing", "/robots.txt"):
        assert edge.visit(target).headers.get("x-robots-tag") == header


def test_robots_txt_is_not_the_catch_alls(edge: SmallEdge):
    edge.domain(wildcard_depths=(0,))
    edge.route(1, "*")
    assert edge.visit("/robots.txt").status == 200
    assert edge.visit("/Robots.txt").status == 302


# Icons

PNG = b"\x89PNG\r\n\x1a\n rest"


def icon(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_an_icon_is_served_with_its_type_and_may_be_kept_for_a_day(edge: SmallEdge):
    edge.domain(favicon=icon("image/png", PNG))
    reply, head = edge.visit("/favicon.ico?v=1"), edge.visit("/favicon.ico", method="HEAD")
    assert (reply.status, reply.body, head.body) == (200, PNG, b"")
    for each in (reply, head):
        assert each.headers["content-type"] == "image/png"
        assert each.headers["content-length"] == str(len(PNG))
        assert each.headers["cache-control"] == "public, max-age=86400"
        assert each.headers["x-content-type-options"] == "nosniff"
    assert edge.journal.clicks == []


def test_nothing_in_an_icon_runs(edge: SmallEdge):
    edge.domain(favicon=icon("image/svg+xml", b"<svg><script>alert(1)</script></svg>"))
    policy = edge.visit("/favicon.ico").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy


def test_a_missing_icon_is_no_click_of_anything(edge: SmallEdge):
    edge.domain(wildcard_depths=(0,), redirect_404="https://example.com/404")
    edge.route(1, "*")
    assert edge.visit("/favicon.ico").status == 404
    assert edge.journal.clicks == []


def test_a_link_at_the_icons_path_goes_first(edge: SmallEdge):
    edge.domain(favicon=icon("image/png", PNG))
    edge.route(1, "favicon.ico")
    assert edge.visit("/favicon.ico").status == 302
    assert len(edge.journal.clicks) == 1


# Apps

APPLE, ANDROID = "/.well-known/apple-app-site-association", "/.well-known/assetlinks.json"


@pytest.mark.parametrize(
    ("target", "settings", "body"),
    [
        (APPLE, {"apple_association": '{"applinks":{"ü":1}}'}, '{"applinks":{"ü":1}}'.encode()),
        (ANDROID, {"asset_links": "[{}]"}, b"[{}]"),
    ],
)
def test_documents_of_apps_are_answered_directly(edge: SmallEdge, target: str, settings: dict[str, str], body: bytes):
    edge.domain(**settings, wildcard_depths=(0,))
    edge.route(1, "*")
    reply = edge.visit(target)
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "application/json", body)
    other = ANDROID if target == APPLE else APPLE
    assert edge.journal.clicks == []
    assert edge.visit(other).status == 302
    edge.domain(**settings)
    assert edge.visit(other).status == 404
    assert len(edge.journal.clicks) == 1


# The root


def test_the_root_leads_where_the_domain_says_unless_it_has_a_link(edge: SmallEdge):
    edge.domain(root_redirect="https://example.com/home", redirect_404="https://example.com/404")
    assert edge.visit("/").location == "https://example.com/home"
    assert edge.visit("/?a=1").location == "https://example.com/home"
    assert edge.visit("/else").location == "https://example.com/404"
    assert [(click.status, click.link_number) for click in edge.journal.clicks] == [(302, 0)] * 3
    edge.route(1, "", "https://example.com/link")
    assert edge.visit("/").location == "https://example.com/link"


def test_a_catch_all_has_the_root_too(edge: SmallEdge):
    edge.domain(root_redirect="https://example.com/home", wildcard_depths=(0,))
    edge.route(1, "*", "https://example.com/all")
    assert edge.visit("/").location == "https://example.com/all"


def test_a_link_to_the_root_and_back_is_a_circle_that_ends(edge: SmallEdge):
    edge.domain(root_redirect="https://go.example/back")
    edge.route(1, "back", "https://go.example")
    replies = [edge.visit("/back"), edge.visit("/")]
    assert [reply.location for reply in replies].count(None) >= 1, replies


def test_the_root_does_not_lead_to_itself(edge: SmallEdge):
    for url in ("https://GO.example", "https://go.example/?a", "http://go.example:8080/"):
        edge.domain(root_redirect=url)
        assert edge.visit("/").status == 404


# QR codes


def scans(edge: SmallEdge) -> list[bool]:
    return [bool(click.flags & ClickFlag.SCAN) for click in edge.journal.clicks]


@pytest.mark.parametrize("path", ["plain", "", "skip", "rule", "docs/a", "else"])
def test_visits_by_qr_code_are_flagged_and_led_where_others_are(edge: SmallEdge, path: str):
    edge.domain(wildcard_depths=(1, 0))
    edge.route(1, "plain")
    edge.route(2, "")
    edge.route(3, "skip", skip_query=True)
    edge.route(4, "rule", needs=int(Needs.EXPIRY), expires_at_ms=2**50)
    edge.route(5, "docs/*", "https://example.com/$1", needs=int(Needs.CAPTURE), capture_depth=1)
    edge.route(6, "*")
    for query, passed_on in (("?_qr", ""), ("?_qr&a=1", "?a=1"), ("?a=1&_qr=", "?a=1")):
        scanned, plain = edge.visit(f"/{path}{query}"), edge.visit(f"/{path}{passed_on}")
        assert (scanned.status, scanned.location) == (plain.status, plain.location)
        assert scanned.status == 302
    assert scans(edge) == [True, False] * 3
    assert edge.journal.clicks[0].target == f"/{path}?_qr"


def test_without_the_setting_the_mark_is_a_parameter_like_others(edge: SmallEdge):
    edge.domain(qr_scan_tracking=False)
    edge.route(1, "plain")
    assert edge.visit("/plain?_qr").location == "https://example.com/?_qr"
    assert scans(edge) == [False]


def test_a_scan_by_http_is_still_one_behind_the_way_to_https(edge: SmallEdge):
    edge.domain(https_level="redirect")
    edge.route(1, "plain")
    assert edge.visit("/plain?_qr").location == "https://go.example/plain?_qr"
    assert edge.visit("/plain?_qr", https=True).location == "https://example.com/"
    assert scans(edge) == [True]


def test_a_scan_keeps_the_id_of_its_click_and_its_variant(edge: SmallEdge):
    edge.domain(tracks_conversions=True)
    edge.route(1, "split", needs=int(Needs.SPLIT), split_url="https://example.com/b", split_percent=100)
    location = edge.visit("/split?_qr").location or ""
    assert re.fullmatch(r"https://example\.com/b\?clid=[^&]+", location)
    (click,) = edge.journal.clicks
    assert click.flags & ClickFlag.SCAN
    assert VARIANTS[variant_of(click.flags)] == "split"
    assert click.flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK
