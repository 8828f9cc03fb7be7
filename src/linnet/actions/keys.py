"""API keys: made, listed, revoked, and recognised in requests."""

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime
from secrets import SystemRandom

from linnet.actions.context import utc_now
from linnet.model.access import Actor, ApiKey, KeyKind
from linnet.model.errors import KeyNotFound, NotAuthenticated, StorageUnavailable
from linnet.model.ids import random_characters
from linnet.storage.database import Database
from linnet.storage.unit_of_work import UnitOfWork

_PREFIXES = {KeyKind.SECRET: "sk_", KeyKind.PUBLIC: "pk_"}
_SECRET_CHARACTERS = 43  # 256 bits in base 62
_SHOWN_CHARACTERS = 8
_MAX_KEY = 256
_REMEMBERED = 1024
_REMEMBERED_SECONDS = 1.0


def new_key(
    work: UnitOfWork,
    *,
    owner_id: int,
    kind: KeyKind,
    description: str = "",
    domain_id: int | None = None,
    team_id: int | None = None,
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[str, ApiKey]:
    """A new key of ``owner_id``: the text that is shown once, and what is kept of it."""
    raw_key = _PREFIXES[kind] + random_characters(_SECRET_CHARACTERS, SystemRandom())
    key = work.keys.add(
        owner_id=owner_id,
        kind=kind,
        prefix=raw_key[:_SHOWN_CHARACTERS],
        digest=_digest(raw_key),
        description=description,
        created_at=now,
        domain_id=domain_id,
        team_id=team_id,
        expires_at=expires_at,
    )
    return raw_key, key


def list_keys(database: Database, owner_id: int) -> list[ApiKey]:
    """A user's keys, oldest first."""
    with database.read() as work:
        return work.keys.search(owner_id)


def revoke_key(database: Database, owner_id: int, key_id: int) -> None:
    """End a key of ``owner_id``; running servers refuse it within a second. KeyNotFound for another's."""
    with database.write() as work:
        if work.keys.get(key_id).owner_id != owner_id:
            raise KeyNotFound(f"There is no API key {key_id}.")
        work.keys.revoke(key_id, utc_now())


class Authenticator:
    """Recognises keys. Remembers the last ones for a second, and notes their use to be written by ``write_uses``."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._known: dict[bytes, tuple[float, Actor]] = {}
        self._used: dict[int, datetime] = {}
        self._lock = threading.Lock()

    def actor_of(self, raw_key: str) -> Actor:
        """Who ``raw_key`` stands for; NotAuthenticated when it is unknown, revoked or expired."""
        digest = _digest(raw_key[:_MAX_KEY])
        remembered = self._known.get(digest)
        if remembered is not None and remembered[0] > time.monotonic():
            return remembered[1]
        with self._database.read() as work:
            key = work.keys.find_by_digest(digest)
            memberships = work.teams.memberships_of(key.owner_id) if key is not None else ()
        now = self._now()
        if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
            raise NotAuthenticated("Unauthorized")
        actor = Actor(
            user_id=key.owner_id,
            key_kind=key.kind,
            only_domain_id=key.domain_id,
            only_team_id=key.team_id,
            key_id=key.id,
            memberships=memberships,
        )
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[digest] = (time.monotonic() + _REMEMBERED_SECONDS, actor)
            self._used[key.id] = now
        return actor

    def write_uses(self) -> None:
        """Write when keys were last used; kept for the next time when the database does not take writes."""
        with self._lock:
            used, self._used = self._used, {}
        if not used:
            return
        try:
            with self._database.write() as work:
                for key_id, at in used.items():
                    work.keys.touch(key_id, at)
        except StorageUnavailable:
            with self._lock:
                self._used = used | self._used


def _digest(raw_key: str) -> bytes:
    return hashlib.sha256(raw_key.encode(errors="replace")).digest()
