"""Sessions of the dashboard in the database, found by the SHA-256 digest of their token."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from linnet.model.account import SessionRecord, SignInMethod
from linnet.storage.account_tables import sessions
from linnet.storage.dialects import is_id

_SESSION: Final = select(*(column for column in sessions.c if column.name != "digest"))
_FIND_BY_DIGEST: Final = _SESSION.where(sessions.c.digest == bindparam("digest"))
_TOUCH: Final = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"))
    .values(last_seen_at=bindparam("at", type_=sessions.c.last_seen_at.type))
)


class SessionRepository:
    """Sessions of one unit of work. Expired ones are found like the others: who asks must look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        user_id: int,
        digest: bytes,
        created_at: datetime,
        expires_at: datetime,
        address: str,
        agent: str,
        method: SignInMethod,
        second_factor: bool,
    ) -> SessionRecord:
        """A new session; ``digest`` is the SHA-256 of its token."""
        values: dict[str, Any] = {
            "user_id": user_id,
            "created_at": created_at,
            "last_seen_at": created_at,
            "expires_at": expires_at,
            "address": address,
            "agent": agent,
            "method": method,
            "second_factor": second_factor,
        }
        added = self._connection.execute(insert(sessions).returning(sessions.c.id).values(digest=digest, **values))
        return SessionRecord(id=added.scalar_one(), **values)

    def find_by_digest(self, digest: bytes) -> SessionRecord | None:
        return _session(self._connection.execute(_FIND_BY_DIGEST, {"digest": digest}).one_or_none())

    def search(self, user_id: int, *, limit: int) -> list[SessionRecord]:
        """The sessions of a user, the one that was seen last first."""
        statement = _SESSION.where(sessions.c.user_id == user_id).order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc())
        return [each for row in self._connection.execute(statement.limit(limit)) if (each := _session(row)) is not None]

    def touch(self, session_id: int, at: datetime) -> None:
        """The session was seen."""
        self._connection.execute(_TOUCH, {"session_id": session_id, "at": at})

    def give_second_factor(self, session_id: int, user_id: int) -> None:
        """The session of the user is one with a second factor from now on."""
        given = update(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id)
        self._connection.execute(given.values(second_factor=True))

    def remove(self, session_id: int, user_id: int) -> bool:
        """End a session of the user; False when there is none such."""
        if not is_id(session_id):
            return False
        ended = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id)
        return self._connection.execute(ended).rowcount > 0

    def remove_of(self, user_id: int, *, but: int | None = None) -> int:
        """End the sessions of a user, but one of them; returns how many."""
        ended = delete(sessions).where(sessions.c.user_id == user_id)
        return self._connection.execute(ended if but is None else ended.where(sessions.c.id != but)).rowcount

    def remove_expired(self, now: datetime) -> None:
        """Forget the sessions that are over."""
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= now))

    def remove_oldest(self, user_id: int, *, keep: int) -> None:
        """End the sessions of a user that were not seen for longest, but ``keep`` of them."""
        kept = select(sessions.c.id).where(sessions.c.user_id == user_id)
        kept = kept.order_by(sessions.c.last_seen_at.desc(), sessions.c.id.desc()).limit(keep)
        self._connection.execute(delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id.not_in(kept)))

    def count(self, user_id: int) -> int:
        """How many sessions a user has."""
        statement = select(func.count()).select_from(sessions).where(sessions.c.user_id == user_id)
        return int(self._connection.execute(statement).scalar_one())


def _session(row: Row[Any] | None) -> SessionRecord | None:
    if row is None:
        return None
    values = row._asdict()
    return SessionRecord(**values | {"method": SignInMethod(values["method"])})
