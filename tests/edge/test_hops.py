"""Links whose destinations are on our own domains: followed in the index, and stopped where they lead in a circle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from linnet.model.route import DomainRoute, Needs, Route
from tests.support.small_edge import SmallEdge

OWN = int(Needs.OWN_HOST)


@pytest.fixture(params=[False, True], ids=["careful", "ordinary"])
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallEdge]:
    opened = SmallEdge(tmp_path, ordinary=request.param, own_ports=frozenset({80, 443, 8000}))
    yield opened
    opened.close()


def second_domain(edge: SmallEdge, **settings: Any) -> None:
    with edge.index.writing() as writer:
        writer.set_domain("t.example", DomainRoute(**{"domain_id": 2, "hostname": "t.example", **settings}))


def on_second(edge: SmallEdge, number: int, key: str, destination: str, **fields: Any) -> None:
    with edge.index.writing() as writer:
        writer.set_route(2, key, Route(link_number=number, domain_id=2, destination=destination, **fields))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_circle_of_two_links_is_no_redirect_and_is_in_the_journal(edge: SmallEdge, method: str):
    second_domain(edge)
    edge.route(1, "a", "https://t.example/b", needs=OWN)
    on_second(edge, 2, "b", "http://go.example:8000/a")
    reply = edge.visit("/a", method=method)
    assert (reply.status, reply.location, reply.headers["cache-control"]) == (508, None, "no-store")
    assert (b"circle" in reply.body) is (method == "GET")
    (click,) = edge.journal.clicks
    assert (click.link_number, click.status) == (1, 508)
    assert edge.edge.counts.visits == {508: 1}


def test_whoever_gets_to_an_end_is_redirected_as_ever(edge: SmallEdge):
    second_domain(edge)
    edge.route(1, "a", "https://t.example/b?x=1", needs=OWN)
    on_second(edge, 2, "b", "https://example.com/")
    assert edge.visit("/a?y=2").location == "https://t.example/b?x=1&y=2"
    assert [click.link_number for click in edge.journal.clicks] == [1]


def test_a_link_that_leads_to_itself_is_a_circle(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/x/../A?q=1#f", needs=OWN)
    assert edge.visit("/a").status == 508
    assert edge.visit("/a?z=3").status == 508


def test_ten_hops_are_as_far_as_anybody_is_sent(edge: SmallEdge):
    for number in range(1, 13):
        edge.route(number, f"p{number}", f"https://go.example/p{number + 1}", needs=OWN)
    edge.route(13, "p13", "https://example.com/")
    assert edge.visit("/p3").status == 508
    assert edge.visit("/p4").location == "https://go.example/p5"


def test_a_wildcard_that_takes_one_segment_after_the_other_comes_to_an_end(edge: SmallEdge):
    edge.domain(wildcard_depths=(1,))
    edge.route(1, "a/*", "https://go.example/$1", needs=OWN | int(Needs.CAPTURE), capture_depth=1)
    edge.route(2, "x", "https://example.com/")
    assert edge.visit("/a/a/a/x").location == "https://go.example/a/a/x"
    assert edge.visit("/a/y").location == "https://go.example/y"
    assert edge.visit("/" + "a/" * 12 + "x").status == 508


def test_a_wildcard_whose_capture_leads_back_is_a_circle(edge: SmallEdge):
    edge.domain(wildcard_depths=(1,))
    second_domain(edge, wildcard_depths=(0,))
    edge.route(1, "a/*", "https://t.example/$1", needs=OWN | int(Needs.CAPTURE), capture_depth=1)
    on_second(edge, 2, "*", "https://go.example/a/$1", needs=int(Needs.CAPTURE), capture_depth=0)
    assert edge.visit("/a/b").status == 508
    on_second(edge, 3, "c", "https://example.com/")
    assert edge.visit("/a/c").location == "https://t.example/c"


def test_a_host_that_a_wildcard_captures_may_be_an_own_one(edge: SmallEdge):
    edge.domain(wildcard_depths=(1,))
    edge.route(1, "to/*", "https://$1", needs=OWN | int(Needs.CAPTURE), capture_depth=1)
    assert edge.visit("/to/example.com/x").location == "https://example.com/x"
    assert edge.visit("/to/go.example/to/example.com").location == "https://go.example/to/example.com"
    edge.route(2, "b", "https://go.example/to/go.example/b", needs=OWN)
    assert edge.visit("/b").status == 508


def test_a_circle_counts_no_clicks_of_anybody(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/b", needs=OWN | int(Needs.CLICK_LIMIT), clicks_limit=5)
    edge.route(2, "b", "https://go.example/a", needs=OWN | int(Needs.CLICK_LIMIT), clicks_limit=5)
    for _ in range(7):
        assert edge.visit("/a").status == 508
    assert [edge.counters.clicks(number) for number in (1, 2)] == [0, 0]


def test_a_link_on_the_way_that_has_expired_leads_elsewhere(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/b", needs=OWN)
    expired = {"expires_at_ms": 1, "expired_url": "https://example.com/over", "needs": OWN | int(Needs.EXPIRY)}
    edge.route(2, "b", "https://go.example/a", **expired)
    assert edge.visit("/a").location == "https://go.example/b"
    edge.route(2, "b", "https://example.com/", **expired | {"expired_url": "https://go.example/a"})
    assert edge.visit("/a").status == 508


def test_a_link_on_the_way_that_is_used_up_leads_elsewhere(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/b", needs=OWN)
    edge.route(2, "b", "https://go.example/a", needs=OWN | int(Needs.CLICK_LIMIT), clicks_limit=1)
    assert edge.visit("/a").status == 508
    edge.counters.claim_click(2, 1)
    assert edge.visit("/a").location == "https://go.example/b"


def test_a_link_that_is_used_up_and_leads_back_to_itself_then_is_a_circle(edge: SmallEdge):
    fields = {"needs": OWN | int(Needs.CLICK_LIMIT), "clicks_limit": 1, "expired_url": "https://go.example/a"}
    edge.route(1, "a", "https://example.com/", **fields)
    assert [edge.visit("/a").status for _ in range(3)] == [302, 508, 508]


def test_a_link_on_the_way_that_shows_a_page_ends_it(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/b", needs=OWN)
    edge.route(2, "b", "https://go.example/a", needs=OWN | int(Needs.PASSWORD), password_hash="x")
    assert edge.visit("/a").location == "https://go.example/b"


def test_a_cloaked_circle_is_none_either(edge: SmallEdge):
    edge.route(1, "a", "https://go.example/b", needs=OWN | int(Needs.CLOAKING), cloaked=True)
    edge.route(2, "b", "https://go.example/a", needs=OWN)
    assert edge.visit("/a").status == 508


def test_a_domain_that_sends_lost_visitors_round_is_found_out(edge: SmallEdge):
    second_domain(edge, redirect_404="https://go.example/a")
    edge.route(1, "a", "https://t.example/nothing")
    assert edge.visit("/a").location == "https://t.example/nothing"
    assert edge.visit("/other", host="t.example").status == 508
    edge.domain(redirect_404="https://t.example/other")
    assert edge.visit("/lost").status == 508
    edge.domain(redirect_404="https://go.example/b")
    edge.route(2, "b", "https://example.com/")
    assert edge.visit("/lost").location == "https://go.example/b"


def test_a_root_that_leads_round_is_found_out(edge: SmallEdge):
    second_domain(edge, root_redirect="https://go.example")
    edge.domain(root_redirect="https://t.example/")
    assert edge.visit("/").status == 508
    second_domain(edge, root_redirect="https://example.com/")
    assert edge.visit("/").location == "https://t.example/"


@pytest.mark.parametrize("url", ["https://go.example:9999/a", "https://other.example/a", "https://localhost/a"])
def test_what_is_not_served_as_a_link_here_is_left_alone(edge: SmallEdge, url: str):
    edge.route(1, "a", url, needs=OWN)
    assert edge.visit("/a").location == url


def test_a_circle_is_logged_once_a_minute(edge: SmallEdge):
    edge.route(7, "a", "https://go.example/a", needs=OWN)
    with structlog.testing.capture_logs() as logged:
        for _ in range(5):
            edge.visit("/a")
        edge.now += 61
        edge.visit("/a")
    assert [(each["event"], each["domain"], each["link"]) for each in logged] == [("edge.circle", "go.example", 7)] * 2
