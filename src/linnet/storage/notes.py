"""What people are told, in the database."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, false, func, insert, select, true, update

from linnet.model.profile import Note, NoteKind
from linnet.storage.dialects import is_id
from linnet.storage.profile_tables import notes

_COLUMNS: Final = tuple(notes.c[name] for name in ("id", "user_id", "kind", "at", "details", "read_at"))
_NOTE: Final = select(*_COLUMNS)


class NoteRepository:
    """Notes of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, note: Note, *, by_mail: bool) -> None:
        """A new note; its number is given here, whatever it says."""
        values = {"user_id": note.user_id, "kind": note.kind.value, "at": note.at, "mail_due": by_mail}
        self._connection.execute(insert(notes).values(details=json.dumps(note.details, ensure_ascii=False), **values))

    def search(self, user_id: int, *, limit: int, before: int | None = None) -> list[Note]:
        """The notes of a user, newest first, those with a number below ``before``."""
        statement = _NOTE.where(notes.c.user_id == user_id)
        if before is not None:
            statement = statement.where(notes.c.id < min(before, 2**31 - 1))
        return [_note(row) for row in self._connection.execute(statement.order_by(notes.c.id.desc()).limit(limit))]

    def count_unread(self, user_id: int) -> int:
        """How many notes a user has not read."""
        statement = select(func.count()).select_from(notes).where(notes.c.user_id == user_id, notes.c.read_at.is_(None))
        return int(self._connection.execute(statement).scalar_one())

    def mark_read(self, user_id: int, up_to: int, at: datetime) -> None:
        """The user has read its notes up to a number."""
        if is_id(up_to):
            unread = (notes.c.user_id == user_id, notes.c.id <= up_to, notes.c.read_at.is_(None))
            self._connection.execute(update(notes).where(*unread).values(read_at=at))

    def claim_mail(self, *, limit: int) -> list[Note]:
        """At most ``limit`` notes that are to be mailed, oldest first; nobody else gets them again."""
        due = select(notes.c.id).where(notes.c.mail_due == true()).order_by(notes.c.id).limit(limit)
        # Once more beside the list: who waited for another node's claim must look again.
        claim = update(notes).where(notes.c.id.in_(due), notes.c.mail_due == true()).values(mail_due=false())
        return sorted((_note(row) for row in self._connection.execute(claim.returning(*_COLUMNS))), key=lambda note: note.id)

    def trim(self, user_ids: Collection[int], *, most: int) -> None:
        """Each of the users keeps its newest ``most`` notes."""
        for user_id in user_ids:
            newest = select(notes.c.id).where(notes.c.user_id == user_id).order_by(notes.c.id.desc())
            oldest_kept = newest.offset(most - 1).limit(1).scalar_subquery()
            self._connection.execute(delete(notes).where(notes.c.user_id == user_id, notes.c.id < oldest_kept))

    def forget(self, before: datetime) -> int:
        """Removes notes that were made before a time; how many."""
        return self._connection.execute(delete(notes).where(notes.c.at < before)).rowcount


def _note(row: Any) -> Note:
    number, user_id, kind, at, details, read_at = row
    return Note(id=number, user_id=user_id, kind=NoteKind(kind), at=at, details=json.loads(details), read_at=read_at)
