"""Password resets: a link works once, for an hour, and tells nobody who has an account."""

import pytest

from linnet.actions.password_resets import mail_reset, make_reset, reset_password, reset_user
from linnet.actions.sign_in import sign_in
from linnet.actions.teams import add_service_account, create_team
from linnet.actions.users import set_password
from linnet.model.access import Role
from linnet.model.account import MAX_RESETS
from linnet.model.errors import InvalidField, NotAllowed, ResetNotFound, UserNotFound
from tests.actions.accounts import Person
from tests.actions.conftest import House

EMAIL = "owner@example.com"
NEW = "a new password"


@pytest.fixture
def person(house: House) -> Person:
    return Person(house)


def token_of(link: str) -> str:
    assert link.startswith("https://links.example.com/reset/")
    return link.rpartition("/")[2]


def test_a_link_gives_another_password_once(person: Person):
    session = person.sign_in()
    token = token_of(make_reset(person.context, "OWNER@example.com"))
    assert reset_user(person.of(0), token).email == EMAIL
    reset_password(person.of(0), token, NEW)
    assert sign_in(person.house.database, EMAIL, NEW) is not None
    assert person.session(session) is None
    for _ in range(2):
        with pytest.raises(ResetNotFound):
            reset_password(person.of(0), token, "yet another one")
    assert sign_in(person.house.database, EMAIL, NEW) is not None


def test_a_password_that_cannot_be_used_leaves_the_link_as_it_is(person: Person):
    token = token_of(make_reset(person.context, EMAIL))
    with pytest.raises(InvalidField) as refusal:
        reset_password(person.of(0), token, "short")
    assert refusal.value.field == "password"
    reset_password(person.of(0), token, NEW)


def test_a_link_is_over_after_an_hour(person: Person):
    token = token_of(make_reset(person.context, EMAIL))
    person.wait(minutes=60)
    with pytest.raises(ResetNotFound):
        reset_password(person.of(0), token, NEW)


def test_another_password_ends_all_links(person: Person):
    tokens = [token_of(make_reset(person.context, EMAIL)) for _ in range(2)]
    set_password(person.context, EMAIL, "in between")
    for token in tokens:
        with pytest.raises(ResetNotFound):
            reset_user(person.of(0), token)


@pytest.mark.parametrize("token", ["", "x", "x" * 100_000, "\ud800", "a" * 43])
def test_what_is_no_token_opens_nothing(person: Person, token: str):
    make_reset(person.context, EMAIL)
    with pytest.raises(ResetNotFound):
        reset_user(person.of(0), token)


def test_a_user_has_few_open_links(person: Person):
    tokens = [token_of(make_reset(person.context, EMAIL)) for _ in range(MAX_RESETS + 1)]
    with pytest.raises(ResetNotFound):
        reset_user(person.of(0), tokens[0])
    assert reset_user(person.of(0), tokens[1]).email == EMAIL


def test_only_the_owner_of_the_installation_makes_links(person: Person):
    ann = person.house.add_user("ann@example.com")
    with pytest.raises(NotAllowed):
        make_reset(person.of(ann.id), "ann@example.com")
    with pytest.raises(UserNotFound):
        make_reset(person.context, "nobody@example.com")
    team = create_team(person.context, "Team")
    account = add_service_account(person.context, team.id, name="CI", role=Role.ADMIN)
    with pytest.raises(InvalidField):
        make_reset(person.context, account.user.email)


def test_a_mailed_link_works_and_goes_to_who_has_the_address_alone(person: Person):
    answers = [mail_reset(person.of(0), email) for email in (" Owner@Example.com ", "nobody@example.com", "", "x" * 10_000)]
    assert answers == [True] * 4
    assert [letter.to for letter in person.letters] == [EMAIL]
    link = next(word for word in person.letters[0].text.split() if "/reset/" in word)
    reset_password(person.of(0), token_of(link), NEW)
    assert person.events() == ["user.password_reset_made", "user.password_changed"]


def test_the_database_does_not_hold_the_link(person: Person):
    token = token_of(make_reset(person.context, EMAIL))
    with person.house.database.read() as work:
        rows = str(work.connection.exec_driver_sql("SELECT * FROM password_resets").all())
        log = str(work.connection.exec_driver_sql("SELECT * FROM audit").all())
    assert token not in rows + log
