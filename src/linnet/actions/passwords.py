"""Passwords of people and of links: argon2id, at the library's recommended cost for people.

The library is loaded with the first password: many processes never see one.
"""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# Each hash takes 64 MiB for a moment; more at once than there are cores would only take memory.
_ROOM = threading.BoundedSemaphore(2)


@lru_cache(1)
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(1)
def _link_hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    # OWASP's least: a bulk call may bring a thousand of them, and they are shared with visitors anyway.
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@lru_cache(1)
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash to store of a person's password."""
    with _ROOM:
        return _hasher().hash(password)


def hash_link_password(password: str) -> str:
    """The argon2id hash to store of a link's password, at a lower cost."""
    with _ROOM:
        return _link_hasher().hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether ``password`` made ``stored_hash``; None (nobody) takes as long as a wrong password."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _ROOM:
            return _hasher().verify(stored_hash or _nobodys_hash(), password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False
