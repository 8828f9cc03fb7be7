"""A click on its way: journalled raw, enriched, stored, or dropped with a reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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


class ClickFlag:
    """Bits of ``RawClick.flags``."""

    HTTPS = 1
    HIDE_ADDRESS = 2


class DropReason(StrEnum):
    """Why a visit never became a stored click; each is a label of a metric."""

    JOURNAL_FULL = "journal_full"
    ORPHAN_LIMIT = "orphan_limit"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A click that was refused, and why."""

    reason: DropReason


class Agent(NamedTuple):
    """What a User-Agent header tells. ``bot`` is the rule that recognised one, "" for people."""

    user_agent: str = ""
    browser: str = ""
    browser_version: str = ""
    os: str = ""
    device: str = ""
    bot: str = ""


class Place(NamedTuple):
    """Where an address is: ISO 3166-1 alpha-2 country, region and city by name."""

    country: str = ""
    region: str = ""
    city: str = ""


class Referrer(NamedTuple):
    """What a Referer header tells; ``social`` is the network of the host, if it is one's."""

    referrer: str = ""
    referrer_host: str = ""
    social: str = ""


class Campaign(NamedTuple):
    """A request's query string and the UTM parameters in it."""

    query: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""


class Click(NamedTuple):
    """A stored click. Unknown text is ""; ``path`` has its leading slash; ``link_number`` 0 is an orphan.

    What repeats from click to click is in values of its own, which many clicks share.
    """

    domain_id: int
    link_number: int
    at_ms: int
    status: int
    method: str
    scheme: str
    hostname: str
    path: str
    address: str
    human: bool
    agent: Agent
    place: Place
    referrer: Referrer
    campaign: Campaign
    ab_path: str = ""
    goal_completed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The unit of exactly-once: clicks of one segment, and the byte offset up to which they account for it.

    ``start`` is the offset behind which they begin; a store that holds another one refuses the batch (None: not checked).
    """

    segment: str
    offset: int
    clicks: list[Click]
    start: int | None = None
