"""Passwords of people and of links: argon2id, at the library's recommended cost."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


@lru_cache(1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(1)
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher().hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether ``password`` made ``stored_hash``; None (nobody) takes as long as a wrong password."""
    try:
        return _hasher().verify(stored_hash or _nobodys_hash(), password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False
