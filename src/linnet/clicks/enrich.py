"""From raw clicks to stored ones: a list of named steps, each of which tells a group of fields from a few raw ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote

import numpy as np

from linnet.clicks.columns import Column, Columns, dictionary, numbered, own_columns
from linnet.clicks.conversions import Conversion, conversions_of
from linnet.model.click import VARIANTS, Click, ClickFlag, DropReason, RawClick, variant_of
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.address import Network, client_address
from linnet.visitor.agent import Agent
from linnet.visitor.bots import bot_of_request
from linnet.visitor.geo import Place
from linnet.visitor.referrer import Referrer

_MAX_VALUE: Final = 256
_MAX_PATH: Final = 1024
_MAX_MS: Final = 253_402_300_799_999
_NO_CAMPAIGN: Final = ("",) * len(UTM_FIELDS)


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What the steps look at: trusted proxies, and the ways to tell an agent, a place and a referrer.

    A batch is enriched column by column: each step runs once for each different value in the batch, not for each click.
    ``places_of`` tells the places of many addresses as ``place_of`` tells each, where there is a faster way; ``click_key``
    signed the ids of clicks that conversions name. ``bot_of`` tells by which rule a user agent, method and status make a bot of
    who may be a person by the user agent alone.
    """

    trusted: Sequence[Network]
    agent_of: Callable[[str], Agent]
    place_of: Callable[[str], Place]
    referrer_of: Callable[[str], Referrer]
    places_of: Callable[[Sequence[str]], list[Place]] | None = None
    click_key: bytes = b""
    bot_of: Callable[[str, str, int], str] = bot_of_request

    def enrich(self, raw: RawClick) -> Click | DropReason:
        """The click to store of one raw click, or why there is none."""
        if not _is_sound(raw):
            return DropReason.UNREADABLE
        at_ms, domain_id, link_number, status, method, hostname, target, peer, forwarded_for, user_agent, referrer, flags = raw
        request = request_of((method, hostname, target, flags & ClickFlag.HTTPS))
        address = client_address(peer, forwarded_for, self.trusted)
        place = self.place_of(address)
        address = "" if flags & ClickFlag.HIDE_ADDRESS else address
        source = self.referrer_of(referrer)
        campaign = _campaign_row(campaign_of(request[-1]), variant_of(flags))
        at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
        *browser, bot = self._agent_row(user_agent, method, status)
        places = (address, *place, referrer, *source, *browser)
        nonce = flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK
        scan = bool(flags & ClickFlag.SCAN)
        return Click._make((domain_id, link_number, at, status, *request, *places, not bot, bot, *campaign, nonce, scan))

    def enrich_all(self, raw_clicks: Sequence[RawClick]) -> tuple[Columns | None, dict[DropReason, int]]:
        """All clicks by column, as ``enrich`` tells each (None: there are none), and how many were dropped for which reason."""
        sound = [raw for raw in raw_clicks if _is_sound(raw)]
        dropped = {DropReason.UNREADABLE: len(raw_clicks) - len(sound)} if len(sound) < len(raw_clicks) else {}
        return self._columns(sound) if sound else None, dropped

    def conversions(self, beacons: Sequence[RawClick]) -> list[Conversion]:
        """The conversions that beacons tell."""
        return conversions_of(beacons, self.click_key)

    def _columns(self, sound: list[RawClick]) -> Columns:
        fields = zip(*sound, strict=True)
        at_ms, domain_id, link_number, status, method, hostname, target, peer, forwarded_for, user_agent, referrer, flags = (
            fields
        )
        https = [flag & ClickFlag.HTTPS for flag in flags]
        hidden = [flag & ClickFlag.HIDE_ADDRESS for flag in flags]

        keys, request = numbered(zip(method, hostname, target, https, strict=True))
        requests = [request_of(key) for key in keys]
        campaign_keys, campaign = numbered([each[-1] for each in requests])
        campaigns, campaign_number = numbered([campaign_of(query) for query in campaign_keys])
        variants = np.array([variant_of(flag) for flag in flags], dtype=np.int64)
        keys, visitor = numbered(zip(peer, forwarded_for, hidden, strict=True))
        visitors = [client_address(peer, forwarded_for, self.trusted) for peer, forwarded_for, _ in keys]
        places, place = numbered(self.places_of(visitors) if self.places_of else map(self.place_of, visitors))
        addresses = ["" if key[2] else address for key, address in zip(keys, visitors, strict=True)]
        referrers, source = numbered(referrer)
        asked, agent = numbered(zip(user_agent, method, status, strict=True))
        agents = [self._agent_row(*each) for each in asked]

        own = own_columns(
            at_ms=at_ms,
            domain_id=domain_id,
            link_number=link_number,
            status=status,
            address=[addresses[number] for number in visitor.tolist()],
            human=np.array([not row[-1] for row in agents], dtype=np.bool_)[agent],
            nonce=[flag >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK for flag in flags],
            scan=[flag & ClickFlag.SCAN != 0 for flag in flags],
        )
        own |= {"request": request, "place": place[visitor], "source": source, "agent": agent}
        campaigns_of_variants, own["campaign"] = _by_variant(campaigns, campaign_number[campaign][request], variants)
        groups = {
            "request": dictionary("request", requests),
            "place": dictionary("place", places),
            "source": dictionary("source", [(text, *self.referrer_of(text)) for text in referrers]),
            "agent": dictionary("agent", agents),
            "campaign": dictionary("campaign", campaigns_of_variants),
        }
        return Columns(own, groups)

    def _agent_row(self, user_agent: str, method: str, status: int) -> tuple[str, ...]:
        """What stands in the group ``agent``; who is called a bot is no person."""
        agent = self.agent_of(user_agent)
        bot = agent.bot or self.bot_of(user_agent, method, status)
        return user_agent, agent.browser, agent.browser_version, agent.os, agent.device, bot


def request_of(asked: tuple[str, str, str, int]) -> tuple[str, str, str, str, str]:
    """The step from method, hostname, target and the flag of HTTPS to method, scheme, hostname, path and query."""
    method, hostname, target, https = asked
    raw_path, _, query = target.partition("?")
    return method, "https" if https else "http", hostname, path_of(raw_path), query


def campaign_of(query: str) -> tuple[str, ...]:
    """The step from a query string to its five UTM parameters, the last of each name."""
    if "utm_" not in query:
        return _NO_CAMPAIGN
    found = {name: value[:_MAX_VALUE] for name, value in _pairs(query) if name in UTM_FIELDS}
    return tuple(found.get(name, "") for name in UTM_FIELDS)


def path_of(raw_path: str) -> str:
    """The requested path as people read it, with its leading slash."""
    if "%" not in raw_path and raw_path.isascii():
        return raw_path[:_MAX_PATH]
    return unquote(_text(raw_path), errors="replace").replace("\x00", "\ufffd")[:_MAX_PATH]


def _by_variant(campaigns: list[tuple[str, ...]], campaign: Column, variant: Column) -> tuple[list[tuple[str, ...]], Column]:
    """The dictionary of campaigns with the way of a split, and the numbers in it, from those of campaigns and variants."""
    if not variant.any():
        return [_campaign_row(each, 0) for each in campaigns], campaign
    pairs, number = np.unique(campaign.astype(np.int64) * len(VARIANTS) + variant, return_inverse=True)
    rows = [_campaign_row(campaigns[pair // len(VARIANTS)], pair % len(VARIANTS)) for pair in pairs.tolist()]
    return rows, number.astype(np.int32)


def _campaign_row(campaign: tuple[str, ...], variant: int) -> tuple[str, ...]:
    """What stands in the group ``campaign``: the goal is told later, by conversions."""
    return *campaign, str(VARIANTS[variant]), ""


def _is_sound(raw: RawClick) -> bool:
    """Whether the store can hold it; the edge writes nothing else, but what is on a disk may be anything."""
    return (
        0 < raw[0] <= _MAX_MS
        and 0 <= raw[1] < 1 << 31
        and 0 <= raw[2] < 1 << 63
        and 0 <= raw[3] < 1 << 16
        and 0 <= raw[11] < 1 << 63
        and raw[6][:1] == "/"
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_text(query), max_num_fields=1000)
    except ValueError:
        return []


def _text(raw: str) -> str:
    """Header bytes arrive as Latin-1; what was UTF-8 is read as that."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw
