"""Users in the database, on both engines."""

from linnet.storage.database import Database
from tests.storage.builders import NOON, add_user


def test_a_user_is_found_by_id_and_by_address_whatever_its_case(database: Database) -> None:
    user = add_user(database, "Owner@example.com")
    with database.read() as work:
        assert work.users.find(user.id) == user
        assert work.users.find_by_email("owner@EXAMPLE.com") == user
        assert work.users.find_by_email("nobody@example.com") is None
        assert work.users.find(99) is None
    assert user.created_at == NOON


def test_the_hash_of_a_password_is_kept_beside_the_user(database: Database) -> None:
    user = add_user(database)
    with database.read() as work:
        assert work.users.password_hash_of(user.id) == "$argon2id$"
        assert work.users.password_hash_of(99) is None


def test_an_installation_knows_whether_it_has_a_user(database: Database) -> None:
    with database.read() as work:
        assert not work.users.any()
    add_user(database)
    with database.read() as work:
        assert work.users.any()
