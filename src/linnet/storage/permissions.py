"""Permissions for single links in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from linnet.storage.dialects import is_id
from linnet.storage.tables import link_permissions

_PERMISSION: Final = select(link_permissions.c.id, link_permissions.c.user_id)


@dataclass(frozen=True, slots=True)
class Permission:
    """A user who may read and change a link beyond what its role allows (contract b.6)."""

    id: int
    user_id: int


class PermissionRepository:
    """Permissions of one unit of work; a link is known by its number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, link_number: int) -> list[Permission]:
        """The permissions for a link, oldest first."""
        statement = _PERMISSION.where(link_permissions.c.link_number == link_number).order_by(link_permissions.c.id)
        return [Permission(*row) for row in self._connection.execute(statement)]

    def find(self, link_number: int, user_id: int) -> Permission | None:
        """The permission of a user for a link."""
        if not is_id(user_id):
            return None
        key = (link_permissions.c.link_number == link_number, link_permissions.c.user_id == user_id)
        row = self._connection.execute(_PERMISSION.where(*key)).one_or_none()
        return None if row is None else Permission(*row)

    def add(self, link_number: int, user_id: int, created_at: datetime) -> Permission:
        """The user's permission for a link, a new one unless it has one."""
        existing = self.find(link_number, user_id)
        if existing is not None:
            return existing
        statement = (
            insert(link_permissions)
            .returning(link_permissions.c.id)
            .values(link_number=link_number, user_id=user_id, created_at=created_at)
        )
        return Permission(self._connection.execute(statement).scalar_one(), user_id)

    def remove(self, link_number: int, user_id: int) -> bool:
        """Ends a permission; False when there was none."""
        if not is_id(user_id):
            return False
        key = (link_permissions.c.link_number == link_number, link_permissions.c.user_id == user_id)
        return self._connection.execute(delete(link_permissions).where(*key)).rowcount == 1
