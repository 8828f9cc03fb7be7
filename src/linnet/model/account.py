"""How people are known to the dashboard: sessions, second factors, and identities elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SESSION_LIFE: Final = timedelta(days=14)
MAX_SESSIONS: Final = 30
MAX_AGENT: Final = 300
RESET_LIFE: Final = timedelta(hours=1)
MAX_RESETS: Final = 5
MAX_IDENTITIES: Final = 20
RECOVERY_CODES: Final = 10
TOTP_STEP_SECONDS: Final = 30


class SignInMethod(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 (a method, not a secret)
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session of a browser, without its token: that is in the browser's cookie alone, and stored as a SHA-256 digest.

    ``second_factor``: whether one was given, here or, as far as the provider says so, there. ``address`` and ``agent`` are
    those of the request that began it.
    """

    id: int
    user_id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    method: SignInMethod
    second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """The secret of somebody's authenticator app, sealed. It counts once a code of it was given (``confirmed_at``);
    ``last_step`` is the time step of the last code that was taken, which is taken no more (RFC 6238, 5.2)."""

    user_id: int
    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An account elsewhere with which somebody signs in: a ``subject`` that never changes, as its ``issuer`` knows it."""

    id: int
    user_id: int
    issuer: str
    subject: str
    email: str
    created_at: datetime
    last_used_at: datetime


def step_of(now: datetime) -> int:
    """The time step of one-time passwords at ``now``."""
    return int(now.timestamp()) // TOTP_STEP_SECONDS


def bare_code(typed: str) -> str:
    """A one-time password or recovery code without what people type between its characters."""
    return "".join(typed.split()).replace("-", "").lower()[:64]
