"""Cloaked links without a title are called like the pages that they show, and nothing else waits for that."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network

import pytest

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.links import create_link, update_link
from linnet.actions.titles import PageTitles
from linnet.model.access import KeyKind
from linnet.model.link import LinkDraft
from linnet.network.fetch import FetchOptions
from tests.actions.conftest import House
from tests.network.sites import Site, respond, site

HERE = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),))
PAGES = {
    "/": ("text/html; charset=utf-8", b"<!doctype html><title>Welcome &amp; hello</title>"),
    "/latin": ("text/html; charset=ISO-8859-1", "<title>Grüße</title>".encode("latin-1")),
    "/long": ("text/html", b"<title>Early</title>" + b"x" * 2_000_000),
    "/late": ("text/html", b"x" * 300_000 + b"<title>Late</title>"),
    "/picture": ("image/png", b"<title>No</title>"),
    "/none": ("text/html", b"<p>nothing</p>"),
}


def answer(handler: BaseHTTPRequestHandler) -> None:
    if handler.path == "/slow":
        time.sleep(4.5)
    if handler.path == "/moved":
        return respond(handler, status=302, Location="/")
    kind, body = PAGES.get(handler.path, ("text/html", b"<title>Gone</title>"))
    return respond(handler, body, kind=kind, status=200 if handler.path in PAGES else 404)


@pytest.fixture
def pages() -> Iterator[Site]:
    with site(answer) as running:
        yield running


@pytest.fixture
def curious(house: House) -> House:
    """A house whose actions look pages up."""
    house.context = replace(house.context, find_title=PageTitles(HERE).find)
    return house


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Welcome & hello"),
        ("/moved", "Welcome & hello"),
        ("/latin", "Grüße"),
        ("/long", "Early"),
        ("/late", None),
        ("/picture", None),
        ("/none", None),
        ("/missing", None),
    ],
)
def test_a_cloaked_link_gets_the_title_of_its_page(curious: House, pages: Site, path: str, title: str | None) -> None:
    link = curious.create(pages.url(path), cloaking=True).link
    assert link.title == title
    assert curious.stored() == [link]


def test_the_edge_learns_of_the_link_first_and_then_of_its_title(curious: House, pages: Site) -> None:
    before = len(curious.published)
    curious.create(pages.url(), cloaking=True)
    first, second = curious.published[before:]
    assert first is not None
    assert second is not None
    assert first < second


def test_a_link_that_is_not_cloaked_or_has_a_title_asks_nobody(curious: House, pages: Site) -> None:
    curious.create(pages.url("/"), path="plain")
    curious.create(pages.url("/latin"), path="named", cloaking=True, title="Mine")
    curious.create("shortsecure://YQ==?Yg==", path="sealed", cloaking=True)
    assert pages.seen == []


def test_a_domain_may_cloak_links_and_a_link_refuse(curious: House, pages: Site) -> None:
    curious.add_domain("masks.example", cloaking=True)
    assert curious.create(pages.url(), host="masks.example", path="a").link.title == "Welcome & hello"
    assert curious.create(pages.url(), host="masks.example", path="b", cloaking=False, again=True).link.title is None


def test_a_link_that_becomes_cloaked_or_leads_elsewhere_gets_a_title(curious: House, pages: Site) -> None:
    link = curious.create(pages.url("/none")).link
    assert update_link(curious.context, link.id, LinkDraft(cloaking=True)).link.title is None
    assert update_link(curious.context, link.id, LinkDraft(original_url=pages.url("/latin"))).link.title == "Grüße"
    asked = len(pages.seen)
    assert update_link(curious.context, link.id, LinkDraft(original_url=pages.url("/"))).link.title == "Grüße"
    assert update_link(curious.context, link.id, LinkDraft(title="Mine")).link.title == "Mine"
    assert len(pages.seen) == asked
    assert update_link(curious.context, link.id, LinkDraft(title=None)).link.title == "Welcome & hello"


def test_a_change_of_something_else_asks_nobody(curious: House, pages: Site) -> None:
    link = curious.create(pages.url("/none"), cloaking=True).link
    asked = len(pages.seen)
    update_link(curious.context, link.id, LinkDraft(tags=("a",)))
    assert len(pages.seen) == asked


def test_links_in_bulk_and_from_public_keys_ask_nobody(curious: House, pages: Site) -> None:
    create_links_bulk(curious.context, "go.example", [BulkRow(LinkDraft(original_url=pages.url(), cloaking=True), False)])
    stranger = curious.as_actor(replace(curious.context.actor, key_kind=KeyKind.PUBLIC))
    create_link(stranger, "go.example", LinkDraft(original_url=pages.url("/latin"), cloaking=True))
    assert pages.seen == []


def test_a_private_page_is_not_looked_up(house: House, pages: Site) -> None:
    house.context = replace(house.context, find_title=PageTitles(FetchOptions()).find)
    assert house.create(pages.url(), cloaking=True).link.title is None
    assert pages.seen == []


def test_a_page_that_does_not_come_delays_the_answer_by_seconds_and_other_writers_not_at_all(
    curious: House, pages: Site
) -> None:
    worked: list[float] = []

    def slow(url: str) -> str:
        began = time.monotonic()
        # Somebody else writes meanwhile: no transaction is open.
        with curious.database.write() as work:
            work.users.add(email="other@example.com", name=None, password_hash="none", created_at=curious.context.now())
        worked.append(time.monotonic() - began)
        return PageTitles(HERE).find(url)

    curious.context = replace(curious.context, find_title=slow)
    began = time.monotonic()
    link = curious.create(pages.url("/slow"), cloaking=True).link
    assert link.title is None
    assert worked[0] < 2
    assert time.monotonic() - began < 4.4


def test_who_changed_the_link_meanwhile_is_not_overruled(curious: House, pages: Site) -> None:
    def meddled(url: str) -> str:
        (link,) = curious.stored()
        update_link(replace(curious.context, find_title=lambda _: ""), link.id, LinkDraft(title="Theirs"))
        return "Found"

    curious.context = replace(curious.context, find_title=meddled)
    curious.create(pages.url(), cloaking=True)
    assert [link.title for link in curious.stored()] == ["Theirs"]


def test_only_a_few_pages_are_waited_for_at_once(pages: Site) -> None:
    titles = PageTitles(HERE)
    for _ in range(4):
        assert titles._fetching.acquire(blocking=False)
    assert titles.find(pages.url()) == ""
    titles._fetching.release()
    assert titles.find(pages.url()) == "Welcome & hello"
