"""The first start in a browser: from an empty directory to a counted click."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import WIDE, shoot
from tests.support.server import NewServer

# The browser's own name says that it is driven by a program, whose clicks are a bot's.
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[NewServer]:
    server = NewServer(tmp_path / "new", workers=1)
    server.start()
    yield server
    server.stop()


def test_from_an_empty_directory_to_a_counted_click(fresh: NewServer, browser: Browser):
    context = browser.new_context(viewport=WIDE, user_agent=FIREFOX)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{fresh.base_url}/")
    assert page.get_by_role("heading", name="not set up yet").is_visible()
    shoot(page, "welcome-stranger")
    page.goto(fresh.welcome_url)
    shoot(page, "welcome")
    page.set_viewport_size(WIDE)
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/welcome/domain")
    shoot(page, "welcome-domain")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Add the domain").click()
    page.wait_for_url("**/welcome/link?**")
    page.get_by_label("Where should it lead?").fill(f"{fresh.base_url}/health/live")
    page.get_by_label("Path").fill("first")
    shoot(page, "welcome-link")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Make it short").click()
    page.wait_for_url("**/welcome/done/**")
    counted = page.locator("[hx-get]")
    expect(counted).to_contain_text(re.compile(r"0\s+human clicks"))
    with context.expect_page() as opened:
        page.get_by_role("link", name=re.compile(r"go\.localhost:\d+.first")).click()
    assert opened.value.url.endswith("/health/live")
    expect(counted).to_contain_text(re.compile(r"1\s+human click\b"), timeout=15_000)
    shoot(page, "welcome-done")
    page.set_viewport_size(WIDE)
    curl = page.locator("#curl").inner_text()
    made = subprocess.run(["sh", "-c", curl.replace("curl ", "curl --silent ", 1)], capture_output=True, text=True, check=True)
    assert json.loads(made.stdout)["shortURL"].startswith(f"http://go.localhost:{fresh.port}/")
    page.get_by_role("link", name="To the dashboard").click()
    page.wait_for_url("**/dashboard/domains/1/links")
    context.close()
