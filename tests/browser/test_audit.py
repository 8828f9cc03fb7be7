"""The audit log with a browser."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Reader, shoot
from tests.support.server import Server


def test_what_was_done_is_found_and_exported(owner: Reader, server: Server, tmp_path: Path):
    server.run("team", "create", "Shop")
    server.run("key", "create", "--description", "Newsletter")
    for number in range(3):
        link = server.create(f"noted-{number}", title="Größe <b>")
    server.api("POST", f"/links/{link['idString']}", {"title": "other"})
    server.api("POST", "/links/bulk", {"domain": server.domain, "links": [{"originalURL": "https://example.com/b"}]})
    page = owner.page
    owner.open("/dashboard/audit")
    assert page.get_by_role("cell", name="link updated").is_visible()
    shoot(page, "audit")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("What happened").select_option(label="link updated")
    page.get_by_role("button", name="Show what fits").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.get_by_text('fields: ["title"]').is_visible()
    shoot(page, "audit-filtered")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export NDJSON").click()
    file = tmp_path / "audit.ndjson"
    download.value.save_as(file)
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["subject"] == link["idString"]
    page.get_by_role("link", name="Show all, newest first").click()
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Text").fill("no such thing")
    page.get_by_role("button", name="Show what fits").click()
    assert page.get_by_text("Nothing that fits").is_visible()
