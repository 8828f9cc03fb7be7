"""Profiles of people, and the addresses that they want to have, in the database."""

import json
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from linnet.model.profile import EmailChange, NoteKind, Profile
from linnet.storage.dialects import insert_ignoring
from linnet.storage.prepared import Columns, Prepared
from linnet.storage.profile_tables import devices, email_changes, profiles

_COLUMNS: Final = Columns(profiles, ("user_id", "language", "time_zone", "mail", "summary_at"))
_PROFILE: Final = select(*_COLUMNS.selected)
_FIND: Final = Prepared(_PROFILE.where(profiles.c.user_id == bindparam("user_id")))
_ADD: Final = insert_ignoring(
    profiles, {name: bindparam(name) for name in _COLUMNS.names}, conflict=("user_id",), returning=profiles.c.user_id
)
_ADD_DEVICE: Final = insert_ignoring(
    devices,
    {name: bindparam(name, type_=devices.c[name].type) for name in ("user_id", "digest", "seen_at")},
    conflict=("user_id", "digest"),
    returning=devices.c.user_id,
)
_CHANGE: Final = select(email_changes.c.user_id, email_changes.c.email, email_changes.c.expires_at)


class ProfileRepository:
    """Profiles of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, user_id: int) -> Profile:
        """What a user set; the usual for who set nothing."""
        row = _FIND.one(self._connection, {"user_id": user_id})
        return Profile(user_id=user_id) if row is None else _profile(row)

    def save(self, profile: Profile) -> None:
        """Stores all of ``profile``."""
        values = {
            "user_id": profile.user_id,
            "language": profile.language,
            "time_zone": profile.time_zone,
            "mail": json.dumps(sorted(profile.mail)),
            "summary_at": profile.summary_at,
        }
        if self._connection.scalar(_ADD[self._connection.dialect.name], values) is None:
            self._connection.execute(update(profiles).where(profiles.c.user_id == profile.user_id).values(values))

    def with_summary(self, *, after: int, limit: int) -> list[Profile]:
        """Profiles of who has the summary of the week mailed, by user, of those with a number above ``after``."""
        wanted = profiles.c.mail.contains(f'"{NoteKind.WEEKLY_SUMMARY.value}"', autoescape=True)
        statement = _PROFILE.where(wanted, profiles.c.user_id > after)
        rows = self._connection.execute(statement.order_by(profiles.c.user_id).limit(limit))
        return [_profile(row) for row in rows]

    def claim_summary(self, profile: Profile, at: datetime) -> bool:
        """Notes that the summary of ``profile`` is made ``at``; False when another node was first."""
        unchanged = profiles.c.summary_at.is_not_distinct_from(profile.summary_at)
        statement = update(profiles).where(profiles.c.user_id == profile.user_id, unchanged).values(summary_at=at)
        return self._connection.execute(statement).rowcount == 1

    def ask_for_email(self, change: EmailChange, digest: bytes) -> None:
        """An address that waits for being confirmed, in place of the one that did."""
        self.forget_email(change.user_id)
        values = {"user_id": change.user_id, "email": change.email, "expires_at": change.expires_at, "digest": digest}
        self._connection.execute(insert(email_changes).values(values))

    def email_change_of(self, user_id: int) -> EmailChange | None:
        """The address that a user waits for."""
        return _change(self._connection.execute(_CHANGE.where(email_changes.c.user_id == user_id)).one_or_none())

    def find_email_change(self, digest: bytes) -> EmailChange | None:
        """The address that the letter with a token was sent to; it may be too late."""
        return _change(self._connection.execute(_CHANGE.where(email_changes.c.digest == digest)).one_or_none())

    def forget_email(self, user_id: int) -> None:
        """A user waits for no other address any more."""
        self._connection.execute(delete(email_changes).where(email_changes.c.user_id == user_id))

    def see_device(self, user_id: int, digest: bytes, at: datetime, *, most: int) -> bool:
        """The user signs in with a browser; whether it did with others, and never with this one. Of each user ``most``
        browsers are remembered."""
        own = devices.c.user_id == user_id
        seen = update(devices).where(own, devices.c.digest == digest).values(seen_at=at)
        if self._connection.execute(seen).rowcount:
            return False
        others = self._connection.scalar(select(devices.c.user_id).where(own).limit(1)) is not None
        values = {"user_id": user_id, "digest": digest, "seen_at": at}
        self._connection.scalar(_ADD_DEVICE[self._connection.dialect.name], values)
        kept = select(devices.c.digest).where(own).order_by(devices.c.seen_at.desc()).limit(most)
        self._connection.execute(delete(devices).where(own, devices.c.digest.not_in(kept)))
        return others


def _profile(row: Any) -> Profile:
    user_id, language, time_zone, mail, summary_at = _COLUMNS.values(row)
    known = frozenset(NoteKind)
    kinds = frozenset(NoteKind(each) for each in json.loads(mail) if each in known)
    return Profile(user_id=user_id, language=language, time_zone=time_zone, mail=kinds, summary_at=summary_at)


def _change(row: Any) -> EmailChange | None:
    return None if row is None else EmailChange(**row._asdict())
