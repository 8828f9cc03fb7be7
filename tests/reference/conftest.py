"""A real browser before a real server."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from linnet.api.operations import BY_NAME, OPERATIONS, Operation
from tests.support.browser import chromium
from tests.support.server import Server, running_server


@dataclass
class Reader:
    """Somebody who reads the reference; ``problems`` are what a page should not do."""

    page: Page
    server: Server
    problems: list[str] = field(default_factory=list)

    def open(self, fragment: str = "") -> None:
        self.page.goto(f"{self.server.base_url}/reference{fragment}")
        self.page.get_by_role("heading", name="Linnet API").wait_for()

    def go_to(self, name: str) -> Locator:
        """The section of an operation, which the page draws when it comes into sight."""
        section = self.page.locator(f'[id="{_section(BY_NAME[name])}"]')
        section.scroll_into_view_if_needed()
        section.get_by_role("button", name="Test Request").wait_for()
        return section

    def codes(self) -> dict[str, str]:
        """The code that is shown for each operation that was drawn, by its name."""
        drawn = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('section[id]')].map(each => "
            "[each.id, each.querySelector('pre')?.innerText ?? '']))"
        )
        return {operation.name: drawn[_section(operation)] for operation in OPERATIONS}

    def on_console(self, message: ConsoleMessage) -> None:
        # A refused Content-Security-Policy directive is an error here, too.
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.server.base_url}/", "data:", "blob:")):
            self.problems.append(f"asks {request.url}")


def _section(operation: Operation) -> str:
    tag = operation.tag.lower().replace(" ", "-")
    return f"api-1/tag/{tag}/{operation.method}{operation.path}"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("reference") / "linnet", workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def reader(browser: Browser, server: Server) -> Iterator[Reader]:
    """A reader whose page must not have misbehaved when the test is over."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    opened = Reader(page, server)
    page.on("console", opened.on_console)
    page.on("pageerror", lambda error: opened.problems.append(f"fails: {error}"))
    page.on("request", opened.on_request)
    opened.open()
    yield opened
    page.close()
    assert opened.problems == []
