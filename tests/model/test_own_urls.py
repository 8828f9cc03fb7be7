"""Destinations taken apart as browsers take them, and routes that may lead to our own domains."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.link import Link
from linnet.model.own_urls import WebUrl, hosts_named, leading_home, read_url, sent_path
from linnet.model.route import Needs, Route
from linnet.model.variants import Way
from tests.support.moments import NOON
from tests.support.routes import route_of

URL = "https://d.example/"
LINK = Link(id="lnk_1_a", number=1, domain_id=1, owner_id=1, path="a", original_url=URL, created_at=NOON, updated_at=NOON)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://go.example/a?x=1#y", WebUrl(True, "go.example", 443, "/a", "x=1")),
        ("http://go.example", WebUrl(False, "go.example", 80, "/", "")),
        ("HTTP://GO.example.:8000?x", WebUrl(False, "go.example", 8000, "/", "x")),
        ("https://user:secret@go.example:/a", WebUrl(True, "go.example", 443, "/a", "")),
        ("https://a@b@go.example/", WebUrl(True, "go.example", 443, "/", "")),
        ("https://go.example#a?b", WebUrl(True, "go.example", 443, "/", "")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: WebUrl):
    assert read_url(url) == parts


@pytest.mark.parametrize("url", ["shortsecure://abc?def", "mailto:a@go.example", "https:///a", "", "//go.example/a"])
def test_what_is_of_no_host_is_told(url: str):
    assert read_url(url) is None


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("", "/"),
        ("/a/b", "/a/b"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/../../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/a/%2E%2e/b", "/b"),
        ("/a.b/.c/..d", "/a.b/.c/..d"),
        ("//x/../a", "//a"),
        ("/..", "/"),
    ],
)
def test_a_path_is_sent_without_dot_segments(path: str, sent: str):
    assert sent_path(path) == sent


@given(st.lists(st.sampled_from(["a", ".", "..", "", "b.c", "%2e"]), max_size=6))
def test_no_dot_segment_is_left_and_what_was_sent_stays(segments: list[str]):
    sent = sent_path("/" + "/".join(segments))
    assert sent.startswith("/")
    assert not {".", "..", "%2e"} & set(sent.split("/"))
    assert sent_path(sent) == sent


@pytest.mark.parametrize(
    "changes",
    [
        {"original_url": "https://Own.example:8000/x"},
        {"original_url": "http://u@own.example./"},
        {"iphone_url": "https://own.example/"},
        {"android_url": "https://own.example/"},
        {"split_url": "https://own.example/"},
        {"expired_url": "https://own.example/", "expires_at": NOON},
        {"original_url": "https://$1/x", "path": "docs/*"},
    ],
)
def test_a_route_to_an_own_host_says_so_whichever_field_leads_there(changes: dict[str, Any]):
    route = route_of(replace(LINK, **changes))
    marked = leading_home(route, hosts_named(route), {"own.example"})
    assert marked == replace(route, needs=route.needs | Needs.OWN_HOST)


def test_places_variants_and_rules_are_looked_at_too():
    base = Route(link_number=1, domain_id=1, destination="https://d.example/", needs=int(Needs.COUNTRY))
    own = "https://own.example/x"
    rules = '[{"if":{"referrer":"a.example"},"to":"https://own.example/x"}]'
    for route in (
        replace(base, places={("DE", ""): own}),
        replace(base, variants=(Way("a", 1, own),)),
        replace(base, rules=rules),
    ):
        assert "own.example" in hosts_named(route)


@pytest.mark.parametrize(
    "url", ["https://own.example.com/", "https://d.example/own.example", "https://d.example/?u=https://own.example/"]
)
def test_other_hosts_change_nothing(url: str):
    route = route_of(replace(LINK, original_url=url))
    assert leading_home(route, hosts_named(route), {"own.example"}) is route
    assert route.needs == 0
