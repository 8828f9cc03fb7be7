"""What rules ask about a visitor: place, device, and lot in a split; looked up only where a route's rules ask."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from linnet.edge.heads import MAX_REFERRER, Head, header
from linnet.model.conditions import NO_TRAITS, Traits
from linnet.model.route import Needs, Route
from linnet.model.targeting import Handheld, split_share
from linnet.model.variants import lots_of
from linnet.visitor.address import Network, client_address
from linnet.visitor.agent import Family, family_of, handheld_of
from linnet.visitor.language import liked_languages
from linnet.visitor.referrer import host_in

# Bare numbers, because members of an IntFlag take a microsecond to combine.
_COUNTRY, _REGION, _DEVICE, _SPLIT = int(Needs.COUNTRY), int(Needs.REGION), int(Needs.DEVICE), int(Needs.SPLIT)
_VARIANTS, _ADDRESS, _LANGUAGE = int(Needs.VARIANTS), int(Needs.ADDRESS), int(Needs.LANGUAGE)
_AGENT, _REFERRER = int(Needs.AGENT), int(Needs.REFERRER)
_BY_ADDRESS = _COUNTRY | _REGION | _SPLIT | _VARIANTS | _ADDRESS
_TRAITS = _ADDRESS | _LANGUAGE | _AGENT | _REFERRER
_ANYTHING = _BY_ADDRESS | _DEVICE | _TRAITS
_NO_FAMILY: Final = Family("", "", "")


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


class Known(NamedTuple):
    """What is known of a visitor, as ``VisitFacts`` has it."""

    country: str = ""
    region: str = ""
    handheld: Handheld = Handheld.NONE
    share: int = 0
    lots: bytes = b""
    traits: Traits = NO_TRAITS


_NOTHING: Final = Known()


class VisitorFacts:
    """Answers what a route's rules ask. Geo databases are opened at the first rule by place: most workers never need them."""

    def __init__(self, trusted: Sequence[Network], open_geography: Callable[[], Geography]) -> None:
        self._trusted = trusted
        self._open = open_geography

    def address_of(self, visitor: Visitor) -> str:
        """The visitor's address, behind trusted proxies too; "" when there is none."""
        return client_address(visitor.peer, visitor.forwarded_for.decode("latin-1"), self._trusted)

    def of(self, route: Route, visitor: Visitor, head: Head) -> Known:
        """What is known of the visitor as far as ``route`` asks; ``head`` is where its other headers are."""
        needs = route.needs
        if not needs & _ANYTHING:
            return _NOTHING
        address, country, region, share, lots, traits = "", "", "", 0, b"", NO_TRAITS
        if needs & _BY_ADDRESS:
            address = self.address_of(visitor)
            if needs & _COUNTRY:
                country = self._geography.country_of(address)
            if needs & _REGION:
                region = self._geography.region_of(address)
            if needs & _SPLIT:
                share = split_share(route.link_number, address, visitor.user_agent)
            if needs & _VARIANTS:
                lots = lots_of(route.link_number, address, visitor.user_agent)
        if needs & _TRAITS:
            traits = _traits(needs, address, visitor.user_agent, head)
        handheld = handheld_of(visitor.user_agent) if needs & _DEVICE else Handheld.NONE
        return Known(country, region, handheld, share, lots, traits)

    @cached_property
    def _geography(self) -> Geography:
        return self._open()


def _traits(needs: int, address: str, user_agent: bytes, head: Head) -> Traits:
    family = family_of(user_agent) if needs & _AGENT else _NO_FAMILY
    return Traits(
        address if needs & _ADDRESS else "",
        liked_languages(header(head, b"accept-language")) if needs & _LANGUAGE else (),
        *family,
        host_in(header(head, b"referer")[:MAX_REFERRER].decode("latin-1")) if needs & _REFERRER else "",
    )
