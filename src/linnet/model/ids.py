"""Link ids in Short.io's format: ``lnk_<base62 domain id>_<random base62>``."""

from typing import Protocol

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
RANDOM_CHARACTERS = 21
# A byte gives a character; the last eight values would favour the first characters and are drawn again.
_CHARACTER_OF = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_UNFAIR = bytes(range(248, 256))


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


def random_characters(length: int, chooser: Chooser) -> str:
    """``length`` characters of base 62, each drawn on its own with equal chances."""
    drawn = ""
    while len(drawn) < length:
        drawn += chooser.randbytes(length + 8).translate(_CHARACTER_OF, _UNFAIR).decode("ascii")
    return drawn[:length]


def new_link_id(domain_id: int, chooser: Chooser) -> str:
    """A fresh link id for a domain (contract c.1)."""
    return f"lnk_{base62(domain_id)}_{random_characters(RANDOM_CHARACTERS, chooser)}"


def stored_link_id(link_id: str) -> str:
    """A link id as it is stored: production writes ``link_`` by now, where we and its client write ``lnk_`` (contract g.1)."""
    return "lnk_" + link_id.removeprefix("link_") if link_id.startswith("link_") else link_id
