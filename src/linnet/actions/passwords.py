"""Passwords of people and of links: argon2id, at the library's recommended cost for people.

The library is loaded with the first password: many processes never see one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from linnet.model.errors import TooManyRequests

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# What a process hashes at once: each hash takes 64 MiB for a moment, and the cores are shared with other processes.
AT_ONCE: Final = 2
# Who waits for that keeps a thread from other work: as many as are done in half a second or so.
MAX_WAITING: Final = 10
_RETRY_SECONDS: Final = 1
_ROOM = threading.BoundedSemaphore(AT_ONCE)
_QUEUE = threading.BoundedSemaphore(AT_ONCE + MAX_WAITING)


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


@contextmanager
def _turn() -> Iterator[None]:
    """A turn at hashing; TooManyRequests when too many wait for theirs."""
    if not _QUEUE.acquire(blocking=False):
        message = "Too many passwords are being checked just now. Please try again in a moment."
        raise TooManyRequests(message, retry_after_seconds=_RETRY_SECONDS)
    try:
        with _ROOM:
            yield
    finally:
        _QUEUE.release()


def hash_password(password: str) -> str:
    """The argon2id hash to store of a person's password; TooManyRequests when too many are being hashed."""
    with _turn():
        return _hasher().hash(password)


def hash_link_password(password: str) -> str:
    """The argon2id hash to store of a link's password, at a lower cost. Who sends those is signed in, and waits."""
    with _ROOM:
        return _link_hasher().hash(password)


def password_matches(password: str, stored_hash: str | None) -> bool:
    """Whether ``password`` made ``stored_hash``; None (nobody) takes as long as a wrong password. TooManyRequests when too many
    are being hashed."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _turn():
            return _hasher().verify(stored_hash or _nobodys_hash(), password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False
