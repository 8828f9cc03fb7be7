"""The hash chain of the audit log: what is digested of an entry, and how one entry hangs on the one before it."""

import hashlib
import json
from typing import Final, NamedTuple

# What the first entry hangs on.
ORIGIN: Final = bytes(32)


class Stored(NamedTuple):
    """An entry as it is stored: times in microseconds since the epoch, details as their text. The order is digested."""

    id: int
    at: int
    user_id: int
    key_id: int | None
    team_id: int | None
    domain_id: int | None
    event: str
    subject: str
    address: str
    details: str


class Head(NamedTuple):
    """The end of a chain: how many entries it has, and the digest of the last one."""

    position: int
    digest: bytes


NO_HEAD: Final = Head(0, ORIGIN)


def digest_of(entry: Stored, position: int, previous: bytes) -> bytes:
    """The SHA-256 of ``entry`` at ``position`` (from 1) behind the entry with the digest ``previous``.

    Digested is a JSON array without blanks, in UTF-8: the position, the previous digest in hexadecimal, and the fields of
    ``Stored``.
    """
    content = json.dumps([position, previous.hex(), *entry], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode(errors="surrogatepass")).digest()


def hang(head: Head, entry: Stored) -> Head:
    """The end of the chain once ``entry`` hangs on it."""
    position = head.position + 1
    return Head(position, digest_of(entry, position, head.digest))
