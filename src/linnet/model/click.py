"""A click on its way: journalled raw, enriched, stored, or dropped with a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

_API_KEY: Final = re.compile(rb"([?&]api_?key=)[^&]*", re.IGNORECASE)


class RawClick(NamedTuple):
    """What the edge journals of one visit, as it came over the wire; nothing here is trusted or decoded yet.

    ``at_ms`` counts from the epoch. ``link_number`` 0 is an orphan: no link had that path. ``target`` is the request
    target (path and query), ``peer`` the socket's address, ``forwarded_for`` the X-Forwarded-For header where the peer is a
    trusted proxy and "" otherwise, ``flags`` a sum of ``ClickFlag``, ``language`` the code of the language that the visitor
    likes best, such as "de".
    """

    at_ms: int
    domain_id: int
    link_number: int
    status: int
    method: str
    hostname: str
    target: str
    peer: str
    forwarded_for: str
    user_agent: str
    referrer: str
    flags: int
    language: str = ""


class Variant(StrEnum):
    """Which way a split sent a visitor (``ab_path``, contract c.4); NONE where none decided. Weighted variants have letters."""

    NONE = ""
    ORIGINAL = "original"
    SPLIT = "split"


class ClickFlag:
    """Bits of ``RawClick.flags``; from ``NONCE_SHIFT`` on it holds the nonce of the click id that the visitor was given.

    CONVERSION marks a record that is no click: a visitor reached a goal, and ``target`` says after which click. The two bits
    from ``VARIANT_SHIFT`` on are 1 for ``original`` and 2 for ``split``, the five from ``LETTER_SHIFT`` on the place of a
    weighted variant's letter in the alphabet; 0 for none. SCAN: the visitor came by a QR code. OPTED_OUT: the visitor asked not
    to be tracked. An address is stored whole with KEEP_ADDRESS, not at all with HIDE_ADDRESS, and else without its last part.
    """

    HTTPS = 1
    HIDE_ADDRESS = 2
    CONVERSION = 4
    VARIANT_SHIFT = 3
    VARIANT_MASK = 3
    OPTED_OUT = 1 << 5
    KEEP_ADDRESS = 1 << 6
    NONCE_SHIFT = 8
    NONCE_MASK = (1 << 48) - 1
    SCAN = 1 << 56
    LETTER_SHIFT = 57
    LETTER_MASK = 31


LETTERS: Final = tuple("abcdefghijklmnop")
# By the numbers that ``variant_of`` tells. What nobody writes stands for nothing.
VARIANTS: Final[tuple[str, ...]] = (Variant.NONE, Variant.ORIGINAL, Variant.SPLIT, Variant.NONE, *LETTERS)
VARIANT_BITS: Final[Mapping[str, int]] = {
    Variant.NONE: 0,
    Variant.ORIGINAL: 1 << ClickFlag.VARIANT_SHIFT,
    Variant.SPLIT: 2 << ClickFlag.VARIANT_SHIFT,
} | {letter: place << ClickFlag.LETTER_SHIFT for place, letter in enumerate(LETTERS, 1)}


def variant_of(flags: int) -> int:
    """The position in ``VARIANTS`` of the variant that a click's flags tell."""
    letter = flags >> ClickFlag.LETTER_SHIFT & ClickFlag.LETTER_MASK
    if letter:
        return letter + 3 if letter <= len(LETTERS) else 0
    return flags >> ClickFlag.VARIANT_SHIFT & ClickFlag.VARIANT_MASK


class DropReason(StrEnum):
    """Why a visit never became a stored click; each is a label of a metric."""

    JOURNAL_FULL = "journal_full"
    ORPHAN_LIMIT = "orphan_limit"
    CONVERSION_LIMIT = "conversion_limit"
    UNREADABLE = "unreadable"
    # From an address of the domain's exclusions.
    EXCLUDED = "excluded"


# Of the numbers that tell visitors apart.
VISITOR_BITS: Final = 40


class Click(NamedTuple):
    """A stored click: one row of the click store. Unknown text is "".

    ``goal_completed`` is told by conversions, and not stored with the click; ``nonce`` is that of the click's id, 0 for none.
    ``scan`` says that the visitor came by a QR code. ``language`` is a code such as "de". ``visitor`` tells visitors of one UTC
    day apart, and says nothing of them: a hash of VISITOR_BITS, 0 where it is not known.
    """

    domain_id: int
    link_number: int
    at: datetime
    status: int
    method: str
    scheme: str
    hostname: str
    path: str
    query: str
    address: str
    country: str
    region: str
    city: str
    referrer: str
    referrer_host: str
    social: str
    user_agent: str
    browser: str
    browser_version: str
    os: str
    device: str
    human: bool
    bot: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str
    ab_path: str
    goal_completed: str
    nonce: int = 0
    scan: bool = False
    language: str = ""
    visitor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The unit of exactly-once: clicks of one segment, and the byte offset up to which they account for it.

    ``start`` is the offset behind which they begin; a store that holds another one refuses the batch (None: not checked).
    """

    segment: str
    offset: int
    clicks: list[Click]
    start: int | None = None


def without_keys(target: bytes) -> bytes:
    """A request target as a record may keep it: without the API key of a call that was sent to a short domain by mistake."""
    return _API_KEY.sub(rb"\1", target) if b"=" in target else target
