"""People and their passwords; the administrator's business alone."""

import re
from secrets import token_urlsafe
from typing import Final

from linnet.actions.context import Context
from linnet.actions.passwords import hash_password
from linnet.model.access import FIRST_USER_ID, User
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, NotAllowed, UserNotFound
from linnet.model.text import has_control_characters
from linnet.storage.unit_of_work import UnitOfWork

MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 1024
MAX_NAME: Final = 100
# No hash of argon2 looks like this, so that no password matches it.
NO_PASSWORD: Final = "!"  # noqa: S105 (the absence of one)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}")
_GENERATED_BYTES = 12


def create_user(context: Context, *, email: str, password: str | None = None, name: str | None = None) -> tuple[User, str]:
    """A new person, in no team yet, with the password, which is made up when none is given; UserTaken for a second account."""
    refuse_others(context)
    address, named = clean_email(email), clean_name(name) if name is not None else None
    chosen = _chosen(password)
    password_hash = hash_password(chosen)
    with context.database.write() as work:
        user = work.users.add(email=address, name=named, password_hash=password_hash, created_at=context.now())
        context.note(work, Event.USER_CREATED, str(user.id), email=address)
    return user, chosen


def set_password(context: Context, email: str, password: str | None = None) -> str:
    """Another password for a person, made up when none is given; it is returned. Sessions that the former one opened end."""
    refuse_others(context)
    chosen = _chosen(password)
    password_hash = hash_password(chosen)
    with context.database.write() as work:
        user = work.users.find_by_email(email.strip())
        if user is None:
            raise UserNotFound(f"There is no user {email[:254]}.", field="email")
        if user.service:
            raise InvalidField(f"{user.email} is a service account, which has keys and no password.", field="email")
        work.users.set_password(user.id, password_hash)
        context.note(work, Event.PASSWORD_CHANGED, str(user.id))
    return chosen


def account_named(work: UnitOfWork, name: str) -> User:
    """The service account with this number or e-mail address; UserNotFound otherwise."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else 0
    account = work.users.find(number) if number else work.users.find_by_email(name)
    if account is None or not account.service:
        raise UserNotFound(f"There is no service account {name[:254]}.", field="service-account")
    return account


def clean_email(email: str) -> str:
    """An e-mail address, or InvalidField."""
    address = email.strip()
    if not _EMAIL.fullmatch(address) or has_control_characters(address):
        raise InvalidField("email must be an e-mail address such as me@example.com.", field="email")
    return address


def clean_name(name: str) -> str:
    """The name of a person, a team or a service account, or InvalidField."""
    cleaned = name.strip()
    if not 1 <= len(cleaned) <= MAX_NAME or has_control_characters(cleaned):
        raise InvalidField(f"name must have 1 to {MAX_NAME} characters, none of them a control character.", field="name")
    return cleaned


def check_password(password: str, *, field: str = "password") -> None:
    """InvalidField when it is too short to be safe, too long to be hashed, or cannot be typed."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD or has_control_characters(password):
        raise InvalidField(
            f"password must have {MIN_PASSWORD} to {MAX_PASSWORD} characters, none of them a control character.", field=field
        )


def _chosen(password: str | None) -> str:
    if password is None:
        return token_urlsafe(_GENERATED_BYTES)
    check_password(password)
    return password


def refuse_others(context: Context) -> None:
    """NotAllowed for everybody but the owner of the installation, and for keys."""
    if context.actor.user_id != FIRST_USER_ID or context.actor.key_id is not None:
        raise NotAllowed("Only the owner of the installation manages users, and not with an API key.")
