"""From a raw click to a stored one: a list of named steps, each of which may refuse it with a reason."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from linnet.model.click import Click, ClickFlag, DropReason, RawClick
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.address import Network, client_address
from linnet.visitor.agent import Agent
from linnet.visitor.geo import Place
from linnet.visitor.referrer import Referrer

_MAX_VALUE = 256
_MAX_PATH = 1024
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What the steps look at: trusted proxies, and the ways to tell an agent, a place and a referrer."""

    trusted: Sequence[Network]
    agent_of: Callable[[str], Agent]
    place_of: Callable[[str], Place]
    referrer_of: Callable[[str], Referrer]

    def enrich(self, raw: RawClick) -> Click | DropReason:
        """The click to store, or why there is none.

        The steps: path and campaign from the target, the address behind trusted proxies, its place, the agent, the referrer, and
        whether it was a person.
        """
        at_ms, domain_id, link_number, status, method, hostname, target, peer, forwarded_for, user_agent, referrer, flags = raw
        if not target.startswith("/") or at_ms <= 0:
            return DropReason.UNREADABLE
        raw_path, _, query = target.partition("?")
        address = address_of(peer, forwarded_for, tuple(self.trusted)) if forwarded_for else normal_address(peer)
        agent, place, source = self.agent_of(user_agent), self.place_of(address), self.referrer_of(referrer)
        return Click(
            domain_id,
            link_number,
            datetime.fromtimestamp(at_ms / 1000, UTC),
            status,
            method,
            "https" if flags & ClickFlag.HTTPS else "http",
            hostname,
            path_of(raw_path),
            query,
            "" if flags & ClickFlag.HIDE_ADDRESS else address,
            *place,
            referrer,
            *source,
            user_agent,
            agent.browser,
            agent.browser_version,
            agent.os,
            agent.device,
            # A HEAD request comes from a preview or a checker, not from somebody who looks at the destination.
            agent.human and method != "HEAD",
            agent.bot,
            *(campaign_of(query) if query else _NO_CAMPAIGN),
            "",
            "",
        )

    def enrich_all(self, raw_clicks: Iterable[RawClick]) -> tuple[list[Click], dict[DropReason, int]]:
        """All clicks, and how many were dropped for which reason."""
        clicks: list[Click] = []
        dropped: dict[DropReason, int] = {}
        enrich = self.enrich
        for raw in raw_clicks:
            outcome = enrich(raw)
            if isinstance(outcome, Click):
                clicks.append(outcome)
            else:
                dropped[outcome] = dropped.get(outcome, 0) + 1
        return clicks, dropped


_NO_CAMPAIGN = ("", "", "", "", "")


@lru_cache(_REMEMBERED)
def campaign_of(query: str) -> tuple[str, str, str, str, str]:
    """The five UTM parameters of a query string, the last of each name."""
    found = {name: value[:_MAX_VALUE] for name, value in _pairs(query) if name in UTM_FIELDS}
    source, medium, campaign, term, content = (found.get(name, "") for name in UTM_FIELDS)
    return source, medium, campaign, term, content


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_text(query), max_num_fields=1000)
    except ValueError:
        return []


@lru_cache(_REMEMBERED)
def path_of(raw_path: str) -> str:
    """The requested path as people read it, with its leading slash."""
    if "%" not in raw_path and raw_path.isascii():
        return raw_path[:_MAX_PATH]
    return unquote(_text(raw_path), errors="replace").replace("\x00", "\ufffd")[:_MAX_PATH]


@lru_cache(_REMEMBERED)
def normal_address(peer: str) -> str:
    """The address of a visitor who came without a proxy."""
    return client_address(peer, "", ())


@lru_cache(_REMEMBERED)
def address_of(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """The address of a visitor behind trusted proxies."""
    return client_address(peer, forwarded_for, trusted)


def _text(raw: str) -> str:
    """Header bytes arrive as Latin-1; what was UTF-8 is read as that."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw
