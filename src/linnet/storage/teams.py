"""Teams and their members in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from linnet.model.access import Membership, Role, Team
from linnet.storage.dialects import is_id, is_storable
from linnet.storage.prepared import Prepared
from linnet.storage.tables import memberships, teams

_NAMESAKES: Final = 2
_TEAM: Final = select(teams.c.id, teams.c.name, teams.c.created_at, teams.c.require_second_factor)
_MEMBERSHIP: Final = select(memberships.c.team_id, memberships.c.user_id, memberships.c.role, memberships.c.own_links_only)
_DEMANDING: Final = Prepared(
    select(memberships.c.team_id)
    .join(teams, teams.c.id == memberships.c.team_id)
    .where(memberships.c.user_id == bindparam("user_id"), teams.c.require_second_factor.is_(True))
)
_OF_USER: Final = Prepared(_MEMBERSHIP.where(memberships.c.user_id == bindparam("user_id")).order_by(memberships.c.team_id))


class TeamRepository:
    """Teams of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, created_at: datetime) -> Team:
        """A new team, without members."""
        added = self._connection.execute(insert(teams).returning(teams.c.id).values(name=name, created_at=created_at))
        return Team(id=added.scalar_one(), name=name, created_at=created_at)

    def find(self, team_id: int, *, hold: bool = False) -> Team | None:
        """The team; ``hold``: nobody removes it before this unit of work ends."""
        if not is_id(team_id):
            return None
        statement = _TEAM.where(teams.c.id == team_id)
        if hold:
            statement = statement.with_for_update(read=True, key_share=True)
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else Team(**row._asdict())

    def find_many(self, team_ids: Collection[int]) -> list[Team]:
        """Teams by their numbers, as far as they exist, oldest first."""
        statement = _TEAM.where(teams.c.id.in_(team_ids)).order_by(teams.c.id)
        return [Team(**row._asdict()) for row in self._connection.execute(statement)]

    def save(self, team: Team) -> None:
        """Another name for a team, or another demand on its members."""
        values = {"name": team.name, "require_second_factor": team.require_second_factor}
        self._connection.execute(update(teams).where(teams.c.id == team.id).values(values))

    def remove(self, team_id: int) -> None:
        """Ends a team with its memberships and invitations; no domain may be in it, and no key restricted to it."""
        self._connection.execute(delete(teams).where(teams.c.id == team_id))

    def demanding(self, user_id: int) -> set[int]:
        """The teams of a user that require a second factor."""
        return {row[0] for row in _DEMANDING.all(self._connection, {"user_id": user_id})}

    def count_members(self, team_ids: Collection[int]) -> dict[int, int]:
        """How many members teams have, by team."""
        counted = select(memberships.c.team_id, func.count()).where(memberships.c.team_id.in_(team_ids))
        return {row[0]: row[1] for row in self._connection.execute(counted.group_by(memberships.c.team_id))}

    def find_by_name(self, name: str) -> list[Team]:
        """The first teams with this name; names need not be unique."""
        if not is_storable(name):
            return []
        statement = _TEAM.where(teams.c.name == name).order_by(teams.c.id).limit(_NAMESAKES)
        return [Team(**row._asdict()) for row in self._connection.execute(statement)]

    def reserve(self, team_id: int) -> None:
        """Nobody else changes the team or its members before this unit of work ends."""
        if is_id(team_id):
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
