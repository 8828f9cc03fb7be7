"""A real browser, which asks nobody but the servers of a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support.needs import program

_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium with further command line arguments; the test is left out where it is not installed. Not for longer than a
    module's tests: while Playwright is open, an event loop runs in this thread, and no other can."""
    path = program("chromium", "google-chrome")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*_ARGUMENTS, *arguments])
        yield opened
        opened.close()
