"""Visits of links that lead to harmful hosts: a warning, in whatever way the link would have led there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linnet.edge.blocked import BlockGuard
from linnet.model.blocklist import Entry
from linnet.model.route import Needs
from linnet.network.harmful import HarmfulHosts, HarmfulIndex
from tests.support.small_edge import SmallEdge

EVIL = "https://sub.evil.example/x?secret=1"


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[HarmfulIndex]:
    opened = HarmfulIndex(tmp_path / "harmful.mdb", writing=True)
    opened.replace([Entry("evil.example")], b"1")
    yield opened
    opened.close()


@pytest.fixture(params=[False, True], ids=["careful", "ordinary"])
def edge(request: pytest.FixtureRequest, tmp_path: Path, lists: HarmfulIndex) -> Iterator[SmallEdge]:
    opened = SmallEdge(tmp_path, ordinary=request.param, blocked=BlockGuard(HarmfulHosts(lists), "abuse@example.com"))
    yield opened
    opened.close()


def test_a_plain_link_to_a_listed_host_shows_a_warning_without_a_way_on(edge: SmallEdge):
    edge.route(1, "a", EVIL)
    reply = edge.visit("/a")
    assert (reply.status, reply.location, reply.headers["cache-control"]) == (403, None, "no-store")
    assert b"evil.example" in reply.body
    assert b"secret" not in reply.body
    assert reply.body.count(b"href=") == 1
    assert b'href="mailto:abuse@example.com"' in reply.body
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    (click,) = edge.journal.clicks
    assert (click.link_number, click.status) == (1, 403)
    assert edge.edge.blocked is not None
    assert edge.edge.blocked.counts == {"link": 1, "domain": 0}


def test_a_head_has_no_body(edge: SmallEdge):
    edge.route(1, "a", EVIL)
    reply = edge.visit("/a", method="HEAD")
    assert (reply.status, reply.body) == (403, b"")
    assert int(reply.headers["content-length"]) > 100


@pytest.mark.parametrize(
    ("needs", "fields"),
    [
        (Needs.EXPIRY, {"expires_at_ms": 1, "expired_url": EVIL, "destination": "https://example.com/"}),
        (Needs.CLOAKING, {"cloaked": True}),
        (Needs.TRACKING, {"tracking": {"ga": "G-ABC1234567"}}),
        (Needs.SPLIT, {"split_url": EVIL, "split_percent": 100, "destination": "https://example.com/"}),
        (Needs.EXPIRY, {"expires_at_ms": 2**50}),
    ],
)
def test_every_way_to_a_listed_host_is_closed(edge: SmallEdge, needs: Needs, fields: dict[str, Any]):
    edge.route(1, "a", needs=int(needs), **{"destination": EVIL, **fields})
    reply = edge.visit("/a")
    assert (reply.status, b"reported as harmful" in reply.body) == (403, True)


def test_what_a_wildcard_captured_is_looked_at(edge: SmallEdge):
    edge.domain(wildcard_depths=(1,))
    edge.route(1, "to/*", "https://$1", needs=int(Needs.CAPTURE), capture_depth=1)
    assert edge.visit("/to/evil.example/x").status == 403
    assert edge.visit("/to/good.example/x").location == "https://good.example/x"


def test_a_stopped_visit_uses_up_no_click(edge: SmallEdge):
    edge.route(1, "a", EVIL, needs=int(Needs.CLICK_LIMIT), clicks_limit=3)
    for _ in range(5):
        assert edge.visit("/a").status == 403
    assert edge.counters.clicks(1) == 0


def test_a_link_that_is_used_up_does_not_lead_to_a_listed_host_either(edge: SmallEdge):
    edge.route(1, "a", "https://example.com/", needs=int(Needs.CLICK_LIMIT), clicks_limit=1, expired_url=EVIL)
    assert [edge.visit("/a").status for _ in range(3)] == [302, 403, 403]


def test_lost_visitors_and_those_of_the_root_are_not_led_there(edge: SmallEdge):
    edge.domain(redirect_404=EVIL, root_redirect=EVIL)
    assert (edge.visit("/lost").status, edge.visit("/").status) == (403, 403)
    assert edge.edge.blocked is not None
    assert edge.edge.blocked.counts == {"link": 0, "domain": 2}


def test_lists_that_change_count_within_a_second(edge: SmallEdge, lists: HarmfulIndex):
    edge.route(1, "a", EVIL)
    edge.route(2, "b", "https://good.example/")
    assert (edge.visit("/a").status, edge.visit("/b").status) == (403, 302)
    lists.replace([Entry("good.example")], b"2")
    edge.now += 1
    assert (edge.visit("/a").status, edge.visit("/b").status) == (302, 403)


def test_other_hosts_and_encrypted_links_are_left_alone(edge: SmallEdge):
    edge.route(1, "a", "https://notevil.example/")
    edge.route(2, "b", "shortsecure://evil.example?x", needs=int(Needs.ENCRYPTION))
    assert edge.visit("/a").location == "https://notevil.example/"
    assert edge.visit("/b").status == 200


def test_without_an_address_for_reports_none_is_named(tmp_path: Path, lists: HarmfulIndex):
    edge = SmallEdge(tmp_path, blocked=BlockGuard(HarmfulHosts(lists), ""))
    edge.route(1, "a", EVIL)
    assert b"href=" not in edge.visit("/a").body
    edge.close()
