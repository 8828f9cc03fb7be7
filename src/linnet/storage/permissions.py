"""Permissions for single links in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, or_, select

from linnet.storage.dialects import among, insert_ignoring, is_id, listed
from linnet.storage.link_tables import link_permissions, links
from linnet.storage.tables import domains, memberships

_PERMISSION: Final = select(link_permissions.c.id, link_permissions.c.user_id)
_ADD: Final = insert_ignoring(
    link_permissions,
    {name: bindparam(name) for name in ("link_number", "user_id", "created_at")},
    conflict=("link_number", "user_id"),
    returning=link_permissions.c.id,
)
_NUMBER_AMONG: Final = among(link_permissions.c.link_number, "numbers")


_LINK_AMONG: Final = among(links.c.number, "numbers")


class Route(NamedTuple):
    """Where a link is known: its domain, and its path as it is looked up."""

    domain_id: int
    path_key: str


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
        values = {"link_number": link_number, "user_id": user_id, "created_at": created_at}
        added = self._connection.scalar(_ADD[self._connection.dialect.name], values)
        key = (link_permissions.c.link_number == link_number, link_permissions.c.user_id == user_id)
        number = added or self._connection.execute(select(link_permissions.c.id).where(*key)).scalar_one()
        return Permission(number, user_id)

    def permitted(self, user_id: int, link_numbers: Sequence[int]) -> set[int]:
        """Those of the links for which the user has a permission."""
        dialect = self._connection.dialect.name
        statement = select(link_permissions.c.link_number).where(link_permissions.c.user_id == user_id, _NUMBER_AMONG[dialect])
        return set(self._connection.scalars(statement, {"numbers": listed(dialect, link_numbers)}))

    def remove(self, link_number: int, user_id: int) -> bool:
        """Ends a permission; False when there was none."""
        if not is_id(user_id):
            return False
        key = (link_permissions.c.link_number == link_number, link_permissions.c.user_id == user_id)
        return self._connection.execute(delete(link_permissions).where(*key)).rowcount == 1

    def remove_outside(self, domain_id: int, team_id: int | None) -> list[Route]:
        """Ends the permissions for links of a domain that users have who are no members of a team; of everybody for None.
        Returns the links that had some."""
        condition = _of_links(links.c.domain_id == domain_id)
        if team_id is None:
            return self._remove(condition)
        inside = select(memberships.c.user_id).where(memberships.c.team_id == team_id)
        return self._remove(condition, link_permissions.c.user_id.not_in(inside))

    def remove_of(self, user_id: int, team_id: int) -> list[Route]:
        """Ends the permissions of a user for links of a team's domains, and returns these links."""
        of_team = select(domains.c.id).where(domains.c.team_id == team_id)
        return self._remove(link_permissions.c.user_id == user_id, _of_links(links.c.domain_id.in_(of_team)))

    def _remove(self, *conditions: ColumnElement[bool]) -> list[Route]:
        ended = delete(link_permissions).where(*conditions).returning(link_permissions.c.link_number)
        numbers = sorted(set(self._connection.scalars(ended)))
        dialect = self._connection.dialect.name
        found = select(links.c.domain_id, links.c.path_key).where(_LINK_AMONG[dialect])
        return [Route(*row) for row in self._connection.execute(found, {"numbers": listed(dialect, numbers)})]


def _of_links(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Looked up by each permission: of these there are few, and of links there may be millions.
    return exists().where(links.c.number == link_permissions.c.link_number, condition)


def visible_links(user_id: int | None) -> list[ColumnElement[bool]]:
    """The condition that a link was made by a user, or that the user has a permission for it; none for None."""
    if user_id is None:
        return []
    permitted = select(link_permissions.c.link_number).where(link_permissions.c.user_id == user_id)
    return [or_(links.c.owner_id == user_id, links.c.number.in_(permitted))]
