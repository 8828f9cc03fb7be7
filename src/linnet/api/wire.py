"""Short.io's spellings and shapes of links (contract b.0, c.1); those of domains are in ``domain_wire``."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from msgspec import UNSET as ABSENT
from msgspec import Struct, UnsetType, to_builtins

from linnet.actions.placing import LinkInDomain
from linnet.api.options import ApiOptions
from linnet.model.access import User
from linnet.model.errors import InvalidField
from linnet.model.link import LinkDraft
from linnet.model.statistics import UTM_FIELDS
from linnet.model.unset import UNSET

Text = str | UnsetType | None
Flag = bool | UnsetType | None
Number = int | UnsetType | None
Moment = float | int | str | UnsetType | None
Id = str | int


class LinkWrite(Struct, kw_only=True):
    """Writable fields of a link; a field that is not sent is ABSENT."""

    originalURL: str | UnsetType = ABSENT
    path: Text = ABSENT
    folderId: Text = ABSENT
    FolderId: Text = ABSENT
    createdAt: Moment = ABSENT
    title: Text = ABSENT
    tags: list[str] | UnsetType | None = ABSENT
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


class LinkCreatePublic(LinkWrite, kw_only=True):
    """The body of createLinkPublic."""

    domain: str
    originalURL: str


class LinkExamples(Struct, kw_only=True):
    """The body of createExampleLinks."""

    domain: str


class LinkDuplicate(Struct, kw_only=True):
    """The body of duplicateLink."""

    path: Text = ABSENT


class LinkChosen(Struct, kw_only=True):
    """The body of archiveLink and unarchiveLink."""

    link_id: Id
    domain_id: Id | UnsetType | None = ABSENT


class LinksChosen(Struct, kw_only=True):
    """The body of what is done with many links by their ids; the client's README calls them ``links`` (contract b.10)."""

    link_ids: list[Id] | UnsetType = ABSENT
    links: list[Id] | UnsetType = ABSENT
    domain_id: Id | UnsetType | None = ABSENT

    @property
    def ids(self) -> list[str]:
        """The ids, whichever way they are spelled; InvalidField when there are none."""
        chosen = self.link_ids if isinstance(self.link_ids, list) else self.links
        if not isinstance(chosen, list):
            raise InvalidField("link_ids is required: a list of at most 150 ids of links.", field="link_ids")
        return [str(each) for each in chosen]


class BulkLink(LinkWrite, kw_only=True):
    """One row of createLinksBulk."""

    allowDuplicates: Flag = ABSENT


class BulkCreate(Struct, kw_only=True):
    """The body of createLinksBulk; its rows are read one by one, so that a bad one spoils no other."""

    domain: str
    links: list[Any]
    allowDuplicates: Flag = ABSENT
    folderId: Text = ABSENT


# Spelling on the wire: field of LinkDraft. Of two spellings that are sent, the first in LinkWrite counts.
_FIELDS: Final = {
    "originalURL": "original_url",
    "path": "path",
    "folderId": "folder_id",
    "FolderId": "folder_id",
    "createdAt": "created_at",
    "title": "title",
    "tags": "tags",
    "archived": "archived",
    "redirectType": "redirect_type",
    "skipQS": "skip_query",
    "cloaking": "cloaking",
    "password": "password",
    "passwordContact": "password_contact",
    "expiresAt": "expires_at",
    "expiredURL": "expired_url",
    "ttl": "delete_at",
    "clicksLimit": "clicks_limit",
    "androidURL": "android_url",
    "iphoneURL": "iphone_url",
    "splitURL": "split_url",
    "splitPercent": "split_percent",
    "utmSource": "utm_source",
    "utmMedium": "utm_medium",
    "utmCampaign": "utm_campaign",
    "utmTerm": "utm_term",
    "utmContent": "utm_content",
    "utm_source": "utm_source",
    "utm_medium": "utm_medium",
    "utm_campaign": "utm_campaign",
    "utm_term": "utm_term",
    "utm_content": "utm_content",
    "integrationAdroll": "integration_adroll",
    "integrationFB": "integration_fb",
    "integrationTT": "integration_tt",
    "integrationGA": "integration_ga",
    "integrationGTM": "integration_gtm",
}
_MOMENTS: Final = ("createdAt", "expiresAt", "ttl")
# Fields that a link's JSON only has when they are set, in the order of the contract.
_OPTIONAL: Final = {
    "cloaking": "cloaking",
    "expired_url": "expiredURL",
    "title": "title",
    "utm_source": "utmSource",
    "utm_medium": "utmMedium",
    "utm_campaign": "utmCampaign",
    "utm_term": "utmTerm",
    "utm_content": "utmContent",
    "android_url": "androidURL",
    "iphone_url": "iphoneURL",
    "clicks_limit": "clicksLimit",
    "password_contact": "passwordContact",
    "split_url": "splitURL",
    "split_percent": "splitPercent",
    "integration_adroll": "integrationAdroll",
    "integration_fb": "integrationFB",
    "integration_tt": "integrationTT",
    "integration_ga": "integrationGA",
    "integration_gtm": "integrationGTM",
    "folder_id": "FolderId",
}
_OPTIONAL_SPELLINGS: Final = tuple(_OPTIONAL.values())
_OPTIONAL_VALUES: Final = attrgetter(*_OPTIONAL)
# More digits than any id has, and an id that no domain has.
_DIGITS_OF_ANY_ID: Final = 12
_NO_DOMAIN: Final = 2**63
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)")


def draft_of(sent: LinkWrite) -> LinkDraft:
    """What a request says about a link."""
    values: dict[str, Any] = {}
    for spelling, value in to_builtins(sent).items():
        field = _FIELDS.get(spelling)
        if field is None or field in values:
            continue
        if spelling in _MOMENTS:
            value = moment(value, field=spelling) if value not in (None, "") else None
        elif spelling == "tags" and value is not None:
            value = tuple(value)
        values[field] = value
    return LinkDraft.of(values)


def domain_reference(value: Id | UnsetType | None, *, field: str = "domain_id") -> int | None:
    """The domain that a request names beside its links, as a number or in digits; None for none, InvalidField otherwise."""
    if value is None or isinstance(value, UnsetType) or value == "":
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise InvalidField(f"{field} must be the id of a domain.", field=field)
    return int(text) if len(text) < _DIGITS_OF_ANY_ID else _NO_DOMAIN


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
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def link_json(found: LinkInDomain, options: ApiOptions) -> dict[str, Any]:
    """A link as the API returns it; what is not set is left out, because clients compare field by field (contract c.1)."""
    link = found.link
    short_url, secure_short_url = options.short_urls(found.domain, link.path)
    body: dict[str, Any] = {
        "originalURL": link.original_url,
        "path": link.path,
        "idString": link.id,
        "id": link.id,
        "shortURL": short_url,
        "secureShortURL": secure_short_url,
        "tags": link.tags,
        "createdAt": iso(link.created_at),
        "skipQS": link.skip_query,
        "archived": link.archived,
        "DomainId": link.domain_id,
        "OwnerId": link.owner_id,
        "hasPassword": link.password_hash is not None,
        "source": link.source,
    }
    for spelling, value in zip(_OPTIONAL_SPELLINGS, _OPTIONAL_VALUES(link), strict=True):
        if value is not None:
            body[spelling] = value
    if link.redirect_type is not None:
        body["redirectType"] = str(link.redirect_type)
    if link.expires_at is not None:
        body["expiresAt"] = iso(link.expires_at)
    if link.delete_at is not None:
        body["ttl"] = iso(link.delete_at)
    return body


def created_json(found: LinkInDomain, options: ApiOptions, password: object = UNSET) -> dict[str, Any]:
    """A link as creating it returns it; a password is echoed to the one who just set it, and to nobody later."""
    body = link_json(found, options)
    body["success"] = True
    body["duplicate"] = found.duplicate
    if isinstance(password, str) and password and not found.duplicate:
        body["password"] = password
    return body


def listed_json(found: LinkInDomain, options: ApiOptions, user: User | None) -> dict[str, Any]:
    """A link as lists have it: with who made it, whose name and picture are never null (the client's schema takes none)."""
    body = link_json(found, options)
    if user is not None:
        body["User"] = {"id": user.id, "name": user.name or "", "email": user.email, "photoURL": ""}
    return body


def public_json(created: LinkInDomain, options: ApiOptions, password: object = UNSET) -> dict[str, Any]:
    """A link as creating it with a public key returns it, for the clients on phones, which decode strictly (contract c.1).

    ``cloaking`` is always there, ``expiresAt`` is a number, and UTM fields come in both spellings.
    """
    body = created_json(created, options, password)
    body.setdefault("cloaking", False)
    if created.link.expires_at is not None:
        body["expiresAt"] = (created.link.expires_at - _EPOCH) // timedelta(milliseconds=1)
    snake = {name: getattr(created.link, name) for name in UTM_FIELDS}
    return body | {name: value for name, value in snake.items() if value is not None}


def done_json(unknown: Sequence[str]) -> dict[str, Any]:
    """The answer to what was done with many links: success, and the ids that were skipped because they stand for no link."""
    return {"success": True, **({"skipped": list(unknown)} if unknown else {})}
