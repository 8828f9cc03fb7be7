"""What a domain says about its visits, at the edge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.model.click import DropReason
from linnet.model.route import Needs
from tests.support.small_edge import PROXY, SmallEdge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[SmallEdge]:
    made = SmallEdge(tmp_path)
    yield made
    made.close()


# Addresses that are not counted


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "excluded"),
    [
        ("192.0.2.7", "", True),
        ("192.0.2.8", "", False),
        ("::ffff:192.0.2.7", "", True),
        ("198.51.100.200", "", True),
        ("2001:db8::1:7", "", True),
        (PROXY, "192.0.2.7", True),
        (PROXY, "192.0.2.8", False),
        (PROXY, "192.0.2.7, 192.0.2.8", False),
        ("192.0.2.8", "192.0.2.7", False),
        ("", "", False),
    ],
)
def test_clicks_from_excluded_addresses_are_followed_and_not_journalled(
    edge: SmallEdge, peer: str, forwarded_for: str, excluded: bool
):
    edge.domain(ip_exclusions=("192.0.2.7", "198.51.100.0/24", "2001:db8::/64"))
    edge.route(7, "plain")
    for target in ("/plain", "/plain?a=1", "/unknown"):
        assert edge.visit(target, peer=peer, forwarded_for=forwarded_for).status == (404 if target == "/unknown" else 302)
    assert len(edge.journal.clicks) == (0 if excluded else 3)
    assert edge.edge.counts.dropped.get(DropReason.EXCLUDED, 0) == (3 if excluded else 0)


def test_clicks_from_excluded_addresses_use_up_no_limit(edge: SmallEdge):
    edge.domain(ip_exclusions=("192.0.2.7",))
    edge.route(7, "once", needs=int(Needs.CLICK_LIMIT), clicks_limit=1)
    assert [edge.visit("/once").status for _ in range(3)] == [302, 302, 302]
    assert [edge.visit("/once", peer="192.0.2.8").status for _ in range(2)] == [302, 410]


def test_exclusions_hold_from_the_next_visit_on_however_the_host_is_spelled(edge: SmallEdge):
    edge.route(7, "plain")
    spellings = ("go.example", "GO.example.", "go.example:8080")
    for host in spellings:
        edge.visit("/plain", host=host)
    edge.domain(ip_exclusions=("192.0.2.0/24",))
    for host in spellings:
        edge.visit("/plain", host=host)
    assert len(edge.journal.clicks) == 3
    assert len({id(edge.edge.host(host.encode())) for host in spellings}) == 1


# Words of its own


def test_pages_say_what_the_domain_wants(edge: SmallEdge):
    texts = {"not_found": "Ask <b>Ann</b> & \"Bob\".\nOr 'Zoë'.", "expired": "Over.", "password": "Members only."}
    edge.domain(page_texts=texts)
    edge.route(1, "over", needs=int(Needs.EXPIRY), expires_at_ms=1)
    missing, over = edge.visit("/missing"), edge.visit("/over")
    assert "Ask &lt;b&gt;Ann&lt;/b&gt; &amp; &quot;Bob&quot;.\nOr &#x27;Zoë&#x27;." in missing.body.decode()
    assert (missing.status, over.status) == (404, 410)
    assert b"Over." in over.body
    for reply in (missing, over):
        assert int(reply.headers["content-length"]) == len(reply.body)
        assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert edge.visit("/missing", method="HEAD").headers["content-length"] == str(len(missing.body))
    assert edge.visit("/missing", method="HEAD").body == b""


def test_a_page_without_words_of_its_own_has_the_usual_ones(edge: SmallEdge):
    usual = edge.visit("/missing").body
    edge.domain(page_texts={"expired": "Over."})
    assert edge.visit("/missing").body == usual


# Referrers


def test_a_domain_that_hides_referrers_says_so_on_redirects_and_pages(edge: SmallEdge):
    edge.route(1, "plain")
    assert "referrer-policy" not in edge.visit("/plain").headers
    edge.domain(hide_referrer=True, redirect_404=None)
    replies = [edge.visit("/plain"), edge.visit("/plain", close=True), edge.visit("/plain?a=1"), edge.visit("/missing")]
    assert {reply.headers["referrer-policy"] for reply in replies} == {"no-referrer"}
