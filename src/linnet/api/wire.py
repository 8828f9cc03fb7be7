"""Short.io's spellings and shapes: the only place that knows them (contract b.0, c.1, c.2)."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import UNSET as ABSENT
from msgspec import Struct, UnsetType

from linnet.actions.links import LinkInDomain
from linnet.api.options import ApiOptions
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.link import LinkDraft
from linnet.model.unset import UNSET

Text = str | None | UnsetType
Flag = bool | None | UnsetType
Number = int | None | UnsetType
Moment = int | float | str | None | UnsetType


class LinkWrite(Struct, kw_only=True):
    """Writable fields of a link; a field that is not sent is ABSENT."""

    originalURL: str | UnsetType = ABSENT
    path: Text = ABSENT
    folderId: Text = ABSENT
    FolderId: Text = ABSENT
    createdAt: Moment = ABSENT
    title: Text = ABSENT
    tags: list[str] | None | UnsetType = ABSENT
    archived: Flag = ABSENT
    redirectType: Number = ABSENT
    skipQS: Flag = ABSENT
    cloaking: Flag = ABSENT
    password: Text = ABSENT
    passwordContact: Flag = ABSENT
    expiresAt: Moment = ABSENT
    expiredURL: Text = ABSENT
    ttl: Moment = ABSENT
    clicksLimit: Number = ABSENT
    androidURL: Text = ABSENT
    iphoneURL: Text = ABSENT
    splitURL: Text = ABSENT
    splitPercent: Number = ABSENT
    utmSource: Text = ABSENT
    utmMedium: Text = ABSENT
    utmCampaign: Text = ABSENT
    utmTerm: Text = ABSENT
    utmContent: Text = ABSENT
    utm_source: Text = ABSENT
    utm_medium: Text = ABSENT
    utm_campaign: Text = ABSENT
    utm_term: Text = ABSENT
    utm_content: Text = ABSENT
    integrationAdroll: Text = ABSENT
    integrationFB: Text = ABSENT
    integrationTT: Text = ABSENT
    integrationGA: Text = ABSENT
    integrationGTM: Text = ABSENT


class LinkCreate(LinkWrite, kw_only=True):
    """The body of createLink."""

    domain: str
    originalURL: str
    allowDuplicates: Flag = ABSENT


class BulkLink(LinkWrite, kw_only=True):
    """One row of createLinksBulk."""

    allowDuplicates: Flag = ABSENT


class BulkCreate(Struct, kw_only=True):
    """The body of createLinksBulk; its rows are read one by one, so that a bad one spoils no other."""

    domain: str
    links: list[Any]
    allowDuplicates: Flag = ABSENT
    folderId: Text = ABSENT


class DomainCreate(Struct, kw_only=True):
    """The body of createDomain."""

    hostname: str
    hideReferer: Flag = ABSENT
    linkType: Text = ABSENT


# Field of LinkDraft: its spellings on the wire, the first one that was sent counts.
_SPELLINGS: Final = {
    "original_url": ("originalURL",),
    "path": ("path",),
    "folder_id": ("folderId", "FolderId"),
    "title": ("title",),
    "archived": ("archived",),
    "redirect_type": ("redirectType",),
    "skip_query": ("skipQS",),
    "cloaking": ("cloaking",),
    "password": ("password",),
    "password_contact": ("passwordContact",),
    "expired_url": ("expiredURL",),
    "clicks_limit": ("clicksLimit",),
    "android_url": ("androidURL",),
    "iphone_url": ("iphoneURL",),
    "split_url": ("splitURL",),
    "split_percent": ("splitPercent",),
    "utm_source": ("utmSource", "utm_source"),
    "utm_medium": ("utmMedium", "utm_medium"),
    "utm_campaign": ("utmCampaign", "utm_campaign"),
    "utm_term": ("utmTerm", "utm_term"),
    "utm_content": ("utmContent", "utm_content"),
    "integration_adroll": ("integrationAdroll",),
    "integration_fb": ("integrationFB",),
    "integration_tt": ("integrationTT",),
    "integration_ga": ("integrationGA",),
    "integration_gtm": ("integrationGTM",),
}
_MOMENTS: Final = {"created_at": "createdAt", "expires_at": "expiresAt", "delete_at": "ttl"}
_OPTIONAL: Final = tuple(
    (field, spellings[0])
    for field, spellings in _SPELLINGS.items()
    if field not in ("original_url", "path", "folder_id", "archived", "redirect_type", "skip_query", "password")
)
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)")


def draft_of(sent: LinkWrite) -> LinkDraft:
    """What a request says about a link."""
    values: dict[str, Any] = {}
    for field, spellings in _SPELLINGS.items():
        for spelling in spellings:
            value = getattr(sent, spelling)
            if value is not ABSENT:
                values[field] = value
                break
    if sent.tags is not ABSENT:
        values["tags"] = tuple(sent.tags) if sent.tags is not None else None
    for field, spelling in _MOMENTS.items():
        value = getattr(sent, spelling)
        if value is not ABSENT:
            values[field] = moment(value, field=spelling) if value not in (None, "") else None
    return LinkDraft(**values)


def is_given(value: object) -> bool:
    """Whether an optional flag was sent and is true."""
    return value is True


def moment(value: float | str, *, field: str) -> datetime:
    """A time as clients write it: milliseconds since the epoch, also in a string, or ISO 8601; UTC where no zone is given."""
    try:
        if isinstance(value, str) and not value.strip().lstrip("-").isdigit():
            parsed = datetime.fromisoformat(_SPACED.sub(r"\1T\2", value.strip()))
            found = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
        else:
            found = datetime.fromtimestamp(float(value) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidField(f"{field} must be milliseconds since 1970 or an ISO 8601 time.", field=field) from None
    if not 1970 <= found.year <= 9998:
        raise InvalidField(f"{field} must be a time between the years 1970 and 9998.", field=field)
    return found


def iso(at: datetime) -> str:
    """A time as production writes it: ``2025-05-08T08:56:34.967Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def link_json(found: LinkInDomain, options: ApiOptions) -> dict[str, Any]:
    """A link as the API returns it; what is not set is left out, because clients compare field by field (contract c.1)."""
    link, domain = found.link, found.domain
    body: dict[str, Any] = {
        "originalURL": link.original_url,
        "path": link.path,
        "idString": link.id,
        "id": link.id,
        "shortURL": options.short_url(domain, link.path),
        "secureShortURL": options.secure_short_url(domain, link.path),
        "tags": list(link.tags),
        "createdAt": iso(link.created_at),
        "skipQS": link.skip_query,
        "archived": link.archived,
        "DomainId": link.domain_id,
        "OwnerId": link.owner_id,
        "hasPassword": link.password_hash is not None,
        "source": link.source,
    }
    for field, spelling in _OPTIONAL:
        value = getattr(link, field)
        if value is not None:
            body[spelling] = value
    if link.redirect_type is not None:
        body["redirectType"] = str(link.redirect_type)
    if link.folder_id is not None:
        body["FolderId"] = link.folder_id
    if link.expires_at is not None:
        body["expiresAt"] = iso(link.expires_at)
    if link.delete_at is not None:
        body["ttl"] = iso(link.delete_at)
    return body


def created_json(found: LinkInDomain, options: ApiOptions, password: object = UNSET) -> dict[str, Any]:
    """A link as creating it returns it; a password is echoed to the one who just set it, and to nobody later."""
    body = link_json(found, options) | {"success": True, "duplicate": found.duplicate}
    if isinstance(password, str) and password and not found.duplicate:
        body["password"] = password
    return body


def domain_json(domain: Domain) -> dict[str, Any]:
    """A domain as the API returns it (contract c.2)."""
    body: dict[str, Any] = {
        "id": domain.id,
        "hostname": domain.hostname,
        "unicodeHostname": domain.unicode_hostname,
        "state": domain.state,
        "createdAt": iso(domain.created_at),
        "updatedAt": iso(domain.updated_at),
        "hasFavicon": False,
        "hideReferer": domain.hide_referrer,
        "linkType": domain.link_type.value,
        "cloaking": domain.cloaking,
        "hideVisitorIp": domain.hide_visitor_ip,
        "enableAI": False,
        "httpsLevel": domain.https_level,
        "httpsLinks": domain.https_links,
        "clientStorage": domain.client_storage,
        "caseSensitive": domain.case_sensitive,
        "incrementCounter": str(domain.increment_counter) if domain.increment_counter else "",
        "robots": domain.robots,
        "exportEnabled": True,
        "enableConversionTracking": domain.enable_conversion_tracking,
        "qrScanTracking": domain.qr_scan_tracking,
        "UserId": domain.owner_id,
    }
    optional = {
        "segmentKey": domain.segment_key,
        "webhookURL": domain.webhook_url,
        "integrationGA": domain.integration_ga,
        "integrationFB": domain.integration_fb,
        "integrationTT": domain.integration_tt,
        "integrationAdroll": domain.integration_adroll,
        "integrationGTM": domain.integration_gtm,
        "redirect404": domain.redirect_404,
    }
    return body | {name: value for name, value in optional.items() if value is not None}
