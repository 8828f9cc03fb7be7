"""Sessions of the dashboard: begun by who signed in, listed and revoked by who has them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from linnet.actions.context import Context
from linnet.actions.notes import tell
from linnet.model.access import User
from linnet.model.account import MAX_AGENT, MAX_SESSIONS, SESSION_LIFE, SessionRecord, SignInMethod
from linnet.model.audit import Event
from linnet.model.errors import SessionNotFound, StorageUnavailable
from linnet.model.profile import MAX_DEVICES, NoteKind, Profile
from linnet.storage.database import Database

_TOKEN_BYTES: Final = 32
_MAX_TOKEN: Final = 100
_VERSIONS: Final = re.compile(r"[\d._]+")
# How far behind the time in the list of sessions may be: not every request should write.
_SEEN_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose session it is that a request brought, and how that person reads the dashboard."""

    user: User
    session: SessionRecord
    profile: Profile


def begin_session(context: Context, *, method: SignInMethod, second_factor: bool, agent: str) -> str:
    """A new session of the actor; the token that is its browser's alone. The sessions that were not seen for longest end when
    somebody has more than 30."""
    token = token_urlsafe(_TOKEN_BYTES)
    now, user_id = context.now(), context.actor.user_id
    with context.database.write() as work:
        work.sessions.remove_expired(now)
        work.sessions.remove_oldest(user_id, keep=MAX_SESSIONS - 1)
        work.sessions.add(
            user_id=user_id,
            digest=_digest(token),
            created_at=now,
            expires_at=now + SESSION_LIFE,
            address=context.address,
            agent=clean_agent(agent),
            method=method,
            second_factor=second_factor,
        )
        if work.profiles.see_device(user_id, _device(agent), now, most=MAX_DEVICES):
            tell(context, work, [user_id], NoteKind.NEW_DEVICE, agent=clean_agent(agent), address=context.address)
        context.note(work, Event.SIGNED_IN, str(user_id), method=method.value, secondFactor=second_factor)
    return token


def find_session(database: Database, token: str, now: datetime) -> SignedIn | None:
    """The session of a token; None when there is none, it was revoked, or is over."""
    if not token or len(token) > _MAX_TOKEN:
        return None
    with database.read() as work:
        session = work.sessions.find_by_digest(_digest(token))
        user = work.users.find(session.user_id) if session is not None else None
        profile = work.profiles.get(session.user_id) if session is not None else None
    if session is None or user is None or profile is None or user.service or session.expires_at <= now:
        return None
    if now - session.last_seen_at >= _SEEN_EVERY:
        _touch(database, session.id, now)
    return SignedIn(user, session, profile)


def end_session(context: Context, session_id: int) -> None:
    """Sign out: the token opens nothing any more."""
    with context.database.write() as work:
        if work.sessions.remove(session_id, context.actor.user_id):
            context.note(work, Event.SIGNED_OUT, str(context.actor.user_id))


def list_sessions(context: Context) -> list[SessionRecord]:
    """The actor's sessions, the one that was seen last first."""
    now = context.now()
    with context.database.read() as work:
        found = work.sessions.search(context.actor.user_id, limit=MAX_SESSIONS)
    return [each for each in found if each.expires_at > now]


def revoke_session(context: Context, session_id: int) -> None:
    """End one of the actor's sessions; SessionNotFound when there is none such, whoever else may have it."""
    with context.database.write() as work:
        if not work.sessions.remove(session_id, context.actor.user_id):
            raise SessionNotFound("This session is over already.")
        context.note(work, Event.SESSIONS_REVOKED, str(context.actor.user_id), number=1)


def revoke_other_sessions(context: Context, session_id: int) -> int:
    """End all of the actor's sessions but this one; returns how many those were."""
    with context.database.write() as work:
        number = work.sessions.remove_of(context.actor.user_id, but=session_id)
        if number:
            context.note(work, Event.SESSIONS_REVOKED, str(context.actor.user_id), number=number)
    return number


def clean_agent(agent: str) -> str:
    """A User-Agent as it is kept: bounded, and one line of characters that a database can hold."""
    kept = agent[:MAX_AGENT].encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else " " for character in kept).strip()


def _device(agent: str) -> bytes:
    """What tells one browser of a person from another, whatever its version."""
    return _digest(_VERSIONS.sub("", agent[:MAX_AGENT]))


def _touch(database: Database, session_id: int, now: datetime) -> None:
    try:
        with database.write() as work:
            work.sessions.touch(session_id, now)
    except StorageUnavailable:
        # It is a note for the list of sessions; the next request writes it.
        pass


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
