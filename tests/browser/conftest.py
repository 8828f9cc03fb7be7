"""People with a real browser before the dashboard of a real server; each file of tests has a server of its own."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.support.browser import chromium
from tests.support.server import EMAIL, PASSWORD, Server, running_server

ROOT: Final = Path(__file__).parents[2]
SCREENSHOTS: Final = ROOT / "artefacts" / "screenshots"
# A folder for the pictures of the user guide, when they are to be made (make guide).
GUIDE: Final = os.environ.get("GUIDE_IMAGES", "")
AXE: Final = ROOT / "tests" / "journey" / "node_modules" / "axe-core" / "axe.min.js"
NARROW: Final = {"width": 360, "height": 780}
WIDE: Final = {"width": 1280, "height": 860}


@dataclass
class Reader:
    """Somebody with a browser; ``problems`` are what no page may do: fail, or try what its policy forbids."""

    page: Page
    server: Server
    problems: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def open(self, path: str) -> Response:
        """A page of the dashboard."""
        response = self.page.goto(f"{self.server.base_url}{path}")
        assert response is not None
        return response

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Sign in on the sign-in page, as people do."""
        self.open("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.server.base_url}/dashboard**")

    def on_console(self, message: ConsoleMessage) -> None:
        # A refusal is an error to the browser, and often what a test wants.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an owner and the domain go.localhost."""
    with running_server(tmp_path_factory.mktemp("browser") / "linnet", workers=1) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def reader(server: Server, browser: Browser) -> Iterator[Reader]:
    """Somebody whom nobody knows yet. What the pages did wrong fails the test at its end."""
    context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(15_000)
    someone = Reader(context.new_page(), server)
    context.on("console", someone.on_console)
    context.on("weberror", lambda error: someone.problems.append(str(error.error)))
    yield someone
    context.close()
    assert someone.problems == []


@pytest.fixture
def owner(reader: Reader) -> Reader:
    """The owner of the installation, signed in."""
    reader.sign_in()
    return reader


def check_axe(page: Page, *rules: str) -> None:
    """Nothing on the page hinders who uses a screen reader or the keyboard alone, as far as axe can tell; of its ``rules``, all
    unless some are named."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text())
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)", options
    )
    serious = [
        (each["id"], node["html"], node["failureSummary"])
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert serious == []


def shoot(page: Page, name: str) -> None:
    """Pictures of the page at two widths, light and dark, in ``artefacts/screenshots``; it must fit the narrow screen, and
    hinder nobody in either scheme."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # Of what axe looks at, only colours are others in the dark.
        check_axe(page, *(("color-contrast",) if scheme == "dark" else ()))
        for label, size in (("narrow", NARROW), ("wide", WIDE)):
            page.set_viewport_size(size)
            page.screenshot(path=SCREENSHOTS / f"{name}-{label}-{scheme}.png", full_page=True)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels wider than the {label} screen"
    page.emulate_media(color_scheme="light")
    shows = f"images/{name}.png)"
    if GUIDE and any(shows in text.read_text() for text in (ROOT / "docs" / "guide").glob("*.md")):
        _picture_for_guide(page, ROOT / GUIDE / f"{name}.png")


def _picture_for_guide(page: Page, file: Path) -> None:
    """What the user guide shows: the top of the wide page, in few colours, so that the repository stays small."""
    page.set_viewport_size({"width": WIDE["width"], "height": 1040})
    page.evaluate("scrollTo(0, 0)")
    whole = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    ground = Image.new("RGB", whole.size, whole.getpixel((whole.width - 1, whole.height - 1)))
    left, top, right, bottom = ImageChops.difference(whole, ground).getbbox() or (0, 0, *whole.size)
    cut = whole.crop((max(0, left - 24), max(0, top - 24), min(whole.width, right + 24), min(whole.height, bottom + 24)))
    page.set_viewport_size(WIDE)
    file.parent.mkdir(parents=True, exist_ok=True)
    cut.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
