"""Cloaked links in a browser: the destination in a frame, at work as it would be alone."""

import re

from playwright.sync_api import expect

from tests.pages.conftest import Destination, Visitor
from tests.support.server import Server


def test_the_destination_fills_the_window_under_the_links_address(visitor: Visitor, server: Server, destination: Destination):
    server.create("masked", destination.url("/in-frame?own=1"), cloaking=True, title="A fine & <b>bold</b> title")
    assert visitor.visit("/masked?from=mail") == 200
    page = visitor.page
    expect(page).to_have_title("A fine & <b>bold</b> title")
    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("You have arrived")
    assert page.url.endswith("/masked?from=mail")
    assert [target for target, _ in destination.asked if target.startswith("/in-frame")] == ["/in-frame?own=1&from=mail"]
    box = page.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 1280, "height": 800}
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [1280, 800]


def test_forms_and_popups_work_in_the_frame(visitor: Visitor, server: Server, destination: Destination):
    server.create("busy", destination.url("/busy"), cloaking=True)
    visitor.visit("/busy")
    page = visitor.page
    frame = page.frame(url=destination.url("/busy"))
    assert frame is not None
    # The document that was loaded, at work: what is not allowed in the frame would fail or do nothing.
    frame.evaluate(
        'document.body.innerHTML = \'<form action="/sent"><input name=a value=1><button>Send</button></form>'
        '<a href="/popup" target=_blank rel=opener>Open</a>\''
    )
    with page.expect_popup() as opened:
        frame.get_by_role("link").click()
    assert opened.value.url == destination.url("/popup")
    opened.value.close()
    frame.get_by_role("button").click()
    frame.wait_for_url(destination.url("/sent?a=1"))
    assert page.url.endswith("/busy")


def test_the_frame_replaces_the_page_only_when_somebody_clicks(visitor: Visitor, server: Server, destination: Destination):
    server.create("held", destination.url("/held"), cloaking=True)
    page = visitor.page
    greedy = "<!doctype html><a href=/out target=_top>Out</a><script>try { top.location = '/stolen' } catch {}</script>"
    page.route(destination.url("/held"), lambda route: route.fulfill(content_type="text/html", body=greedy))
    visitor.visit("/held")
    page.wait_for_timeout(300)
    assert page.url.endswith("/held")
    page.frame_locator("iframe").get_by_role("link").click()
    page.wait_for_url(destination.url("/out"))
    refused = [problem for problem in visitor.problems if "no user activation" in problem]
    assert refused
    visitor.problems[:] = [problem for problem in visitor.problems if problem not in refused]


def test_a_cloaked_link_without_a_title_is_called_like_its_page(visitor: Visitor, server: Server, destination: Destination):
    assert server.create("untitled", destination.url("/untitled"), cloaking=True)["title"] == "There"
    visitor.visit("/untitled")
    expect(visitor.page).to_have_title("There")
    link = server.create("of-nobody", "http://127.0.0.1:9/", cloaking=True)
    assert "title" not in link
    visitor.visit("/of-nobody")
    expect(visitor.page).to_have_title(server.domain)


def test_a_whole_domain_may_be_cloaked_and_a_link_of_it_not(visitor: Visitor, server: Server, destination: Destination):
    created = server.api("POST", "/domains", {"hostname": "masks.localhost"}).json
    assert server.api("POST", f"/domains/settings/{created['id']}", {"cloaking": True}).status == 200
    for path, fields in (("in", {}), ("out", {"cloaking": False})):
        draft = {"domain": "masks.localhost", "path": path, "originalURL": destination.url(f"/{path}"), **fields}
        assert server.api("POST", "/links", draft).status == 200
    assert visitor.visit("/in", domain="masks.localhost") == 200
    assert re.search(r"masks\.localhost:\d+/in$", visitor.page.url)
    visitor.visit("/out", domain="masks.localhost")
    assert visitor.page.url == destination.url("/out")
