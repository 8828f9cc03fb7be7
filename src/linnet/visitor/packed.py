"""Many addresses as rows of bytes, and what tells the visitors of one day apart."""

import socket
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import numpy as np

from linnet.model.click import VISITOR_BITS
from linnet.visitor.address import NETWORK_BYTES, packed_address, spelled
from linnet.visitor.siphash import siphash

Column = np.ndarray[Any, Any]

_BYTES: Final = 16
_IPV4_MARK: Final = 0xFFFF
_SOME_IPV4: Final = "192.0.2.1"
# A message is an address of 16 bytes, the digest of a user agent of 8, and a domain's id of 4; its length goes behind that.
_LENGTH: Final = np.uint64(28 << 56)
_packed_ipv4 = partial(socket.inet_pton, socket.AF_INET)
_spelled_ipv4 = partial(socket.inet_ntop, socket.AF_INET)


def packed_addresses(texts: Sequence[str]) -> Column:
    """Addresses as rows of 16 bytes: IPv4 as IPv4-mapped IPv6, and zeros for what is no address."""
    words = np.zeros((len(texts), _BYTES // 4), dtype=">u4")
    others = [place for place, text in enumerate(texts) if ":" in text]
    try:
        words[:, 3] = np.frombuffer(b"".join(map(_packed_ipv4, _filled(texts, others))), dtype=">u4")
        words[:, 2] = _IPV4_MARK
    except (OSError, ValueError):
        # What is no address at all is seldom enough to look at each, where there is one.
        others = list(range(len(texts)))
    if others:
        packed = b"".join([packed_address(texts[place]) or bytes(_BYTES) for place in others])
        words[others] = np.frombuffer(packed, dtype=">u4").reshape(-1, _BYTES // 4)
    return words.view(np.uint8)


def _filled(texts: Sequence[str], places: Sequence[int]) -> Sequence[str]:
    """``texts`` with some address of IPv4 in ``places``."""
    if not places:
        return texts
    filled = list(texts)
    for place in places:
        filled[place] = _SOME_IPV4
    return filled


def is_ipv4(packed: Column) -> Column:
    """Which packed addresses are IPv4."""
    words = packed.view(">u4")
    told: Column = (words[:, 2] == _IPV4_MARK) & (words[:, 0] == 0) & (words[:, 1] == 0)
    return told


def different(packed: Column) -> tuple[Column, Column]:
    """The different ones of packed addresses, in their order, and for each its number among them."""
    words = packed.view(">u8")
    short = words[:, 0] == 0
    ends, number_of_end = np.unique(words[short, 1], return_inverse=True)
    # Comparing two words takes longer, and most addresses have zeros for the first.
    pairs = words[~short]
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    begins = np.ones(len(pairs), dtype=np.bool_)
    begins[1:] = (pairs[order[1:]] != pairs[order[:-1]]).any(axis=1)
    number_of_pair = np.zeros(len(pairs), dtype=np.int64)
    number_of_pair[order] = np.cumsum(begins) - 1
    number = np.zeros(len(packed), dtype=np.int32)
    number[short], number[~short] = number_of_end, number_of_pair + len(ends)
    rows = np.zeros((len(ends) + int(begins.sum()), 2), dtype=">u8")
    rows[: len(ends), 1], rows[len(ends) :] = ends, pairs[order[begins]]
    return rows.view(np.uint8), number


def truncated_rows(packed: Column) -> Column:
    """``visitor.address.truncated`` of packed addresses."""
    rows = packed.copy()
    v4 = is_ipv4(packed)
    rows[v4, -1] = 0
    rows[~v4, NETWORK_BYTES:] = 0
    return rows


def spelled_rows(packed: Column) -> list[str]:
    """The usual spellings of packed addresses."""
    content = packed.tobytes()
    ends = range(_BYTES, len(content) + 1, _BYTES)
    return [
        _spelled_ipv4(content[end - 4 : end]) if v4 else spelled(content[end - _BYTES : end])
        for end, v4 in zip(ends, is_ipv4(packed).tolist(), strict=True)
    ]


def agent_digests(user_agents: Sequence[str]) -> Column:
    """What stands for user agents in ``visitors_of``."""
    joined = b"".join([blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in user_agents])
    return np.frombuffer(joined, dtype="<u8")


def visitors_of(salts: Sequence[bytes | None], day: Column, domain_id: Column, packed: Column, agent: Column) -> Column:
    """Numbers of VISITOR_BITS that tell visitors of a domain apart as long as the salt is the same: 0 without salt or address.

    ``day`` holds places in ``salts``, ``packed`` rows of ``packed_addresses``, ``agent`` values of ``agent_digests``. Once a
    salt is forgotten, nobody can find out whether a number was made of a known address: it is a hash under a secret key.
    """
    keys = np.frombuffer(b"".join([_key(salt) for salt in salts]), dtype="<u8").reshape(-1, 2)
    words = packed.view("<u8")
    domains = domain_id.astype(np.uint64) | _LENGTH
    hashed = siphash((keys[day, 0], keys[day, 1]), [words[:, 0], words[:, 1], agent, domains])
    hashed &= np.uint64((1 << VISITOR_BITS) - 1)
    known = np.array([bool(salt) for salt in salts], dtype=np.bool_)[day] & (words != 0).any(axis=1)
    return np.where(known, np.maximum(hashed, 1), 0).astype(np.int64)


def _key(salt: bytes | None) -> bytes:
    return blake2b(salt or b"", digest_size=16).digest()
