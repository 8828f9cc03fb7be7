"""Transactions, and what happens when the database is locked, full, or gone."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from linnet.model.errors import StorageUnavailable
from linnet.storage import migrations
from linnet.storage.database import Database, DatabaseOptions
from tests.storage.builders import a_link, add_domain, add_link, add_user
from tests.support.postgres import PostgresServer

IMPATIENT = DatabaseOptions(patience_seconds=0.2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "linnet.db"


@pytest.fixture
def sqlite(path: Path) -> Iterator[Database]:
    """A migrated SQLite database with a domain and the link ``kept``."""
    database = Database(f"sqlite:///{path}", options=IMPATIENT)
    migrations.upgrade(database)
    add_domain(database)
    add_link(database, a_link("kept"))
    yield database
    database.close()


@pytest.fixture
def postgresql(postgres_server: PostgresServer) -> Iterator[Database]:
    name = postgres_server.new_database("linnet_template")
    database = Database(postgres_server.url(name), options=IMPATIENT)
    yield database
    database.close()
    postgres_server.drop(name)


def paths(database: Database) -> list[str]:
    with database.read() as work:
        return sorted(link.path for link in work.links.search(1, limit=100).links)


def assert_unavailable(database: Database) -> None:
    with pytest.raises(StorageUnavailable):
        paths(database)
    with pytest.raises(StorageUnavailable), database.write() as work:
        work.links.add(a_link("lost"), "lost")


def test_an_exception_undoes_the_unit_of_work(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as work:  # noqa: PT012
        work.users.add(email="a@example.com", name=None, password_hash="", created_at=a_link().created_at)
        raise ZeroDivisionError
    with database.read() as work:
        assert not work.users.any()


def test_a_unit_of_work_for_reading_cannot_write(database: Database) -> None:
    domain = add_domain(database)
    with pytest.raises(DBAPIError), database.read() as work:
        work.domains.save(domain)


def test_writers_in_many_threads_all_succeed(database: Database) -> None:
    add_domain(database)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: add_link(database, a_link(f"p{number}")), range(100)))
    assert len(paths(database)) == 100


def test_a_closed_database_can_be_used_again(database: Database) -> None:
    add_user(database)
    database.close()
    with database.read() as work:
        assert work.users.any()


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    add_domain(database)
    with database.read() as work:
        assert work.links.count(1) == 0
        add_link(database, a_link())
        assert work.links.count(1) == 0
    assert paths(database) == ["a"]


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'linnet.db'}")
    assert not database.exists()
    database.close()
    Database("postgresql+psycopg://nobody@/nothing?host=/nowhere").close()


def test_a_missing_file_is_not_made_by_using_it(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    assert_unavailable(database)
    with pytest.raises(StorageUnavailable):
        migrations.is_current(database)
    assert list(path.parent.iterdir()) == []


def test_only_its_owner_can_read_a_new_file(sqlite: Database, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_moved_away_is_missed_at_once_and_used_again_when_it_is_back(sqlite: Database, path: Path) -> None:
    path.rename(path.with_name("away.db"))
    assert_unavailable(sqlite)
    assert_unavailable(Database(sqlite.url))  # a worker that was started meanwhile
    assert not path.exists()
    path.with_name("away.db").rename(path)
    add_link(sqlite, a_link("new"))
    assert paths(sqlite) == ["kept", "new"]
    assert paths(Database(sqlite.url)) == ["kept", "new"]


def test_a_directory_that_was_moved_away_is_missed_and_used_again_when_it_is_back(sqlite: Database, path: Path) -> None:
    away = path.parent.with_name("away")
    path.parent.rename(away)
    assert_unavailable(sqlite)
    assert not path.parent.exists()
    away.rename(path.parent)
    add_link(sqlite, a_link("new"))
    assert paths(sqlite) == ["kept", "new"]


def test_a_copy_that_came_back_in_place_of_the_file_is_noticed(sqlite: Database, path: Path, tmp_path: Path) -> None:
    path.rename(tmp_path / "away.db")
    assert_unavailable(sqlite)
    shutil.copy(tmp_path / "away.db", path)
    add_link(sqlite, a_link("new"))
    assert paths(sqlite) == ["kept", "new"]


def test_a_move_in_the_middle_of_a_unit_of_work_loses_nothing_that_was_committed(sqlite: Database, path: Path) -> None:
    with sqlite.write() as work:
        work.links.add(a_link("during"), "during")
        path.rename(path.with_name("away.db"))
    assert_unavailable(sqlite)
    path.with_name("away.db").rename(path)
    assert paths(sqlite) == ["during", "kept"]


def test_a_locked_database_refuses_writes_in_time_and_still_reads(sqlite: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="lock"), sqlite.write() as work:
        work.links.add(a_link("lost"), "lost")
    assert paths(sqlite) == ["kept"]
    migrations.upgrade(sqlite)  # a start while it is locked
    other.execute("ROLLBACK")
    add_link(sqlite, a_link("new"))
    assert paths(sqlite) == ["kept", "new"]
    other.close()


def test_a_writer_of_this_process_that_does_not_end_is_waited_for_only_so_long(database: Database) -> None:
    add_domain(database)
    impatient = Database(database.url, options=IMPATIENT)
    with impatient.write() as work:
        work.domains.next_counter(1)
        with ThreadPoolExecutor(1) as pool, pytest.raises(StorageUnavailable):
            pool.submit(count, impatient).result(timeout=5)
    count(impatient)
    impatient.close()


def count(database: Database) -> int:
    with database.write() as work:
        return work.domains.next_counter(1)


def test_a_full_disk_refuses_the_write_and_leaves_what_was_there(sqlite: Database) -> None:
    with sqlite.connect(writing=True) as connection:  # the limit stays with the connection, and there is one that writes
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageUnavailable, match="full"), sqlite.write() as work:
        work.links.add_many([(a_link(f"p{number}", title="x" * 500), f"p{number}") for number in range(500)])
    assert paths(sqlite) == ["kept"]
    with sqlite.connect(writing=True) as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    add_link(sqlite, a_link("new"))
    assert paths(sqlite) == ["kept", "new"]


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(os.urandom(4096))
    assert_unavailable(Database(f"sqlite:///{path}"))


def test_a_fault_of_ours_is_not_taken_for_an_unreachable_database(database: Database) -> None:
    with pytest.raises(Exception, match="no_such_table"), database.read() as work:
        work.connection.exec_driver_sql("SELECT * FROM no_such_table")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="file"):
        Database("sqlite://")


def test_a_stopped_server_is_reported_and_used_again_when_it_is_back(
    postgresql: Database, postgres_server: PostgresServer
) -> None:
    add_domain(postgresql)
    add_link(postgresql, a_link("kept"))
    postgres_server.stop()
    try:
        assert_unavailable(postgresql)
        assert_unavailable(Database(postgresql.url))
    finally:
        postgres_server.start()
    add_link(postgresql, a_link("new"))
    assert paths(postgresql) == ["kept", "new"]


def test_a_restarted_server_is_not_even_noticed(postgresql: Database, postgres_server: PostgresServer) -> None:
    add_domain(postgresql)
    postgres_server.stop()
    postgres_server.start()
    add_link(postgresql, a_link("new"))
    assert paths(postgresql) == ["new"]


def test_a_locked_table_of_the_server_refuses_in_time(postgresql: Database) -> None:
    add_domain(postgresql)
    with postgresql.connect() as other:
        other.exec_driver_sql("LOCK TABLE links")
        assert_unavailable(postgresql)
    add_link(postgresql, a_link("new"))
    assert paths(postgresql) == ["new"]
