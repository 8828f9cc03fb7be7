"""The guides as pages: all of them, with the reader's own address and domain in their programs."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from linnet.dashboard.guide_texts import find_guide
from tests.dashboard.conftest import Site
from tests.guides.pages import Page, all_pages

each_page = pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
# Such a link would lead out of the pages.
FILE = re.compile(r"\.md\b")


class Links(HTMLParser):
    """The addresses of a page's links, and the names of its parts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        told = dict(attrs)
        self.anchors.add(told.get("id", ""))
        if tag == "a":
            self.targets.append(told["href"])


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def shown(site: Site, name: str) -> str:
    answer = site.get("/dashboard/guides" if name == "README" else f"/dashboard/guides/{name}")
    assert answer.status_code == 200
    return str(answer.text)


def blocks(text: str) -> list[str]:
    """The texts that can be copied, in their order."""
    copied = re.findall(r'data-copy="([\w-]+)"', text)
    shown = dict(re.findall(r'<pre id="([\w-]+)"[^>]*>(.*?)</pre>', text, re.DOTALL))
    assert sorted(copied) == sorted(shown)
    return [html.unescape(shown[name]) for name in copied]


@each_page
def test_a_guide_is_a_page_with_every_program_to_copy(owner: Site, page: Page):
    text = shown(owner, page.name)
    copied = [block.strip() for block in blocks(text)]
    assert [program.source for program in page.programs() if program.source.strip() not in copied] == []
    assert len(copied) >= len(re.findall(r"^ *```\w", page.text, re.MULTILINE))
    assert "```" not in text
    assert text.count("<h1") == 1


@each_page
def test_links_of_a_guide_lead_to_pages_and_their_parts(owner: Site, page: Page):
    links = Links(shown(owner, page.name))
    assert [target for target in links.targets if FILE.search(target) or "localhost" in target] == []
    for target in links.targets:
        path, _, anchor = target.partition("#")
        if path.startswith("/dashboard/guides"):
            there = Links(shown(owner, path.rpartition("/")[2].replace("guides", "README")))
            assert anchor in there.anchors, target
        elif not path:
            assert anchor in links.anchors, target


def test_what_is_no_page_here_is_named_by_its_file(owner: Site):
    text = shown(owner, "coming-from-short-io")
    assert "Compatibility (docs/compatibility.md)." in text
    assert "Commands for scripts (README.md)" in shown(owner, "create-a-key")


def test_programs_begin_with_the_readers_own_address_and_domain(owner: Site):
    owner.add_domain("links.acme.example")
    owner.client.cookies.set("linnet_domain", "2")
    for name in ("create-a-link", "README"):
        (variables,) = [block for block in blocks(shown(owner, name)) if block.startswith("export LINNET_URL=")]
        assert "export LINNET_URL=http://testserver.local\n" in variables
        assert "export LINNET_DOMAIN=links.acme.example" in variables
        assert "export LINNET_KEY=sk_YOUR" in variables
    page = owner.get("/dashboard/guides/create-a-link?domain=go.example").text
    assert "export LINNET_DOMAIN=go.example</pre>" in page
    assert html.escape('"shortURL": "http://go.example/spring-sale"') in page.replace("&#34;", "&quot;")
    assert "http://testserver.local/mcp" in shown(owner, "mcp")


def test_a_domain_that_is_named_like_an_example_is_filled_in_once(owner: Site):
    owner.add_domain("go.example.com.acme.example")
    page = owner.get("/dashboard/guides/mcp?domain=go.example.com.acme.example").text
    assert "--domain go.example.com.acme.example\n" in page


def test_html_in_a_guide_is_shown_as_text_and_leads_nowhere(tmp_path: Path):
    text = "# Odd <b>one</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) and [y](https://example.com/)\n"
    (tmp_path / "odd.md").write_text(text)
    guide = find_guide("odd", tmp_path)
    assert guide is not None
    assert guide.title == "Odd <b>one</b>"
    (shown,) = guide.pieces
    assert "&lt;script&gt;" in shown
    assert Links(str(shown)).targets == ["https://example.com/"]


@pytest.mark.parametrize("name", ["unknown", "..", "%2e%2e%2fREADME", "create-a-link.md", "x" * 5000, "%00", "\u202e"])
def test_an_unknown_guide_is_not_found(owner: Site, name: str):
    assert owner.get(f"/dashboard/guides/{name}").status_code in (303, 404)


def test_the_guides_are_where_keys_are(owner: Site):
    assert 'href="/dashboard/guides"' in owner.get("/dashboard/keys").text
    assert owner.get("/dashboard/guides/README").headers["location"] == "/dashboard/guides"
