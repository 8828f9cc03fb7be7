"""The beginning of an installation: all of it or nothing, and once."""

import pytest

from linnet.actions.installation import initialise, is_initialised
from linnet.actions.keys import Authenticator
from linnet.actions.sign_in import sign_in
from linnet.model.access import KeyKind
from linnet.model.errors import AlreadyInitialised, InvalidField
from linnet.storage.database import Database
from tests.actions.conftest import House
from tests.support.installed import PASSWORD


def test_a_new_installation_has_an_owner_a_domain_and_two_keys_that_work(house: House) -> None:
    assert is_initialised(house.database)
    authenticator = Authenticator(house.database)
    secret, public = (authenticator.actor_of(key) for key in (house.installed.secret_key, house.installed.public_key))
    assert (secret.key_kind, public.key_kind) == (KeyKind.SECRET, KeyKind.PUBLIC)
    assert secret.user_id == public.user_id == house.domain.owner_id
    assert house.domain.hostname == "go.example"


def test_the_owner_signs_in_with_the_password_and_with_nothing_else(house: House) -> None:
    found = sign_in(house.database, " OWNER@example.com ", PASSWORD)
    assert found is not None
    assert found.id == house.domain.owner_id
    assert sign_in(house.database, "owner@example.com", PASSWORD + " ") is None
    assert sign_in(house.database, "owner@example.com", "") is None
    assert sign_in(house.database, "nobody@example.com", PASSWORD) is None


def test_a_second_beginning_changes_nothing(house: House) -> None:
    with pytest.raises(AlreadyInitialised):
        initialise(house.database, email="other@example.com", password=PASSWORD, hostname="other.example")
    assert sign_in(house.database, "other@example.com", PASSWORD) is None
    with house.database.read() as work:
        assert [domain.hostname for domain in work.domains.search()] == ["go.example"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "owner"),
        ("email", "@"),
        ("email", "a@b\n"[:3] + "\x00"),
        ("email", "x" * 65 + "@example.com"),
        ("password", "short"),
        ("password", "x" * 1025),
        ("hostname", "no dots"),
        ("hostname", "127.0.0.1"),
        ("hostname", "https://go.example"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_begun(database: Database, field: str, value: str) -> None:
    fields = {"email": "owner@example.com", "password": PASSWORD, "hostname": "go.example"} | {field: value}
    with pytest.raises(InvalidField) as refusal:
        initialise(database, **fields)
    assert refusal.value.field == field
    assert not is_initialised(database)
