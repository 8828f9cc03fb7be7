"""Migrations: from nothing to the tables that the code expects."""

from concurrent.futures import ThreadPoolExecutor

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.schema import metadata


def test_migrations_make_exactly_the_tables_that_the_code_declares(empty_url: str) -> None:
    database = Database(empty_url)
    migrations.upgrade(database)
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_an_empty_database_is_not_current_until_it_was_upgraded(empty_url: str) -> None:
    database = Database(empty_url)
    with database.connect(create=True):
        pass
    assert not migrations.is_current(database)
    migrations.upgrade(database)
    assert migrations.is_current(database)
    database.close()


def test_two_that_start_at_once_both_find_a_current_database(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrations.upgrade, databases))
    assert all(migrations.is_current(database) for database in databases)
    for database in databases:
        database.close()


def test_upgrading_twice_keeps_what_is_there(database: Database) -> None:
    migrations.upgrade(database)
    migrations.upgrade(database)
    assert migrations.is_current(database)
