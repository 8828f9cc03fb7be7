"""Domains with a browser: added, watched while they become ready, set up in tabs that the edge obeys, and by two at once."""

import io
import json
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Reader, shoot
from tests.support.name_server import NameServer, running_name_server
from tests.support.server import EMAIL, PASSWORD, Server, running_server


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    """A name server that knows of nothing yet, but that the names' registry has them."""
    with running_name_server(zones={"example.com": [("NS", "ns.example.com.")]}) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, names: NameServer) -> Iterator[Server]:
    """A server at 192.0.2.10, with two people and that name server."""
    settings = {"LINNET_DNS_SERVERS": names.address, "LINNET_PUBLIC_HOSTS": "links.example.com,192.0.2.10"}
    with running_server(tmp_path_factory.mktemp("browser") / "linnet", workers=1, settings=settings) as running:
        running.run("user", "create", "ada@example.com", "--password", PASSWORD)
        yield running


def open_tab(reader: Reader, tab: str, domain_id: int | None = None) -> Page:
    number = domain_id or reader.server.domain_id
    reader.open(f"/dashboard/domains/{number}/settings" + ("" if tab == "general" else f"/{tab}"))
    return reader.page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()


def test_a_domain_is_added_and_watched_until_it_is_ready(owner: Reader, names: NameServer):
    page = owner.page
    owner.open("/dashboard/domains")
    page.get_by_role("link", name="Add a domain").click()
    shoot(page, "domain-new")
    page.get_by_label("Host name").fill("localhost")
    page.get_by_role("button", name="Add the domain").click()
    expect(page.get_by_text("must be a host name such as")).to_be_visible()
    assert page.get_by_label("Host name").input_value() == "localhost"
    page.get_by_label("Host name").fill("go.example.com")
    page.get_by_role("button", name="Add the domain").click()
    expect(page.get_by_text("go.example.com was added.")).to_be_visible()
    expect(page.get_by_text("Proof is missing")).to_be_visible()
    proof = page.get_by_text(re.compile("^linnet-verification=")).inner_text()
    expect(page.get_by_text("there is no record for this name")).to_be_visible(timeout=15_000)
    shoot(page, "domain-dns")
    # As somebody enters the records, the page follows without being loaded again.
    names.zones["_linnet.go.example.com"] = [("TXT", f'"{proof}"')]
    expect(page.get_by_text("Does not lead here")).to_be_visible(timeout=15_000)
    names.zones["go.example.com"] = [("A", "198.51.100.7")]
    expect(page.get_by_text("198.51.100.7 (elsewhere)")).to_be_visible(timeout=15_000)
    names.zones["go.example.com"] = [("CNAME", "links.example.com.")]
    names.zones["links.example.com"] = [("A", "192.0.2.10")]
    expect(page.get_by_text("The name leads here. Links of this domain work.")).to_be_visible(timeout=15_000)
    assert page.locator("[hx-get*='dns/state']").count() == 0
    owner.open("/dashboard/domains")
    row = page.get_by_role("row").filter(has_text="go.example.com")
    expect(row.get_by_text("Ready")).to_be_visible()
    expect(row.get_by_text("0", exact=True).last).to_be_visible()
    shoot(page, "domains")


def test_every_tab_is_saved_and_the_edge_obeys(owner: Reader):
    server = owner.server
    server.create("target")
    page = open_tab(owner, "redirects")
    page.get_by_label("Visitors of the bare domain go to").fill("https://example.com/root")
    page.get_by_label("Visitors of unknown paths go to").fill("https://example.com/lost")
    page.get_by_label("Do not tell destinations where visitors come from").check()
    shoot(page, "domain-redirects")
    save(page)
    assert server.visit("/").location == "https://example.com/root"
    assert server.visit("/nothing-here").location == "https://example.com/lost"
    assert server.visit("/target").headers["referrer-policy"] == "no-referrer"
    page.get_by_label("Visitors of unknown paths go to").fill("")
    save(page)

    page = open_tab(owner, "appearance")
    page.get_by_label("Text for unknown paths").fill("Nothing grows here")
    drawn = io.BytesIO()
    Image.new("RGB", (32, 32), "seagreen").save(drawn, "PNG")
    icon = drawn.getvalue()
    page.get_by_label("Icon").set_input_files({"name": "icon.png", "mimeType": "image/png", "buffer": icon})
    apps = {"webcredentials": {"apps": ["ABCDE12345.com.example.app"]}}
    page.get_by_label("Apps for iOS that open links").fill(json.dumps(apps))
    save(page)
    shoot(page, "domain-appearance")
    assert b"Nothing grows here" in server.visit("/nothing-here").body
    assert server.visit("/favicon.ico").body == icon
    assert server.visit("/.well-known/apple-app-site-association").json == apps

    page = open_tab(owner, "robots")
    page.get_by_label("Search engines").select_option("disallow")
    shoot(page, "domain-robots")
    save(page)
    assert b"Disallow: /" in server.visit("/robots.txt").body

    page = open_tab(owner, "tracking")
    page.get_by_label("Track conversions").check()
    page.get_by_label("Meta pixel").fill("1234567890")
    shoot(page, "domain-tracking")
    save(page)
    assert b"1234567890" in server.visit("/target", user_agent="Mozilla/5.0 (X11) Firefox/130.0").body
    page.get_by_label("Meta pixel").fill("")
    page.get_by_label("Track conversions").uncheck()
    save(page)

    page = open_tab(owner, "privacy")
    page.get_by_label("IP addresses of visitors").select_option("never")
    page.get_by_label("Addresses whose clicks are not counted").fill("127.0.0.1")
    shoot(page, "domain-privacy")
    save(page)
    before = server.domain_clicks()
    server.visit("/target")
    page.get_by_label("Addresses whose clicks are not counted").fill("")
    save(page)
    server.visit("/target")
    server.wait(lambda: server.domain_clicks() == before + 1, "one more click, and not two")

    page = open_tab(owner, "general")
    page.get_by_label("Paths of new links").select_option("increment")
    page.get_by_label("Upper and lower case make a difference").check()
    shoot(page, "domain-general")
    save(page)
    assert server.create()["path"] == "1"
    assert server.visit("/TARGET").status == 404


def test_the_second_editor_is_told_and_keeps_what_was_typed(owner: Reader, browser: Browser):
    page = open_tab(owner, "redirects")
    other = browser.new_context()
    second = Reader(other.new_page(), owner.server)
    second.sign_in()
    theirs = open_tab(second, "redirects")
    theirs.get_by_label("Visitors of the bare domain go to").fill("https://example.com/theirs")
    save(theirs)
    other.close()
    page.get_by_label("Visitors of the bare domain go to").fill("https://example.com/mine")
    page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("to “https://example.com/theirs”")
    expect(alert).to_contain_text(EMAIL)
    assert page.get_by_label("Visitors of the bare domain go to").input_value() == "https://example.com/mine"
    shoot(page, "domain-conflict")
    save(page)


def test_a_domain_is_given_to_a_team_whose_reader_sees_and_changes_nothing(owner: Reader, browser: Browser):
    server = owner.server
    server.run("team", "create", "Shop")
    server.run("team", "add", "ada@example.com", "--team", "Shop", "--role", "read_only")
    page = open_tab(owner, "team")
    page.get_by_label("Give it to").select_option(label="Shop")
    shoot(page, "domain-team")
    page.get_by_role("button", name="Move the domain").click()
    expect(page.get_by_text("belongs to another team now")).to_be_visible()
    context = browser.new_context()
    ada = Reader(context.new_page(), server)
    ada.sign_in("ada@example.com")
    shown = open_tab(ada, "tracking")
    expect(shown.get_by_text("You may look at these settings.")).to_be_visible()
    expect(shown.get_by_label("Track conversions")).to_be_disabled()
    assert shown.get_by_role("button", name="Save", exact=True).count() == 0
    shoot(shown, "domain-read-only")
    context.close()


def test_a_visitor_is_handed_out_and_clicks_are_forgotten_once_the_name_is_typed(owner: Reader):
    server = owner.server
    page = open_tab(owner, "privacy")
    page.get_by_label("IP addresses of visitors").select_option("whole")
    save(page)
    server.create("seen")
    server.visit("/seen")
    server.wait(lambda: server.domain_clicks() > 0, "a click")
    open_tab(owner, "privacy/visitor")
    page.get_by_label("IP address", exact=True).fill("127.0.0.1")
    page.get_by_label("Clicks that are stored without").select_option("no")
    shoot(page, "domain-visitor")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the clicks").click()
    assert '"/seen"' in download.value.path().read_text()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("made anonymous")).to_be_visible()
    open_tab(owner, "danger")
    shoot(page, "domain-danger")
    page.get_by_label(re.compile("^Type go.localhost")).first.fill("go.localhost")
    page.get_by_role("button", name="Forget all clicks").click()
    expect(page.get_by_text("All clicks were forgotten.")).to_be_visible()
    server.wait(lambda: server.domain_clicks() == 0, "clicks to be forgotten")


def test_an_empty_domain_is_removed_and_the_edge_knows_it_no_more(owner: Reader):
    server, page = owner.server, owner.page
    server.run("domain", "add", "gone.localhost")
    server.wait(lambda: server.request("GET", "/x", host=f"gone.localhost:{server.port}").status == 404, "the domain")
    owner.open("/dashboard/domains?search=gone")
    page.get_by_role("row").filter(has_text="gone.localhost").get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Danger zone").click()
    page.get_by_label(re.compile("^Type gone.localhost")).last.fill("gone.localhost")
    page.get_by_role("button", name="Remove the domain").click()
    expect(page.get_by_text("gone.localhost was removed.")).to_be_visible()
    assert server.run("domain", "add", "gone.localhost").returncode == 0
