"""People: created, and given passwords, by the owner of the installation alone."""

import pytest

from linnet.actions.context import Context
from linnet.actions.sign_in import sign_in
from linnet.actions.teams import add_service_account, create_team
from linnet.actions.users import create_user, set_password
from linnet.model.access import Role
from linnet.model.errors import InvalidField, NotAllowed, UserNotFound, UserTaken
from tests.actions.conftest import House
from tests.support.installed import PASSWORD


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def test_a_new_user_signs_in_with_the_password_that_was_given_or_made_up(house: House):
    given, chosen = create_user(owner(house), email=" B@example.com ", password="long enough", name="Bea")
    assert (given.email, given.name, chosen) == ("B@example.com", "Bea", "long enough")
    made, password = create_user(owner(house), email="c@example.com")
    assert sign_in(house.database, "b@example.com", "long enough") == given
    assert sign_in(house.database, "c@example.com", password) == made


def test_an_address_has_one_account_whatever_its_case(house: House):
    with pytest.raises(UserTaken):
        create_user(owner(house), email="OWNER@example.com")


@pytest.mark.parametrize(
    ("email", "password", "name"),
    [
        ("nobody", None, None),
        ("a@b\x00", None, None),
        ("a\ud800@b", None, None),
        ("a@b", "short", None),
        ("a@b", "x" * 1025, None),
        ("a@b", "long enough\ud800", None),
        ("a@b", None, ""),
        ("a@b", None, "x" * 101),
    ],
)
def test_what_is_no_address_password_or_name_is_refused(house: House, email: str, password: str | None, name: str | None):
    with pytest.raises(InvalidField):
        create_user(owner(house), email=email, password=password, name=name)


def test_another_password_takes_the_place_of_the_former_one(house: House):
    chosen = set_password(owner(house), "owner@example.com")
    assert sign_in(house.database, "owner@example.com", PASSWORD) is None
    assert sign_in(house.database, "owner@example.com", chosen) is not None


def test_nobody_and_service_accounts_have_no_passwords(house: House):
    team = create_team(owner(house), "Shop")
    account = add_service_account(owner(house), team.id, "Robot", Role.USER)
    with pytest.raises(UserNotFound):
        set_password(owner(house), "nobody@example.com")
    with pytest.raises(InvalidField):
        set_password(owner(house), account.user.email)


def test_only_the_owner_of_the_installation_manages_users_and_not_with_a_key(house: House):
    other, _ = create_user(owner(house), email="b@example.com")
    for context in (house.as_user(other.id), house.as_user(house.domain.owner_id, key_id=1)):
        with pytest.raises(NotAllowed):
            create_user(context, email="c@example.com")
        with pytest.raises(NotAllowed):
            set_password(context, "owner@example.com")
