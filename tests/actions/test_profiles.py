"""What people set about themselves, on each of the engines."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.actions.context import Context
from linnet.actions.profiles import (
    change_email,
    confirm_email,
    forget_email_change,
    own_profile,
    rename,
    set_mail,
    set_reading,
)
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, UserNotFound, UserTaken
from linnet.model.profile import USUAL_MAIL, NoteKind
from linnet.network.mail import Letter, Mail
from tests.actions.conftest import House
from tests.support.installed import PASSWORD
from tests.support.moments import NOON


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def letter(email: str, url: str) -> Mail:
    return Mail(to=email, subject="Confirm", text=url)


def sent_by(context: Context) -> tuple[Context, list[Letter]]:
    letters: list[Letter] = []

    def send(letter: Letter) -> bool:
        letters.append(letter)
        return True

    return replace(context, send_mail=send, now=lambda: NOON), letters


def token_of(letters: list[Letter]) -> str:
    (mail,) = letters
    assert isinstance(mail, Mail)
    found = re.fullmatch(r"http://localhost:8000/dashboard/settings/email/([\w-]+)", mail.text)
    assert found is not None
    return found[1]


def test_who_set_nothing_has_the_usual(house: House):
    user, profile, change = own_profile(owner(house))
    assert (user.email, profile.language, profile.time_zone) == ("owner@example.com", "en", "UTC")
    assert (profile.mail, change) == (USUAL_MAIL, None)


def test_a_name_is_given_and_taken_away(house: House):
    rename(owner(house), "  Ada  ")
    assert own_profile(owner(house))[0].name == "Ada"
    rename(owner(house), " ")
    assert own_profile(owner(house))[0].name is None


@pytest.mark.parametrize("name", ["x" * 101, "a\nb", "a\0"])
def test_names_are_bounded(house: House, name: str):
    with pytest.raises(InvalidField) as refusal:
        rename(owner(house), name)
    assert refusal.value.field == "name"


def test_language_and_zone_are_kept_together(house: House):
    set_reading(owner(house), language="de", time_zone="Europe/Berlin", languages=["en", "de"])
    set_reading(owner(house), language="de", time_zone="Asia/Tokyo", languages=["en", "de"])
    _, profile, _ = own_profile(owner(house))
    assert (profile.language, profile.time_zone, profile.mail) == ("de", "Asia/Tokyo", USUAL_MAIL)


@pytest.mark.parametrize(
    ("language", "zone", "field"),
    [("xx", "UTC", "language"), ("", "UTC", "language"), ("en", "Mars/Base", "time_zone"), ("en", "+02:00", "time_zone")],
)
def test_what_is_no_language_and_no_zone_is_refused(house: House, language: str, zone: str, field: str):
    with pytest.raises(InvalidField) as refusal:
        set_reading(owner(house), language=language, time_zone=zone, languages=["en"])
    assert refusal.value.field == field


def test_what_is_mailed_is_chosen_and_unknown_kinds_are_passed_over(house: House):
    context = replace(owner(house), now=lambda: NOON)
    set_mail(context, ["weekly_summary", "nonsense"])
    profile = own_profile(context)[1]
    assert (profile.mail, profile.summary_at) == ({NoteKind.WEEKLY_SUMMARY}, NOON)
    set_mail(context, [])
    assert own_profile(context)[1].mail == frozenset()


def test_without_mail_another_address_is_had_at_once(house: House):
    assert change_email(owner(house), "new@example.com", PASSWORD, None)
    with house.database.read() as work:
        assert not work.users.is_email_proved(house.domain.owner_id)
    assert own_profile(owner(house))[0].email == "new@example.com"


def test_with_mail_another_address_is_had_when_it_is_confirmed(house: House):
    context, letters = sent_by(owner(house))
    assert not change_email(context, "new@example.com", PASSWORD, letter)
    user, _, change = own_profile(context)
    assert user.email == "owner@example.com"
    assert change is not None
    assert (change.email, change.expires_at) == ("new@example.com", NOON + timedelta(days=1))
    token = token_of(letters)
    assert confirm_email(context, token) == "new@example.com"
    user, _, change = own_profile(context)
    assert (user.email, change) == ("new@example.com", None)
    with house.database.read() as work:
        assert work.users.is_email_proved(user.id)
    with house.database.read() as work:
        (entry,) = work.audit.search(user_id=user.id, domain_ids=(), limit=1)
    assert (entry.event, entry.details) == (Event.EMAIL_CHANGED, {"email": "new@example.com"})
    with pytest.raises(InvalidField):
        confirm_email(context, token)


def test_a_confirmation_is_for_who_asked_for_it_alone_and_for_a_day(house: House):
    context, letters = sent_by(owner(house))
    change_email(context, "new@example.com", PASSWORD, letter)
    token = token_of(letters)
    stranger = house.as_user(house.add_user("b@example.com").id)
    late = replace(context, now=lambda: NOON + timedelta(days=1))
    for who, what in ((stranger, token), (late, token), (context, token + "x"), (context, "")):
        with pytest.raises(InvalidField):
            confirm_email(who, what)
    assert own_profile(late)[2] is None


def test_who_asks_twice_confirms_the_last_one(house: House):
    context, letters = sent_by(owner(house))
    change_email(context, "one@example.com", PASSWORD, letter)
    first = token_of(letters)
    letters.clear()
    change_email(context, "two@example.com", PASSWORD, letter)
    with pytest.raises(InvalidField):
        confirm_email(context, first)
    assert confirm_email(context, token_of(letters)) == "two@example.com"


def test_a_change_is_given_up(house: House):
    context, letters = sent_by(owner(house))
    change_email(context, "new@example.com", PASSWORD, letter)
    forget_email_change(context)
    with pytest.raises(InvalidField):
        confirm_email(context, token_of(letters))


def test_another_address_takes_the_password(house: House):
    with pytest.raises(InvalidField) as refusal:
        change_email(owner(house), "new@example.com", "wrong", None)
    assert refusal.value.field == "password"


@pytest.mark.parametrize("taken", ["b@example.com", "B@Example.com"])
def test_anothers_address_is_refused_before_any_letter(house: House, taken: str):
    house.add_user("b@example.com")
    context, letters = sent_by(owner(house))
    for how in (letter, None):
        with pytest.raises(UserTaken):
            change_email(context, taken, PASSWORD, how)
    assert letters == []


def test_an_address_that_was_taken_since_is_refused_when_it_is_confirmed(house: House):
    context, letters = sent_by(owner(house))
    change_email(context, "new@example.com", PASSWORD, letter)
    house.add_user("new@example.com")
    with pytest.raises(UserTaken):
        confirm_email(context, token_of(letters))


def test_ones_own_address_may_change_its_case(house: House):
    assert change_email(owner(house), "Owner@Example.com", PASSWORD, None)
    assert own_profile(owner(house))[0].email == "Owner@Example.com"


def test_nobody_has_no_profile(house: House):
    with pytest.raises(UserNotFound):
        own_profile(house.as_user(12345))
