"""One-time links to another password in the database, found by the SHA-256 digest of their token."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from linnet.storage.account_tables import password_resets

_FIND: Final = select(password_resets.c.user_id).where(
    password_resets.c.digest == bindparam("digest"),
    password_resets.c.expires_at > bindparam("now", type_=password_resets.c.expires_at.type),
)


class PasswordResetRepository:
    """Password resets of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, user_id: int, digest: bytes, created_at: datetime, expires_at: datetime) -> None:
        """A new link of a user; ``digest`` is the SHA-256 of its token."""
        values = {"user_id": user_id, "digest": digest, "created_at": created_at, "expires_at": expires_at}
        self._connection.execute(insert(password_resets).values(values))

    def find_user(self, digest: bytes, now: datetime) -> int | None:
        """The user whose link this is; None when there is none, or it is over."""
        return self._connection.scalar(_FIND, {"digest": digest, "now": now})

    def remove(self, digest: bytes) -> bool:
        """Use a link up; False when another did so before."""
        return self._connection.execute(delete(password_resets).where(password_resets.c.digest == digest)).rowcount > 0

    def remove_of(self, user_id: int) -> None:
        """No link of the user works any more."""
        self._connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))

    def remove_oldest(self, user_id: int, now: datetime, *, keep: int) -> None:
        """Forget the oldest links of a user but ``keep`` of them, and everybody's that are over."""
        kept = select(password_resets.c.id).where(password_resets.c.user_id == user_id)
        kept = kept.order_by(password_resets.c.id.desc()).limit(keep)
        old = delete(password_resets).where(password_resets.c.user_id == user_id, password_resets.c.id.not_in(kept))
        self._connection.execute(old)
        self._connection.execute(delete(password_resets).where(password_resets.c.expires_at <= now))
