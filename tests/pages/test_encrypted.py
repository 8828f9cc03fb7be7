"""Encrypted links in a browser, made by the official client: opened with the key, and by nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.pages.conftest import Destination, Visitor
from tests.support.official import OfficialClient
from tests.support.server import Server

# What an older iOS app does: AES-GCM, of which it keeps the ciphertext without the tag.
WITHOUT_TAG = """
async text => {
  const raw = crypto.getRandomValues(new Uint8Array(16)), iv = crypto.getRandomValues(new Uint8Array(12));
  const base64 = bytes => btoa(String.fromCharCode(...bytes));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text)));
  return [`shortsecure://${base64(sealed.slice(0, -16))}?${base64(iv)}`, base64(raw)];
}
"""


@dataclass
class Wiretap:
    """Everything that a page asks of anybody."""

    page: Page
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self.hear)

    def hear(self, request: Request) -> None:
        self.requests.append(request)

    def said(self) -> str:
        return "\n".join(f"{each.url} {each.all_headers()} {each.post_data}" for each in self.requests)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[OfficialClient]:
    opened = OfficialClient(server.base_url, server.secret_key)
    yield opened
    opened.close()


def sealed(client: OfficialClient, server: Server, url: str, **fields: object) -> tuple[str, str]:
    """The short URL of an encrypted link, with its key, and the key."""
    link = client.ask("createEncryptedLink", body={"domain": server.domain, "originalURL": url, **fields})
    assert link["originalURL"].startswith("shortsecure://")
    assert link["shortURL"].endswith(f"#{link['encryptionKey']}")
    return link["shortURL"], link["encryptionKey"]


def open_link(visitor: Visitor, url: str) -> None:
    visitor.page.goto(url, wait_until="commit")


def test_a_link_of_the_official_client_leads_to_its_destination(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    for number in range(4):
        target = f"/secret-{number}?a=1&b=ü#part"
        short_url, key = sealed(client, server, destination.url(target))
        wiretap = Wiretap(visitor.page)
        open_link(visitor, short_url)
        visitor.page.wait_for_url(destination.url(f"/secret-{number}?a=1&b=%C3%BC#part"))
        expect(visitor.page.get_by_role("heading")).to_have_text("You have arrived")
        assert key not in wiretap.said()
        assert len(wiretap.requests) >= 2
    asked = [(target, headers) for target, headers in destination.asked if target.startswith("/secret-")]
    assert len(asked) == 4
    assert ["referer" in headers for _, headers in asked] == [False] * 4


def test_going_back_does_not_come_to_the_page_with_the_key(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    short_url, _ = sealed(client, server, destination.url("/forward"))
    visitor.page.goto(destination.url("/before"))
    open_link(visitor, short_url)
    visitor.page.wait_for_url(destination.url("/forward"))
    visitor.page.go_back()
    assert visitor.page.url == destination.url("/before")


def test_without_the_key_or_with_a_wrong_one_the_page_says_so(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    short_url, key = sealed(client, server, destination.url("/unreachable"))
    page, state = visitor.page, visitor.page.locator("#state")
    open_link(visitor, short_url.partition("#")[0])
    expect(page.get_by_role("heading")).to_have_text("This link is encrypted")
    expect(state).to_contain_text("The key is missing")
    other = "A" * 22 + "=="
    for wrong in (other, key[:-6], "no key at all", "%", "%E0%A4%A"):
        open_link(visitor, f"{short_url.partition('#')[0]}?n={len(wrong)}#{wrong}")
        expect(state).to_contain_text("The key does not fit")
    assert [target for target, _ in destination.asked if target.startswith("/unreachable")] == []
    # Whoever finds the right key after all need not load the page again.
    page.evaluate("key => { location.hash = key }", key)
    page.wait_for_url(destination.url("/unreachable"))


def test_a_key_that_a_mail_program_has_escaped_still_fits(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    short_url, key = sealed(client, server, destination.url("/escaped"))
    page_url = short_url.partition("#")[0]
    for number, escaped in enumerate((key.replace("=", "%3D").replace("+", "%2B").replace("/", "%2F"), key.rstrip("="))):
        open_link(visitor, f"{page_url}?n={number}#{escaped}")
        visitor.page.wait_for_url(destination.url("/escaped"))
        visitor.page.goto("about:blank")


@pytest.mark.parametrize(
    "url", ["javascript:document.title='run'", "data:text/html,<h1>x</h1>", "//evil.example/", "https://", "ftp://e.example/"]
)
def test_what_is_no_address_of_the_web_is_not_opened(visitor: Visitor, server: Server, client: OfficialClient, url: str):
    short_url, _ = sealed(client, server, url)
    open_link(visitor, short_url)
    expect(visitor.page.locator("#state")).to_contain_text("no address of the web")
    expect(visitor.page).to_have_title("This link is encrypted")
    assert visitor.page.url == short_url


def test_a_link_without_a_tag_as_older_ios_apps_make_them_is_opened(visitor: Visitor, server: Server, destination: Destination):
    visitor.visit("/not-there")
    original, key = visitor.page.evaluate(WITHOUT_TAG, destination.url("/from-ios?a=1"))
    path = server.create(url=original)["path"]
    open_link(visitor, f"http://{server.host}/{path}#{'B' * 22}==")
    expect(visitor.page.locator("#state")).to_contain_text("The key does not fit")
    visitor.page.goto("about:blank")
    open_link(visitor, f"http://{server.host}/{path}#{key}")
    visitor.page.wait_for_url(destination.url("/from-ios?a=1"))


def test_a_ciphertext_that_was_changed_is_not_opened(visitor: Visitor, server: Server, client: OfficialClient):
    link = client.ask("createEncryptedLink", body={"domain": server.domain, "originalURL": "https://example.com/a"})
    body = link["originalURL"]
    changed = body[:20] + ("A" if body[20] != "A" else "B") + body[21:]
    assert server.api("POST", f"/links/{link['idString']}", {"originalURL": changed}).status == 200
    open_link(visitor, link["shortURL"])
    expect(visitor.page.locator("#state")).to_contain_text("The key does not fit")


def test_a_page_without_https_says_what_would_help(visitor: Visitor, server: Server, client: OfficialClient):
    assert server.api("POST", "/domains", {"hostname": "plain.test"}).status == 200
    link = client.ask("createEncryptedLink", body={"domain": "plain.test", "originalURL": "https://example.com/"})
    open_link(visitor, link["shortURL"])
    assert visitor.page.evaluate("isSecureContext") is False
    expect(visitor.page.locator("#state")).to_contain_text("https://")


def test_without_scripts_the_page_says_that_it_needs_one(browser: Browser, server: Server, client: OfficialClient):
    short_url, _ = sealed(client, server, "https://example.com/")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(short_url)
    # Not what the browser finds by its text: for Playwright, nothing in noscript is ever visible.
    assert "Allow scripts on this page" in page.locator("body").inner_text()
    context.close()


def test_no_service_is_told_of_an_encrypted_link_nor_does_a_frame_show_it(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    asked: list[str] = []
    visitor.context.route("https://**", lambda route: (asked.append(route.request.url), route.abort())[1])
    fields = {"integrationGA": "G-ABC123", "integrationFB": "123", "cloaking": True}
    short_url, _ = sealed(client, server, destination.url("/untold"), **fields)
    open_link(visitor, short_url)
    visitor.page.wait_for_url(destination.url("/untold"))
    assert asked == []


def test_an_expired_link_does_not_hand_on_the_key(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    fields = {"expiresAt": "2020-01-01T00:00:00Z", "expiredURL": destination.url("/over")}
    short_url, key = sealed(client, server, "https://example.com/", **fields)
    open_link(visitor, short_url)
    visitor.page.wait_for_url(f"{destination.url('/over')}**")
    assert key not in visitor.page.evaluate("location.href")


def test_a_password_is_asked_for_first_and_the_key_is_kept(
    visitor: Visitor, server: Server, client: OfficialClient, destination: Destination
):
    short_url, _ = sealed(client, server, destination.url("/both"), password="open")
    open_link(visitor, short_url)
    visitor.page.get_by_label("Password").fill("open")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(destination.url("/both"))
