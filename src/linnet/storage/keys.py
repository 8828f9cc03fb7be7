"""API keys in the database, found by the SHA-256 digest of their secret."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from linnet.model.access import ApiKey, KeyKind
from linnet.model.errors import KeyNotFound
from linnet.storage.dialects import is_id
from linnet.storage.tables import api_keys

_KEY: Final = select(*(column for column in api_keys.c if column.name != "digest"))
_FIND: Final = _KEY.where(api_keys.c.id == bindparam("id"))
_FIND_BY_DIGEST: Final = _KEY.where(api_keys.c.digest == bindparam("digest"))
_SEARCH: Final = _KEY.where(api_keys.c.owner_id == bindparam("owner_id")).order_by(api_keys.c.id)
_REVOKE: Final = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
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

    def search(self, owner_id: int) -> list[ApiKey]:
        """All keys of an owner, oldest first."""
        rows = self._connection.execute(_SEARCH, {"owner_id": owner_id})
        return [key for row in rows if (key := _key(row)) is not None]

    def revoke(self, key_id: int, at: datetime) -> None:
        """The key works no more; one that was revoked before keeps its time."""
        self._connection.execute(_REVOKE, {"key_id": key_id, "at": at})

    def touch(self, key_id: int, at: datetime) -> None:
        """The key was used."""
        self._connection.execute(_TOUCH, {"key_id": key_id, "at": at})


def _key(row: Row[Any] | None) -> ApiKey | None:
    if row is None:
        return None
    values = row._asdict()
    return ApiKey(**values | {"kind": KeyKind(values["kind"])})
