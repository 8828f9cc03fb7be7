"""A visitor with a real browser before a real server, whose links lead to a page of another origin."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.browser import chromium
from tests.support.server import Server, running_server

# Names of this machine that are no localhost: without https, browsers trust pages of these less.
UNTRUSTED_NAMES = "--host-resolver-rules=MAP *.test 127.0.0.1"


@dataclass
class Destination:
    """A site somewhere else; ``asked`` are the requests that reached it: target and headers."""

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/landing") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@dataclass
class Visitor:
    """Somebody with a browser; ``problems`` are what no page should do: fail, or try what its policy forbids."""

    page: Page
    server: Server
    problems: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def visit(self, path: str, *, domain: str | None = None) -> int:
        """Open a short link; the status of what came first."""
        host = f"{domain or self.server.domain}:{self.server.port}"
        response = self.page.goto(f"http://{host}{path}")
        assert response is not None
        return response.status

    def on_console(self, message: ConsoleMessage) -> None:
        # A page with status 403 or 410 is an error to the browser, and what we want.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Tests that share it make links of their own, with paths that no other test uses."""
    # Titles of pages are looked up, also on this machine.
    settings = {"LINNET_FETCH_ALLOWED_NETWORKS": "127.0.0.1/32"}
    with running_server(tmp_path_factory.mktemp("pages") / "linnet", workers=1, settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def destination() -> Iterator[Destination]:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            body = b"<!doctype html><html lang=en><title>There</title><h1>You have arrived</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    site = Destination(running.server_address[1])
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield site
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(UNTRUSTED_NAMES) as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    """A visitor without a past, whose pages must not have misbehaved when the test is over."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = Visitor(context.new_page(), server)
    opened.page.on("console", opened.on_console)
    opened.page.on("pageerror", lambda error: opened.problems.append(f"fails: {error}"))
    yield opened
    context.close()
    assert opened.problems == []
