"""What is looked up about a visitor: what the rules of the route ask, and no more."""

from ipaddress import ip_network

import pytest

from linnet.edge.facts import Known, Visitor, VisitorFacts
from linnet.edge.heads import header
from linnet.edge.ordinary import visit_head
from linnet.model.conditions import Traits
from linnet.model.route import Needs, Route
from linnet.model.targeting import Handheld, split_share
from linnet.model.variants import lots_of

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


HEAD = (
    b"GET / HTTP/1.1\r\nHost: go.example\r\nAccept-Language: de-AT,de;q=0.9\r\nReferer: https://News.example:8080/a?b\r\n\r\n"
)


@pytest.mark.parametrize(
    ("needs", "asked", "facts"),
    [
        (Needs.NOTHING, [], Known()),
        (Needs.EXPIRY | Needs.CLICK_LIMIT | Needs.CAPTURE | Needs.PASSWORD | Needs.RULES, [], Known()),
        (Needs.COUNTRY, ["country of 192.0.2.7"], Known(country="DE")),
        (Needs.COUNTRY | Needs.REGION, ["country of 192.0.2.7", "region of 192.0.2.7"], Known(country="DE", region="CA")),
        (Needs.DEVICE, [], Known(handheld=Handheld.APPLE)),
        (Needs.SPLIT, [], Known(share=split_share(7, "192.0.2.7", IPHONE))),
        (Needs.VARIANTS, [], Known(lots=lots_of(7, "192.0.2.7", IPHONE))),
        (Needs.ADDRESS, [], Known(traits=Traits(address="192.0.2.7"))),
        (Needs.LANGUAGE, [], Known(traits=Traits(languages=("de-at",)))),
        (Needs.AGENT, [], Known(traits=Traits(os="ios", browser="other", device="mobile"))),
        (Needs.REFERRER, [], Known(traits=Traits(referrer_host="news.example"))),
    ],
)
def test_only_what_a_route_asks_for_is_looked_up(needs: Needs, asked: list[str], facts: Known):
    atlas = Atlas()
    assert VisitorFacts(TRUSTED, atlas.open).of(route(needs), Visitor("192.0.2.7", b"", IPHONE), HEAD) == facts
    assert (atlas.asked, atlas.opened) == (asked, 1 if asked else 0)


def test_headers_of_an_ordinary_visit_are_those_in_its_lines_however_often_they_are_asked_for():
    head = visit_head(HEAD.partition(b"\r\n")[2].replace(b"Accept-Language", b"aCCEPT-language"))
    assert head is not None
    for _ in range(2):
        assert header(head, b"accept-language") == b"de-AT,de;q=0.9"
        assert header(head, b"host") == b"go.example"
        assert header(head, b"cookie") == b""
    facts = VisitorFacts(TRUSTED, Atlas().open)
    everything = route(Needs.ADDRESS | Needs.LANGUAGE | Needs.AGENT | Needs.REFERRER)
    visitor = Visitor("192.0.2.7", b"", IPHONE)
    assert facts.of(everything, visitor, head) == facts.of(everything, visitor, HEAD)


def test_headers_that_are_missing_or_broken_tell_nothing():
    facts = VisitorFacts(TRUSTED, Atlas().open)
    everything = route(Needs.ADDRESS | Needs.LANGUAGE | Needs.AGENT | Needs.REFERRER)
    assert facts.of(everything, Visitor("", b"", b""), []) == Known()
    broken = [(b"accept-language", b"\xff;q=\x00,,;"), (b"referer", b"http://[\xff"), (b"host", b"go.example")]
    assert facts.of(everything, Visitor("", b"", b""), broken) == Known()


def test_geography_is_opened_once():
    atlas = Atlas()
    facts = VisitorFacts(TRUSTED, atlas.open)
    for _ in range(3):
        facts.of(route(Needs.COUNTRY), Visitor("192.0.2.7", b"", b""), b"")
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
    known = facts.of(route(Needs.COUNTRY | Needs.SPLIT | Needs.ADDRESS), Visitor(peer, forwarded_for, b"agent"), b"")
    assert atlas.asked == [f"country of {address}"]
    assert (known.share, known.traits.address) == (split_share(7, address, b"agent"), address)
