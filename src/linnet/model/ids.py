"""Link ids in Short.io's format: ``lnk_<base62 domain id>_<random base62>``."""

import re
from typing import Protocol

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
RANDOM_CHARACTERS = 21
# A byte gives a character; the last eight values would favour the first characters and are drawn again.
_CHARACTER_OF = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_UNFAIR = bytes(range(248, 256))
_LINK_ID = re.compile(r"(?:lnk|link)_([0-9a-zA-Z]{1,11})_([0-9a-zA-Z]{1,64})", re.ASCII)


class Chooser(Protocol):
    """A source of randomness: ``secrets.SystemRandom()``, or a seeded ``random.Random`` in tests."""

    def randbytes(self, n: int, /) -> bytes: ...


def base62(number: int) -> str:
    """``number`` (>= 0) in base 62 with the digits 0-9, a-z, A-Z."""
    if number < 0:
        raise ValueError("base62 takes no negative number")
    digits = ""
    while True:
        number, remainder = divmod(number, 62)
        digits = ALPHABET[remainder] + digits
        if number == 0:
            return digits


def from_base62(digits: str) -> int:
    """The number that ``base62`` wrote; raises ValueError for any other character."""
    number = 0
    for digit in digits:
        number = number * 62 + ALPHABET.index(digit)
    return number


def random_characters(length: int, chooser: Chooser) -> str:
    """``length`` characters of base 62, each drawn on its own with equal chances."""
    drawn = ""
    while len(drawn) < length:
        drawn += chooser.randbytes(length + 8).translate(_CHARACTER_OF, _UNFAIR).decode("ascii")
    return drawn[:length]


def new_link_id(domain_id: int, chooser: Chooser) -> str:
    """A fresh link id for a domain (contract c.1)."""
    return f"lnk_{base62(domain_id)}_{random_characters(RANDOM_CHARACTERS, chooser)}"


def domain_id_of(link_id: str) -> int | None:
    """The domain id inside a link id, or None when the text is not a link id. ``link_`` is read like ``lnk_``."""
    match = _LINK_ID.fullmatch(link_id)
    return from_base62(match[1]) if match else None
