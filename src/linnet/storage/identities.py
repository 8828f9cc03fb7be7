"""Accounts elsewhere, with which people sign in, in the database."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from linnet.model.account import Identity
from linnet.storage.account_tables import identities
from linnet.storage.dialects import insert_ignoring, is_id, is_storable

_FIND: Final = select(identities).where(
    identities.c.issuer == bindparam("issuer"), identities.c.subject == bindparam("subject")
)
_COLUMNS: Final = ("user_id", "issuer", "subject", "email", "created_at", "last_used_at")
_ADD: Final = insert_ignoring(
    identities,
    {name: bindparam(name, type_=identities.c[name].type) for name in _COLUMNS},
    conflict=("issuer", "subject"),
    returning=identities.c.id,
)


class IdentityRepository:
    """Identities of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, issuer: str, subject: str) -> Identity | None:
        """The identity with this subject at the issuer."""
        if not is_storable(issuer + subject):
            return None
        row = self._connection.execute(_FIND, {"issuer": issuer, "subject": subject}).one_or_none()
        return None if row is None else Identity(**row._asdict())

    def add(self, *, user_id: int, issuer: str, subject: str, email: str, created_at: datetime) -> None:
        """Remember whose identity it is; nothing where that is known already."""
        values = {"user_id": user_id, "issuer": issuer, "subject": subject, "email": email}
        moments = {"created_at": created_at, "last_used_at": created_at}
        self._connection.execute(_ADD[self._connection.dialect.name], values | moments)

    def touch(self, identity_id: int, at: datetime) -> None:
        """Somebody signed in with it."""
        self._connection.execute(update(identities).where(identities.c.id == identity_id).values(last_used_at=at))

    def search(self, user_id: int, *, limit: int = 50) -> list[Identity]:
        """The identities of a user, oldest first."""
        statement = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.id).limit(limit)
        return [Identity(**row._asdict()) for row in self._connection.execute(statement)]

    def remove(self, identity_id: int, user_id: int) -> bool:
        """Forget an identity of the user; False when there is none such."""
        if not is_id(identity_id):
            return False
        forgotten = delete(identities).where(identities.c.id == identity_id, identities.c.user_id == user_id)
        return self._connection.execute(forgotten).rowcount > 0
