"""Signing in with e-mail address and password."""

from linnet.actions.passwords import password_matches
from linnet.actions.reach import memberships_of
from linnet.actions.users import MAX_PASSWORD, NO_PASSWORD
from linnet.model.access import Actor, User
from linnet.storage.database import Database


def sign_in(database: Database, email: str, password: str) -> User | None:
    """The user with this address and password; None otherwise, after the same work for an address that nobody has. Service
    accounts do not sign in."""
    with database.read() as work:
        user = work.users.find_by_email(email.strip()[:254])
        stored_hash = work.users.password_hash_of(user.id) if user is not None and not user.service else None
    if stored_hash == NO_PASSWORD:
        stored_hash = None
    matches = password_matches(password[:MAX_PASSWORD], stored_hash)
    return user if matches else None


def find_person(database: Database, user_id: int) -> User | None:
    """The person with this number; None for nobody, and for a service account."""
    with database.read() as work:
        user = work.users.find(user_id)
    return user if user is not None and not user.service else None


def user_actor(database: Database, user_id: int, *, second_factor: bool = True) -> Actor:
    """The actor that a user is, with what it is in its teams; those that require a second factor only with one. Whoever runs
    commands on the machine counts as having one."""
    with database.read() as work:
        granted, locked = memberships_of(work, user_id, second_factor=lambda: second_factor)
    return Actor(user_id=user_id, memberships=granted, locked=locked)
