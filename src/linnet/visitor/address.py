"""The visitor's address, also behind trusted proxies."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAX_HOPS = 32


def is_trusted(peer: str, networks: Sequence[Network]) -> bool:
    """Whether ``peer`` is a trusted proxy; a text that is no address never is."""
    if not networks:
        return False
    address = _parse(peer)
    return address is not None and any(address in network for network in networks if network.version == address.version)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address of the visitor: the last one in the chain that no trusted proxy of ours has.

    ``forwarded_for`` is an X-Forwarded-For header (or several, joined by commas), to which each proxy appends its peer; only
    what trusted proxies appended is believed, so a visitor cannot invent an address. "" when ``peer`` is no address.
    """
    found = _normal(peer)
    if forwarded_for and is_trusted(peer, trusted):
        for entry in reversed(forwarded_for.split(",")[-_MAX_HOPS:]):
            hop = _normal(_without_port(entry.strip()))
            if not hop:
                break
            found = hop
            if not is_trusted(hop, trusted):
                break
    return found


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry


def _normal(text: str) -> str:
    address = _parse(text)
    return str(address) if address is not None else ""


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
