"""Signing in with e-mail address and password."""

import hashlib

from linnet.actions.passwords import password_matches
from linnet.actions.reach import memberships_of
from linnet.model.access import Actor, User
from linnet.storage.database import Database

MAX_PASSWORD = 1024


def sign_in(database: Database, email: str, password: str) -> User | None:
    """The user with this address and password; None otherwise, after the same work for an address that nobody has. Service
    accounts do not sign in."""
    with database.read() as work:
        user = work.users.find_by_email(email.strip()[:254])
        stored_hash = work.users.password_hash_of(user.id) if user is not None and not user.service else None
    matches = password_matches(password[:MAX_PASSWORD], stored_hash)
    return user if matches else None


def session_user(database: Database, user_id: int) -> tuple[User, str] | None:
    """A user with a stamp of the password, so that sessions end when it changes; None when the user is gone."""
    with database.read() as work:
        user = work.users.find(user_id)
        stored_hash = work.users.password_hash_of(user_id)
    if user is None or user.service or stored_hash is None:
        return None
    return user, hashlib.sha256(stored_hash.encode()).hexdigest()[:16]


def user_actor(database: Database, user_id: int, *, second_factor: bool = True) -> Actor:
    """The actor that a user is, with what it is in its teams; those that require a second factor only with one. Whoever runs
    commands on the machine counts as having one."""
    with database.read() as work:
        granted, locked = memberships_of(work, user_id, second_factor=lambda: second_factor)
    return Actor(user_id=user_id, memberships=granted, locked=locked)
