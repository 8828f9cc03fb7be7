"""Webhooks: what they are told, how deliveries are signed (Standard Webhooks), and when they are tried again."""

import base64
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from linnet.model.audit import Event
from linnet.model.errors import InvalidField
from linnet.model.ids import Chooser, random_characters
from linnet.model.link import clean_text
from linnet.model.url import clean_url

MAX_URL: Final = 2048
# Where receivers may listen, but for those in allowed networks.
PORTS: Final = frozenset({80, 443, 8080, 8443})
MAX_DESCRIPTION: Final = 200
# Webhooks of one domain, the one of its ``webhookURL`` aside.
MAX_WEBHOOKS: Final = 10
# Links in one delivery, and clicks.
MAX_LINKS: Final = 100
MAX_CLICKS: Final = 100
_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (what secrets begin with)
_SECRET_BYTES: Final = 32
_MESSAGE_CHARACTERS: Final = 24
# How long a secret goes on signing, beside the new one, once it was replaced.
BOTH_SIGN_FOR: Final = timedelta(hours=24)
# What is waited before each further attempt; together some 26 hours.
DELAYS: Final = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 36000))
MAX_ATTEMPTS: Final = len(DELAYS) + 1
# How much longer or shorter than that a pause may be, so that not all come back at once.
_JITTER: Final = 0.2
_MOST_ASKED_FOR: Final = timedelta(hours=6)
# What waits longer is given up whatever its attempts; a webhook that fails for so long is switched off.
MAX_AGE: Final = timedelta(days=3)
FAILING_FOR: Final = timedelta(days=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


class WebhookEvent(StrEnum):
    """What a webhook can ask to be told. The names are published and never change; nor does their order, which is stored."""

    CLICK = "click"
    LINK_CREATED = "link.created"
    LINK_UPDATED = "link.updated"
    LINK_DELETED = "link.deleted"
    DOMAIN_UPDATED = "domain.updated"

    @property
    def bit(self) -> int:
        """The event's place in a set that is stored as a number."""
        return _BITS[self]


_BITS: Final = {event: 1 << place for place, event in enumerate(WebhookEvent)}
# The type of a delivery about several links, and that of one which somebody asked for to try a webhook out.
MANY: Final = {
    WebhookEvent.LINK_CREATED: "links.created",
    WebhookEvent.LINK_UPDATED: "links.updated",
    WebhookEvent.LINK_DELETED: "links.deleted",
}
TEST: Final = "webhook.test"

# What is told of that which the audit log notes; nothing of the rest.
TOLD: Final = {
    Event.LINK_CREATED: WebhookEvent.LINK_CREATED,
    Event.LINKS_CREATED: WebhookEvent.LINK_CREATED,
    Event.LINK_RESTORED: WebhookEvent.LINK_CREATED,
    Event.LINK_UPDATED: WebhookEvent.LINK_UPDATED,
    Event.LINKS_ARCHIVED: WebhookEvent.LINK_UPDATED,
    Event.LINKS_UNARCHIVED: WebhookEvent.LINK_UPDATED,
    Event.LINKS_TAGGED: WebhookEvent.LINK_UPDATED,
    Event.LINKS_UNTAGGED: WebhookEvent.LINK_UPDATED,
    Event.LINKS_MOVED: WebhookEvent.LINK_UPDATED,
    Event.TAG_RENAMED: WebhookEvent.LINK_UPDATED,
    Event.TAG_REMOVED: WebhookEvent.LINK_UPDATED,
    Event.TARGETING_CHANGED: WebhookEvent.LINK_UPDATED,
    Event.OPENGRAPH_CHANGED: WebhookEvent.LINK_UPDATED,
    Event.LINK_DELETED: WebhookEvent.LINK_DELETED,
    Event.LINKS_DELETED: WebhookEvent.LINK_DELETED,
    Event.LINKS_PURGED: WebhookEvent.LINK_DELETED,
    Event.DOMAIN_UPDATED: WebhookEvent.DOMAIN_UPDATED,
    Event.DOMAIN_VERIFIED: WebhookEvent.DOMAIN_UPDATED,
    Event.DOMAIN_TRANSFERRED: WebhookEvent.DOMAIN_UPDATED,
}


class WebhookKind(StrEnum):
    """A webhook of ours, or the one that a domain's ``webhookURL`` stands for."""

    STANDARD = "standard"
    WEBHOOK_URL = "webhook_url"


class DeliveryState(StrEnum):
    """Whether a delivery is still to be made, was made, or was given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told what happens in a domain. Its secret is not here: it is shown once.

    ``failures`` counts attempts in a row that failed, ``failing_since`` is the first of them, and until ``paused_until``
    nothing is sent. ``off_reason`` says why it was switched off by itself, "" when it was not. ``clicks_from`` is where the
    clicks begin that it is told, and until ``former_until`` the secret before the last one signs too.
    """

    id: int
    domain_id: int
    kind: WebhookKind
    url: str
    events: frozenset[WebhookEvent]
    description: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    failures: int = 0
    failing_since: datetime | None = None
    paused_until: datetime | None = None
    off_reason: str = ""
    clicks_from: datetime | None = None
    former_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that a webhook is told. ``type`` is what the body says, ``payload`` the body as it is or was sent: "" before
    the first attempt, and when it is kept no more."""

    id: int
    webhook_id: int
    message_id: str
    type: str
    state: DeliveryState
    created_at: datetime
    due_at: datetime | None
    attempts: int
    finished_at: datetime | None
    snapshot: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a delivery. ``status`` is None where nobody answered; ``error`` says why then. ``excerpt`` is the beginning of
    the answer's body, as text."""

    number: int
    at: datetime
    status: int | None
    duration_ms: int
    excerpt: str = ""
    error: str = ""
    retry_after_seconds: int | None = None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants to hear no more (410)."""
        return self.status == 410


def bits_of(events: Iterable[WebhookEvent]) -> int:
    """A set of events as it is stored."""
    return sum(event.bit for event in set(events))


def events_of(bits: int) -> frozenset[WebhookEvent]:
    """The events of a stored set."""
    return frozenset(event for event in WebhookEvent if bits & event.bit)


def clean_webhook_url(url: str) -> str:
    """``url`` as it is stored, or InvalidField with what is wrong. Names are looked up when something is sent."""
    cleaned = clean_url(url, field="url")
    if len(cleaned) > MAX_URL:
        raise InvalidField(f"url is longer than {MAX_URL} characters.", field="url")
    parts = urlsplit(cleaned)
    if parts.username is not None or parts.password is not None:
        raise InvalidField("url must hold no user name or password: receivers verify the signature.", field="url")
    return cleaned


def origin_of(url: str) -> str:
    """What may be noted of a webhook's address: many receivers know who may call them by a secret in its path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def literal_address(url: str) -> str | None:
    """The IP address that a URL names in place of a host, None for a host name; those under localhost are this machine's (RFC
    6761, 6.3)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def port_of(url: str) -> int:
    """The port of an http or https address; 0 for one that there is not."""
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return 0


def clean_events(names: Collection[str]) -> frozenset[WebhookEvent]:
    """The events of these names; InvalidField for none, and for one that is none."""
    known = {event.value: event for event in WebhookEvent}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None or not names:
        what = f"'{unknown[:64]}' is none" if unknown is not None else "is empty"
        raise InvalidField(f"events {what}: choose some of {', '.join(known)}.", field="events")
    return frozenset(known[name] for name in names)


def clean_description(text: str) -> str:
    """What a webhook is for, in a line; InvalidField when it is too long or holds control characters."""
    return clean_text(text.strip(), field="description", limit=MAX_DESCRIPTION)


def new_secret(chooser: Chooser) -> str:
    """A fresh secret to sign with, as Standard Webhooks writes them."""
    return _SECRET_PREFIX + base64.b64encode(chooser.randbytes(_SECRET_BYTES)).decode()


def new_message_id(chooser: Chooser) -> str:
    """A fresh ``webhook-id``: receivers know by it what they were told already."""
    return f"msg_{random_characters(_MESSAGE_CHARACTERS, chooser)}"


def signed_headers(message_id: str, now: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0 for ``body``, signed with each of ``secrets``."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    signatures = [
        base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix(_SECRET_PREFIX)), signed, "sha256")).decode()
        for secret in secrets
    ]
    headers = {"webhook-id": message_id, "webhook-timestamp": stamp}
    return headers | ({"webhook-signature": " ".join(f"v1,{each}" for each in signatures)} if signatures else {})


def next_attempt(failed: Attempt, *, chance: float) -> timedelta | None:
    """How long to wait after a failed attempt, None to give up; ``chance`` is between 0 and 1.

    A receiver that asks for more time (``Retry-After``) gets it, up to six hours.
    """
    if failed.number >= MAX_ATTEMPTS:
        return None
    delay = DELAYS[failed.number - 1] * (1 - _JITTER + 2 * _JITTER * chance)
    asked = timedelta(seconds=failed.retry_after_seconds or 0)
    return max(delay, min(asked, _MOST_ASKED_FOR))


def pause_after(failures: int) -> timedelta:
    """How long a webhook is left alone after so many failures in a row, whatever else waits for it."""
    return min(timedelta(seconds=2 ** min(failures, 10)), _LONGEST_PAUSE)
