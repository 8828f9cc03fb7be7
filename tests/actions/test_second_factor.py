"""The second factor: on after a code, each code once, recovery codes, and off for who can prove everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from linnet.actions.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    give_second_factor,
    open_enrolment,
    renew_recovery_codes,
    second_factor_state,
    switch_off,
    switch_off_for,
)
from linnet.model.errors import InvalidField, NotAllowed, Unsealable, UserNotFound
from linnet.storage.sealing import Seal
from tests.actions.accounts import Person
from tests.actions.conftest import House
from tests.support.installed import PASSWORD


@pytest.fixture
def person(house: House) -> Person:
    return Person(house)


def test_it_takes_the_password_to_begin(person: Person):
    with pytest.raises(InvalidField) as refusal:
        begin_enrolment(person.context, "wrong")
    assert refusal.value.field == "password"
    assert open_enrolment(person.context) is None


def test_it_counts_only_after_a_code_of_the_app(person: Person):
    enrolment = begin_enrolment(person.context, PASSWORD)
    assert not second_factor_state(person.context).is_on
    assert open_enrolment(person.context) == enrolment
    person.secret = enrolment.secret
    for wrong in ("000000" if person.code() != "000000" else "000001", "", "12345", "1234567", "１２３４５６", "x" * 10_000):
        with pytest.raises(InvalidField) as refusal:
            confirm_enrolment(person.context, wrong)
        assert refusal.value.field == "code"
    assert not second_factor_state(person.context).is_on
    assert not give_second_factor(person.context, person.code())
    codes = confirm_enrolment(person.context, f" {person.code()[:3]} {person.code()[3:]} ")
    assert len(set(codes)) == 10
    assert second_factor_state(person.context).is_on
    assert open_enrolment(person.context) is None
    with pytest.raises(InvalidField):
        begin_enrolment(person.context, PASSWORD)


def test_the_address_in_the_qr_code_names_the_account(person: Person):
    enrolment = begin_enrolment(person.context, PASSWORD)
    address = urlsplit(enrolment.uri)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/Linnet links.example.com:owner@example.com"
    assert parse_qs(address.query)["secret"] == [enrolment.secret]


def test_the_secret_is_sealed_in_the_database(person: Person):
    enrolment = begin_enrolment(person.context, PASSWORD)
    with person.house.database.read() as work:
        factor = work.second_factors.find(person.context.actor.user_id)
    assert factor is not None
    assert enrolment.secret.encode() not in factor.sealed_secret
    with pytest.raises(Unsealable):
        open_enrolment(replace(person.context, seal=Seal(b"t" * 32)))


def test_a_code_is_taken_once(person: Person):
    person.enrol()
    code = person.code()
    assert give_second_factor(person.context, code)
    assert not give_second_factor(person.context, code)
    person.wait(seconds=30)
    assert not give_second_factor(person.context, code)
    assert give_second_factor(person.context, person.code())


def test_of_many_requests_with_one_code_one_is_let_in(person: Person):
    person.enrol()
    code, context = person.code(), person.context
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: give_second_factor(context, code), range(8)))
    assert taken.count(True) == 1


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_one_step(person: Person, seconds: int, taken: bool):
    person.enrol()
    person.wait(minutes=10)
    assert give_second_factor(person.context, person.code(seconds=seconds)) is taken


def test_the_code_that_switched_it_on_signs_nobody_in(person: Person):
    person.secret = begin_enrolment(person.context, PASSWORD).secret
    code = person.code()
    confirm_enrolment(person.context, code)
    assert not give_second_factor(person.context, code)


def test_a_recovery_code_works_once_however_it_is_typed(person: Person):
    codes = person.enrol()
    assert give_second_factor(person.context, codes[0])
    assert not give_second_factor(person.context, codes[0])
    assert give_second_factor(person.context, codes[1].replace("-", " ").upper())
    assert second_factor_state(person.context).recovery_codes == 8
    with person.house.database.read() as work:
        rows = str(work.connection.exec_driver_sql("SELECT * FROM recovery_codes").all())
    assert all(code.replace("-", "") not in rows and code not in rows for code in codes)


def test_nobody_elses_codes_count(person: Person):
    codes = person.enrol()
    ann = person.of(person.house.add_user("ann@example.com").id)
    assert not give_second_factor(ann, codes[0])
    assert not give_second_factor(ann, person.code())
    assert give_second_factor(person.context, codes[0])


def test_recovery_codes_are_renewed_for_password_and_code(person: Person):
    former = person.enrol()
    for password, code, field in (("wrong", person.code(), "password"), (PASSWORD, "000000000", "code")):
        with pytest.raises(InvalidField) as refusal:
            renew_recovery_codes(person.context, password, code)
        assert refusal.value.field == field
    codes = renew_recovery_codes(person.context, PASSWORD, person.code())
    assert not give_second_factor(person.context, former[0])
    assert give_second_factor(person.context, codes[0])


def test_switching_off_takes_password_and_code(person: Person):
    codes = person.enrol()
    for password, code, field in (("wrong", person.code(), "password"), (PASSWORD, "12345", "code")):
        with pytest.raises(InvalidField) as refusal:
            switch_off(person.context, password, code)
        assert refusal.value.field == field
    assert second_factor_state(person.context).is_on
    switch_off(person.context, PASSWORD, codes[0])
    assert second_factor_state(person.context).is_on is False
    assert not give_second_factor(person.context, codes[1])
    begin_enrolment(person.context, PASSWORD)


def test_the_administrator_switches_off_what_somebody_lost(person: Person):
    ann = person.of(person.house.add_user("ann@example.com").id)
    codes = person.enrol()
    with pytest.raises(NotAllowed):
        switch_off_for(ann, "owner@example.com")
    with pytest.raises(UserNotFound):
        switch_off_for(person.context, "nobody@example.com")
    assert not switch_off_for(person.context, "ann@example.com")
    assert switch_off_for(person.context, " Owner@example.com")
    assert not second_factor_state(person.context).is_on
    assert not give_second_factor(person.context, codes[0])


def test_switching_on_ends_the_other_sessions_and_marks_this_one(person: Person):
    tokens = [person.sign_in() for _ in range(2)]
    this = person.session(tokens[0])
    assert this is not None
    assert not this.session.second_factor
    person.secret = begin_enrolment(person.context, PASSWORD).secret
    confirm_enrolment(person.context, person.code(), session_id=this.session.id)
    kept = person.session(tokens[0])
    assert kept is not None
    assert kept.session.second_factor
    assert person.session(tokens[1]) is None


def test_the_audit_log_holds_each_step_and_no_code(person: Person):
    codes = person.enrol()
    give_second_factor(person.context, "000000000")
    give_second_factor(person.context, codes[0])
    renew_recovery_codes(person.context, PASSWORD, person.code())
    person.wait(seconds=60)
    switch_off(person.context, PASSWORD, person.code())
    assert person.events() == [
        "user.second_factor_on",
        "user.second_factor_refused",
        "user.recovery_code_used",
        "user.recovery_codes_made",
        "user.second_factor_off",
    ]
    with person.house.database.read() as work:
        log = str(work.connection.exec_driver_sql("SELECT subject, details FROM audit").all())
    assert codes[0] not in log
    assert person.secret not in log
