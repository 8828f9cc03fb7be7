"""Links with OpenGraph tags: programs that preview them see the tags, and people never do."""

from html.parser import HTMLParser

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.conftest import Destination
from tests.support.server import Answer, Server

MESSAGES = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 "
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Metas(HTMLParser):
    """The properties and names of a page with their contents."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(answer.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name")
        if tag == "meta" and name:
            self.found[name] = given["content"] or ""


def tagged(server: Server, path: str, url: str, *tags: tuple[str, str], **fields: object) -> str:
    """The id of a new link with these tags."""
    link = server.create(path, url, **fields)
    answer = server.api("PUT", f"/links/opengraph/{server.domain_id}/{link['idString']}", [list(tag) for tag in tags])
    assert answer.status == 200, answer
    identity: str = link["idString"]
    return identity


@pytest.mark.parametrize("agent", [MESSAGES, SLACK, "WhatsApp/2.23.20.0", "TelegramBot (like TwitterBot)"])
def test_programs_that_preview_get_the_tags(server: Server, destination: Destination, agent: str):
    path = f"tagged-{len(agent)}"
    tags = (("title", 'Big "Sale" & more'), ("description", "Today"), ("image", "https://e.example/a.png"))
    tagged(server, path, destination.url("/never"), *tags)
    answer = server.visit(f"/{path}", User_Agent=agent)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src" not in answer.headers["content-security-policy"]
    found = Metas(answer).found
    assert found["og:title"] == 'Big "Sale" & more'
    assert found["og:image"] == "https://e.example/a.png"
    assert found["twitter:card"] == "summary_large_image"
    assert server.visit(f"/{path}", User_Agent=agent, method="HEAD").body == b""


def test_people_search_engines_and_links_without_tags_are_redirected(server: Server, destination: Destination):
    tagged(server, "for-all", destination.url("/for-all"), ("title", "Offer"))
    server.create("bare", destination.url("/bare"))
    for agent in ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", GOOGLE, "curl/8.5.0", ""):
        assert server.visit("/for-all", User_Agent=agent).location == destination.url("/for-all")
    assert server.visit("/bare", User_Agent=MESSAGES).location == destination.url("/bare")


def test_tags_that_are_taken_away_are_shown_no_more(server: Server, destination: Destination):
    identity = tagged(server, "withdrawn", destination.url("/withdrawn"), ("title", "Offer"))
    assert server.visit("/withdrawn", User_Agent=SLACK).status == 200
    assert server.api("PUT", f"/links/opengraph/{server.domain_id}/{identity}", []).status == 200
    assert server.visit("/withdrawn", User_Agent=SLACK).location == destination.url("/withdrawn")


def test_what_is_protected_shows_no_tags(server: Server):
    tagged(server, "locked-tags", "https://example.com/", ("title", "Secret"), password="open sesame")
    answer = server.visit("/locked-tags", User_Agent=SLACK)
    assert answer.status == 403
    assert b"Secret" not in answer.body


def test_a_cloaked_link_shows_its_tags_to_everybody(server: Server, destination: Destination):
    tagged(server, "masked-tags", destination.url(), ("title", "Offer"), cloaking=True)
    for agent in (SLACK, "Firefox/131.0"):
        assert Metas(server.visit("/masked-tags", User_Agent=agent)).found["og:title"] == "Offer"


def test_a_preview_is_a_click_of_a_robot(server: Server):
    identity = tagged(server, "counted", "https://example.com/", ("title", "Offer"))
    server.visit("/counted", User_Agent=SLACK)
    server.wait(lambda: server.link_clicks(identity) == 1, "the click")
    answer = server.api("GET", f"/statistics/link/{identity}?period=total")
    assert (answer.json["totalClicks"], answer.json["humanClicks"]) == (1, 0)


def test_a_person_who_is_taken_for_a_crawler_finds_the_way_on(browser: Browser, server: Server, destination: Destination):
    tagged(server, "mistaken", destination.url("/mistaken"), ("title", "Offer"), ("description", "One line\nand another"))
    context = browser.new_context(user_agent=MESSAGES)
    page = context.new_page()
    page.goto(f"http://{server.host}/mistaken?a=1")
    expect(page.get_by_role("heading")).to_have_text("Offer")
    page.get_by_role("link", name="Go on").click()
    page.wait_for_url(destination.url("/mistaken?a=1"))
    context.close()
