"""Links that were removed: why, for how long they can be restored, and as what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from linnet.model.link import Link

RESTORABLE: Final = timedelta(days=30)


class Reason(StrEnum):
    """Why a link was removed; the names are published."""

    DELETED = "deleted"
    TTL = "ttl"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedLink:
    """A link as it was. ``rows`` is all that belonged to it elsewhere, by the names of tables, as the database had it."""

    link: Link
    removed_at: datetime
    reason: Reason
    rows: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def restorable_until(self) -> datetime:
        """When it is gone for good."""
        return self.removed_at + RESTORABLE


def reason_to_remove(link: Link, *, purge_expired: bool, now: datetime) -> Reason | None:
    """Why housekeeping removes ``link`` now; None while it stays. ``purge_expired`` is its domain's wish."""
    if link.delete_at is not None and link.delete_at <= now:
        return Reason.TTL
    if purge_expired and link.expires_at is not None and link.expires_at <= now:
        return Reason.EXPIRED
    return None


def restored(link: Link, now: datetime) -> Link:
    """``link`` as it comes back: ends that are over by now are cleared, because it would be removed again, or lead nowhere."""
    return replace(
        link,
        delete_at=link.delete_at if link.delete_at is not None and link.delete_at > now else None,
        expires_at=link.expires_at if link.expires_at is not None and link.expires_at > now else None,
        updated_at=now,
    )
