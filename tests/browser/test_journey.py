"""One person's first hour, from an empty data directory: every part of the product once, as it is used."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import WIDE, Reader, shoot
from tests.support.codes import read_code
from tests.support.server import NewServer

OWNER, GUEST = ("ann@example.com", "a long password"), ("ben@example.com", "another long password")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[NewServer]:
    server = NewServer(tmp_path / "new", workers=1)
    server.start()
    yield server
    server.stop()


def test_from_an_empty_directory_to_a_member_who_may_only_read(fresh: NewServer, browser: Browser, tmp_path: Path):
    owner = newcomer(browser, fresh)
    page = owner.page

    # An account, a domain, a link, and its first click.
    page.goto(fresh.welcome_url)
    page.get_by_label("E-mail address").fill(OWNER[0])
    page.get_by_label("Password").fill(OWNER[1])
    page.get_by_role("button", name="Create the account").click()
    page.get_by_role("button", name="Add the domain").click()
    page.get_by_label("Where should it lead?").fill(f"{fresh.base_url}/health/live")
    page.get_by_label("Path").fill("first")
    page.get_by_role("button", name="Make it short").click()
    page.wait_for_url("**/welcome/done/**")
    with owner.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile(r"go\.localhost:\d+.first")).click()
    assert opened.value.url.endswith("/health/live")
    expect(page.locator("[hx-get]")).to_contain_text(re.compile(r"1\s+human click\b"), timeout=15_000)

    # A key of one's own, and a link that a program makes with it.
    owner.open("/dashboard/keys/new")
    page.get_by_label("Description").fill("Newsletter")
    page.get_by_role("button", name="Create API key").click()
    key = {"authorization": page.locator("#new-key").inner_text()}
    draft = {"domain": "go.localhost", "originalURL": "https://example.com/by-key", "path": "by-key", "title": "By key"}
    made = httpx.post(f"{fresh.base_url}/links", headers=key, json=draft)
    assert made.status_code == 200, made.text
    link = made.json()

    # The links of the domain, found by what is in them; and the code of one, read as a phone reads it.
    owner.open("/dashboard")
    page.get_by_role("link", name="Links", exact=True).first.click()
    expect(page.get_by_role("link", name=re.compile("first")).first).to_be_visible()
    page.get_by_label("Search").fill("by key")
    expect(page.get_by_role("link", name=re.compile("first"))).to_have_count(0)
    page.get_by_role("link", name=re.compile("QR")).first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    read = read_code(download.value.path().read_bytes())
    assert read is not None
    assert read.startswith(link["shortURL"])

    # Clicks from the code and from elsewhere, told apart by the statistics, and filtered by a row.
    scanned = urlsplit(read)
    for _ in range(3):
        target = f"{scanned.path}?{scanned.query}"
        assert (
            fresh.request("GET", target, host=scanned.netloc, headers={"User-Agent": FIREFOX}).location == draft["originalURL"]
        )
    fresh.visit("/first", User_Agent=FIREFOX.replace("X11; Linux x86_64", "Windows NT 10.0"))
    numbers = f"{fresh.base_url}/statistics/domain/1?period=today"
    fresh.wait(lambda: httpx.get(numbers, headers=key).json().get("clicks") == 5, "five clicks in the statistics")
    owner.open("/dashboard/domains/1/statistics?period=today")
    expect(page.get_by_text("/by-key").first).to_be_visible()
    page.get_by_role("button", name="Windows", exact=True).click()
    page.wait_for_url(re.compile("Windows"))
    assert "Windows" in str(parse_qs(urlsplit(page.url).query))
    expect(page.get_by_text("/by-key")).to_have_count(0)
    shoot(page, "journey-statistics")

    # A team gets the domain, and somebody to look at it.
    owner.open("/dashboard/teams")
    page.get_by_label("Name").fill("Shop")
    page.get_by_role("button", name="Create team").click()
    page.wait_for_url(re.compile(r"/teams/\d+$"))
    team = urlsplit(page.url).path
    page.get_by_label("Role", exact=True).first.select_option("Read-only")
    page.get_by_role("button", name="Create invitation link").click()
    invitation = page.locator("#invitation-link").inner_text()
    owner.open("/dashboard/domains/1/settings/team")
    page.get_by_label("Give it to").select_option(label="Shop")
    page.get_by_role("button", name="Move the domain").click()

    guest = newcomer(browser, fresh)
    guest.page.goto(invitation)
    guest.page.get_by_label("Your name").fill("Ben")
    guest.page.get_by_label("E-mail address").fill(GUEST[0])
    guest.page.get_by_label("Password").fill(GUEST[1])
    guest.page.get_by_role("button", name="Make my account and join").click()
    guest.page.wait_for_url("**/dashboard/teams")
    guest.open("/dashboard/domains/1/links")
    expect(guest.page.get_by_role("link", name=re.compile("by-key")).first).to_be_visible()
    assert guest.page.get_by_role("link", name="New link").count() == 0
    assert guest.open("/dashboard/domains/1/links/new").status == 403
    shoot(guest.page, "journey-refused")
    guest.open("/dashboard/keys/new")
    guest.page.get_by_role("button", name="Create API key").click()
    theirs = guest.page.locator("#new-key").inner_text()
    refused = httpx.delete(f"{fresh.base_url}/links/{link['idString']}", headers={"authorization": theirs})
    assert refused.status_code == 404
    assert fresh.visit("/by-key").location == draft["originalURL"]

    # What they did is in the log, which nobody can have changed.
    owner.open("/dashboard/audit")
    expect(page.get_by_role("row", name=re.compile("Ben.*invitation accepted"))).to_be_visible()
    assert owner.open(team).status == 200
    fresh.run("doctor")
    assert owner.problems + guest.problems == []


def newcomer(browser: Browser, server: NewServer) -> Reader:
    """Somebody with a browser of his own."""
    # The browser's own name says that it is driven by a program, whose clicks are a bot's.
    context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC", user_agent=FIREFOX)
    context.set_default_timeout(15_000)
    someone = Reader(context.new_page(), server)
    context.on("console", someone.on_console)
    return someone
