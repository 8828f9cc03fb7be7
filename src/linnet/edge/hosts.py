"""What Host headers stand for: domains with links, as the edge uses them, and the hosts of the application."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from linnet.edge.documents import own_paths, robots_header
from linnet.edge.gate import STRICT_TRANSPORT, Gate, gate_of
from linnet.edge.respond import NO_REFERRER, Pages, pages_of
from linnet.edge.routes import domain_prefix
from linnet.model.click import ClickFlag
from linnet.model.route import DomainRoute
from linnet.model.scan import without_marker

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# RFC 9110, 7.2, with the names of RFC 3986, 3.2.2; an empty one stands for no host at all.
HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]*)?")
# The needs of a route are never negative.
_NONE_IS_PLAIN: Final = -1


class HostKind(Enum):
    """What a Host header stands for when it is no domain with links; INVALID is against the standard's grammar."""

    ADMIN = "admin"
    API = "api"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(slots=True)
class Host:
    """A domain as the edge uses it: its projection, and what it needs for every request made once."""

    domain: DomainRoute
    prefix: bytes
    flags: int
    pages: Pages
    tail: bytes = b""
    closing_tail: bytes = b""
    tail_second: int = -1
    # What a plain route needs; none is plain where each destination gets the id of its click.
    plain: int = 0
    # Whether the domain asks for nothing that is looked at before its links, nor whom to leave uncounted.
    quick: bool = True
    # The same for visits by https.
    quick_by_https: bool = True
    # What the domain does with visits before their links are looked at; None for most.
    gate: Gate | None = None
    # What it answers by itself.
    own_paths: frozenset[bytes] = frozenset()
    # Lines of the head of each of its responses, and those that only responses by https may have.
    headers: bytes = b""
    secure_headers: bytes = b""
    case_sensitive: bool = field(init=False)
    domain_id: int = field(init=False)
    hostname: str = field(init=False)

    def __post_init__(self) -> None:
        self.case_sensitive = self.domain.case_sensitive
        self.domain_id = self.domain.domain_id
        self.hostname = self.domain.hostname

    def passed_on(self, query: bytes) -> tuple[bytes, int]:
        """A visitor's query without what a QR code of the domain put there, and the flag of such a click."""
        if not query or not self.domain.qr_scan_tracking:
            return query, 0
        query, scanned = without_marker(query)
        return query, ClickFlag.SCAN if scanned else 0


def host_of(domain: DomainRoute, https_port: int) -> Host:
    """The domain, prepared. Its files are left out: they may be large, are seldom asked for, and then read anew."""
    gate = gate_of(domain, https_port)
    return Host(
        replace(domain, favicon=None, apple_association=None, asset_links=None),
        domain_prefix(domain.domain_id),
        _address_flag(domain),
        pages_of(domain.page_texts),
        plain=_NONE_IS_PLAIN if domain.tracks_conversions else 0,
        quick=gate is None,
        quick_by_https=gate is None or gate.excluded is None,
        gate=gate,
        own_paths=own_paths(domain),
        headers=(NO_REFERRER if domain.hide_referrer else b"") + robots_header(domain.robots),
        secure_headers=STRICT_TRANSPORT if domain.https_level == "hsts" else b"",
    )


def _address_flag(domain: DomainRoute) -> int:
    if domain.hide_visitor_ip:
        return ClickFlag.HIDE_ADDRESS
    return ClickFlag.KEEP_ADDRESS if domain.whole_addresses else 0


def host_name(header: bytes) -> str:
    """The name in a Host header: lower case, without port and trailing dot; "" for what is none."""
    text = header.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[: text.find("]") + 1]
    return text.partition(":")[0].removesuffix(".")


def host_names(setting: Sequence[str]) -> frozenset[str]:
    """The hosts of a setting, as ``host_name`` writes them."""
    return frozenset(host_name(name.encode()) for name in setting)


def admin_hosts(setting: Sequence[str]) -> frozenset[str]:
    """The administrator's hosts of a setting; the loopback names when it is empty."""
    return host_names(setting) or LOOPBACK
