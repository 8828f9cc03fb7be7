"""Forms that were sent, in the database."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from linnet.storage.dialects import insert_ignoring
from linnet.storage.tables import submissions

_ADD: Final = insert_ignoring(
    submissions,
    {name: bindparam(name) for name in ("user_id", "token", "sent_at")},
    conflict=("user_id", "token"),
    returning=submissions.c.user_id,
)


class SubmissionRepository:
    """The forms that were sent, of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, user_id: int, token: str, sent_at: datetime) -> bool:
        """Note that a form was sent; False when it was before."""
        values = {"user_id": user_id, "token": token, "sent_at": sent_at}
        return self._connection.execute(_ADD[self._connection.dialect.name], values).one_or_none() is not None

    def find(self, user_id: int, token: str) -> str | None:
        """Where the form led to; None while it is at work, and when it was never sent."""
        return self._connection.execute(select(submissions.c.location).where(*_key(user_id, token))).scalar_one_or_none()

    def save(self, user_id: int, token: str, location: str) -> None:
        """Note where the form led to."""
        self._connection.execute(update(submissions).where(*_key(user_id, token)).values(location=location))

    def remove(self, user_id: int, token: str) -> None:
        """Forget the form, which may then be sent again."""
        self._connection.execute(delete(submissions).where(*_key(user_id, token)))

    def remove_old(self, user_id: int, before: datetime) -> None:
        """Forget what the user sent before that."""
        self._connection.execute(delete(submissions).where(submissions.c.user_id == user_id, submissions.c.sent_at < before))


def _key(user_id: int, token: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return submissions.c.user_id == user_id, submissions.c.token == token
