"""Every operation of the table, asked by everybody: let in and refused exactly as its rule says."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from linnet.actions.context import Context
from linnet.actions.installation import Installed
from linnet.actions.links import create_link
from linnet.api.operations import OPERATIONS, Access, Operation
from linnet.model.access import Actor, KeyKind, Subject
from linnet.model.errors import StatisticsUnavailable
from linnet.model.grouping import Folder
from linnet.model.link import Link, LinkDraft
from linnet.storage.database import Database
from tests.api.conftest import Api, NoStatistics
from tests.api.test_foreign_ids import FOLDER, UNKNOWN, ask, without_ids
from tests.support.moments import NOON
from tests.support.town import Caller, Town, build_town, is_let_in, state_of

# What is said of somebody who may not, or may not even know. Whatever else is answered was let in.
REFUSALS: Final = {"unauthorized", "access_denied", "link_not_found", "domain_not_found"}


def may_call(operation: Operation, caller: Caller, town: Town, link: Link) -> bool:
    """Whether the operation's rule lets the caller in; a public key only where one is taken at all."""
    if caller.actor.key_kind is KeyKind.PUBLIC and operation.access not in (Access.NOBODY, Access.ANY_KEY):
        return False
    return is_let_in(operation.rule, caller.actor, town, link)


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
            expected = may_call(operation, caller, town, link)
            before = None if expected else seen(there)
            answer = ask(there, operation, subject_of(link), caller.key)
            told = f"{caller.name}, link of {'its own' if maker == caller.actor.user_id else 'another'}"
            if is_refused(answer) is expected:
                wrong[told] = (answer.status_code, answer.text[:200])
            if before is not None and seen(there) != before:
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


def seen(api: Api) -> list[str]:
    with api.database.read() as work:
        return state_of(work)
