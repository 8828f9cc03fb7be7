"""What a person set about the dashboard, and the notes that it gets there and by mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class NoteKind(StrEnum):
    """What people are told of; the names are stored and never change."""

    DOMAIN_LOST = "domain_lost"
    WEBHOOK_DISABLED = "webhook_disabled"
    IMPORT_ENDED = "import_ended"
    NEW_DEVICE = "new_device"
    WEEKLY_SUMMARY = "weekly_summary"


# A summary that nobody asked for is spam; the others tell of what may be wrong.
USUAL_MAIL: Final = frozenset(NoteKind) - {NoteKind.WEEKLY_SUMMARY}
NOTES_KEPT: Final = timedelta(days=90)
MAX_NOTES: Final = 200
MAX_DEVICES: Final = 50
EMAIL_CHANGE_LIFE: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a person reads the dashboard. ``mail`` are the kinds of notes that are mailed too; a summary of the week is made for
    those alone who have it mailed, and ``summary_at`` is when the last one was."""

    user_id: int
    language: str = "en"
    time_zone: str = "UTC"
    mail: frozenset[NoteKind] = USUAL_MAIL
    summary_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that a person is told. ``details`` are the values of its words, and hold no secret."""

    id: int
    user_id: int
    kind: NoteKind
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """Another address that somebody wants to have, until a link that was sent there is followed."""

    user_id: int
    email: str
    expires_at: datetime


def is_monday_morning(here: datetime, last: datetime | None) -> bool:
    """Whether a summary of the last week is due at ``here``, a time in the reader's zone: it is Monday past eight, or later in
    the week when nobody could make one then, and none was made since (``last``)."""
    monday = (here - timedelta(days=here.weekday())).replace(hour=8, minute=0, second=0, microsecond=0)
    return here >= monday and (last is None or last < monday)
