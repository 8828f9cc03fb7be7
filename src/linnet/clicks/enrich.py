"""From raw clicks to stored ones: a list of named steps, each of which tells a group of fields from a few raw ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final
from urllib.parse import parse_qsl, unquote

import numpy as np

from linnet.clicks.columns import Column, Columns, dictionary, numbered, own_columns
from linnet.clicks.conversions import Conversion, conversions_of
from linnet.clicks.withholding import withheld, withhold
from linnet.model.click import VARIANTS, Click, ClickFlag, DropReason, RawClick, variant_of
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.address import Network, client_address, truncated
from linnet.visitor.agent import Agent, Judge
from linnet.visitor.bots import bot_of_request
from linnet.visitor.geo import Place
from linnet.visitor.referrer import Referrer

_MAX_VALUE: Final = 256
_MAX_PATH: Final = 1024
_MAX_MS: Final = 253_402_300_799_999
_NO_CAMPAIGN: Final = ("",) * len(UTM_FIELDS)
_DAY_MS: Final = 24 * 60 * 60 * 1000
_ADDRESS_FLAGS: Final = ClickFlag.HIDE_ADDRESS | ClickFlag.KEEP_ADDRESS


def no_salt(day: int) -> None:
    """The salt of every day where visitors are not told apart."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What the steps look at: trusted proxies, and the ways to tell an agent, a place and a referrer.

    A batch is enriched column by column: each step runs once for each different value in the batch, not for each click.
    ``places_of`` tells the places of many addresses as ``place_of`` tells each, where there is a faster way; ``click_key``
    signed the ids of clicks that conversions name. ``bot_of`` tells by which rule a user agent, method and status make a bot of
    who may be a person by the user agent alone. ``salt_of`` tells the salt of a UTC day (in days since the epoch) with which
    visitors are told apart; without it, or for a day whose salt is gone, they are not. Of who asked not to be tracked less is
    stored (``clicks/withholding``) if ``honour_opt_out``.
    """

    trusted: Sequence[Network]
    agent_of: Callable[[str], Agent]
    place_of: Callable[[str], Place]
    referrer_of: Callable[[str], Referrer]
    places_of: Callable[[Sequence[str]], list[Place]] | None = None
    click_key: bytes = b""
    bot_of: Callable[[str, str, int], str] = bot_of_request
    salt_of: Callable[[int], bytes | None] = no_salt
    honour_opt_out: bool = True

    def enrich(self, raw: RawClick) -> Click | DropReason:
        """The click to store of one raw click, or why there is none."""
        if not _is_sound(raw):
            return DropReason.UNREADABLE
        at_ms, domain_id, link_number, status, method, hostname, target, peer, forwarded_for, user_agent, referrer = raw[:11]
        flags, language = raw[11:]
        request = request_of((method, hostname, target, flags & ClickFlag.HTTPS))
        address = client_address(peer, forwarded_for, self.trusted)
        place = self.place_of(address)
        visitor = visitor_of(self.salt_of(at_ms // _DAY_MS), domain_id, address, user_agent)
        address = stored_address(address, flags)
        source = self.referrer_of(referrer)
        campaign = _campaign_row(campaign_of(request[-1]), variant_of(flags))
        at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
        *browser, bot = user_agent, *Judge(self.agent_of, self.bot_of)(user_agent, method, status)
        places = (address, *place, referrer, *source, *browser)
        nonce = flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK
        scan = bool(flags & ClickFlag.SCAN)
        last = (nonce, scan, language, visitor)
        click = Click._make((domain_id, link_number, at, status, *request, *places, not bot, bot, *campaign, *last))
        return withheld(click) if self.honour_opt_out and flags & ClickFlag.OPTED_OUT else click

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
        at_ms, domain_id, link_number, status, method, hostname, target, peer, forwarded_for, user_agent, *rest = fields
        referrer, flags, language = rest
        https = [flag & ClickFlag.HTTPS for flag in flags]
        kept = [flag & _ADDRESS_FLAGS for flag in flags]

        keys, request = numbered(zip(method, hostname, target, https, strict=True))
        requests = [request_of(key) for key in keys]
        campaign_keys, campaign = numbered([each[-1] for each in requests])
        campaigns, campaign_number = numbered([campaign_of(query) for query in campaign_keys])
        variants = np.array([variant_of(flag) for flag in flags], dtype=np.int64)
        keys, visitor = numbered(zip(peer, forwarded_for, kept, strict=True))
        visitors = [client_address(peer, forwarded_for, self.trusted) for peer, forwarded_for, _ in keys]
        places, place = numbered(self.places_of(visitors) if self.places_of else map(self.place_of, visitors))
        addresses = [stored_address(address, key[2]) for key, address in zip(keys, visitors, strict=True)]
        referrers, source = numbered(referrer)
        asked, agent = numbered(zip(user_agent, method, status, strict=True))
        judge = Judge(self.agent_of, self.bot_of)
        agents = [(each[0], *judge(*each)) for each in asked]

        own = own_columns(
            at_ms=at_ms,
            domain_id=domain_id,
            link_number=link_number,
            status=status,
            address=[addresses[number] for number in visitor.tolist()],
            human=np.array([not row[-1] for row in agents], dtype=np.bool_)[agent],
            nonce=[flag >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK for flag in flags],
            scan=[flag & ClickFlag.SCAN != 0 for flag in flags],
            visitor=self._visitors(at_ms, domain_id, [visitors[number] for number in visitor.tolist()], user_agent),
        )
        languages, own["preference"] = numbered(language)
        own |= {"request": request, "place": place[visitor], "source": source, "agent": agent}
        campaigns_of_variants, own["campaign"] = _by_variant(campaigns, campaign_number[campaign][request], variants)
        groups = {
            "request": dictionary("request", requests),
            "place": dictionary("place", places),
            "preference": dictionary("preference", [(each,) for each in languages]),
            "source": dictionary("source", [(text, *self.referrer_of(text)) for text in referrers]),
            "agent": dictionary("agent", agents),
            "campaign": dictionary("campaign", campaigns_of_variants),
        }
        columns = Columns(own, groups)
        if not self.honour_opt_out:
            return columns
        return withhold(columns, np.array([flag & ClickFlag.OPTED_OUT != 0 for flag in flags], dtype=np.bool_))

    def _visitors(
        self,
        at_ms: Sequence[int],
        domain_id: Sequence[int],
        address: Sequence[str],
        user_agent: Sequence[str],
    ) -> list[int]:
        """The visitor of each click, told once for each different one in the batch."""
        days = [at // _DAY_MS for at in at_ms]
        salts = {day: self.salt_of(day) for day in set(days)}
        known: dict[tuple[int, int, str, str], int] = {}
        found = []
        for key in zip(days, domain_id, address, user_agent, strict=True):
            visitor = known.get(key)
            if visitor is None:
                visitor = known[key] = visitor_of(salts[key[0]], *key[1:])
            found.append(visitor)
        return found


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


def visitor_of(salt: bytes | None, domain_id: int, address: str, user_agent: str) -> int:
    """A number of 40 bits that tells visitors of a domain apart as long as the salt is the same; 0 without salt or address.
    Once the salt is forgotten, nobody can find out whether it was made of a known address."""
    if not salt or not address:
        return 0
    told = f"{domain_id} {address} {user_agent}".encode("latin-1", "replace")
    return int.from_bytes(blake2b(told, digest_size=5, key=salt).digest(), "big") or 1


def stored_address(address: str, flags: int) -> str:
    """What is stored of an address, as the flags of a click say: all, nothing, or its network."""
    if flags & ClickFlag.HIDE_ADDRESS:
        return ""
    return address if flags & ClickFlag.KEEP_ADDRESS else truncated(address)


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
