"""Invitations to teams in the database, found by the SHA-256 digest of their token."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from linnet.model.access import Invitation, Role
from linnet.storage.dialects import is_id
from linnet.storage.tables import invitations

_INVITATION: Final = select(*(column for column in invitations.c if column.name != "digest"))


class InvitationRepository:
    """Invitations of one unit of work. Those that are over are found like the others: who asks must look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, invitation: Invitation, digest: bytes) -> Invitation:
        """A new invitation, its number assigned here; ``digest`` is the SHA-256 of its token."""
        values = {name: getattr(invitation, name) for name in Invitation.__slots__ if name != "id"}
        added = self._connection.execute(insert(invitations).returning(invitations.c.id).values(digest=digest, **values))
        return Invitation(id=added.scalar_one(), **values)

    def find(self, team_id: int, invitation_id: int) -> Invitation | None:
        """An invitation to a team."""
        if not is_id(invitation_id):
            return None
        both = (invitations.c.team_id == team_id, invitations.c.id == invitation_id)
        return _invitation(self._connection.execute(_INVITATION.where(*both)).one_or_none())

    def find_by_digest(self, digest: bytes) -> Invitation | None:
        return _invitation(self._connection.execute(_INVITATION.where(invitations.c.digest == digest)).one_or_none())

    def search(self, team_id: int) -> list[Invitation]:
        """The invitations to a team, the newest first."""
        statement = _INVITATION.where(invitations.c.team_id == team_id).order_by(invitations.c.id.desc())
        return [found for row in self._connection.execute(statement) if (found := _invitation(row)) is not None]

    def use(self, invitation_id: int) -> bool:
        """One use less; False when there was none left."""
        left = invitations.c.uses_left
        statement = update(invitations).where(invitations.c.id == invitation_id, left > 0).values(uses_left=left - 1)
        return self._connection.execute(statement).rowcount == 1

    def remove(self, invitation_id: int) -> None:
        """Ends an invitation."""
        self._connection.execute(delete(invitations).where(invitations.c.id == invitation_id))

    def remove_by(self, user_id: int, team_id: int) -> None:
        """Ends the invitations to a team that a user made."""
        condition = (invitations.c.invited_by == user_id, invitations.c.team_id == team_id)
        self._connection.execute(delete(invitations).where(*condition))

    def remove_over(self, team_id: int, now: datetime) -> None:
        """Forgets the invitations to a team that nobody can accept any more."""
        over = (invitations.c.uses_left < 1) | (invitations.c.expires_at <= now)
        self._connection.execute(delete(invitations).where(invitations.c.team_id == team_id, over))


def _invitation(row: Any) -> Invitation | None:
    if row is None:
        return None
    values = row._asdict()
    return Invitation(**values | {"role": Role(values["role"])})
