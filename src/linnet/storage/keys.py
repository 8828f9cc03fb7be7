"""API keys in the database, found by the SHA-256 digest of their secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, literal, or_, select, update

from linnet.model.access import ApiKey, KeyKind
from linnet.model.errors import KeyNotFound
from linnet.storage.dialects import is_id
from linnet.storage.tables import api_keys, domains, memberships, users

_KEY: Final = select(*(column for column in api_keys.c if column.name != "digest"))
_FIND: Final = _KEY.where(api_keys.c.id == bindparam("id"))
_FIND_BY_DIGEST: Final = _KEY.where(api_keys.c.digest == bindparam("digest"))
_LIVE: Final = (
    select(func.count())
    .select_from(api_keys)
    .where(api_keys.c.owner_id == bindparam("owner_id"), api_keys.c.revoked_at.is_(None))
)
_REVOKE: Final = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at", type_=api_keys.c.revoked_at.type))
)
_REVOKE_OF: Final = (
    update(api_keys)
    .where(api_keys.c.owner_id == bindparam("owner"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at", type_=api_keys.c.revoked_at.type))
)
_TOUCH: Final = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"))
    .values(last_used_at=bindparam("at", type_=api_keys.c.last_used_at.type))
)


class KeyRepository:
    """API keys of one unit of work. Revoked and expired ones are found like the others: who asks must look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        *,
        owner_id: int,
        kind: KeyKind,
        prefix: str,
        digest: bytes,
        description: str,
        created_at: datetime,
        domain_id: int | None = None,
        expires_at: datetime | None = None,
        team_id: int | None = None,
    ) -> ApiKey:
        """A new key; ``prefix`` is what people recognise it by, ``digest`` the SHA-256 of the whole key."""
        values: dict[str, Any] = {
            "owner_id": owner_id,
            "kind": kind,
            "prefix": prefix,
            "description": description,
            "created_at": created_at,
            "domain_id": domain_id,
            "expires_at": expires_at,
            "team_id": team_id,
        }
        added = self._connection.execute(insert(api_keys).returning(api_keys.c.id).values(digest=digest, **values))
        return ApiKey(id=added.scalar_one(), **values)

    def find(self, key_id: int) -> ApiKey | None:
        return _key(self._connection.execute(_FIND, {"id": key_id}).one_or_none()) if is_id(key_id) else None

    def get(self, key_id: int) -> ApiKey:
        """The key, or KeyNotFound."""
        key = self.find(key_id)
        if key is None:
            raise KeyNotFound(f"There is no API key {key_id}.")
        return key

    def find_by_digest(self, digest: bytes) -> ApiKey | None:
        return _key(self._connection.execute(_FIND_BY_DIGEST, {"digest": digest}).one_or_none())

    def search(
        self,
        owner_id: int,
        *,
        managed_team_ids: Sequence[int] = (),
        domain_id: int | None = None,
        team_id: int | None = None,
        after: int = 0,
        limit: int = 150,
    ) -> list[ApiKey]:
        """Keys of an owner and of the service accounts of teams, oldest first, those with a number above ``after``.

        With ``domain_id`` only those that reach no other domain, with ``team_id`` only those that reach none outside the team.
        """
        statement = _KEY.where(_of(owner_id, managed_team_ids), api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
        if domain_id is not None:
            statement = statement.where(api_keys.c.domain_id == domain_id)
        if team_id is not None:
            of_team = select(domains.c.id).where(domains.c.team_id == team_id)
            statement = statement.where(or_(api_keys.c.team_id == team_id, api_keys.c.domain_id.in_(of_team)))
        return [key for row in self._connection.execute(statement) if (key := _key(row)) is not None]

    def count_live(self, owner_id: int) -> int:
        """How many keys an owner has that were not revoked."""
        return int(self._connection.execute(_LIVE, {"owner_id": owner_id}).scalar_one())

    def revoke(self, key_id: int, at: datetime) -> None:
        """The key works no more; one that was revoked before keeps its time."""
        self._connection.execute(_REVOKE, {"key_id": key_id, "at": at})

    def revoke_of(self, owner_id: int, at: datetime) -> None:
        """No key of the owner works any more."""
        self._connection.execute(_REVOKE_OF, {"owner": owner_id, "at": at})

    def free_of_team(self, team_id: int, at: datetime) -> None:
        """No key that is restricted to a team works any more, nor is tied to the team."""
        ends = func.coalesce(api_keys.c.revoked_at, literal(at, api_keys.c.revoked_at.type))
        self._connection.execute(update(api_keys).where(api_keys.c.team_id == team_id).values(revoked_at=ends, team_id=None))

    def touch(self, key_id: int, at: datetime) -> None:
        """The key was used."""
        self._connection.execute(_TOUCH, {"key_id": key_id, "at": at})


def _of(owner_id: int, managed_team_ids: Sequence[int]) -> ColumnElement[bool]:
    if not managed_team_ids:
        return api_keys.c.owner_id == owner_id
    accounts = (
        select(users.c.id)
        .join(memberships, memberships.c.user_id == users.c.id)
        .where(users.c.service.is_(True), memberships.c.team_id.in_(managed_team_ids))
    )
    return or_(api_keys.c.owner_id == owner_id, api_keys.c.owner_id.in_(accounts))


def _key(row: Row[Any] | None) -> ApiKey | None:
    if row is None:
        return None
    values = row._asdict()
    return ApiKey(**values | {"kind": KeyKind(values["kind"])})
