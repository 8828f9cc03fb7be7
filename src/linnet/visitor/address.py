"""The visitor's address, also behind trusted proxies."""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAX_HOPS = 32
# What one subscriber of the IPv6 Internet is given, and can take any address of.
_SUBSCRIBER_BITS: Final = 64
# What an organisation or a household is given at most, as a rule (RFC 6177): 65,536 of these networks.
_SITE_BITS: Final = 48
# What is kept of an address of IPv6 that is not stored whole.
NETWORK_BYTES: Final = _SITE_BITS // 8
# Where a socket has no address, and what no visitor can have.
_UNSPECIFIED: Final = "::"
_IPV4_MAPPED: Final = bytes(10) + b"\xff\xff"


def is_trusted(peer: str, networks: Sequence[Network]) -> bool:
    """Whether ``peer`` is a trusted proxy; a text that is no address never is."""
    if not networks or not (normal := normal_address(peer)):
        return False
    # Not ``ip_address(peer) in network``, which takes five times as long: redirects by place wait for this.
    packed = socket.inet_pton(socket.AF_INET6 if ":" in normal else socket.AF_INET, normal)
    number, bits = int.from_bytes(packed, "big"), len(packed) * 8
    return any(
        network.max_prefixlen == bits and number & int(network.netmask) == int(network.network_address) for network in networks
    )


class AddressSet:
    """Addresses and networks. Asking about an address takes as long for a thousand of them as for one, but for networks of
    other sizes."""

    def __init__(self, entries: Iterable[str]) -> None:
        # By the length of an address and of what is behind the prefix, both in bits.
        self._prefixes: dict[tuple[int, int], set[int]] = {}
        for network in map(_plain_network, entries):
            rest = network.max_prefixlen - network.prefixlen
            self._prefixes.setdefault((network.max_prefixlen, rest), set()).add(int(network.network_address) >> rest)

    def __contains__(self, address: object) -> bool:
        """Whether it holds an address, written as ``normal_address`` does; "" is in none."""
        if not isinstance(address, str) or not address:
            return False
        packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
        number, bits = int.from_bytes(packed, "big"), len(packed) * 8
        return any(length == bits and number >> rest in prefixes for (length, rest), prefixes in self._prefixes.items())


def _plain_network(text: str) -> Network:
    network = ipaddress.ip_network(text)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - 96))


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address of the visitor: the last one in the chain that no trusted proxy of ours has.

    ``forwarded_for`` is an X-Forwarded-For header (or several, joined by commas), to which each proxy appends its peer; only
    what trusted proxies appended is believed, so a visitor cannot invent an address. "" when ``peer`` is no address.
    """
    found = normal_address(peer)
    if forwarded_for and is_trusted(peer, trusted):
        found = told_address(forwarded_for, trusted) or found
    return "" if found == _UNSPECIFIED else found


def told_address(forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address that a trusted proxy tells of: the last one in its header that is not of another one of ours; "" where what
    it appended is no address."""
    found, entries = "", forwarded_for.split(",")[-_MAX_HOPS:]
    while entries:
        hop = normal_address(_without_port(entries.pop().strip()))
        if not hop:
            break
        found = hop
        if entries and not is_trusted(hop, trusted):
            break
    return found


def normal_address(text: str) -> str:
    """An IP address as it is usually written, IPv4 in IPv6 as IPv4, without a zone; "" for what is none."""
    packed = packed_address(text)
    if ":" not in text:
        return text if packed else ""
    return spelled(packed) if packed else ""


def packed_address(text: str) -> bytes:
    """An address as 16 bytes, IPv4 as IPv4-mapped IPv6, without its zone; b"" for what is none."""
    try:
        if ":" in text:
            return socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
        return _IPV4_MAPPED + socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return b""


def spelled(packed: bytes) -> str:
    """The usual spelling of what ``packed_address`` packed."""
    if packed.startswith(_IPV4_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)


def subscriber_of(address: str) -> str:
    """Whoever has ``address``: itself for IPv4, its network of 64 bits for IPv6."""
    return str(ipaddress.IPv6Network((address, _SUBSCRIBER_BITS), strict=False)) if ":" in address else address


def site_of(address: str) -> str:
    """The site of ``address``: itself for IPv4, its network of 48 bits for IPv6."""
    return str(ipaddress.IPv6Network((address, _SITE_BITS), strict=False)) if ":" in address else address


def truncated(address: str) -> str:
    """The network of ``address`` that tells where a visitor is from, but not who it is: without the last 8 bits of IPv4, and
    the last 80 of IPv6."""
    if ":" in address:
        return spelled(socket.inet_pton(socket.AF_INET6, address)[:NETWORK_BYTES] + bytes(16 - NETWORK_BYTES))
    return address[: address.rfind(".")] + ".0" if address else ""


def network_bits(address: str) -> int:
    """How many bits ``truncated`` leaves."""
    return _SITE_BITS if ":" in address else 24


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
