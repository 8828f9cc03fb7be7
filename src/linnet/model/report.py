"""A shared report: statistics of a link or a domain, for whoever has its address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linnet.model.errors import InvalidField
from linnet.model.text import has_control_characters

MAX_NAME: Final = 100
MIN_PASSWORD: Final = 6
MAX_PASSWORD: Final = 1024
# As long as an address of the page may be that a report is made of.
MAX_VIEW: Final = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``link_number`` is None for the whole domain. ``view`` is what it shows of the statistics, a period and filters, in the
    spelling of the page's address. ``user_id`` made it, and it shows what that user may share, as long as he may."""

    id: int
    user_id: int
    domain_id: int
    link_number: int | None
    name: str
    view: str
    created_at: datetime
    expires_at: datetime | None = None
    password_hash: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time is up."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """What somebody wants to share; no ``password`` is "", no end is None."""

    name: str
    view: str
    password: str = ""
    expires_at: datetime | None = None


def clean_report(draft: ReportDraft, now: datetime) -> ReportDraft:
    """``draft`` as it may be kept; InvalidField for what may not."""
    name = draft.name.strip()
    if not name or len(name) > MAX_NAME or has_control_characters(name):
        raise InvalidField(f"A report needs a name of at most {MAX_NAME} characters in one line.", field="name")
    if draft.password and not MIN_PASSWORD <= len(draft.password) <= MAX_PASSWORD:
        message = f"A password of a report has between {MIN_PASSWORD} and {MAX_PASSWORD} characters; leave it empty for none."
        raise InvalidField(message, field="password")
    if draft.expires_at is not None and draft.expires_at <= now:
        raise InvalidField("A report must end in the future; leave the day empty for no end.", field="expires")
    if len(draft.view) > MAX_VIEW:
        raise InvalidField("These are more filters than a report can hold; take some away.", field="view")
    return ReportDraft(name=name, view=draft.view, password=draft.password, expires_at=draft.expires_at)
