"""The form that creates and edits links, as people use it: with a keyboard, on a telephone, and two of them at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import NARROW, WIDE, Reader, shoot
from tests.support.server import Server

NEW = "/dashboard/domains/1/links/new"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"


def section(page: Page, name: str) -> Locator:
    """A section of the form, opened."""
    found = page.locator(f"#section-{name}")
    if found.get_attribute("open") is None:
        found.locator("> summary").click()
    return found


def save(page: Page, name: str) -> None:
    page.locator(".form-bar").get_by_role("button", name=name).click()


def link_page(page: Page) -> str:
    """The address of the page of a link, once it is open."""
    page.wait_for_url(re.compile(r"/dashboard/links/lnk_"))
    return re.sub(r"^https?://[^/]+|\?.*", "", page.url)


def new_link(someone: Reader, url: str, path: str) -> str:
    someone.open(f"{NEW}?url={url}&path={path}")
    save(someone.page, "Create link")
    return link_page(someone.page)


def place_of(server: Server, path: str, **headers: str) -> str | None:
    return server.visit(path, **headers).location


@contextmanager
def signed_in(server: Server, browser: Browser, state: Any, **options: Any) -> Iterator[Reader]:
    """The owner before another browser that knows the session already: sign-ins are few in five minutes."""
    context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC", storage_state=state, **options)
    context.set_default_timeout(15_000)
    someone = Reader(context.new_page(), server)
    context.on("console", someone.on_console)
    context.on("weberror", lambda error: someone.problems.append(str(error.error)))
    yield someone
    context.close()
    assert someone.problems == []


@pytest.fixture(scope="module")
def state(server: Server, browser: Browser) -> Any:
    """What a browser keeps of a session."""
    context = browser.new_context()
    Reader(context.new_page(), server).sign_in()
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def owner(server: Server, browser: Browser, state: Any) -> Iterator[Reader]:
    with signed_in(server, browser, state) as someone:
        yield someone


@pytest.fixture
def second(server: Server, browser: Browser, state: Any) -> Iterator[Reader]:
    with signed_in(server, browser, state) as someone:
        yield someone


def test_a_link_with_everything_is_made_and_leads_different_visitors_to_different_places(owner: Reader, server: Server):
    page = owner.page
    owner.open(f"{NEW}?url=https://shop.example.com/spring")
    expect(page.get_by_label("Destination")).to_have_value("https://shop.example.com/spring")
    page.get_by_label("Path").fill("spring")
    page.get_by_label("Title", exact=True).first.fill("Spring sale")
    page.get_by_label("Add tags").fill("red, spring")
    utm = section(page, "utm")
    utm.get_by_label("Source").fill("letter")
    utm.get_by_label("Medium").fill("email")
    utm.get_by_label("Campaign").fill("spring 26")
    expect(page.locator("#utm-result")).to_contain_text("utm_source=letter&utm_medium=email&utm_campaign=spring+26")
    chat = section(page, "opengraph")
    chat.get_by_label("Title").fill("Everything must go")
    chat.get_by_label("Description").fill("Until Sunday.")
    chat.get_by_role("button", name="Show the preview").click()
    expect(page.locator("#chat")).to_contain_text("Everything must go")
    targeting = section(page, "targeting")
    targeting.get_by_label("iPhone and iPad").fill("https://example.com/iphone")
    targeting.get_by_role("button", name="Add a country or region").click()
    expect(page.get_by_label("Country 1")).to_be_focused()
    page.get_by_label("Country 1").fill("Germany")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Germany, with 16 regions to choose")).to_be_visible()
    expect(page.get_by_label("Region 1")).to_be_focused()
    expect(page.locator("#regions-1 option[value=Bayern]")).to_have_count(1)
    page.keyboard.type("bayern")
    page.get_by_label("Go to 1").first.fill("https://example.com/de")
    expect(page.get_by_text("Bayern, Germany")).to_be_visible()
    rules = section(page, "rules")
    rules.get_by_role("button", name="Add a rule").click()
    rule = page.get_by_role("group", name="Rule 1")
    rule.get_by_label("Name").fill("Readers of the letter")
    rule.get_by_label("These visitors go to").fill("https://example.com/readers")
    rule.get_by_role("button", name="Add a condition").click()
    rule.get_by_label("Condition 1", exact=True).select_option("query")
    rule.get_by_label("Parameter").fill("ref")
    rule.get_by_label("How").select_option("equals")
    rule.get_by_label("Value").fill("letter")
    rule.get_by_role("button", name="Add a condition").click()
    rule.get_by_label("Condition 2", exact=True).select_option("language")
    rule.get_by_role("textbox", name="Language").fill("de")
    section(page, "expiry").get_by_label("Expires at").fill("2035-06-01T12:00")
    section(page, "way").get_by_label("Type of the redirect").select_option("307")
    explain = section(page, "explain")
    explain.get_by_label("Device").select_option("iphone")
    explain.get_by_role("button", name="Explain").click()
    expect(explain.get_by_text("Decided by: device")).to_be_visible()
    # The answer follows what is typed, in rules and of the visitor, and takes nobody's focus.
    explain.get_by_label("Query string").fill("ref=letter")
    explain.get_by_label("Language").fill("de")
    expect(explain.get_by_text("Decided by: rule")).to_be_visible()
    rule.get_by_label("Value").fill("other")
    expect(explain.get_by_text("Decided by: device")).to_be_visible()
    expect(rule.get_by_label("Value")).to_be_focused()
    rule.get_by_label("Value").fill("letter")
    shoot(page, "link-new")
    save(page, "Create link")
    link_page(page)
    expect(page.locator("#short-url")).to_contain_text("/spring")
    expect(page.get_by_text("Link created.")).to_be_visible()
    shoot(page, "link-created")
    plain = "https://shop.example.com/spring?utm_source=letter&utm_medium=email&utm_campaign=spring+26"
    assert place_of(server, "/spring", User_Agent=MAC) == plain
    assert server.visit("/spring", User_Agent=MAC).status == 307
    assert place_of(server, "/spring", User_Agent=IPHONE) == "https://example.com/iphone"
    reader = place_of(server, "/spring?ref=letter", User_Agent=IPHONE, Accept_Language="de-AT")
    assert reader == "https://example.com/readers?ref=letter"
    preview = server.visit("/spring", User_Agent="WhatsApp/2.24.20.79 A")
    assert b"Everything must go" in preview.body
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Spring sale")


def test_rows_are_moved_and_removed_with_the_keyboard_alone(owner: Reader):
    page = owner.page
    owner.open(f"{NEW}?url=https://example.com/")
    split = section(page, "split")
    add = split.get_by_role("button", name="Add a variant")
    for number, weight in ((1, "10"), (2, "20"), (3, "30")):
        add.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label(f"Weight {number}")).to_be_focused()
        page.keyboard.type(weight)
    up = page.get_by_role("button", name="Move variant 3 up")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Weight 2")).to_have_value("30")
    page.get_by_role("button", name="Remove variant 1").press("Enter")
    expect(page.get_by_label("Weight 1")).to_have_value("30")
    expect(page.get_by_role("button", name="Add a variant")).to_be_focused()
    page.get_by_label("Path").fill("by-keyboard")
    page.keyboard.press("Enter")
    link_page(page)
    expect(page.get_by_label("Weight 2")).to_have_value("20")


def test_what_is_wrong_is_marked_gets_the_focus_and_nothing_is_lost(owner: Reader):
    page = owner.page
    owner.open(NEW)
    expect(page.get_by_label("Destination")).to_be_focused()
    page.get_by_label("Destination").fill("https://example.com/mended")
    page.get_by_label("Title", exact=True).first.fill("<b>kept</b> \u05d0")
    section(page, "expiry").get_by_label("Or after so many clicks").fill("none")
    section(page, "password").get_by_label("Password", exact=True).fill("typed too")
    section(page, "targeting").get_by_role("button", name="Add a country or region").click()
    page.get_by_label("Country 1").fill("XX")
    page.get_by_label("Go to 1").first.fill("https://example.com/xx")
    save(page, "Create link")
    expect(page.get_by_label("Country 1")).to_be_focused()
    expect(page.get_by_label("Or after so many clicks")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Title", exact=True).first).to_have_value("<b>kept</b> \u05d0")
    expect(page.get_by_label("Password", exact=True)).to_have_value("typed too")
    expect(page.get_by_label("Go to 1").first).to_have_value("https://example.com/xx")
    shoot(page, "link-errors")
    page.set_viewport_size(WIDE)
    page.get_by_label("Country 1").fill("FR")
    page.get_by_label("Or after so many clicks").fill("5")
    save(page, "Create link")
    link_page(page)


def test_a_taken_path_is_said_beside_the_field_before_saving(owner: Reader):
    page = owner.page
    new_link(owner, "https://example.com/first", "taken")
    owner.open(f"{NEW}?url=https://example.com/second")
    page.get_by_label("Path").fill("taken")
    page.keyboard.press("Tab")
    expect(page.locator("#path-state")).to_contain_text("Another link has this path")
    page.get_by_label("Path").fill("free")
    page.keyboard.press("Tab")
    expect(page.locator("#path-state")).to_be_empty()


def test_of_two_who_edit_at_once_the_second_is_told_and_decides(owner: Reader, second: Reader):
    address = new_link(owner, "https://example.com/shared", "shared")
    second.open(address)
    owner.page.get_by_label("Title", exact=True).first.fill("Spring sale until Sunday")
    section(owner.page, "expiry").get_by_label("Or after so many clicks").fill("100")
    save(owner.page, "Save")
    expect(owner.page.get_by_text("Saved.")).to_be_visible()
    page = second.page
    page.get_by_label("Title", exact=True).first.fill("Spring sale, last days")
    page.get_by_label("Destination").fill("https://example.com/mine")
    save(page, "Save")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("owner@example.com")
    expect(told).to_contain_text("Spring sale until Sunday")
    expect(page.get_by_label("Or after so many clicks")).to_have_value("100")
    expect(page.get_by_label("Destination")).to_have_value("https://example.com/mine")
    shoot(page, "link-conflict")
    page.get_by_role("button", name="Use theirs").click()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Spring sale until Sunday")
    save(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert second.server.visit("/shared").location == "https://example.com/mine"


def test_a_link_that_was_removed_while_it_was_open_comes_back_with_what_was_typed(owner: Reader, second: Reader):
    address = new_link(owner, "https://example.com/lost", "lost")
    second.open(address)
    second.page.get_by_label("Title", exact=True).first.fill("Typed")
    owner.page.get_by_text("Remove…").click()
    owner.page.get_by_role("button", name="Remove the link").click()
    owner.page.wait_for_url("**/dashboard/domains/1/links")
    page = second.page
    save(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("was removed while you had it open")
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Typed")
    shoot(page, "link-removed")
    save(page, "Restore the link, then save")
    save(page, "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert second.server.visit("/lost").location == "https://example.com/lost"


def test_who_is_signed_out_in_mid_edit_loses_nothing_that_was_typed(owner: Reader):
    page = owner.page
    owner.open(f"{NEW}?url=https://example.com/kept&path=kept")
    page.get_by_label("Title", exact=True).first.fill("Still here")
    page.context.clear_cookies()
    section(page, "split").get_by_role("button", name="Add a variant").click()
    page.get_by_label("E-mail address").fill("owner@example.com")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Save it now").click()
    link_page(page)
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Still here")


def test_the_form_works_on_a_telephone(owner: Reader):
    page = owner.page
    page.set_viewport_size(NARROW)
    owner.open(f"{NEW}?url=https://example.com/{'long/' * 60}")
    for name in ("utm", "opengraph", "targeting", "rules", "split", "expiry", "password", "way", "tracking", "more", "explain"):
        section(page, name)
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Condition 1", exact=True).select_option("weekday")
    expect(page.get_by_label("saturday")).to_be_visible()
    page.get_by_role("button", name="Add a variant").click()
    page.get_by_role("button", name="Add a country or region").click()
    expect(page.get_by_label("Country 1")).to_be_focused()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    shoot(page, "link-open")


def test_without_scripts_rows_are_added_and_the_link_is_made(server: Server, browser: Browser, state: Any):
    with signed_in(server, browser, state, java_script_enabled=False) as someone:
        page = someone.page
        someone.open(f"{NEW}?url=https://example.com/plain&path=plain")
        section(page, "targeting").get_by_role("button", name="Add a country or region").click()
        page.get_by_label("Country 1").fill("germany")
        page.get_by_label("Region 1").fill("Bavaria")
        page.get_by_label("Go to 1").first.fill("https://example.com/de")
        save(page, "Create link")
        link_page(page)
        assert page.get_by_label("Country 1").input_value() == "DE"
        assert page.get_by_label("Region 1").input_value() == "BY"


def test_utm_templates_are_saved_filled_in_and_managed(owner: Reader):
    page = owner.page
    owner.open(f"{NEW}?url=https://example.com/utm")
    utm = section(page, "utm")
    utm.get_by_label("Source").fill("newsletter")
    utm.get_by_label("Medium").fill("email")
    utm.get_by_label("Save these as a template").fill("Our letter")
    utm.get_by_role("button", name="Save template").click()
    expect(utm.get_by_text("Template saved.")).to_be_visible()
    owner.open(f"{NEW}?url=https://example.com/utm")
    utm = section(page, "utm")
    utm.get_by_label("Template", exact=True).select_option(label="Our letter")
    utm.get_by_role("button", name="Fill in").click()
    expect(utm.get_by_label("Medium")).to_have_value("email")
    utm.get_by_role("link", name="Manage templates").click()
    expect(page.get_by_text("newsletter")).to_be_visible()
    shoot(page, "utm-templates")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove Our letter").click()
    expect(page.get_by_text("No templates yet")).to_be_visible()


def test_what_a_visitor_of_a_saved_link_would_get_has_a_page_of_its_own(owner: Reader, server: Server):
    page = owner.page
    made = server.create("why", "https://shop.example.com/spring")
    answer = server.api(
        "POST", f"/link_country/{made['idString']}", {"country": "DE", "originalURL": "https://shop.example.com/de"}
    )
    assert answer.status == 200, answer.body
    owner.open(f"/dashboard/links/{made['idString']}")
    page.get_by_role("link", name="What would a visitor get?").click()
    page.get_by_label("Country").fill("FR")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("Decided by: default")).to_be_visible()
    page.get_by_label("Country").fill("DE")
    page.get_by_label("Language").fill("de-AT")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("Decided by: country")).to_be_visible()
    shoot(page, "link-explained")
