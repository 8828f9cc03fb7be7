"""Many addresses as rows of bytes, and what tells the visitors of one day apart."""

import socket
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from linnet.visitor.siphash import siphash

Column = np.ndarray[Any, Any]

IPV6_BYTES: Final = 16
IPV4_BYTES: Final = 4
_IPV4_MARK: Final = 0xFFFF
_VISITOR_BITS: Final = 40
# A message is an address of 16 bytes, the digest of a user agent of 8, and a domain's id of 4; its length goes behind that.
_LENGTH: Final = np.uint64(28 << 56)


def packed_addresses(addresses: Sequence[str]) -> Column:
    """Addresses as ``visitor.address`` spells them as rows of 16 bytes: IPv4 as IPv4-mapped IPv6, "" as zeros."""
    rows = np.zeros((len(addresses), IPV6_BYTES), dtype=np.uint8)
    shorter = [place for place, address in enumerate(addresses) if address and ":" not in address]
    longer = [place for place, address in enumerate(addresses) if ":" in address]
    rows[shorter, 10:12] = 0xFF
    for places, family, width in ((shorter, socket.AF_INET, IPV4_BYTES), (longer, socket.AF_INET6, IPV6_BYTES)):
        if places:
            joined = b"".join([socket.inet_pton(family, addresses[place]) for place in places])
            rows[places, -width:] = np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)
    return rows


def is_ipv4(packed: Column) -> Column:
    """Which rows of ``packed_addresses`` are IPv4."""
    words = np.ascontiguousarray(packed).view(">u4")
    told: Column = (words[:, 2] == _IPV4_MARK) & (words[:, 0] == 0) & (words[:, 1] == 0)
    return told


def agent_digests(user_agents: Sequence[str]) -> Column:
    """What stands for user agents in ``visitors_of``."""
    joined = b"".join([blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in user_agents])
    return np.frombuffer(joined, dtype="<u8")


def visitors_of(salts: Sequence[bytes | None], day: Column, domain_id: Column, packed: Column, agent: Column) -> Column:
    """Numbers of 40 bits that tell visitors of a domain apart as long as the salt is the same: 0 without a salt or an address.

    ``day`` holds places in ``salts``, ``packed`` rows of ``packed_addresses``, ``agent`` values of ``agent_digests``. Once a
    salt is forgotten, nobody can find out whether a number was made of a known address: it is a hash under a secret key.
    """
    keys = np.frombuffer(b"".join([_key(salt) for salt in salts]), dtype="<u8").reshape(-1, 2)
    words = np.ascontiguousarray(packed).view("<u8")
    domains = domain_id.astype(np.uint64) | _LENGTH
    hashed = siphash((keys[day, 0], keys[day, 1]), [words[:, 0], words[:, 1], agent, domains])
    hashed &= np.uint64((1 << _VISITOR_BITS) - 1)
    known = np.array([bool(salt) for salt in salts], dtype=np.bool_)[day] & packed.any(axis=1)
    return np.where(known, np.maximum(hashed, 1), 0).astype(np.int64)


def _key(salt: bytes | None) -> bytes:
    return blake2b(salt or b"", digest_size=16).digest()
