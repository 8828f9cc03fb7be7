"""The list of links with a browser: found as one types, chosen, changed, deleted and brought back, by mouse and keyboard."""

import csv
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NARROW, Reader, check_axe, shoot
from tests.support.server import Server

LINKS = "/dashboard/domains/1/links"


# The links of a shop: path, title, tags, and the clicks that they had in the last 30 days, more or less.
MADE = (
    ("größe", "Größentabelle · טבלת מידות", [], 6),
    ("summer-sale", "Summer sale: everything must go", ["summer", "shop"], 240),
    ("summer-shoes", "Shoes for the beach", ["summer"], 90),
    ("winter-coats", "Warm coats, new this autumn", ["winter", "shop"], 150),
    ("gift-card", "Gift cards", ["shop"], 55),
    ("jobs", "Work with us", ["company"], 20),
    ("newsletter", None, ["mail"], 120),
)


def some_clicks(file: Path) -> int:
    """Clicks of these links, more of them lately; how many there are."""
    chance, now = random.Random(6), datetime.now(UTC)
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("clicked_at", "path", "human"))
        for path, _, _, number in MADE:
            for _ in range(number):
                at = now - timedelta(minutes=5 + 29 * 24 * 60 * chance.random() * chance.random())
                writer.writerow((at.isoformat().replace("+00:00", "Z"), f"/{path}", "true"))
    return sum(number for *_, number in MADE)


@pytest.fixture(scope="module")
def stocked(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Links of a shop, made by the API, with their clicks."""
    for path, title, tags, _ in MADE:
        body = {
            "domain": server.domain,
            "path": path,
            "originalURL": f"https://shop.example.com/{path}?utm_source=mail",
            "tags": tags,
        }
        answer = server.api("POST", "/links", body | ({"title": title} if title else {}))
        assert answer.status == 200, answer.body
    file = tmp_path_factory.mktemp("clicks") / "clicks.csv"
    number = some_clicks(file)
    server.run("import", "clicks", str(file), "--domain", server.domain)
    server.wait(lambda: server.counts(number), "the clicks")
    return server


def rows(page: Page) -> list[str]:
    """The paths in the list."""
    return [text.partition("/")[2] for text in page.locator("td.links-link a.link").all_inner_texts()]


def test_links_are_found_as_one_types_and_the_address_keeps_it(owner: Reader, stocked: Server):
    owner.open(LINKS)
    page = owner.page
    expect(page.locator("table.links tbody tr")).to_have_count(len(MADE))
    shoot(page, "links")
    owner.open(LINKS)
    page.get_by_role("searchbox", name="Search").press_sequentially("SUMMER sh", delay=20)
    expect(page.locator("table.links tbody tr")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?q=SUMMER\+sh$"))
    page.reload()
    assert sorted(rows(page)) == ["summer-sale", "summer-shoes"]
    page.get_by_role("searchbox", name="Search").fill("no such link")
    expect(page.get_by_text("No link matches.")).to_be_visible()


def test_filters_and_orders_apply_at_once(owner: Reader, stocked: Server):
    owner.open(LINKS)
    page = owner.page
    page.get_by_label("Sort by").select_option("path")
    expect(page).to_have_url(re.compile("sort=path$"))
    assert rows(page)[0] == "größe" or sorted(rows(page)) == rows(page)
    page.locator("a.badge", has_text="winter").first.click()
    expect(page.locator("table.links tbody tr")).to_have_count(1)
    assert rows(page) == ["winter-coats"]


def test_many_links_are_chosen_and_tagged(owner: Reader, stocked: Server):
    owner.open(f"{LINKS}?q=summer")
    page = owner.page
    expect(page.get_by_role("button", name="Add tag")).to_be_hidden()
    page.get_by_label("Choose all links of this page").check()
    expect(page.get_by_text("2 links chosen")).to_be_visible()
    shoot(page, "links-chosen")
    page.get_by_label("Tag to add or remove").fill("hot & <new>")
    page.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("2 links were tagged.")).to_be_visible()
    expect(page.locator("a.badge", has_text="hot & <new>")).to_have_count(2)


def test_a_link_is_archived_deleted_and_brought_back(owner: Reader, stocked: Server):
    owner.open(f"{LINKS}?q=newsletter")
    page = owner.page
    page.get_by_label(re.compile("^More for ")).click()
    page.get_by_role("button", name="Archive", exact=True).last.click()
    expect(page.get_by_text("1 link was archived.")).to_be_visible()
    owner.open(f"{LINKS}?q=newsletter&show=archived")
    page.get_by_label(re.compile("^Choose .*newsletter")).check()
    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_role("heading", name="Delete links?")).to_be_visible()
    shoot(page, "links-delete")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 link was deleted.")).to_be_visible()
    shoot(page, "links-deleted")
    second = page.context.new_page()
    second.goto(f"{owner.server.base_url}/dashboard/domains/1/removed")
    shoot(second, "links-removed")
    second.close()
    page.get_by_role("button", name="Undo the deletion").click()
    expect(page.get_by_text("1 link was restored.")).to_be_visible()
    owner.open("/dashboard/domains/1/removed")
    expect(page.get_by_text("No links were removed")).to_be_visible()


def test_on_a_narrow_screen_links_are_cards(owner: Reader, stocked: Server):
    owner.page.set_viewport_size(NARROW)
    owner.open(LINKS)
    page = owner.page
    card = page.locator("table.links tbody tr").first.bounding_box()
    assert card is not None
    assert card["width"] <= 360
    assert card["height"] > 60
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_keyboard_alone_will_do(owner: Reader, stocked: Server):
    owner.open(LINKS)
    page = owner.page
    page.get_by_role("searchbox", name="Search").focus()
    page.keyboard.type("coats")
    expect(page.locator("table.links tbody tr")).to_have_count(1)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name === 'link'"):
            break
    page.keyboard.press("Space")
    expect(page.get_by_text("1 link chosen")).to_be_visible()
    page.get_by_role("button", name="Add tag").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tag to add or remove")).to_be_focused()
    page.keyboard.type("warm")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 link was tagged.")).to_be_visible()
    # A menu is left by Escape, and closes behind who goes on.
    owner.open(LINKS)
    summary = page.locator("summary[aria-label^='More for']").first
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Archive", exact=True).last).to_be_visible()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.locator("details.menu[open]")).to_have_count(0)
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator("details.menu[open]")).to_have_count(0)


@pytest.mark.parametrize("address", [LINKS, "/dashboard/teams"])
def test_an_address_that_is_pasted_on_any_page_begins_a_new_link(owner: Reader, stocked: Server, address: str):
    owner.open(address)
    page = owner.page
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text", " https://example.com/a long way?b=1 ".replaceAll(" ", ""));
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    page.wait_for_url("**/links/new?url=https%3A%2F%2Fexample.com%2Falongway%3Fb%3D1")
    expect(page.get_by_label("Path", exact=True)).to_be_focused()
    expect(page).to_have_title("New link to example.com · Linnet")


def test_without_scripts_links_are_searched_and_changed(server: Server, stocked: Server, browser: Browser):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    reader = Reader(context.new_page(), server)
    reader.sign_in()
    reader.open(LINKS)
    page = reader.page
    page.get_by_role("searchbox", name="Search").fill("coats")
    page.get_by_role("button", name="Search").click()
    assert rows(page) == ["winter-coats"]
    page.get_by_label(re.compile("^Choose .*winter-coats")).check()
    page.get_by_role("button", name="Archive", exact=True).first.click()
    expect(page.get_by_text("1 link was archived.")).to_be_visible()
    context.close()


def test_folders_and_tags_have_pages(owner: Reader, stocked: Server):
    owner.open("/dashboard/domains/1/folders")
    page = owner.page
    page.get_by_label("New folder").fill("Posters in the city · שלום")
    page.get_by_role("button", name="Make folder").click()
    page.get_by_label("utm_source").fill("poster")
    page.get_by_label("Colour", exact=True).fill("#047857")
    shoot(page, "folder")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The folder was saved.")).to_be_visible()
    shoot(page, "folders")
    owner.open("/dashboard/domains/1/tags?edit=shop")
    shoot(page, "tags")
    owner.open("/dashboard/overview")
    shoot(page, "overview")
