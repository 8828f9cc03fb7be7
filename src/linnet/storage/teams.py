"""Teams and their members in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from linnet.model.access import Membership, Role, Team
from linnet.storage.dialects import is_id, is_storable
from linnet.storage.prepared import Prepared
from linnet.storage.tables import memberships, teams

_NAMESAKES: Final = 2
_TEAM: Final = select(teams.c.id, teams.c.name, teams.c.created_at)
_MEMBERSHIP: Final = select(memberships.c.team_id, memberships.c.user_id, memberships.c.role, memberships.c.own_links_only)
_OF_USER: Final = Prepared(_MEMBERSHIP.where(memberships.c.user_id == bindparam("user_id")).order_by(memberships.c.team_id))


class TeamRepository:
    """Teams of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, created_at: datetime) -> Team:
        """A new team, without members."""
        added = self._connection.execute(insert(teams).returning(teams.c.id).values(name=name, created_at=created_at))
        return Team(id=added.scalar_one(), name=name, created_at=created_at)

    def find(self, team_id: int) -> Team | None:
        if not is_id(team_id):
            return None
        row = self._connection.execute(_TEAM.where(teams.c.id == team_id)).one_or_none()
        return None if row is None else Team(**row._asdict())

    def find_by_name(self, name: str) -> list[Team]:
        """The first teams with this name; names need not be unique."""
        if not is_storable(name):
            return []
        statement = _TEAM.where(teams.c.name == name).order_by(teams.c.id).limit(_NAMESAKES)
        return [Team(**row._asdict()) for row in self._connection.execute(statement)]

    def reserve(self, team_id: int) -> None:
        """Nobody else changes the team's members before this unit of work ends."""
        self._connection.execute(select(teams.c.id).where(teams.c.id == team_id).with_for_update())

    def search(self, *, after: int = 0, limit: int = 1000) -> list[Team]:
        """Teams, oldest first, those with a number above ``after``."""
        statement = _TEAM.where(teams.c.id > after).order_by(teams.c.id).limit(limit)
        return [Team(**row._asdict()) for row in self._connection.execute(statement)]

    def memberships_of(self, user_id: int) -> tuple[Membership, ...]:
        """What a user is in which teams."""
        return tuple(_membership(row) for row in _OF_USER.all(self._connection, {"user_id": user_id}))

    def members(self, team_id: int) -> list[Membership]:
        """The members of a team, by user."""
        statement = _MEMBERSHIP.where(memberships.c.team_id == team_id).order_by(memberships.c.user_id)
        return [_membership(row) for row in self._connection.execute(statement)]

    def save_member(self, membership: Membership) -> None:
        """Makes the user a member, or changes what it is."""
        key = (memberships.c.team_id == membership.team_id, memberships.c.user_id == membership.user_id)
        values = {"role": membership.role.value, "own_links_only": membership.own_links_only}
        if self._connection.execute(update(memberships).where(*key).values(values)).rowcount == 0:
            both = {"team_id": membership.team_id, "user_id": membership.user_id}
            self._connection.execute(insert(memberships).values(both | values))

    def remove_member(self, team_id: int, user_id: int) -> bool:
        """Ends a membership; False when there was none."""
        statement = delete(memberships).where(memberships.c.team_id == team_id, memberships.c.user_id == user_id)
        return self._connection.execute(statement).rowcount == 1


def _membership(row: Sequence[Any]) -> Membership:
    team_id, user_id, role, own_links_only = row
    return Membership(team_id=team_id, user_id=user_id, role=Role(role), own_links_only=bool(own_links_only))
