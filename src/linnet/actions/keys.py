"""API keys: made, listed, revoked, and recognised in requests."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import SystemRandom

from linnet.actions.context import Context, domain_by_hostname, domain_by_id, refuse_public, utc_now
from linnet.actions.reach import holds_second_factor, memberships_of
from linnet.model.access import Action, Actor, ApiKey, KeyKind, Membership, User, managed_team_ids, may_manage
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import (
    InvalidField,
    KeyNotFound,
    NotAuthenticated,
    QuotaReached,
    StorageUnavailable,
    TeamNotFound,
    UserNotFound,
)
from linnet.model.ids import random_characters
from linnet.model.text import has_control_characters
from linnet.storage.database import Database
from linnet.storage.unit_of_work import UnitOfWork

MAX_DESCRIPTION = 200
# Of one owner, without the revoked ones.
MAX_KEYS = 1000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """What is asked of a new key. What is left out is as with the key that makes it, or without restriction; a domain is named
    by ``hostname`` or ``domain_id``; ``service_account_id`` owns the key in place of the actor."""

    kind: KeyKind = KeyKind.SECRET
    description: str = ""
    expires_at: datetime | None = None
    hostname: str | None = None
    domain_id: int | None = None
    team_id: int | None = None
    service_account_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeyPage:
    """A page of keys; ``next`` is the number after which the following page begins, None on the last one."""

    keys: list[ApiKey]
    next: int | None


def create_key(context: Context, draft: KeyDraft) -> tuple[str, ApiKey]:
    """A new key: the text that is shown once, and what is kept of it.

    It reaches no further than the key that makes it, in domains and in time. A service account's key reaches its team or one
    of the team's domains, and only who may manage the team makes it. QuotaReached at MAX_KEYS.
    """
    refuse_public(context.actor)
    description = _clean_description(draft.description)
    now = context.now()
    with context.database.write() as work:
        expires_at = _expiry(work, context.actor, draft.expires_at, now)
        owner_id, account_team_id = _owner(work, context.actor, draft.service_account_id)
        domain, team_id = _restriction(work, context.actor, draft, account_team_id)
        if work.keys.count_live(owner_id) >= MAX_KEYS:
            raise QuotaReached(f"There are {MAX_KEYS} keys already that are not revoked; revoke one that is not used.")
        raw_key, key = new_key(
            work,
            owner_id=owner_id,
            kind=draft.kind,
            description=description,
            domain_id=None if domain is None else domain.id,
            team_id=team_id,
            expires_at=expires_at,
            now=now,
        )
        context.note(work, Event.KEY_CREATED, str(key.id), domain, team_id=team_id, type=key.kind.value, prefix=key.prefix)
    return raw_key, key


def list_keys(context: Context, *, limit: int = 150, after: int = 0) -> KeyPage:
    """The actor's keys and those of service accounts of teams that it manages, oldest first, revoked ones too; through a
    restricted key only those that reach no further."""
    if not 1 <= limit <= 150:
        raise InvalidField("limit must be between 1 and 150.", field="limit")
    if not 0 <= after < 2**31:
        raise InvalidField("pageToken is not one that this server gave out for this list.", field="pageToken")
    refuse_public(context.actor)
    with context.database.read() as work:
        found = _visible(work, context.actor, after=after, limit=limit + 1)
    return KeyPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def revoke_key(context: Context, key_id: int) -> None:
    """End a key for good; running servers refuse it within a second. KeyNotFound for one that ``list_keys`` does not show."""
    refuse_public(context.actor)
    with context.database.write() as work:
        found = _visible(work, context.actor, after=key_id - 1, limit=1) if 0 < key_id < 2**31 else []
        if not found or found[0].id != key_id:
            raise KeyNotFound(f"There is no API key {key_id} among those that you may revoke.")
        key = found[0]
        if key.revoked_at is None:
            work.keys.revoke(key_id, context.now())
            domain = work.domains.find(key.domain_id) if key.domain_id is not None else None
            context.note(work, Event.KEY_REVOKED, str(key_id), domain, team_id=key.team_id, prefix=key.prefix)


def _visible(work: UnitOfWork, actor: Actor, *, after: int, limit: int) -> list[ApiKey]:
    return work.keys.search(
        actor.user_id,
        managed_team_ids=managed_team_ids(actor),
        domain_id=actor.only_domain_id,
        team_id=actor.only_team_id,
        after=after,
        limit=limit,
    )


def _clean_description(description: str) -> str:
    cleaned = description.strip()
    if len(cleaned) > MAX_DESCRIPTION or has_control_characters(cleaned):
        raise InvalidField(
            f"description must be one line of at most {MAX_DESCRIPTION} characters, without control characters.",
            field="description",
        )
    return cleaned


def _expiry(work: UnitOfWork, actor: Actor, asked: datetime | None, now: datetime) -> datetime | None:
    """When the new key ends: as asked, else with the key that makes it."""
    if asked is not None and asked <= now:
        raise InvalidField("expiresAt must be in the future.", field="expiresAt")
    if actor.key_id is None:
        return asked
    # Read anew: who asks may have been remembered for a moment after the key was revoked.
    maker = work.keys.get(actor.key_id)
    if maker.is_over(now):
        raise NotAuthenticated("Unauthorized")
    if maker.expires_at is None:
        return asked
    if asked is not None and asked > maker.expires_at:
        raise InvalidField(
            f"expiresAt must not be later than {maker.expires_at:%Y-%m-%dT%H:%M:%SZ}, when the key that makes this one ends.",
            field="expiresAt",
        )
    return asked or maker.expires_at


def _owner(work: UnitOfWork, actor: Actor, account_id: int | None) -> tuple[int, int | None]:
    """The new key's owner, and the team of an owner that is a service account."""
    owner_id = actor.user_id if account_id is None else account_id
    owner = work.users.find(owner_id) if 0 < owner_id < 2**31 else None
    if account_id is None and owner is not None and not owner.service:
        return owner_id, None
    team_id = _team_of_account(work, owner)
    if team_id is None or not may_manage(actor, team_id):
        raise UserNotFound(
            f"There is no service account {owner_id} in a team that you manage.",
            field="serviceAccountId",
        )
    return owner_id, team_id


def _team_of_account(work: UnitOfWork, account: User | None) -> int | None:
    memberships = work.teams.memberships_of(account.id) if account is not None and account.service else ()
    return memberships[0].team_id if memberships else None


def _restriction(
    work: UnitOfWork, actor: Actor, draft: KeyDraft, account_team_id: int | None
) -> tuple[Domain | None, int | None]:
    """The one domain and the one team that the new key reaches, None for no such restriction."""
    domain = _only_domain(work, actor, draft)
    team_id = next((each for each in (draft.team_id, account_team_id, actor.only_team_id) if each is not None), None)
    if team_id is None:
        return domain, None
    if actor.membership_in(team_id) is None or work.teams.find(team_id, hold=True) is None:
        raise TeamNotFound(f"There is no team {team_id} among yours.", field="teamId")
    if account_team_id not in (None, team_id):
        raise InvalidField(f"teamId must be {account_team_id}, the team of the service account.", field="teamId")
    if domain is not None and domain.team_id != team_id:
        raise InvalidField(f"{domain.unicode_hostname} is no domain of team {team_id}.", field="domain")
    return domain, team_id


def _only_domain(work: UnitOfWork, actor: Actor, draft: KeyDraft) -> Domain | None:
    domain_id = draft.domain_id if draft.domain_id is not None else actor.only_domain_id
    if draft.hostname is None:
        return None if domain_id is None else domain_by_id(work, actor, Action.READ, domain_id)
    domain = domain_by_hostname(work, actor, Action.READ, draft.hostname)
    if draft.domain_id not in (None, domain.id):
        raise InvalidField("domain and domainId name different domains; one of them is enough.", field="domainId")
    return domain


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
            granted, locked = _reach_of(work, key)
        now = self._now()
        if key is None or key.is_over(now):
            raise NotAuthenticated("Unauthorized")
        actor = Actor(
            user_id=key.owner_id,
            key_kind=key.kind,
            only_domain_id=key.domain_id,
            only_team_id=key.team_id,
            key_id=key.id,
            memberships=granted,
            locked=locked,
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


def _reach_of(work: UnitOfWork, key: ApiKey | None) -> tuple[tuple[Membership, ...], tuple[Membership, ...]]:
    if key is None:
        return (), ()
    return memberships_of(work, key.owner_id, second_factor=lambda: holds_second_factor(work, key.owner_id))


def _digest(raw_key: str) -> bytes:
    return hashlib.sha256(raw_key.encode(errors="replace")).digest()
