"""Which addresses the server may be sent to by a stranger: public ones, and what the administrator allows."""

import ipaddress
from collections.abc import Iterable
from typing import Final

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Not public although the registry of special addresses, or its copy in the standard library, says nothing of them.
_REFUSED: Final[tuple[IPNetwork, ...]] = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's host, which answers virtual machines
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocols; metadata of Oracle's cloud
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays of 6to4, withdrawn by RFC 7526
    ipaddress.IPv6Network("2001::/23"),  # special purposes, Teredo among them
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),
)


def plain_address(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv4-mapped, 6to4 or NAT64 address carries, or else ``address``."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_reachable(address: IPAddress, allowed: Iterable[IPNetwork] = ()) -> bool:
    """Whether ``address`` is globally routable unicast, also by what it carries, or in an ``allowed`` network.

    Private, loopback, link-local (the clouds' metadata services), shared (RFC 6598), multicast, documentation, reserved and
    unspecified addresses are not.
    """
    plain = plain_address(address)
    return is_allowed(address, allowed) or _is_public(plain)


def is_allowed(address: IPAddress, allowed: Iterable[IPNetwork]) -> bool:
    """Whether ``address`` is in a network that the administrator allows."""
    plain = plain_address(address)
    return any(plain in network for network in allowed)


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id is not None or address not in _GLOBAL_UNICAST):
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special and not any(address in network for network in _REFUSED)
