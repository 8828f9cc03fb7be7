"""What is looked up about a visitor: what the rules of the route ask, and no more."""

from ipaddress import ip_network

import pytest

from linnet.edge.facts import Visitor, VisitorFacts
from linnet.model.route import Needs, Route
from linnet.model.targeting import Handheld, split_share

TRUSTED = [ip_network("10.0.0.0/8")]
IPHONE = b"Mozilla/5.0 (iPhone)"


class Atlas:
    """A small world that notes what it is asked."""

    def __init__(self) -> None:
        self.opened = 0
        self.asked: list[str] = []

    def open(self) -> "Atlas":
        self.opened += 1
        return self

    def country_of(self, address: str, /) -> str:
        self.asked.append(f"country of {address}")
        return "US" if address.startswith("198.51.100.") else "DE"

    def region_of(self, address: str, /) -> str:
        self.asked.append(f"region of {address}")
        return "CA"


def route(needs: Needs) -> Route:
    return Route(link_number=7, domain_id=1, destination="https://example.com/", needs=int(needs))


@pytest.mark.parametrize(
    ("needs", "asked", "facts"),
    [
        (Needs.NOTHING, [], ("", "", Handheld.NONE, 0)),
        (Needs.EXPIRY | Needs.CLICK_LIMIT | Needs.CAPTURE | Needs.PASSWORD, [], ("", "", Handheld.NONE, 0)),
        (Needs.COUNTRY, ["country of 192.0.2.7"], ("DE", "", Handheld.NONE, 0)),
        (Needs.COUNTRY | Needs.REGION, ["country of 192.0.2.7", "region of 192.0.2.7"], ("DE", "CA", Handheld.NONE, 0)),
        (Needs.DEVICE, [], ("", "", Handheld.APPLE, 0)),
        (Needs.SPLIT, [], ("", "", Handheld.NONE, split_share(7, "192.0.2.7", IPHONE))),
    ],
)
def test_only_what_a_route_asks_for_is_looked_up(needs: Needs, asked: list[str], facts: tuple[object, ...]):
    atlas = Atlas()
    assert VisitorFacts(TRUSTED, atlas.open).of(route(needs), Visitor("192.0.2.7", b"", IPHONE)) == facts
    assert (atlas.asked, atlas.opened) == (asked, 1 if asked else 0)


def test_geography_is_opened_once():
    atlas = Atlas()
    facts = VisitorFacts(TRUSTED, atlas.open)
    for _ in range(3):
        facts.of(route(Needs.COUNTRY), Visitor("192.0.2.7", b"", b""))
    assert (len(atlas.asked), atlas.opened) == (3, 1)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("192.0.2.7", b"", "192.0.2.7"),
        ("192.0.2.7", b"198.51.100.7", "192.0.2.7"),
        ("10.0.0.1", b"198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"192.0.2.9, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", b"\xff\xfe", "10.0.0.1"),
        ("", b"", ""),
    ],
)
def test_the_address_is_the_visitors_behind_trusted_proxies(peer: str, forwarded_for: bytes, address: str):
    atlas = Atlas()
    facts = VisitorFacts(TRUSTED, atlas.open)
    *_, share = facts.of(route(Needs.COUNTRY | Needs.SPLIT), Visitor(peer, forwarded_for, b"agent"))
    assert atlas.asked == [f"country of {address}"]
    assert share == split_share(7, address, b"agent")
