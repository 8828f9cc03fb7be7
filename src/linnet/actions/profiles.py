"""What a person sets about itself: name, e-mail address, language, time zone, and what is mailed to it."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from secrets import token_urlsafe
from typing import Final

from linnet.actions.context import Context
from linnet.actions.passwords import password_matches
from linnet.actions.users import MAX_PASSWORD, NO_PASSWORD, clean_email, clean_name
from linnet.model.access import User
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, NotAllowed, UserNotFound
from linnet.model.periods import zone_names
from linnet.model.profile import EMAIL_CHANGE_LIFE, EmailChange, NoteKind, Profile
from linnet.network.mail import Mail
from linnet.storage.unit_of_work import UnitOfWork

_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 100


def own_profile(context: Context) -> tuple[User, Profile, EmailChange | None]:
    """The actor, what it set, and the address that it has not confirmed yet."""
    with context.database.read() as work:
        user = _own(context, work)
        change = work.profiles.email_change_of(user.id)
        waiting = change if change is not None and change.expires_at > context.now() else None
        return user, work.profiles.get(user.id), waiting


def rename(context: Context, name: str) -> None:
    """Another name for the actor; "" for none."""
    chosen = clean_name(name) if name.strip() else None
    with context.database.write() as work:
        user = _own(context, work)
        if chosen != user.name:
            work.users.rename(user.id, chosen)
            context.note(work, Event.USER_UPDATED, str(user.id), fields=["name"])


def set_reading(context: Context, *, language: str, time_zone: str, languages: Collection[str]) -> None:
    """In which of the ``languages``, and with the times of which zone, the actor reads the dashboard."""
    if language not in languages:
        raise InvalidField(f"language must be one of {', '.join(languages)}.", field="language")
    if time_zone not in zone_names():
        raise InvalidField("time_zone must be the name of a time zone such as Europe/Berlin.", field="time_zone")
    with context.database.write() as work:
        before = work.profiles.get(_own(context, work).id)
        after = replace(before, language=language, time_zone=time_zone)
        if after != before:
            work.profiles.save(after)
            context.note(work, Event.USER_UPDATED, str(after.user_id), fields=["language", "time_zone"])


def set_mail(context: Context, kinds: Iterable[str]) -> None:
    """Of what the actor is told by mail; kinds that there are not are passed over."""
    known = frozenset(NoteKind)
    wanted = frozenset(NoteKind(each) for each in kinds if each in known)
    with context.database.write() as work:
        before = work.profiles.get(_own(context, work).id)
        # The first summary is of the week in which it was asked for.
        began = context.now() if NoteKind.WEEKLY_SUMMARY in wanted - before.mail else before.summary_at
        if wanted != before.mail:
            work.profiles.save(replace(before, mail=wanted, summary_at=began))
            context.note(work, Event.USER_UPDATED, str(before.user_id), fields=["mail"])


def change_email(context: Context, email: str, password: str, letter: Callable[[str, str], Mail] | None) -> bool:
    """Ask for another address, and have it once a link is followed that is sent there; or at once, and True, where ``letter``
    is None because no mail is sent. ``letter`` makes what is sent, of the address and the link.

    InvalidField for a wrong password, UserTaken when somebody has the address. Who has no password signs in with an account
    elsewhere, and keeps its address.
    """
    address = clean_email(email)
    with context.database.read() as work:
        user = _own(context, work)
        stored_hash = work.users.password_hash_of(user.id)
    if stored_hash == NO_PASSWORD:
        raise NotAllowed("You sign in with an account elsewhere, and your address is that account's.")
    if not password_matches(password[:MAX_PASSWORD], stored_hash):
        raise InvalidField("This is not your password.", field="password")
    token = token_urlsafe(_TOKEN_BYTES)
    with context.database.write() as work:
        other = work.users.find_by_email(address)
        if letter is None or other is not None:
            # Taken by another: refused here, and not by a letter that does nothing.
            _set_email(context, work, user.id, address)
            return True
        change = EmailChange(user_id=user.id, email=address, expires_at=context.now() + EMAIL_CHANGE_LIFE)
        work.profiles.ask_for_email(change, _digest(token))
    context.send_mail(letter(address, f"{context.dashboard_url}/dashboard/settings/email/{token}"))
    return False


def confirm_email(context: Context, token: str) -> str:
    """Have the address to which the letter with this token went; InvalidField for any other token, another's among them."""
    with context.database.write() as work:
        change = work.profiles.find_email_change(_digest(token[:_MAX_TOKEN]))
        if change is None or change.user_id != context.actor.user_id or change.expires_at <= context.now():
            raise InvalidField(
                "This address was confirmed already, or too late: links in letters work for a day.", field="token"
            )
        work.profiles.forget_email(change.user_id)
        _set_email(context, work, change.user_id, change.email)
        # The letter went there.
        work.users.set_email_proved(change.user_id, True)
    return change.email


def forget_email_change(context: Context) -> None:
    """Keep the address that one has."""
    with context.database.write() as work:
        work.profiles.forget_email(_own(context, work).id)


def _set_email(context: Context, work: UnitOfWork, user_id: int, email: str) -> None:
    work.users.set_email(user_id, email)
    context.note(work, Event.EMAIL_CHANGED, str(user_id), email=email)


def _own(context: Context, work: UnitOfWork) -> User:
    user = work.users.find(context.actor.user_id)
    if user is None or user.service:
        raise UserNotFound("Only people have a profile.")
    return user


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
