"""Who may do what: the actor, and the one function that decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linnet.model.domain import Domain


class KeyKind(StrEnum):
    """A secret key does what its owner may; a public one, meant for browsers, only creates links (contract a.2)."""

    SECRET = "secret"  # noqa: S105 (a kind, not a secret)
    PUBLIC = "public"


class Action(StrEnum):
    """What can be done with a domain and everything in it."""

    READ = "read"
    WRITE = "write"
    READ_STATISTICS = "read_statistics"
    CREATE_DOMAIN = "create_domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in."""

    id: int
    email: str
    name: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret: that is shown once and stored as a SHA-256 digest."""

    id: int
    owner_id: int
    kind: KeyKind
    prefix: str
    description: str
    created_at: datetime
    domain_id: int | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """On whose behalf something runs: a user, directly or through a key that may be restricted to one domain."""

    user_id: int
    key_kind: KeyKind | None = None
    only_domain_id: int | None = None
    key_id: int | None = None


def may(actor: Actor, action: Action, domain: Domain | None) -> bool:
    """Whether ``actor`` may do ``action`` on ``domain`` (None for what concerns no domain yet)."""
    if actor.key_kind is KeyKind.PUBLIC:
        return False
    if domain is None:
        return action is Action.CREATE_DOMAIN and actor.only_domain_id is None
    return domain.owner_id == actor.user_id and actor.only_domain_id in (None, domain.id)
