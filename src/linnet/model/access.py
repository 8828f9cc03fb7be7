"""Who may do what: the actor, and the functions that decide."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from linnet.model.domain import Domain


class KeyKind(StrEnum):
    """A secret key does what its owner may; a public one, meant for browsers, only creates and expands links (contract a.2)."""

    SECRET = "secret"  # noqa: S105 (a kind, not a secret)
    PUBLIC = "public"


class Role(StrEnum):
    """What a member is in a team, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    USER = "user"
    READ_ONLY = "read_only"


class Action(StrEnum):
    """What can be done with a domain and everything in it; PERMIT is of a single link, DISSOLVE of a team."""

    READ = "read"
    READ_STATISTICS = "read_statistics"
    CREATE = "create"
    WRITE = "write"
    CONFIGURE = "configure"
    SHARE = "share"
    CREATE_DOMAIN = "create_domain"
    PERMIT = "permit"
    DISSOLVE = "dissolve"


class Subject(StrEnum):
    """What a page or an operation is about."""

    ANYBODY = "anybody"
    SELF = "self"
    DOMAIN = "domain"
    LINK = "link"
    TEAM = "team"
    INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a page or an operation does: ``action`` on ``subject``. ANYBODY needs nobody signed in, and SELF is about the actor
    alone. With a DOMAIN or a LINK, ``may`` and ``may_with_link`` decide; in a TEAM, members READ, ``may_manage`` says who may
    CONFIGURE, and ``owns_team`` who may DISSOLVE; the INSTALLATION is its first user's. ``whole``: it tells of all links of a
    domain, and so is not for members who see some of them."""

    subject: Subject
    action: Action | None = None
    whole: bool = False


# The owner of an installation is its first user.
FIRST_USER_ID: Final = 1
_READING: Final = frozenset({Action.READ, Action.READ_STATISTICS})
_USING: Final = _READING | {Action.CREATE, Action.WRITE, Action.SHARE}
_ALLOWED: Final = {
    Role.OWNER: _USING | {Action.CONFIGURE},
    Role.ADMIN: _USING | {Action.CONFIGURE},
    Role.USER: _USING,
    Role.READ_ONLY: _READING,
}
_MANAGERS: Final = frozenset({Role.OWNER, Role.ADMIN})
# What a public key is for; which operations take one at all is in the table of operations.
_PUBLIC: Final = frozenset({Action.READ, Action.CREATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who signs in, or a service account: a member of one team that only API keys act for."""

    id: int
    email: str
    name: str | None
    created_at: datetime
    service: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """People and service accounts who share domains. With ``require_second_factor`` it opens only to people who have one."""

    id: int
    name: str
    created_at: datetime
    require_second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A user's role in a team; ``own_links_only`` narrows the role USER to links that the user made or was permitted."""

    team_id: int
    user_id: int
    role: Role
    own_links_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A way into a team for who has its link, without the secret in it: that is shown once and stored as a SHA-256 digest.

    It makes ``uses_left`` more people members; where it names an ``email``, only who has that address.
    """

    id: int
    team_id: int
    role: Role
    invited_by: int
    created_at: datetime
    expires_at: datetime
    own_links_only: bool = False
    email: str | None = None
    uses_left: int = 1

    def is_over(self, now: datetime) -> bool:
        """Whether nobody can accept it any more."""
        return self.uses_left < 1 or self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key without its secret: that is shown once and stored as a SHA-256 digest.

    It reaches all domains of its owner, or those of one team (``team_id``), or one domain (``domain_id``).
    """

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
    team_id: int | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether the key works no more: it was revoked, or it has expired."""
        return self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """On whose behalf something runs: a user, directly or through a key that may be restricted to a team or a domain.

    ``locked`` are memberships of teams that require a second factor which this actor has not given: they grant nothing.
    """

    user_id: int
    key_kind: KeyKind | None = None
    only_domain_id: int | None = None
    key_id: int | None = None
    only_team_id: int | None = None
    memberships: tuple[Membership, ...] = ()
    locked: tuple[Membership, ...] = ()

    def membership_in(self, team_id: int | None) -> Membership | None:
        """The actor's membership of a team; None for no team, and for one that the key does not reach."""
        for membership in self.memberships:
            if membership.team_id == team_id and self.only_team_id in (None, team_id):
                return membership
        return None

    @property
    def team_ids(self) -> tuple[int, ...]:
        """The teams that the actor reaches."""
        return tuple(each.team_id for each in self.memberships if self.only_team_id in (None, each.team_id))


def may(actor: Actor, action: Action, domain: Domain | None, *, permitted: bool = False) -> bool:
    """Whether ``actor`` may do ``action`` on ``domain`` (None for what concerns no domain yet).

    For a single link ask ``may_with_link`` as well. ``permitted``: the action is on a link for which the actor has a
    permission of its own, which lets any member of the team read and change it.
    """
    if actor.key_kind is KeyKind.PUBLIC and action not in _PUBLIC:
        return False
    if domain is None:
        return action is Action.CREATE_DOMAIN and actor.only_domain_id is None and _may_add_to(actor, actor.only_team_id)
    if actor.only_domain_id not in (None, domain.id):
        return False
    if domain.team_id is None:
        return domain.owner_id == actor.user_id and actor.only_team_id is None and action is not Action.CREATE_DOMAIN
    membership = actor.membership_in(domain.team_id)
    if membership is None:
        return False
    return action in _ALLOWED[membership.role] or (permitted and action in _USING)


def narrowed_to(actor: Actor, domain: Domain) -> int | None:
    """The user to whose links (its own, and those that it was permitted) the actor is narrowed; None: it sees all of them."""
    membership = actor.membership_in(domain.team_id)
    narrowed = membership is not None and membership.role is Role.USER and membership.own_links_only
    return actor.user_id if narrowed else None


def may_with_link(actor: Actor, action: Action, domain: Domain, link_owner_id: int, *, permitted: bool) -> bool:
    """Whether ``actor`` may do ``action`` on a link of ``domain`` that ``link_owner_id`` made. To PERMIT others to see and
    change it is for who made it, and for who may configure the domain."""
    if action is Action.PERMIT:
        own = link_owner_id == actor.user_id and may_with_link(actor, Action.WRITE, domain, link_owner_id, permitted=False)
        return own or may(actor, Action.CONFIGURE, domain)
    if not may(actor, action, domain, permitted=permitted):
        return False
    return permitted or narrowed_to(actor, domain) in (None, link_owner_id)


def may_manage(actor: Actor, team_id: int) -> bool:
    """Whether ``actor`` may change the team itself: its members, service accounts and domains."""
    membership = actor.membership_in(team_id)
    if membership is None or actor.key_kind is KeyKind.PUBLIC or actor.only_domain_id is not None:
        return False
    return membership.role in _MANAGERS


def owns_team(actor: Actor, team_id: int | None) -> bool:
    """Whether ``actor`` may end the team, and make and unmake its owners."""
    membership = actor.membership_in(team_id)
    return membership is not None and membership.role is Role.OWNER and may_manage(actor, membership.team_id)


def may_transfer(actor: Actor, domain: Domain, team_id: int | None) -> bool:
    """Whether ``actor`` may move ``domain`` to a team, or (None) out of teams.

    It goes out of teams back to who registered it, so that only that one may ask for it; to another team only that one and an
    owner of its present team move it, whom an admin could rob of it otherwise, and both must manage the team that gets it.
    """
    if team_id == domain.team_id or not may(actor, Action.CONFIGURE, domain):
        return False
    registered = domain.owner_id == actor.user_id
    if team_id is None:
        return registered and actor.only_team_id is None and actor.only_domain_id is None
    return may_manage(actor, team_id) and (registered or owns_team(actor, domain.team_id))


def may_remove_domain(actor: Actor, domain: Domain) -> bool:
    """Whether ``actor`` may remove a domain for good: who registered it may, and an owner of its team, whom an admin could rob
    of it otherwise; no key that reaches this domain alone."""
    if not may(actor, Action.CONFIGURE, domain) or actor.only_domain_id is not None:
        return False
    return domain.owner_id == actor.user_id or owns_team(actor, domain.team_id)


def managed_team_ids(actor: Actor) -> tuple[int, ...]:
    """The teams that ``actor`` may change."""
    return tuple(team_id for team_id in actor.team_ids if may_manage(actor, team_id))


def _may_add_to(actor: Actor, team_id: int | None) -> bool:
    return team_id is None or may_manage(actor, team_id)
