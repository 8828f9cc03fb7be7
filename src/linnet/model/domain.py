"""The domain: a hostname that serves links, and its settings."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from linnet.model.errors import InvalidField
from linnet.model.path import LinkType
from linnet.model.url import ascii_host

STATES: Final = ("extra_records", "not_registered", "configured", "not_configured", "registration_pending", "not_verified")
HTTPS_LEVELS: Final = ("none", "redirect", "hsts")
ROBOTS: Final = ("allow", "disallow", "noindex")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A hostname that serves links (contract c.2). Times are aware UTC; ``hostname`` is lower-case punycode.

    Of a domain in a team, the team's members decide, and not ``owner_id``, who registered it. The hostname is served once it is
    ``verified``: its TXT record held ``verification_token``, or no proof was asked for. ``ip_exclusions`` are addresses and
    networks whose clicks are not counted. ``favicon`` is a data: URL, ``page_texts`` are what the pages of the domain say in
    place of the usual words, ``apple_association`` and ``asset_links`` the JSON documents of apps that open its links, and
    ``limit_counts_robots`` has programs use up click limits, as Short.io does. Addresses of visitors are stored without their
    last part; whole with ``whole_addresses``, and not at all with ``hide_visitor_ip``. After ``click_retention_days`` clicks
    are kept as sums only (None: never). ``webhook_events`` is which events any of its webhooks is told
    (``model.webhook.bits_of``).
    """

    id: int
    hostname: str
    owner_id: int
    created_at: datetime
    updated_at: datetime
    state: str = "configured"
    link_type: LinkType = LinkType.RANDOM
    increment_counter: int = 0
    case_sensitive: bool = False
    hide_referrer: bool = False
    hide_visitor_ip: bool = False
    cloaking: bool = False
    https_level: str = "none"
    https_links: bool = False
    robots: str = "allow"
    qr_scan_tracking: bool = True
    enable_conversion_tracking: bool = False
    redirect_404: str | None = None
    segment_key: str | None = None
    webhook_url: str | None = None
    integration_adroll: str | None = None
    integration_fb: str | None = None
    integration_tt: str | None = None
    integration_ga: str | None = None
    integration_gtm: str | None = None
    client_storage: dict[str, Any] = field(default_factory=dict)
    team_id: int | None = None
    verified: bool = True
    verification_token: str = ""
    checked_at: datetime | None = None
    ip_exclusions: tuple[str, ...] = ()
    enable_ai: bool = False
    purge_expired_links: bool = False
    qr_style: dict[str, Any] = field(default_factory=dict)
    root_redirect: str | None = None
    favicon: str | None = None
    page_texts: dict[str, str] = field(default_factory=dict)
    apple_association: str | None = None
    asset_links: str | None = None
    limit_counts_robots: bool = False
    whole_addresses: bool = False
    click_retention_days: int | None = None
    webhook_events: int = 0

    @property
    def unicode_hostname(self) -> str:
        """The hostname as people read it."""
        try:
            return self.hostname.encode("ascii").decode("idna")
        except UnicodeError:
            return self.hostname


def clean_hostname(hostname: str) -> str:
    """``hostname`` in lower-case punycode, without port and trailing dot; InvalidField for what is not a host name."""
    cleaned = ascii_host(hostname.strip().removesuffix("."), field="hostname")
    labels = cleaned.split(".")
    if len(cleaned) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidField(
            "hostname must be a host name such as go.example.com, without scheme, port or path.", field="hostname"
        )
    if labels[-1].isdigit():
        raise InvalidField("hostname must be a name, not an IP address.", field="hostname")
    return cleaned
