"""Where visitors reach this installation: which names and addresses lead here."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from linnet.model.domain_state import DnsRecord, is_local, registrable_name

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# RFC 5737 and RFC 3849 keep these for documentation: no machine has them.
_NOBODYS: Final = {4: ipaddress.ip_address("192.0.2.1"), 6: ipaddress.ip_address("2001:db8::1")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """``names`` are lower-case host names, ``addresses`` those that are known beforehand. ``machine`` adds the machine's own
    addresses. ``loopback`` says that the installation listens on the loopback, so that ``localhost`` leads to it."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[IPAddress] = frozenset()
    machine: bool = False
    loopback: bool = False

    def has(self, address: IPAddress) -> bool:
        """Whether ``address`` leads here."""
        if address in self.addresses:
            return True
        if address.is_loopback:
            return self.loopback
        return self.machine and is_own(address)

    def records(self, hostname: str) -> list[DnsRecord]:
        """What to enter at the name servers of ``hostname`` for it to lead here; none where nobody can."""
        if is_local(hostname):
            return []
        if self.names and registrable_name(hostname) != hostname:
            return [DnsRecord("CNAME", hostname, min(self.names))]
        addresses = self.addresses or (own_addresses() if self.machine and not self.names else ())
        found = [DnsRecord("A" if each.version == 4 else "AAAA", hostname, str(each)) for each in addresses]
        # The name that one buys has other records, beside which none may be a CNAME (RFC 1912, 2.4).
        return sorted(found, key=lambda each: (each.type, each.value)) or [
            DnsRecord("ALIAS", hostname, name) for name in self.names
        ]


def own_addresses() -> list[IPAddress]:
    """The addresses from which this machine talks to the world, of each kind; nothing is sent to find out."""
    found: list[IPAddress] = []
    for version, nobodys in _NOBODYS.items():
        with socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((str(nobodys), 9))
                address = ipaddress.ip_address(probe.getsockname()[0])
            except (OSError, ValueError):
                continue
        if not address.is_loopback:
            found.append(address)
    return found


def plain(address: IPAddress) -> IPAddress:
    """``address``, as IPv4 where it is one written as IPv6."""
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def is_own(address: IPAddress) -> bool:
    """Whether this machine has ``address``: the system lets it be bound then, and only then.

    On systems that let any address be bound, none is taken for the machine's own.
    """
    if address.is_unspecified or address.is_multicast or address.is_link_local:
        return False
    return _can_bind(address) and not _can_bind(_NOBODYS[address.version])


def _can_bind(address: IPAddress) -> bool:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
