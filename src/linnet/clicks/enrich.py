"""From raw clicks to stored ones: a list of named steps, each of which tells a group of fields from a few raw ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote

import numpy as np

from linnet.clicks.columns import Column, Columns, combined, numbered, own_columns
from linnet.clicks.conversions import Conversion, conversions_of
from linnet.clicks.gathering import Gathering, Numbered, RawColumns
from linnet.clicks.withholding import withhold
from linnet.model.click import LETTERS, VARIANTS, ClickFlag, DropReason, RawClick
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.address import Network, truncated
from linnet.visitor.agent import Agent, Judge
from linnet.visitor.bots import bot_of_request
from linnet.visitor.geo import Place
from linnet.visitor.packed import agent_digests, different, spelled_rows, truncated_rows, visitors_of
from linnet.visitor.referrer import Referrer

_MAX_VALUE: Final = 256
_MAX_PATH: Final = 1024
_NO_CAMPAIGN: Final = ("",) * len(UTM_FIELDS)
_DAY_MS: Final = 24 * 60 * 60 * 1000


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
    places_of: Callable[[Column], tuple[list[Place], Column]] | None = None
    click_key: bytes = b""
    bot_of: Callable[[str, str, int], str] = bot_of_request
    salt_of: Callable[[int], bytes | None] = no_salt
    honour_opt_out: bool = True

    def gathering(self, beacons: list[RawClick] | None = None) -> Gathering:
        """What takes raw clicks for ``enrich_gathered``; those that tell of conversions go to ``beacons``, if it is given."""
        return Gathering(self.trusted, beacons)

    def enrich_gathered(self, gathering: Gathering) -> tuple[Columns | None, dict[DropReason, int]]:
        """The columns of what was gathered (None: there are no clicks), and how many were dropped for which reason."""
        raw = gathering.columns()
        dropped = len(gathering) - (len(raw) if raw is not None else 0)
        columns = self._columns(raw) if raw is not None else None
        return columns, {DropReason.UNREADABLE: dropped} if dropped else {}

    def conversions(self, beacons: Sequence[RawClick]) -> list[Conversion]:
        """The conversions that beacons tell."""
        return conversions_of(beacons, self.click_key)

    def _columns(self, raw: RawColumns) -> Columns:
        told = Columns(
            own_columns(
                at_ms=raw.at_ms,
                domain_id=raw.domain_id,
                link_number=raw.link_number,
                status=raw.status,
                nonce=raw.flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK,
                scan=raw.flags & ClickFlag.SCAN != 0,
            ),
            {},
        )
        for step in (_request, _page, _preference, self._source, self._agent, self._origin):
            step(raw, told)
        return withhold(told, raw.flags & ClickFlag.OPTED_OUT != 0) if self.honour_opt_out else told

    def _source(self, raw: RawColumns, told: Columns) -> None:
        rows = [(text, *self.referrer_of(text)) for text in raw.referrer.values]
        told.add("source", rows, raw.referrer.number)

    def _agent(self, raw: RawColumns, told: Columns) -> None:
        """Browser, system and device, and whether a program asked."""
        (agents, methods, statuses), number = combined(_bounded(raw.user_agent), _bounded(raw.method), (raw.status, 1 << 16))
        judge, rows = Judge(self.agent_of, self.bot_of), []
        for agent, method, status in zip(agents.tolist(), methods.tolist(), statuses.tolist(), strict=True):
            text = raw.user_agent.values[agent]
            rows.append((text, *judge(text, raw.method.values[method], status)))
        told.add("agent", rows, number)
        told.own["human"] = np.array([not row[-1] for row in rows], dtype=np.bool_)[number]

    def _origin(self, raw: RawColumns, told: Columns) -> None:
        """Where visitors are, which of the day's visitors they are, and as much of their addresses as is kept."""
        addresses, number = different(raw.address)
        if self.places_of is not None:
            places, place = self.places_of(addresses)
        else:
            places, place = numbered(self.place_of(address) for address in spelled_rows(addresses))
        told.add("place", places, place[number])
        told.own["visitor"] = self._visitors(raw)
        _address(raw, told)

    def _visitors(self, raw: RawColumns) -> Column:
        days, day = np.unique(raw.at_ms // _DAY_MS, return_inverse=True)
        salts = [self.salt_of(each) for each in days.tolist()]
        if not any(salts):
            return np.zeros(len(raw), dtype=np.int64)
        agents = agent_digests(raw.user_agent.values)[raw.user_agent.number]
        return visitors_of(salts, day, raw.domain_id, raw.address, agents)


def _address(raw: RawColumns, told: Columns) -> None:
    """``stored_address`` for a column."""
    whole = (raw.flags & ClickFlag.KEEP_ADDRESS != 0)[:, None]
    stored = np.where(whole, raw.address, truncated_rows(raw.address))
    hidden = (raw.flags & ClickFlag.HIDE_ADDRESS != 0) | ~raw.address.any(axis=1)
    stored[hidden] = 0
    rows, number = different(stored)
    # What is hidden comes first, because there may be an address whose network is all zeros.
    told.add("origin", [("",), *((text,) for text in spelled_rows(rows))], np.where(hidden, 0, number + 1))


def _request(raw: RawColumns, told: Columns) -> None:
    (methods, hostnames, flags), number = combined(
        _bounded(raw.method), _bounded(raw.hostname), (raw.flags & ClickFlag.HTTPS, ClickFlag.HTTPS + 1)
    )
    rows = [
        (raw.method.values[method], scheme_of(flag), raw.hostname.values[hostname])
        for method, hostname, flag in zip(methods.tolist(), hostnames.tolist(), flags.tolist(), strict=True)
    ]
    told.add("request", rows, number)


def _page(raw: RawColumns, told: Columns) -> None:
    """What was asked for, the campaign that its query names, and the way that a split sent it."""
    pages, target = [page_of(target) for target in raw.target.values], raw.target.number
    told.add("page", pages, target)
    queries, query = numbered([page[1] for page in pages])
    campaigns, campaign = numbered(map(campaign_of, queries))
    variant = (variants_of(raw.flags), len(VARIANTS))
    (kinds, ways), number = combined((campaign[query][target], len(campaigns)), variant)
    rows = [_campaign_row(campaigns[kind], way) for kind, way in zip(kinds.tolist(), ways.tolist(), strict=True)]
    told.add("campaign", rows, number)


def _preference(raw: RawColumns, told: Columns) -> None:
    told.add("preference", [(language,) for language in raw.language.values], raw.language.number)


def _bounded(texts: Numbered) -> tuple[Column, int]:
    return texts.number, len(texts.values)


def scheme_of(flags: int) -> str:
    """The scheme of a request, as the flags of a click say."""
    return "https" if flags & ClickFlag.HTTPS else "http"


def page_of(target: str) -> tuple[str, str]:
    """Path and query of a request target."""
    raw_path, _, query = target.partition("?")
    return path_of(raw_path), query


def campaign_of(query: str) -> tuple[str, ...]:
    """The step from a query string to its five UTM parameters, the last of each name."""
    if "utm_" not in query:
        return _NO_CAMPAIGN
    found = {name: value[:_MAX_VALUE] for name, value in _pairs(query) if name in UTM_FIELDS}
    return tuple(found.get(name, "") for name in UTM_FIELDS)


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


def variants_of(flags: Column) -> Column:
    """``variant_of`` for a column."""
    letter = flags >> ClickFlag.LETTER_SHIFT & ClickFlag.LETTER_MASK
    way = flags >> ClickFlag.VARIANT_SHIFT & ClickFlag.VARIANT_MASK
    return np.where(letter > 0, np.where(letter <= len(LETTERS), letter + 3, 0), way)


def _campaign_row(campaign: tuple[str, ...], variant: int) -> tuple[str, ...]:
    """What stands in the group ``campaign``: the goal is told later, by conversions."""
    return *campaign, str(VARIANTS[variant]), ""


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
