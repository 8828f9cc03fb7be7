"""Pages that tell services of a visit, in a browser whose way to these services ends in the tests."""

import json
import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.pages.conftest import Destination, Visitor
from tests.support.server import Server

ADVERTISER, PIXEL = "YP2ZA24FSRHVFOXA6H4TJN", "CN2GLR4VF5DM7E5CN4Q7PM"
GTAG = "https://www.googletagmanager.com/gtag/js?id="
SCRIPTS = {
    ("integrationGA", "G-ABC123"): f"{GTAG}G-ABC123",
    ("integrationGA", "UA-12345-1"): f"{GTAG}UA-12345-1",
    ("integrationGA", "aw-99887766"): f"{GTAG}AW-99887766",
    ("integrationGTM", "GTM-ABC1234"): "https://www.googletagmanager.com/gtm.js?id=GTM-ABC1234",
    ("integrationGTM", "G-ABC123"): f"{GTAG}G-ABC123",
    ("integrationFB", "1234567890"): "https://connect.facebook.net/en_US/fbevents.js",
    ("integrationTT", "CUP0KTBC77UE7K4ENLCG"): (
        "https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=CUP0KTBC77UE7K4ENLCG&lib=ttq"
    ),
    ("integrationAdroll", f"{ADVERTISER}/{PIXEL}"): f"https://s.adroll.com/j/{ADVERTISER}/roundtrip.js",
}
ALL = {
    "integrationGA": "G-ABC123",
    "integrationGTM": "GTM-ABC1234",
    "integrationFB": "1234567890",
    "integrationTT": "CUP0KTBC77UE7K4ENLCG",
    "integrationAdroll": f"{ADVERTISER}/{PIXEL}",
}
# What each service's script does first: it takes up what waits for it, and reports it in its own way.
REPORTS = {
    "/gtag/js": "fetch('https://www.google-analytics.com/g/collect?queue=' + encodeURIComponent(JSON.stringify("
    "dataLayer.map(each => each.length ? [...each] : each))), { method: 'POST', mode: 'no-cors', keepalive: true })",
    "/gtm.js": "new Image().src = 'https://tags.example/?queue=' + encodeURIComponent(JSON.stringify("
    "dataLayer.filter(each => each.event)))",
    "/en_US/fbevents.js": "new Image().src = 'https://www.facebook.com/tr?queue=' + encodeURIComponent(JSON.stringify("
    "[fbq.version, ...fbq.queue.map(each => [...each])]))",
    "/i18n/pixel/events.js": "const more = document.createElement('script');"
    "more.src = ttq._i[Object.keys(ttq._i)[0]]._u.replace('events', 'static/main'); document.head.append(more)",
    "/i18n/pixel/static/main.js": "ttq.instance(Object.keys(ttq._i)[0]).track('More'); fetch("
    "'https://analytics.tiktok.com/api/v2/pixel?queue=' + encodeURIComponent(JSON.stringify([[...ttq],"
    " [...ttq._i[Object.keys(ttq._i)[0]]]])), { method: 'POST', mode: 'no-cors', keepalive: true })",
    f"/j/{ADVERTISER}/roundtrip.js": "new Image().src = `https://d.adroll.com/pixel/${adroll_adv_id}/${adroll_pix_id}"
    "?queue=${encodeURIComponent(JSON.stringify([...adroll]))}`",
}


class Services:
    """Everybody behind https://, played here. ``mood`` is how scripts are answered: ``well``, ``never`` or ``blocked``."""

    def __init__(self, visitor: Visitor) -> None:
        self.mood = "well"
        self.scripts: list[str] = []
        self.reports: dict[str, object] = {}
        visitor.context.route(re.compile("^https://"), self.answer)

    def answer(self, route: Route) -> None:
        url = route.request.url
        if route.request.resource_type == "script":
            self.scripts.append(url)
            if self.mood == "blocked":
                route.abort("blockedbyclient")
            elif self.mood == "well":
                route.fulfill(status=200, content_type="text/javascript", body=REPORTS[urlsplit(url).path])
            return
        parts = urlsplit(url)
        self.reports[f"{parts.hostname}{parts.path}"] = json.loads(parse_qs(parts.query)["queue"][0])
        route.fulfill(status=204)


@pytest.fixture
def services(visitor: Visitor) -> Iterator[Services]:
    yield Services(visitor)
    visitor.context.unroute_all(behavior="ignoreErrors")


def follow(page: Page, server: Server, target: str) -> None:
    page.goto(f"http://{server.host}{target}", wait_until="commit")


@pytest.mark.parametrize("identity", SCRIPTS, ids="=".join)
def test_the_services_own_script_is_asked_for_and_the_visit_goes_on(
    visitor: Visitor, server: Server, services: Services, destination: Destination, identity: tuple[str, str]
):
    field, value = identity
    path = server.create(url=destination.url("/told"), **{field: value})["path"]
    follow(visitor.page, server, f"/{path}?from=mail")
    visitor.page.wait_for_url(destination.url("/told?from=mail"))
    expect(visitor.page.get_by_role("heading")).to_have_text("You have arrived")
    assert [url for url in services.scripts if "/static/" not in url] == [SCRIPTS[identity]]


def test_each_service_finds_a_page_view_waiting_and_may_report_it(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("all", destination.url("/all"), **ALL)
    follow(visitor.page, server, "/all")
    visitor.page.wait_for_url(destination.url("/all"))
    expected = {SCRIPTS[key, value] for key, value in ALL.items()}
    assert {url for url in services.scripts if "/static/" not in url} == expected
    assert len(services.scripts) == len(expected) + 1
    reports = services.reports
    assert ["config", "G-ABC123", {"transport_type": "beacon"}] in _list(reports["www.google-analytics.com/g/collect"])
    (started,) = _list(reports["tags.example/"])
    assert started["event"] == "gtm.js"
    assert reports["www.facebook.com/tr"] == ["2.0", ["init", "1234567890"], ["track", "PageView"]]
    assert reports["analytics.tiktok.com/api/v2/pixel"] == [[["page"]], [["track", "More"]]]
    assert reports[f"d.adroll.com/pixel/{ADVERTISER}/{PIXEL}"] == [["track", ["pageView"]]]


def delay(visitor: Visitor, server: Server, path: str, destination: str) -> float:
    """For how long a visit stays behind its services' scripts, in seconds as this machine sees them."""
    asked: list[tuple[str, float]] = []
    hear = lambda request: asked.append((request.url, time.monotonic()))  # noqa: E731 (a name by which it is taken off again)
    visitor.page.on("request", hear)
    follow(visitor.page, server, path)
    visitor.page.wait_for_url(destination)
    visitor.page.remove_listener("request", hear)
    scripts = [at for url, at in asked if url.startswith("https://")]
    assert len(scripts) == 5
    return next(at for url, at in asked if url == destination) - scripts[-1]


def test_services_that_do_not_answer_keep_nobody(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("moody", destination.url("/moody"), **ALL)
    found = {}
    for services.mood in ("never", "blocked"):
        found[services.mood] = [delay(visitor, server, "/moody", destination.url("/moody")) for _ in range(3)]
    assert 0.7 < max(found["never"]) < 5
    assert min(found["blocked"]) < 0.7


def test_the_fragment_goes_along_as_after_a_redirect(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("part", destination.url("/part"), integrationFB="1")
    server.create("own-part", destination.url("/part#own"), integrationFB="1")
    follow(visitor.page, server, "/part#theirs")
    visitor.page.wait_for_url(destination.url("/part#theirs"))
    follow(visitor.page, server, "/own-part#theirs")
    visitor.page.wait_for_url(destination.url("/part#own"))


def test_going_back_does_not_come_to_the_page_in_between(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("onward", destination.url("/onward"), integrationFB="1")
    visitor.page.goto(destination.url("/start"))
    follow(visitor.page, server, "/onward")
    visitor.page.wait_for_url(destination.url("/onward"))
    visitor.page.go_back()
    assert visitor.page.url == destination.url("/start")


def test_without_scripts_a_visitor_arrives_too(browser: Browser, server: Server, destination: Destination):
    server.create("told-scriptless", destination.url("/told-scriptless"), **ALL)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://{server.host}/told-scriptless?a='1'&b=2")
    page.wait_for_url(destination.url("/told-scriptless?a=%271%27&b=2"))
    context.close()


def test_a_cloaked_link_tells_its_services_and_stays(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("masked-and-told", destination.url("/masked-and-told"), cloaking=True, **ALL)
    assert visitor.visit("/masked-and-told") == 200
    expect(visitor.page.frame_locator("iframe").get_by_role("heading")).to_have_text("You have arrived")
    visitor.page.wait_for_timeout(1500)
    assert visitor.page.url.endswith("/masked-and-told")
    assert len(services.reports) == 5


def test_what_the_link_leaves_open_its_domain_says(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    created = server.api("POST", "/domains", {"hostname": "told.localhost"}).json
    changed = server.api("POST", f"/domains/settings/{created['id']}", {"integrationFB": "777", "hideReferer": True})
    assert changed.status == 200
    draft = {"domain": "told.localhost", "path": "a", "originalURL": destination.url("/by-domain")}
    assert server.api("POST", "/links", draft).status == 200
    visitor.page.goto(f"http://told.localhost:{server.port}/a", wait_until="commit")
    visitor.page.wait_for_url(destination.url("/by-domain"))
    assert services.reports["www.facebook.com/tr"] == ["2.0", ["init", "777"], ["track", "PageView"]]
    assert ["referer" in headers for target, headers in destination.asked if target == "/by-domain"] == [False]


def test_the_destination_learns_what_it_would_after_a_redirect(
    visitor: Visitor, server: Server, services: Services, destination: Destination
):
    server.create("open-about-it", destination.url("/open-about-it"), integrationFB="1")
    follow(visitor.page, server, "/open-about-it")
    visitor.page.wait_for_url(destination.url("/open-about-it"))
    sent = [headers.get("referer") for target, headers in destination.asked if target == "/open-about-it"]
    assert sent == [f"http://{server.host}/"]


def test_robots_and_ids_of_another_form_are_redirected_at_once(server: Server, destination: Destination):
    server.create("for-people", destination.url("/for-people"), **ALL)
    server.create("no-ids", destination.url("/no-ids"), integrationGA="'-alert(1)-'", integrationFB="</script>")
    for agent in ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Twitterbot/1.0"):
        assert server.visit("/for-people", User_Agent=agent).location == destination.url("/for-people")
    assert server.visit("/no-ids").location == destination.url("/no-ids")


def test_a_head_has_the_pages_headers(server: Server, destination: Destination):
    server.create("head", destination.url("/head"), **ALL)
    whole, head = server.visit("/head"), server.visit("/head", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
    assert "'strict-dynamic'" in head.headers["content-security-policy"]


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
