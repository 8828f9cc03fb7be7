"""Users in the database; a password's hash is stored beside the user and never leaves with it."""

from collections.abc import Collection
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from linnet.model.access import User
from linnet.model.errors import UserTaken
from linnet.storage.account_tables import password_resets, sessions
from linnet.storage.dialects import insert_ignoring, is_storable
from linnet.storage.tables import users

_USER: Final = select(users.c.id, users.c.email, users.c.name, users.c.created_at, users.c.service)
_FIND: Final = _USER.where(users.c.id == bindparam("id"))
_FIND_BY_EMAIL: Final = _USER.where(func.lower(users.c.email) == func.lower(bindparam("email")))
_PEOPLE: Final = select(func.count()).select_from(users).where(users.c.service.is_(False))
_ADD: Final = insert_ignoring(
    users,
    {name: bindparam(name) for name in ("email", "name", "password_hash", "created_at", "service")},
    conflict=("email",),
    returning=users.c.id,
)
_SET_PASSWORD: Final = update(users).where(users.c.id == bindparam("user_id")).values(password_hash=bindparam("hash"))
# Any number will do that no other lock has: the letters "owner".
_LOCK_FIRST: Final = text(f"SELECT pg_advisory_xact_lock({0x6F776E6572})")
_PASSWORD_HASH: Final = select(users.c.password_hash).where(users.c.id == bindparam("id"))


class UserRepository:
    """Users of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, email: str, name: str | None, password_hash: str, created_at: datetime, service: bool = False) -> User:
        """A new user, or service account, whose ``password_hash`` is one that no password has; UserTaken when somebody has the
        address, in whatever case."""
        values = {"email": email, "name": name, "password_hash": password_hash, "created_at": created_at, "service": service}
        taken = self.find_by_email(email) is not None
        number = None if taken else self._connection.scalar(_ADD[self._connection.dialect.name], values)
        if number is None:
            raise UserTaken(f"There is a user {email} already.", field="email")
        return User(id=number, email=email, name=name, created_at=created_at, service=service)

    def set_password(self, user_id: int, password_hash: str) -> None:
        """Another password for a user; sessions end, and links to another one."""
        self._connection.execute(_SET_PASSWORD, {"user_id": user_id, "hash": password_hash})
        for table in (sessions, password_resets):
            self._connection.execute(delete(table).where(table.c.user_id == user_id))

    def rename(self, user_id: int, name: str | None) -> None:
        """Another name for a user."""
        self._connection.execute(update(users).where(users.c.id == user_id).values(name=name))

    def is_email_proved(self, user_id: int) -> bool:
        """Whether the user's address is known to be its own."""
        return bool(self._connection.scalar(select(users.c.email_proved).where(users.c.id == user_id)))

    def set_email_proved(self, user_id: int, proved: bool) -> None:
        """Whether the user's address is known to be its own from now on."""
        self._connection.execute(update(users).where(users.c.id == user_id).values(email_proved=proved))

    def set_email(self, user_id: int, email: str) -> None:
        """Another address for a user, not proved yet; UserTaken when somebody else has it, in whatever case. Links to another
        password that went to the former address work no more."""
        self._connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))
        other = self.find_by_email(email)
        taken = UserTaken(f"There is a user {email} already.", field="email")
        if other is not None and other.id != user_id:
            raise taken
        try:
            # SQLite has one writer at a time, so that there the look is enough.
            with self._connection.begin_nested() if self._connection.dialect.name == "postgresql" else nullcontext():
                self._connection.execute(update(users).where(users.c.id == user_id).values(email=email, email_proved=False))
        except IntegrityError:
            raise taken from None

    def find(self, user_id: int) -> User | None:
        return _user(self._connection.execute(_FIND, {"id": user_id}).one_or_none())

    def find_by_email(self, email: str) -> User | None:
        """The user with this address, whatever the case of its letters."""
        return _user(self._connection.execute(_FIND_BY_EMAIL, {"email": email}).one_or_none()) if is_storable(email) else None

    def password_hash_of(self, user_id: int) -> str | None:
        """The argon2id hash of the user's password; None for an unknown user."""
        return self._connection.scalar(_PASSWORD_HASH, {"id": user_id})

    def find_many(self, user_ids: Collection[int]) -> dict[int, User]:
        """Users by their ids, as far as they exist."""
        rows = self._connection.execute(_USER.where(users.c.id.in_(user_ids)))
        return {row.id: User(**row._asdict()) for row in rows}

    def search(self, *, after: int = 0, limit: int = 1000) -> list[User]:
        """Users and service accounts, oldest first, those with a number above ``after``."""
        statement = _USER.where(users.c.id > after).order_by(users.c.id).limit(limit)
        return [User(**row._asdict()) for row in self._connection.execute(statement)]

    def count_people(self) -> int:
        """How many people have an account; service accounts are none."""
        return int(self._connection.execute(_PEOPLE).scalar_one())

    def any(self, *, hold: bool = False) -> bool:
        """Whether there is a user at all, which is whether the installation was initialised. ``hold``: others who ask so wait
        until this unit of work ends, so that two do not both find nobody."""
        if hold and self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK_FIRST)
        return self._connection.scalar(select(users.c.id).limit(1)) is not None


def _user(row: Any) -> User | None:
    return None if row is None else User(**row._asdict())
