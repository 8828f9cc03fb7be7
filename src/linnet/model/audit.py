"""The audit log: who did what, when, from where, through which key."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """What happened; the names are published and never change."""

    LINK_CREATED = "link.created"
    LINK_UPDATED = "link.updated"
    LINK_DELETED = "link.deleted"
    LINKS_CREATED = "links.created"
    LINKS_DELETED = "links.deleted"
    LINKS_PURGED = "links.purged"
    LINK_RESTORED = "link.restored"
    LINKS_ARCHIVED = "links.archived"
    LINKS_UNARCHIVED = "links.unarchived"
    LINKS_TAGGED = "links.tagged"
    LINKS_UNTAGGED = "links.untagged"
    LINKS_MOVED = "links.moved"
    TARGETING_CHANGED = "link.targeting_changed"
    OPENGRAPH_CHANGED = "link.opengraph_changed"
    PERMISSION_ADDED = "link.permission_added"
    PERMISSION_REMOVED = "link.permission_removed"
    LINKS_IMPORTED = "links.imported"
    LINKS_EXPORTED = "links.exported"
    QR_CHANGED = "qr.changed"
    DOMAIN_CREATED = "domain.created"
    DOMAIN_UPDATED = "domain.updated"
    DOMAIN_DELETED = "domain.deleted"
    DOMAIN_TRANSFERRED = "domain.transferred"
    DOMAIN_VERIFIED = "domain.verified"
    CLICKS_EXPORTED = "domain.clicks_exported"
    CLICKS_IMPORTED = "domain.clicks_imported"
    VISITOR_EXPORTED = "domain.visitor_exported"
    VISITOR_ERASED = "domain.visitor_erased"
    STATISTICS_CLEARED = "domain.statistics_cleared"
    UTM_TEMPLATE_SAVED = "utm_template.saved"
    UTM_TEMPLATE_REMOVED = "utm_template.removed"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_UPDATED = "webhook.updated"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 (an event, not a secret)
    WEBHOOK_SWITCHED_OFF = "webhook.switched_off"
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_REPLAYED = "webhook.replayed"
    FOLDER_CREATED = "folder.created"
    FOLDER_UPDATED = "folder.updated"
    FOLDER_DELETED = "folder.deleted"
    TAG_RENAMED = "tag.renamed"
    TAG_REMOVED = "tag.removed"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    TEAM_CREATED = "team.created"
    TEAM_UPDATED = "team.updated"
    TEAM_DELETED = "team.deleted"
    MEMBER_ADDED = "team.member_added"
    MEMBER_CHANGED = "team.member_changed"
    MEMBER_REMOVED = "team.member_removed"
    INVITATION_CREATED = "team.invitation_created"
    INVITATION_WITHDRAWN = "team.invitation_withdrawn"
    INVITATION_ACCEPTED = "team.invitation_accepted"
    REPORT_CREATED = "report.created"
    REPORT_REVOKED = "report.revoked"
    USER_CREATED = "user.created"
    USER_UPDATED = "user.updated"
    EMAIL_CHANGED = "user.email_changed"
    PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 (an event, not a secret)
    PASSWORD_RESET_MADE = "user.password_reset_made"  # noqa: S105
    SIGNED_IN = "user.signed_in"
    SIGNED_OUT = "user.signed_out"
    SESSIONS_REVOKED = "user.sessions_revoked"
    SECOND_FACTOR_ON = "user.second_factor_on"
    SECOND_FACTOR_OFF = "user.second_factor_off"
    SECOND_FACTOR_REFUSED = "user.second_factor_refused"
    RECOVERY_CODES_MADE = "user.recovery_codes_made"
    RECOVERY_CODE_USED = "user.recovery_code_used"
    IDENTITY_LINKED = "user.identity_linked"
    IDENTITY_UNLINKED = "user.identity_unlinked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted: those that fit all that is given. ``text`` is part of the subject or of the details, whatever
    its case is in ASCII."""

    since: datetime | None = None
    until: datetime | None = None
    user_id: int | None = None
    key_id: int | None = None
    team_id: int | None = None
    events: tuple[Event, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row. ``user_id`` is 0 for what housekeeping does by itself. ``subject`` is the id of what was changed, ``address``
    where the request came from ("" for this machine), ``details`` what else helps to understand it, never a secret."""

    id: int
    at: datetime
    user_id: int
    event: Event
    subject: str
    key_id: int | None = None
    team_id: int | None = None
    domain_id: int | None = None
    address: str = ""
    details: dict[str, Any] = field(default_factory=dict)
