"""A page of another origin, in a real browser, calls the API with a key."""

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.browser import chromium
from tests.support.server import Server

CALL = """
async ([address, options]) => {
  try {
    const answer = await fetch(address, options);
    const names = ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    return {
      status: answer.status,
      body: await answer.text(),
      headers: Object.fromEntries(names.map((name) => [name, answer.headers.get(name)])),
    };
  } catch (failure) {
    return { status: 0, body: String(failure), headers: {} };
  }
}
"""


class Shop(SimpleHTTPRequestHandler):
    """A web site that logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """An open page of a web site that is not ours."""
    site = tmp_path_factory.mktemp("shop")
    (site / "index.html").write_text("<!doctype html><title>A shop</title>")
    shop = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Shop, directory=str(site)))
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{shop.server_port}/")
        yield page
    shop.shutdown()
    shop.server_close()


def call(page: Page, server: Server, method: str, path: str, *, key: str | None = None, body: Any = None) -> dict[str, Any]:
    headers = {"Authorization": key or server.secret_key, "Content-Type": "application/json"}
    options = {"method": method, "headers": headers} | ({"body": json.dumps(body)} if body is not None else {})
    answer: dict[str, Any] = page.evaluate(CALL, [server.base_url + path, options])
    return answer


def test_it_makes_a_link_and_reads_how_the_limit_stands(server: Server, page: Page):
    made = call(page, server, "POST", "/links", body={"domain": server.domain, "originalURL": "https://example.com/browser"})
    assert made["status"] == 200, made
    assert json.loads(made["body"])["originalURL"] == "https://example.com/browser"
    assert made["headers"]["x-ratelimit-limit"] == "50"
    assert made["headers"]["x-ratelimit-remaining"].isdigit()
    assert made["headers"]["x-ratelimit-reset"].isdigit()
    removed = call(page, server, "DELETE", f"/links/{json.loads(made['body'])['idString']}")
    assert removed["status"] == 200, removed


def test_it_reads_why_it_was_refused(server: Server, page: Page):
    wrong = call(page, server, "GET", "/api/domains", key="sk_wrong")
    assert (wrong["status"], json.loads(wrong["body"])["error"]) == (401, "Unauthorized")
    assert call(page, server, "GET", "/links/lnk_unknown")["status"] == 404


def test_it_reads_how_long_to_wait(server: Server, page: Page):
    call_often = f"(arguments) => Promise.all(Array.from({{ length: 100 }}, () => ({CALL})(arguments)))"
    options = {"headers": {"Authorization": server.secret_key}}
    answers = page.evaluate(call_often, [f"{server.base_url}/links/lnk_unknown", options])
    refused = [answer for answer in answers if answer["status"] == 429]
    assert refused
    assert json.loads(refused[0]["body"])["code"] == "too_many_requests"
    assert (refused[0]["headers"]["retry-after"], refused[0]["headers"]["x-ratelimit-limit"]) == ("1", "20")


def test_it_cannot_read_the_dashboard(server: Server, page: Page):
    for path in ("/", "/sign-in", "/health/ready"):
        assert page.evaluate(CALL, [server.base_url + path, {"credentials": "include"}])["status"] == 0
        assert page.evaluate(CALL, [server.base_url + path, {}])["status"] == 0
