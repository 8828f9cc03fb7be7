"""A domain of a team with links, its members in every role, and strangers; and what a rule says of each of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from linnet.actions.keys import new_key
from linnet.model.access import (
    FIRST_USER_ID,
    Action,
    Actor,
    KeyKind,
    Membership,
    Role,
    Rule,
    Subject,
    may,
    may_manage,
    may_with_link,
    narrowed_to,
    owns_team,
)
from linnet.model.domain import Domain
from linnet.model.link import Link
from linnet.storage.unit_of_work import UnitOfWork
from tests.support.moments import NOON

ROLES: Final = {
    "owner": (Role.OWNER, False),
    "admin": (Role.ADMIN, False),
    "user": (Role.USER, False),
    "user of own links": (Role.USER, True),
    "reader": (Role.READ_ONLY, False),
}


@dataclass(frozen=True)
class Caller:
    """Somebody with a key, and the actor that he should be."""

    name: str
    key: str
    actor: Actor


@dataclass(frozen=True)
class Town:
    """``people`` are the team's members by their roles, the stranger, and the former owner, whose the domain was before it was
    the team's; ``file`` is the database."""

    domain: Domain
    team_id: int
    links: list[Link]
    people: dict[str, int]
    callers: list[Caller]
    file: Path = Path()


def build_town(work: UnitOfWork, links: list[Link], *, password_hash: str = "none") -> Town:
    """Make a team's domain of domain 1, with everybody, and keys that are restricted or public."""
    team, other = work.teams.add("team", NOON), work.teams.add("other", NOON)
    domain = work.domains.find(1)
    assert domain is not None
    domain = replace(domain, team_id=team.id)
    work.domains.save(domain)
    people = {name: _new_person(work, name, password_hash) for name in (*ROLES, "stranger")}
    for name, (role, own) in ROLES.items():
        work.teams.save_member(Membership(team_id=team.id, user_id=people[name], role=role, own_links_only=own))
    for name in ("owner", "stranger"):
        work.teams.save_member(Membership(team_id=other.id, user_id=people[name], role=Role.OWNER))
    draft = Domain(id=0, hostname="x.example", owner_id=people["stranger"], created_at=NOON, updated_at=NOON)
    theirs = work.domains.add(draft)
    owner, stranger = people["owner"], people["stranger"]
    people["former owner"] = FIRST_USER_ID
    callers = [
        *(_new_caller(work, name, user_id) for name, user_id in people.items()),
        _new_caller(work, "owner, public key", owner, KeyKind.PUBLIC),
        _new_caller(work, "owner, key of this domain", owner, domain_id=domain.id),
        _new_caller(work, "owner, key of this team", owner, team_id=team.id),
        _new_caller(work, "owner, key of another team", owner, team_id=other.id),
        _new_caller(work, "stranger, key of another domain", stranger, domain_id=theirs.id),
    ]
    return Town(domain, team.id, links, people, callers)


def is_let_in(rule: Rule, actor: Actor, town: Town, link: Link) -> bool:
    """What ``rule`` and the functions of ``model.access`` say."""
    if rule.subject is Subject.ANYBODY:
        return True
    if rule.subject is Subject.INSTALLATION:
        return actor.user_id == FIRST_USER_ID
    if rule.subject is Subject.SELF:
        return rule.action is None or may(actor, rule.action, None)
    assert rule.action is not None, f"{rule} says what it is about, and not what it does"
    if rule.subject is Subject.TEAM and rule.action is Action.DISSOLVE:
        return owns_team(actor, town.team_id)
    if rule.subject is Subject.TEAM:
        return may_manage(actor, town.team_id) if rule.action is Action.CONFIGURE else town.team_id in actor.team_ids
    if rule.subject is Subject.DOMAIN:
        narrowed = narrowed_to(actor, town.domain) is not None
        return may(actor, rule.action, town.domain) and not (rule.whole and narrowed)
    return may_with_link(actor, rule.action, town.domain, link.owner_id, permitted=False)


def state_of(work: UnitOfWork, *, without: frozenset[str] = frozenset({"api_keys"})) -> list[str]:
    """Every row of a SQLite database, but for the tables that each request changes."""
    names = [row[0] for row in work.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        f"{name}: {row}"
        for name in names
        if name not in without | {"sqlite_sequence"}
        for row in work.connection.exec_driver_sql(f"SELECT * FROM {name}")
    ]


def _new_person(work: UnitOfWork, name: str, password_hash: str) -> int:
    email = f"{name.replace(' ', '-')}@x.example"
    return work.users.add(email=email, name=None, password_hash=password_hash, created_at=NOON).id


def _new_caller(work: UnitOfWork, name: str, user_id: int, kind: KeyKind = KeyKind.SECRET, **limits: Any) -> Caller:
    key, made = new_key(work, owner_id=user_id, kind=kind, now=NOON, **limits)
    actor = Actor(
        user_id=user_id,
        key_kind=kind,
        only_domain_id=made.domain_id,
        only_team_id=made.team_id,
        key_id=made.id,
        memberships=work.teams.memberships_of(user_id),
    )
    return Caller(name, key, actor)
