"""Pages for one visit: whatever owners and visitors write, they say it and do nothing else."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.cloaking import cloaking_page
from linnet.edge.encrypted import encrypted_page
from linnet.edge.interstitial import Made
from linnet.edge.preview import preview_page
from linnet.edge.tracking import tracking_page
from linnet.model.opengraph import PROPERTIES
from linnet.model.route import DomainRoute, Route

DOMAIN = DomainRoute(domain_id=1, hostname="go.example")
IDS = {
    "ga": "G-ABC",
    "gtm": "GTM-ABC",
    "fb": "123",
    "tt": "C4",
    "adroll": "YP2ZA24FSRHVFOXA6H4TJN/CN2GLR4VF5DM7E5CN4Q7PM",
}
PAGES: dict[str, Callable[[DomainRoute, Route, str], Made]] = {
    "cloaking": cloaking_page,
    "encrypted": encrypted_page,
    "preview": preview_page,
    "tracking": tracking_page,
}
HOSTILE = [
    '"><script>alert(1)</script>',
    "</script><script>alert(1)</script>",
    "</title></style></iframe><img src=x onerror=alert(1)>",
    "' onload='alert(1)",
    "<!--<script>",
    "]]>--><base href=//evil.example>",
    "\u2028alert(1)\u2029",
    "&quot;&gt;&lt;img&gt;",
    "{{7*7}}${alert(1)}`",
    "\x00\r\nSet-Cookie: a=b\ud800",
]
texts = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=40)


class Outline(HTMLParser):
    """Elements with the names of their attributes, and what stands in them."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._within = ""
        self.feed(body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.attributes.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._within, []).append(data)

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", ()))

    def code(self) -> list[str]:
        """The scripts, but for what is data."""
        return [text for text in self.texts.get("script", ()) if not text.startswith("{")]

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.attributes if name == tag]


def route(title: str = "", tags: tuple[tuple[str, str], ...] = (), ids: dict[str, str] | None = None) -> Route:
    return Route(link_number=1, domain_id=1, destination="https://e.example/", title=title, opengraph=tags, tracking=ids)


def policy_of(made: Made) -> dict[str, list[str]]:
    line = next(each for each in made.headers.decode().split("\r\n") if each.startswith("Content-Security-Policy: "))
    directives = [each.split(" ") for each in line.partition(": ")[2].split("; ")]
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("page", PAGES)
@given(title=texts, content=texts, destination=texts, identity=texts, name=st.sampled_from(sorted(PROPERTIES)))
def test_nothing_that_is_written_becomes_an_element(
    page: str, title: str, content: str, destination: str, identity: str, name: str
):
    make = PAGES[page]
    tags = ((name, content), ("description", content))
    dull = make(DOMAIN, route("title", ((name, "a"), ("description", "a")), IDS), "https://e.example/")
    hostile = make(DOMAIN, route(title, tags, dict.fromkeys(IDS, identity)), destination)
    found, expected = Outline(hostile.body), Outline(dull.body)
    assert found.elements == expected.elements
    assert found.code() == expected.code()
    assert hostile.headers.count(b"\r\n") == dull.headers.count(b"\r\n") == 5


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_a_strict_policy_of_its_own(page: str):
    first, second = (PAGES[page](DOMAIN, route("t", ids=IDS), "https://e.example/") for _ in range(2))
    policy = policy_of(first)
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == ["'none'"]
    assert not [source for sources in policy.values() for source in sources if "unsafe" in source or source == "*"]
    assert b"Cache-Control: no-store\r\n" in first.headers
    assert b"X-Content-Type-Options: nosniff\r\n" in first.headers
    scripts = [script for script in Outline(first.body).of("script") if script.get("type") is None]
    assert len(scripts) == (0 if page == "preview" else 1)
    for script in scripts:
        nonce = str(script["nonce"])
        assert f"'nonce-{nonce}'" in policy["script-src"]
        assert len(nonce) >= 22
        assert nonce.encode() not in second.headers + second.body
    assert ("script-src" in policy) == bool(scripts)


@pytest.mark.parametrize("page", PAGES)
def test_a_domain_that_hides_where_visitors_come_from_does_so_on_every_page(page: str):
    hiding = DomainRoute(domain_id=1, hostname="go.example", hide_referrer=True)
    made = PAGES[page](hiding, route("t"), "https://e.example/")
    assert b"Referrer-Policy: no-referrer\r\n" in made.headers
    for frame in Outline(made.body).of("iframe"):
        assert frame["referrerpolicy"] == "no-referrer"


def metas(made: Made) -> dict[tuple[str, str | None], list[str | None]]:
    found: dict[tuple[str, str | None], list[str | None]] = {}
    for meta in Outline(made.body).of("meta"):
        for attribute in ("property", "name"):
            if attribute in meta:
                found.setdefault((attribute, meta[attribute]), []).append(meta["content"])
    return found


def test_tags_are_written_as_crawlers_read_them():
    tags = (
        ("title", 'A "great" <offer>'),
        ("description", "Two\nlines"),
        ("image", "https://e.example/1.png"),
        ("image", "https://e.example/2.png"),
        ("locale:alternate", "de_DE"),
        ("article:author", "Ann"),
        ("video:duration", "12"),
        ("product:price:amount", "9.99"),
        ("twitter:site", "@linnet"),
    )
    found = metas(preview_page(DOMAIN, route("ignored", tags), "https://e.example/"))
    found = {key: value for key, value in found.items() if key[1] not in ("viewport", "robots")}
    assert found == {
        ("property", "og:title"): ['A "great" <offer>'],
        ("property", "og:description"): ["Two\nlines"],
        ("name", "description"): ["Two\nlines"],
        ("property", "og:image"): ["https://e.example/1.png", "https://e.example/2.png"],
        ("property", "og:locale:alternate"): ["de_DE"],
        ("property", "article:author"): ["Ann"],
        ("property", "video:duration"): ["12"],
        ("property", "product:price:amount"): ["9.99"],
        ("name", "twitter:site"): ["@linnet"],
        ("property", "og:type"): ["website"],
        ("name", "twitter:card"): ["summary_large_image"],
    }


def test_what_the_owner_says_is_not_said_twice():
    tags = (("type", "article"), ("twitter:card", "player"), ("twitter:title", "For X"))
    found = metas(preview_page(DOMAIN, route("Own title", tags), "https://e.example/"))
    assert found["property", "og:type"] == ["article"]
    assert found["name", "twitter:card"] == ["player"]
    assert found["property", "og:title"] == ["For X"]
    assert metas(preview_page(DOMAIN, route("Own title", (("type", "a"),)), "/"))["property", "og:title"] == ["Own title"]


def test_a_preview_leads_on_whoever_is_taken_for_a_crawler():
    made = preview_page(DOMAIN, route("t", (("title", "a"),)), "https://e.example/?a=1&b=2")
    assert [link["href"] for link in Outline(made.body).of("a")] == ["https://e.example/?a=1&b=2"]


def test_a_cloaked_link_shows_the_destination_and_its_title():
    made = cloaking_page(DOMAIN, route("Its title"), "https://e.example/?a=1&b=2")
    outline = Outline(made.body)
    (frame,) = outline.of("iframe")
    assert (frame["src"], frame["title"]) == ("https://e.example/?a=1&b=2", "Its title")
    assert outline.texts["title"] == ["Its title"]
    assert {"allow-scripts", "allow-forms", "allow-popups", "allow-same-origin"} <= set(str(frame["sandbox"]).split())
    assert "allow-top-navigation" not in str(frame["sandbox"]).split()
    assert not re.search("camera|microphone|geolocation", str(frame["allow"]))
    assert outline.of("script") == []
    assert Outline(cloaking_page(DOMAIN, route(), "https://e.example/").body).texts["title"] == ["go.example"]


def plan_of(made: Made) -> Any:
    return json.loads(next(text for text in Outline(made.body).texts["script"] if text.startswith("{")))


def test_services_are_told_once_each_and_google_by_what_the_id_is():
    told = {**IDS, "ga": "G-ABC", "gtm": "G-ABC"}
    plan = plan_of(tracking_page(DOMAIN, route(ids=told), "https://e.example/#a"))
    assert plan["told"] == [["google", "G-ABC"], ["meta", "123"], ["tiktok", "C4"], ["adroll", IDS["adroll"]]]
    assert plan["to"] == "https://e.example/#a"
    plan = plan_of(tracking_page(DOMAIN, route(ids={"ga": "GTM-A"}), "https://e.example/"))
    assert plan["told"] == [["container", "GTM-A"]]


@pytest.mark.parametrize(
    ("name", "hosts"),
    [("ga", "google"), ("fb", "facebook"), ("tt", "tiktok"), ("adroll", "adroll.com")],
)
def test_the_policy_lets_in_the_services_that_are_told_and_no_others(name: str, hosts: str):
    policy = policy_of(tracking_page(DOMAIN, route(ids={name: IDS[name]}), "https://e.example/"))
    assert "'strict-dynamic'" in policy["script-src"]
    named = [source for directive in ("script-src", "connect-src", "img-src") for source in policy[directive]]
    foreign = [source for source in named if source.startswith("https:")]
    assert foreign
    assert [source for source in foreign if not re.search(f"{hosts}|doubleclick.net", source)] == []


def test_without_scripts_a_tracked_visit_goes_on_at_once():
    made = tracking_page(DOMAIN, route(ids=IDS), "https://e.example/?a=1&b='\"")
    refresh = [meta["content"] for meta in Outline(made.body).of("meta") if meta.get("http-equiv") == "refresh"]
    assert refresh == ["0;url=https://e.example/?a=1&b='\""]
