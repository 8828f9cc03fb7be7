"""A click on its way: journalled raw, enriched, stored, or dropped with a reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class RawClick(NamedTuple):
    """What the edge journals of one visit, as it came over the wire; nothing here is trusted or decoded yet.

    ``at_ms`` counts from the epoch. ``link_number`` 0 is an orphan: no link had that path. ``target`` is the request
    target (path and query), ``peer`` the socket's address, ``forwarded_for`` the X-Forwarded-For header where the peer is a
    trusted proxy and "" otherwise, ``flags`` a sum of ``ClickFlag``.
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


class Variant(StrEnum):
    """Which way a split sent a visitor (``ab_path``, contract c.4); NONE where none decided."""

    NONE = ""
    ORIGINAL = "original"
    SPLIT = "split"


class ClickFlag:
    """Bits of ``RawClick.flags``; from ``NONCE_SHIFT`` on it holds the nonce of the click id that the visitor was given.

    CONVERSION marks a record that is no click: a visitor reached a goal, and ``target`` says after which click. The two bits
    from ``VARIANT_SHIFT`` on are the position of the click's variant in ``VARIANTS``.
    """

    HTTPS = 1
    HIDE_ADDRESS = 2
    CONVERSION = 4
    VARIANT_SHIFT = 3
    VARIANT_MASK = 3
    NONCE_SHIFT = 8


# The last one is written by nobody, and stands for nothing.
VARIANTS: Final = (Variant.NONE, Variant.ORIGINAL, Variant.SPLIT, Variant.NONE)
VARIANT_BITS: Final = {
    variant: VARIANTS.index(variant) << ClickFlag.VARIANT_SHIFT for variant in (Variant.NONE, Variant.ORIGINAL, Variant.SPLIT)
}


class DropReason(StrEnum):
    """Why a visit never became a stored click; each is a label of a metric."""

    JOURNAL_FULL = "journal_full"
    ORPHAN_LIMIT = "orphan_limit"
    CONVERSION_LIMIT = "conversion_limit"
    UNREADABLE = "unreadable"
    # From an address of the domain's exclusions.
    EXCLUDED = "excluded"


class Click(NamedTuple):
    """A stored click: one row of the click store. Unknown text is "".

    ``goal_completed`` is told by conversions, and not stored with the click; ``nonce`` is that of the click's id, 0 for none.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The unit of exactly-once: clicks of one segment, and the byte offset up to which they account for it.

    ``start`` is the offset behind which they begin; a store that holds another one refuses the batch (None: not checked).
    """

    segment: str
    offset: int
    clicks: list[Click]
    start: int | None = None
