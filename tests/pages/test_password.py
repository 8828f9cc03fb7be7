"""The page that asks for a link's password, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Destination, Visitor
from tests.support.server import EMAIL, Server

PASSWORD = "Öffne dich, ✓ & <b>"


def give(page: Page, password: str) -> None:
    """Type a password as somebody with a keyboard does, who needs no mouse."""
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_a_visitor_gives_the_password_and_arrives(visitor: Visitor, server: Server, destination: Destination):
    server.create("door", destination.url("/door"), password=PASSWORD)
    page = visitor.page
    assert visitor.visit("/door?from=mail&x=1//2") == 403
    expect(page.get_by_role("heading", name="This link is protected")).to_be_visible()
    give(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_have_accessible_description("That is not the password.")
    assert page.url.endswith("/door?from=mail&x=1//2")
    give(page, PASSWORD)
    page.wait_for_url(destination.url("/door?from=mail&x=1//2"))
    expect(page.get_by_role("heading")).to_have_text("You have arrived")
    assert [target for target, _ in destination.asked if target.startswith("/door")] == ["/door?from=mail&x=1//2"]
    visitor.page.goto("about:blank")
    assert visitor.visit("/door") == 200
    assert visitor.page.url == destination.url("/door")


def test_neither_scripts_nor_the_destination_see_password_or_cookie(visitor: Visitor, server: Server, destination: Destination):
    server.create("kept", destination.url("/kept"), password=PASSWORD)
    visitor.visit("/kept")
    give(visitor.page, PASSWORD)
    visitor.page.wait_for_url(destination.url("/kept"))
    ((target, headers),) = [asked for asked in destination.asked if asked[0].startswith("/kept")]
    assert target == "/kept"
    assert {"cookie", "referer"} & set(headers) == set()
    (cookie,) = visitor.context.cookies(f"http://{server.host}/kept")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/kept")
    assert visitor.context.cookies(f"http://{server.host}/other") == []
    # Below the cookie's path, where a script that may see it would.
    assert visitor.visit("/kept/below") == 404
    assert visitor.page.evaluate("document.cookie") == ""


def test_a_link_is_locked_in_another_browser(visitor: Visitor, server: Server, destination: Destination):
    server.create("mine-alone", destination.url(), password=PASSWORD)
    visitor.visit("/mine-alone")
    give(visitor.page, PASSWORD)
    visitor.page.wait_for_url(destination.url())
    visitor.context.clear_cookies()
    assert visitor.visit("/mine-alone") == 403


def test_one_password_opens_all_below_a_wildcard(visitor: Visitor, server: Server, destination: Destination):
    server.create("cellar/*", destination.url("/cellar/$1"), password=PASSWORD)
    assert visitor.visit("/cellar/red%20wine/1998") == 403
    give(visitor.page, PASSWORD)
    visitor.page.wait_for_url(destination.url("/cellar/red%20wine/1998"))
    assert visitor.visit("/cellar/white") == 200
    assert visitor.page.url == destination.url("/cellar/white")


def test_who_does_not_know_the_password_can_write_to_the_owner(visitor: Visitor, server: Server):
    server.create("unknown-to-me", password=PASSWORD, passwordContact=True)
    visitor.visit("/unknown-to-me")
    expect(visitor.page.get_by_role("link", name=EMAIL)).to_have_attribute("href", f"mailto:{EMAIL}")


def test_the_page_works_without_scripts(visitor: Visitor, server: Server, destination: Destination):
    server.create("scriptless", destination.url("/scriptless"), password=PASSWORD)
    browser = visitor.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://{server.host}/scriptless")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(destination.url("/scriptless"))
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_the_window_and_can_be_read(visitor: Visitor, server: Server, width: int, scheme: str):
    path = server.create(password=PASSWORD, passwordContact=True)["path"]
    page = visitor.page
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visitor.visit(f"/{path}")
    give(page, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for each in (page.get_by_role("alert"), page.get_by_role("heading"), page.get_by_role("button"), page.get_by_text("Ask")):
        assert contrast(page, each.evaluate_handle("each => each")) >= 4.5
    field, button = page.get_by_label("Password").bounding_box(), page.get_by_role("button").bounding_box()
    assert field is not None
    assert button is not None
    assert min(field["height"], button["height"]) >= 36
    assert page.get_by_label("Password").evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 16


CONTRAST = """
each => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgb = (...colours) => {
        canvas.globalAlpha = 1;
        for (const [colour, alpha] of colours) {
            canvas.globalAlpha = alpha;
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
        }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = colour => {
        const [r, g, b] = colour.map(part => part / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const style = getComputedStyle(each);
    const page = [dark ? "#121212" : "#ffffff", 1];
    const behind = rgb(page, [style.backgroundColor, 1]);
    const ink = rgb(page, [style.backgroundColor, 1], [style.color, parseFloat(style.opacity)]);
    const [brighter, darker] = [light(ink), light(behind)].sort((a, b) => b - a);
    return (brighter + 0.05) / (darker + 0.05);
}
"""


def contrast(page: Page, element: object) -> float:
    """The contrast of an element's text, as WCAG 2.2 measures it; 4.5 is its level AA."""
    return float(page.evaluate(CONTRAST, element))
