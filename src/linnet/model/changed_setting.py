"""A setting that somebody else changed while a form was open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linnet.model.unset import Unset


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSetting:
    """What the form showed (UNSET where that was too long to remember), what it is now, and, as far as the audit log knows, who
    changed it when."""

    name: str
    shown: Any | Unset
    now: Any
    by: str = ""
    at: datetime | None = None
