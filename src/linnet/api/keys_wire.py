"""The shapes of API keys: ours, because Short.io makes keys in its dashboard alone."""

from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET as ABSENT
from msgspec import Struct, UnsetType

from linnet.actions.keys import KeyDraft
from linnet.api.wire import iso, moment
from linnet.model.access import ApiKey, KeyKind
from linnet.model.errors import InvalidField


class KeyCreate(Struct, kw_only=True):
    """The body of createKey; what is left out or null is as far as the key that makes this one reaches."""

    type: Literal["secret", "public"]
    description: str | UnsetType | None = ABSENT
    expiresAt: float | int | str | UnsetType | None = ABSENT
    domain: str | UnsetType | None = ABSENT
    domainId: int | UnsetType | None = ABSENT
    teamId: int | UnsetType | None = ABSENT
    serviceAccountId: int | UnsetType | None = ABSENT

    def draft(self) -> KeyDraft:
        """What is asked of the key."""
        ends = self.expiresAt
        return KeyDraft(
            kind=KeyKind(self.type),
            description=self.description or "",
            expires_at=None if isinstance(ends, UnsetType) or ends is None else moment(ends, field="expiresAt"),
            hostname=None if isinstance(self.domain, UnsetType) else self.domain,
            domain_id=_number(self.domainId),
            team_id=_number(self.teamId),
            service_account_id=_number(self.serviceAccountId),
        )


def key_json(key: ApiKey) -> dict[str, Any]:
    """A key as the API shows it: all but its secret, of which ``prefix`` are the first characters."""
    return {
        "id": key.id,
        "type": key.kind.value,
        "prefix": key.prefix,
        "description": key.description,
        "userId": key.owner_id,
        "domainId": key.domain_id,
        "teamId": key.team_id,
        "createdAt": iso(key.created_at),
        "expiresAt": _iso(key.expires_at),
        "lastUsedAt": _iso(key.last_used_at),
        "revokedAt": _iso(key.revoked_at),
    }


def page_start(page_token: str | None) -> int:
    """The number that a page token of a list of ours stands for, 0 for none: it tells nobody more than the list does."""
    if page_token is None:
        return 0
    if not (page_token.isascii() and page_token.isdigit() and len(page_token) < 19):
        raise InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    return int(page_token)


def _number(sent: int | UnsetType | None) -> int | None:
    return None if isinstance(sent, UnsetType) else sent


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
