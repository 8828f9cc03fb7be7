"""Another password for who forgot it: one-time links that the administrator makes, or that are mailed."""

import hashlib
from dataclasses import replace
from functools import partial
from secrets import token_urlsafe
from typing import Final

from linnet.actions.context import Context
from linnet.actions.passwords import hash_password
from linnet.actions.users import check_password, refuse_others
from linnet.model.access import Actor, User
from linnet.model.account import MAX_RESETS, RESET_LIFE
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, ResetNotFound, UserNotFound
from linnet.network.mail import Mail

_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 100
_TEXT: Final = """Somebody, most likely you, asked for another password for {email} at {dashboard}.

Choose one here within an hour:

{link}

If you did not ask for it, you need do nothing: your password stays as it is.
"""


def make_reset(context: Context, email: str) -> str:
    """A link to another password for a person, which works once and for an hour; the administrator's business alone."""
    refuse_others(context)
    with context.database.read() as work:
        user = work.users.find_by_email(email.strip()[:254])
    if user is None:
        raise UserNotFound(f"There is no user {email[:254]}.", field="email")
    if user.service:
        raise InvalidField(f"{user.email} is a service account, which has keys and no password.", field="email")
    return _new_link(context, user)


def mail_reset(context: Context, email: str) -> bool:
    """Mail a link to whoever has this address, or nothing to who is not known: which of the two takes the caller no different
    time, because the thread that sends looks it up. False where no mail is sent."""
    return context.send_mail(partial(_letter, context, email))


def reset_user(context: Context, token: str) -> User:
    """Whose password a link changes; ResetNotFound when it works no more."""
    with context.database.read() as work:
        user_id = work.password_resets.find_user(_digest(token), context.now())
        user = work.users.find(user_id) if user_id is not None else None
    if user is None:
        raise ResetNotFound("This link was used, or it is older than an hour. Please ask for another one.")
    return user


def reset_password(context: Context, token: str, password: str) -> User:
    """Use a link up: its user has another password, and neither the former one's sessions nor other links work any more. A
    second factor stays as it is."""
    user = reset_user(context, token)
    check_password(password)
    password_hash = hash_password(password)
    with context.database.write() as work:
        if not work.password_resets.remove(_digest(token)):
            raise ResetNotFound("This link was used meanwhile.")
        work.users.set_password(user.id, password_hash)
        # The link was mailed to the address, or the administrator passed it on.
        work.users.set_email_proved(user.id, True)
        _as(user, context).note(work, Event.PASSWORD_CHANGED, str(user.id), by="reset")
    return user


def _letter(context: Context, email: str) -> Mail | None:
    with context.database.read() as work:
        user = work.users.find_by_email(email.strip()[:254])
    if user is None or user.service:
        return None
    link = _new_link(_as(user, context), user)
    text = _TEXT.format(email=user.email, dashboard=context.dashboard_url, link=link)
    return Mail(to=user.email, subject="Another password for Linnet", text=text)


def _new_link(context: Context, user: User) -> str:
    token = token_urlsafe(_TOKEN_BYTES)
    now = context.now()
    with context.database.write() as work:
        work.password_resets.remove_oldest(user.id, now, keep=MAX_RESETS - 1)
        work.password_resets.add(user_id=user.id, digest=_digest(token), created_at=now, expires_at=now + RESET_LIFE)
        context.note(work, Event.PASSWORD_RESET_MADE, str(user.id))
    return f"{context.dashboard_url}/reset/{token}"


def _as(user: User, context: Context) -> Context:
    """In the user's own name, whose log shows it: nobody is signed in."""
    return replace(context, actor=Actor(user_id=user.id))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token[:_MAX_TOKEN].encode("utf-8", "replace")).digest()
