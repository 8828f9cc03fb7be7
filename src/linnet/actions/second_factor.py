"""The second factor: time-based one-time passwords (RFC 6238) of an authenticator app, and recovery codes."""

import hashlib
import hmac
from dataclasses import dataclass
from secrets import choice
from typing import Final
from urllib.parse import urlsplit

from linnet.actions.context import Context
from linnet.actions.own_password import check_own_password
from linnet.actions.users import refuse_others
from linnet.model.account import RECOVERY_CODES, TOTP_STEP_SECONDS, SecondFactor, bare_code, step_of
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, UserNotFound
from linnet.storage.unit_of_work import UnitOfWork

_DIGITS: Final = 6
_DRIFT_STEPS: Final = 1
# Without characters that look alike; 16 of them are 79 bits, so that a plain digest keeps them.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is told: the secret in base32, and the same in an address that a QR code carries."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    """Whether the actor's second factor is on, and how many recovery codes are left."""

    is_on: bool
    recovery_codes: int


def second_factor_state(context: Context) -> SecondFactorState:
    """How it stands with the actor's second factor."""
    with context.database.read() as work:
        user_id = context.actor.user_id
        return SecondFactorState(work.second_factors.is_on(user_id), work.second_factors.count_recovery_codes(user_id))


def begin_enrolment(context: Context, password: str) -> Enrolment:
    """A new secret for the actor's app, which counts when a code of it was given. Takes the password: a borrowed session must
    not lock its owner out."""
    import pyotp

    check_own_password(context, password)
    secret = pyotp.random_base32()
    user_id = context.actor.user_id
    sealed = context.seal.close(secret.encode(), purpose=_purpose(user_id))
    with context.database.write() as work:
        if work.second_factors.is_on(user_id):
            raise InvalidField("The second factor is on already; switch it off to set up another app.", field="code")
        work.second_factors.add(user_id=user_id, sealed_secret=sealed, created_at=context.now())
    return _enrolment(context, secret)


def open_enrolment(context: Context) -> Enrolment | None:
    """The enrolment that the actor began and did not confirm; None when there is none."""
    with context.database.read() as work:
        factor = work.second_factors.find(context.actor.user_id)
    if factor is None or factor.confirmed_at is not None:
        return None
    return _enrolment(context, _secret(context, factor))


def confirm_enrolment(context: Context, typed: str, *, session_id: int | None = None) -> list[str]:
    """Switch the second factor on by a code of the app. The recovery codes are returned, and shown once. The actor's sessions
    end, but ``session_id``, which from now on is one with a second factor."""
    user_id, codes = context.actor.user_id, _new_codes()
    with context.database.write() as work:
        factor = work.second_factors.find(user_id)
        if factor is None or factor.confirmed_at is not None:
            raise InvalidField("No second factor is being set up; please begin again.", field="code")
        if not _use_totp(context, work, factor, bare_code(typed)):
            raise InvalidField("This is not the app's code of this minute. Is the clock of your phone right?", field="code")
        work.second_factors.confirm(user_id, context.now())
        work.second_factors.set_recovery_codes(user_id, [_digest(code) for code in codes])
        work.sessions.remove_of(user_id, but=session_id)
        if session_id is not None:
            work.sessions.give_second_factor(session_id, user_id)
        context.note(work, Event.SECOND_FACTOR_ON, str(user_id))
    return codes


def give_second_factor(context: Context, typed: str) -> bool:
    """Whether ``typed`` is a code of the actor's app, or a recovery code, that was not used before; it is used up by this."""
    with context.database.write() as work:
        right = _use(context, work, typed)
        if not right:
            context.note(work, Event.SECOND_FACTOR_REFUSED, str(context.actor.user_id))
    return right


def renew_recovery_codes(context: Context, password: str, typed: str) -> list[str]:
    """Other recovery codes in place of the former ones, for the password and a code; they are shown once."""
    check_own_password(context, password)
    codes = _new_codes()
    with context.database.write() as work:
        _require(context, work, typed)
        work.second_factors.set_recovery_codes(context.actor.user_id, [_digest(code) for code in codes])
        context.note(work, Event.RECOVERY_CODES_MADE, str(context.actor.user_id))
    return codes


def switch_off(context: Context, password: str, typed: str) -> None:
    """Do without the second factor, for the password and a code."""
    check_own_password(context, password)
    with context.database.write() as work:
        _require(context, work, typed)
        work.second_factors.remove(context.actor.user_id)
        context.note(work, Event.SECOND_FACTOR_OFF, str(context.actor.user_id))


def switch_off_for(context: Context, email: str) -> bool:
    """Switch off the second factor of somebody who lost it, by the owner of the installation; False when there was none."""
    refuse_others(context)
    with context.database.write() as work:
        user = work.users.find_by_email(email.strip()[:254])
        if user is None:
            raise UserNotFound(f"There is no user {email[:254]}.", field="email")
        was_on = work.second_factors.remove(user.id)
        if was_on:
            context.note(work, Event.SECOND_FACTOR_OFF, str(user.id), by="administrator")
    return was_on


def _require(context: Context, work: UnitOfWork, typed: str) -> None:
    if not _use(context, work, typed):
        raise InvalidField("This is neither the app's code of this minute nor an unused recovery code.", field="code")


def _use(context: Context, work: UnitOfWork, typed: str) -> bool:
    user_id, code = context.actor.user_id, bare_code(typed)
    factor = work.second_factors.find(user_id)
    if factor is None or factor.confirmed_at is None:
        return False
    if len(code) != _CODE_LENGTH:
        return _use_totp(context, work, factor, code)
    used = work.second_factors.use_recovery_code(user_id, _digest(code), context.now())
    if used:
        left = work.second_factors.count_recovery_codes(user_id)
        context.note(work, Event.RECOVERY_CODE_USED, str(user_id), left=left)
    return used


def _use_totp(context: Context, work: UnitOfWork, factor: SecondFactor, code: str) -> bool:
    import pyotp

    if len(code) != _DIGITS or not code.isascii() or not code.isdigit():
        return False
    passwords = pyotp.TOTP(_secret(context, factor), digits=_DIGITS, interval=TOTP_STEP_SECONDS)
    now = step_of(context.now())
    found = None
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        if hmac.compare_digest(passwords.generate_otp(step), code):
            found = step
    return found is not None and work.second_factors.use_step(factor.user_id, found)


def _secret(context: Context, factor: SecondFactor) -> str:
    return context.seal.open(factor.sealed_secret, purpose=_purpose(factor.user_id)).decode()


def _enrolment(context: Context, secret: str) -> Enrolment:
    import pyotp

    with context.database.read() as work:
        user = work.users.find(context.actor.user_id)
    name = user.email if user is not None else ""
    issuer = f"Linnet {urlsplit(context.dashboard_url).hostname or ''}".strip().replace(":", "")
    return Enrolment(secret, pyotp.TOTP(secret, interval=TOTP_STEP_SECONDS).provisioning_uri(name=name, issuer_name=issuer))


def _new_codes() -> list[str]:
    codes = ["".join(choice(_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    return ["-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4)) for code in codes]


def _digest(code: str) -> bytes:
    return hashlib.sha256(bare_code(code).encode()).digest()


def _purpose(user_id: int) -> str:
    return f"second factor of user {user_id}"
