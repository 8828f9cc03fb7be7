"""Sessions: they live in the database, end when they should, and belong to who began them."""

import pytest

from linnet.actions.own_password import change_password
from linnet.actions.sessions import (
    begin_session,
    end_session,
    find_session,
    list_sessions,
    revoke_other_sessions,
    revoke_session,
)
from linnet.actions.teams import add_service_account, create_team
from linnet.actions.users import set_password
from linnet.model.access import Role
from linnet.model.account import MAX_SESSIONS, SignInMethod
from linnet.model.errors import InvalidField, SessionNotFound
from tests.actions.accounts import Person
from tests.actions.conftest import House
from tests.support.installed import PASSWORD


@pytest.fixture
def person(house: House) -> Person:
    return Person(house)


def test_a_session_is_found_by_its_token_and_by_nothing_else(person: Person):
    token = person.sign_in(agent="Fire\nfox" + "x" * 1000)
    found = person.session(token)
    assert found is not None
    assert found.user.email == "owner@example.com"
    assert (found.session.address, found.session.method, found.session.second_factor) == (
        "192.0.2.7",
        SignInMethod.PASSWORD,
        False,
    )
    assert found.session.agent.startswith("Fire fox")
    assert len(found.session.agent) == 300
    for other in ("", token[:-1], token + "x", "x" * 1_000_000, "\ud800", "é"):
        assert person.session(other) is None


def test_the_database_does_not_hold_the_token(person: Person):
    token = person.sign_in()
    with person.house.database.read() as work:
        rows = work.connection.exec_driver_sql("SELECT * FROM sessions").all()
    assert len(rows) == 1
    assert token not in str(rows)


def test_each_sign_in_makes_another_token(person: Person):
    assert person.sign_in() != person.sign_in()


def test_a_session_is_over_after_fourteen_days(person: Person):
    token = person.sign_in()
    person.wait(days=13, hours=23)
    assert person.session(token) is not None
    person.wait(hours=1)
    assert person.session(token) is None
    assert list_sessions(person.context) == []


def test_when_a_session_was_seen_is_written_now_and_then(person: Person):
    token = person.sign_in()
    began = person.now
    person.wait(minutes=4)
    person.session(token)
    assert list_sessions(person.context)[0].last_seen_at == began
    person.wait(minutes=1)
    person.session(token)
    assert list_sessions(person.context)[0].last_seen_at == person.now


def test_signing_out_ends_the_session_on_the_server(person: Person):
    token, other = person.sign_in(), person.sign_in()
    found = person.session(token)
    assert found is not None
    end_session(person.context, found.session.id)
    assert person.session(token) is None
    assert person.session(other) is not None


def test_a_session_is_revoked_by_its_owner_alone(person: Person):
    token = person.sign_in()
    found = person.session(token)
    assert found is not None
    somebody = person.of(person.house.add_user("ann@example.com").id)
    for number in (found.session.id, 0, -1, 2**40, 999):
        with pytest.raises(SessionNotFound):
            revoke_session(somebody, number)
    end_session(somebody, found.session.id)
    assert person.session(token) is not None
    revoke_session(person.context, found.session.id)
    assert person.session(token) is None
    with pytest.raises(SessionNotFound):
        revoke_session(person.context, found.session.id)


def test_all_other_sessions_are_revoked_at_once(person: Person):
    tokens = [person.sign_in() for _ in range(3)]
    ann = person.of(person.house.add_user("ann@example.com").id)
    hers = begin_session(ann, method=SignInMethod.PASSWORD, second_factor=False, agent="")
    kept = person.session(tokens[1])
    assert kept is not None
    assert revoke_other_sessions(person.context, kept.session.id) == 2
    assert [person.session(token) is not None for token in tokens] == [False, True, False]
    assert person.session(hers) is not None


def test_changing_the_password_ends_every_session(person: Person):
    tokens = [person.sign_in() for _ in range(2)]
    with pytest.raises(InvalidField) as refusal:
        change_password(person.context, "wrong", "another password")
    assert refusal.value.field == "current_password"
    assert person.session(tokens[0]) is not None
    change_password(person.context, PASSWORD, "another password")
    assert [person.session(token) for token in tokens] == [None, None]


def test_a_password_set_by_the_administrator_ends_every_session(person: Person):
    token = person.sign_in()
    set_password(person.context, "owner@example.com", "another password")
    assert person.session(token) is None


def test_nobody_has_more_sessions_than_a_bound(person: Person):
    tokens = []
    for _ in range(MAX_SESSIONS + 2):
        tokens.append(person.sign_in())
        person.wait(seconds=1)
    assert [person.session(token) is not None for token in tokens] == [False] * 2 + [True] * MAX_SESSIONS


def test_a_service_account_has_no_session(person: Person):
    team = create_team(person.context, "Team")
    account = add_service_account(person.context, team.id, name="CI", role=Role.ADMIN)
    token = begin_session(person.of(account.user.id), method=SignInMethod.PASSWORD, second_factor=False, agent="")
    assert find_session(person.house.database, token, person.now) is None


def test_the_audit_log_says_who_signed_in_and_out(person: Person):
    found = person.session(person.sign_in())
    assert found is not None
    person.sign_in()
    revoke_other_sessions(person.context, found.session.id)
    end_session(person.context, found.session.id)
    assert person.events() == ["user.signed_in", "user.signed_in", "user.sessions_revoked", "user.signed_out"]
