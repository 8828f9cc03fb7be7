"""Every operation of the table, asked by everybody: let in and refused exactly as its rule says."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from linnet.actions.context import Context
from linnet.actions.installation import Installed
from linnet.actions.keys import new_key
from linnet.actions.links import create_link
from linnet.api.operations import OPERATIONS, Access, Operation
from linnet.model.access import Actor, KeyKind, Membership, Role, Subject, may, may_with_link, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import StatisticsUnavailable
from linnet.model.grouping import Folder
from linnet.model.link import Link, LinkDraft
from linnet.storage.database import Database
from linnet.storage.unit_of_work import UnitOfWork
from tests.api.conftest import Api, NoStatistics
from tests.api.test_foreign_ids import FOLDER, UNKNOWN, ask, without_ids
from tests.support.moments import NOON

# What is said of somebody who may not, or may not even know. Whatever else is answered was let in.
REFUSALS: Final = {"unauthorized", "access_denied", "link_not_found", "domain_not_found"}
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
    """A domain of a team with links, its members, and who has nothing to do with them."""

    domain: Domain
    links: list[Link]
    callers: list[Caller]
    file: Path = Path()


def build_town(work: UnitOfWork, links: list[Link]) -> Town:
    """Members of every role, keys of the owner that are restricted or public, and a stranger with a domain and a team."""
    team, other = work.teams.add("team", NOON), work.teams.add("other", NOON)
    domain = work.domains.find(1)
    assert domain is not None
    domain = replace(domain, team_id=team.id)
    work.domains.save(domain)
    people = {name: new_person(work, name) for name in (*ROLES, "stranger")}
    for name, (role, own) in ROLES.items():
        work.teams.save_member(Membership(team_id=team.id, user_id=people[name], role=role, own_links_only=own))
    for name in ("owner", "stranger"):
        work.teams.save_member(Membership(team_id=other.id, user_id=people[name], role=Role.OWNER))
    draft = Domain(id=0, hostname="x.example", owner_id=people["stranger"], created_at=NOON, updated_at=NOON)
    theirs = work.domains.add(draft)
    owner, stranger = people["owner"], people["stranger"]
    return Town(
        domain,
        links,
        [
            *(new_caller(work, name, user_id) for name, user_id in people.items()),
            new_caller(work, "owner, public key", owner, KeyKind.PUBLIC),
            new_caller(work, "owner, key of this domain", owner, domain_id=domain.id),
            new_caller(work, "owner, key of this team", owner, team_id=team.id),
            new_caller(work, "owner, key of another team", owner, team_id=other.id),
            new_caller(work, "stranger, key of another domain", stranger, domain_id=theirs.id),
            # Whose domain it was before it was the team's.
            new_caller(work, "former owner", 1),
        ],
    )


def new_person(work: UnitOfWork, name: str) -> int:
    email = f"{name.replace(' ', '-')}@x.example"
    return work.users.add(email=email, name=None, password_hash="none", created_at=NOON).id


def new_caller(work: UnitOfWork, name: str, user_id: int, kind: KeyKind = KeyKind.SECRET, **limits: Any) -> Caller:
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


def is_let_in(operation: Operation, caller: Caller, domain: Domain, link: Link) -> bool:
    """What the rule of the operation and the functions of ``model.access`` say."""
    rule = operation.rule
    if rule.subject is Subject.ANYBODY:
        return True
    if caller.actor.key_kind is KeyKind.PUBLIC and operation.access is not Access.ANY_KEY:
        return False
    if rule.subject is Subject.SELF:
        return rule.action is None or may(caller.actor, rule.action, None)
    assert rule.action is not None, f"{operation.name} says what it is about, and not what it does"
    if rule.subject is Subject.DOMAIN:
        narrowed = narrowed_to(caller.actor, domain) is not None
        return may(caller.actor, rule.action, domain) and not (rule.whole and narrowed)
    assert rule.subject is Subject.LINK
    return may_with_link(caller.actor, rule.action, domain, link.owner_id, permitted=False)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, installation: tuple[Path, Installed]) -> Town:
    """The town, and links for everybody, in a file to be copied."""
    file = Path(shutil.copy(installation[0], tmp_path_factory.mktemp("town") / "linnet.db"))
    database = Database(f"sqlite:///{file}")
    context = Context(actor=Actor(user_id=1), database=database, publish=lambda _: None, signing_key=b"k")
    made = [
        create_link(context, "go.example", LinkDraft(original_url=f"https://example.com/{path}", path=path)).link
        for path in ("abc", *(f"p{number}" for number in range(30)))
    ]
    with database.write() as work:
        work.folders.add(Folder(id=FOLDER, domain_id=1, owner_id=1, name="f", created_at=NOON))
        built = build_town(work, made)
    database.close()
    return replace(built, file=file)


@pytest.fixture
def there(api: Api, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API over the town, as it was built; whoever is let in to its statistics is told that they are away."""
    monkeypatch.setattr(NoStatistics, "__getattr__", lambda *_: away)
    shutil.copy(town.file, tmp_path / "linnet.db")
    return api


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_everybody_is_let_in_or_refused_as_the_rule_says(there: Api, town: Town, operation: Operation):
    wrong: dict[str, Any] = {}
    links = iter(town.links)
    for caller in town.callers:
        for maker in (caller.actor.user_id, town.callers[1].actor.user_id):
            # Another for each call, because a call may remove it.
            link = replace(next(links), owner_id=maker)
            with there.database.write() as work:
                work.connection.exec_driver_sql("UPDATE links SET owner_id = ? WHERE id = ?", (maker, link.id))
            expected = is_let_in(operation, caller, town.domain, link)
            before = None if expected else state_of(there)
            answer = ask(there, operation, subject_of(link), caller.key)
            told = f"{caller.name}, link of {'its own' if maker == caller.actor.user_id else 'another'}"
            if is_refused(answer) is expected:
                wrong[told] = (answer.status_code, answer.text[:200])
            if before is not None and state_of(there) != before:
                wrong[f"{told}: changed something"] = answer.text[:200]
    assert wrong == {}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_stranger_cannot_tell_what_is_there_and_nobody_gets_in_without_a_key(there: Api, town: Town, operation: Operation):
    subject = subject_of(town.links[0])
    assert (ask(there, operation, subject, "no-key").status_code == 401) is (operation.access is not Access.NOBODY)
    if operation.rule.subject in (Subject.DOMAIN, Subject.LINK):
        key = next(caller.key for caller in town.callers if caller.name == "stranger")
        theirs = without_ids(ask(there, operation, subject, key), subject)
        assert theirs == without_ids(ask(there, operation, UNKNOWN, key), UNKNOWN)


def away(*_: Any) -> Any:
    raise StatisticsUnavailable("away")


def subject_of(link: Link) -> dict[str, Any]:
    names = {"domain": "go.example", "domain_id": 1, "link_id": link.id, "path": link.path, "number": link.number}
    return names | {"url": link.original_url}


def is_refused(answer: Any) -> bool:
    body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return isinstance(body, dict) and body.get("code") in REFUSALS


def state_of(api: Api) -> list[str]:
    """Everything in the database but what every call leaves: when a key was used."""
    with api.database.read() as work:
        names = [row[0] for row in work.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            f"{name}: {row}"
            for name in names
            if name not in ("api_keys", "sqlite_sequence")
            for row in work.connection.exec_driver_sql(f"SELECT * FROM {name}")
        ]
