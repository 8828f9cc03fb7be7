"""What rules ask about a visitor: place, device, and lot in a split; looked up only where a route's rules ask."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

from linnet.model.route import Needs, Route
from linnet.model.targeting import Handheld, split_share
from linnet.visitor.address import Network, client_address
from linnet.visitor.agent import handheld_of

# Bare numbers, because members of an IntFlag take a microsecond to combine.
_COUNTRY, _REGION, _DEVICE, _SPLIT = int(Needs.COUNTRY), int(Needs.REGION), int(Needs.DEVICE), int(Needs.SPLIT)
_BY_ADDRESS = _COUNTRY | _REGION | _SPLIT
_ANYTHING = _BY_ADDRESS | _DEVICE
_NOTHING_ASKED = ("", "", Handheld.NONE, 0)


class Geography(Protocol):
    """Where addresses are."""

    def country_of(self, address: str, /) -> str:
        """The ISO 3166-1 alpha-2 code, "" when unknown."""

    def region_of(self, address: str, /) -> str:
        """The ISO 3166-2 code without the country, "" when unknown."""


class Visitor(NamedTuple):
    """Who asks: the socket's address, X-Forwarded-For of a trusted proxy (b"" otherwise), and the User-Agent."""

    peer: str
    forwarded_for: bytes
    user_agent: bytes


class VisitorFacts:
    """Answers what a route's rules ask. Geo databases are opened at the first rule by place: most workers never need them."""

    def __init__(self, trusted: Sequence[Network], open_geography: Callable[[], Geography]) -> None:
        self._trusted = trusted
        self._open = open_geography

    def address_of(self, visitor: Visitor) -> str:
        """The visitor's address, behind trusted proxies too; "" when there is none."""
        return client_address(visitor.peer, visitor.forwarded_for.decode("latin-1"), self._trusted)

    def of(self, route: Route, visitor: Visitor) -> tuple[str, str, Handheld, int]:
        """Country, region, kind of telephone and lot in a split, as far as ``route`` asks; "", NONE and 0 where it does not."""
        needs = route.needs
        if not needs & _ANYTHING:
            return _NOTHING_ASKED
        country, region, handheld, share = _NOTHING_ASKED
        if needs & _BY_ADDRESS:
            address = self.address_of(visitor)
            if needs & _COUNTRY:
                country = self._geography.country_of(address)
            if needs & _REGION:
                region = self._geography.region_of(address)
            if needs & _SPLIT:
                share = split_share(route.link_number, address, visitor.user_agent)
        if needs & _DEVICE:
            handheld = handheld_of(visitor.user_agent)
        return country, region, handheld, share

    @cached_property
    def _geography(self) -> Geography:
        return self._open()
