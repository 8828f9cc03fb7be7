"""The hash chain of the audit log, on both engines: lengthened, kept, and verified."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DatabaseError

from linnet.actions.audit_chain import Verified, chain_head, is_in_chain, lengthen_chain, verify_chain
from linnet.model.audit import Entry, Event
from linnet.model.chain import NO_HEAD, Head
from linnet.storage.audit_tables import audit
from linnet.storage.database import Database
from tests.storage.builders import NOON

LATER = NOON + timedelta(hours=1)


def add(database: Database, *subjects: str, **fields: Any) -> None:
    with database.write() as work:
        for subject in subjects:
            values = {"id": 0, "at": NOON, "user_id": 1, "event": Event.LINK_CREATED, "subject": subject} | fields
            work.audit.add(Entry(**values))


def chain(database: Database) -> int:
    placed = 0
    while done := lengthen_chain(database):
        placed += done
    return placed


def verified(database: Database, *known: Head) -> Verified:
    return verify_chain(database, known, due_before=LATER)


def unguarded(database: Database, statement: Any) -> None:
    """What somebody does who owns the database, and so can switch its triggers off."""
    with database.connect(writing=True) as connection:
        if database.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER audit_stays"))
            connection.execute(text("DROP TRIGGER audit_is_kept"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        connection.execute(statement)
        connection.commit()


def test_entries_get_their_places_and_the_chain_holds(database: Database):
    assert verified(database) == Verified(NO_HEAD)
    add(database, "a", "größe ☃", details={"ü": [1, None]}, key_id=3, team_id=4, domain_id=5, address="203.0.113.7")
    add(database, "c")
    assert verified(database).overdue == 3
    assert chain(database) == 3
    found = verified(database)
    assert (found.head.position, found.problem, found.overdue) == (3, "", 0)
    assert found.head == chain_head(database)
    assert lengthen_chain(database) == 0


def test_more_entries_than_one_step_takes_are_chained_in_several(database: Database):
    add(database, *map(str, range(1203)))
    assert [lengthen_chain(database) for _ in range(4)] == [500, 500, 203, 0]
    assert verified(database).head.position == 1203


def test_several_that_lengthen_the_chain_at_once_make_one_chain(database: Database):
    add(database, *map(str, range(1500)))
    # As other nodes do, with connections of their own.
    nodes = [Database(database.url) for _ in range(3)]
    going = threading.Event()

    def work(node: Database) -> None:
        going.wait()
        for _ in range(20):
            lengthen_chain(node)

    threads = [threading.Thread(target=work, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    going.set()
    add(database, *map(str, range(50)))
    for thread in threads:
        thread.join()
    chain(database)
    for node in nodes:
        node.close()
    found = verified(database)
    assert (found.head.position, found.problem, found.overdue) == (1550, "", 0)


# SQLite has one writer at a time.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_entry_that_is_committed_late_comes_later_in_the_chain(database: Database):
    slow = Database(database.url)
    with slow.write() as work:
        work.audit.add(Entry(id=0, at=NOON, user_id=1, event=Event.LINK_CREATED, subject="slow"))
        add(database, "fast")
        assert chain(database) == 1
    assert chain(database) == 1
    with database.read() as work:
        assert [entry.subject for _, entry in work.audit_chain.behind(0, limit=9)] == ["fast", "slow"]
    assert verified(database).problem == ""
    slow.close()


@pytest.mark.parametrize(
    "statement",
    [
        update(audit).values(subject="another"),
        update(audit).values(position=None, hash=None),
        update(audit).values(hash=b"x" * 32),
        delete(audit),
    ],
    ids=["changed", "unchained", "another digest", "removed"],
)
def test_the_database_itself_refuses_to_change_or_remove_entries(database: Database, statement: Any):
    add(database, "a", "b")
    chain(database)
    with pytest.raises(DatabaseError, match="never changed or removed"), database.connect(writing=True) as connection:
        connection.execute(statement)
    assert verified(database).head.position == 2


def test_an_entry_that_waits_for_its_place_cannot_be_changed_either(database: Database):
    add(database, "a")
    with pytest.raises(DatabaseError, match="never changed"), database.connect(writing=True) as connection:
        connection.execute(update(audit).values(details="{}", user_id=2))


@pytest.mark.parametrize("column", ["user_id", "subject", "address", "details", "event", "at", "domain_id"])
def test_a_changed_entry_is_named(database: Database, column: str):
    add(database, "a", "b", "c", domain_id=1)
    chain(database)
    value: Any = {"user_id": 9, "domain_id": 9, "at": LATER}.get(column, "[]")
    unguarded(database, update(audit).where(audit.c.position == 2).values({column: value}))
    assert verified(database).problem == "entry 2, at position 2, is not what it was when it was chained"


def test_a_removed_entry_is_missed(database: Database):
    add(database, "a", "b", "c")
    chain(database)
    unguarded(database, delete(audit).where(audit.c.position == 2))
    assert "entry at position 2 is missing" in verified(database).problem


def test_an_end_that_was_cut_off_is_missed_by_who_knows_where_it_was(database: Database):
    add(database, "a", "b", "c")
    chain(database)
    head = chain_head(database)
    unguarded(database, delete(audit).where(audit.c.position == 3))
    assert verified(database).problem == ""
    assert "had 3 entries once" in verified(database, head).problem
    assert not is_in_chain(database, head)


def test_a_chain_that_was_made_anew_is_told_from_the_one_that_was_known(database: Database):
    add(database, "a", "b", "c")
    chain(database)
    head = chain_head(database)
    assert is_in_chain(database, head)
    unguarded(database, update(audit).values(position=None, hash=None))
    with database.connect(writing=True) as connection:
        connection.execute(update(audit).where(audit.c.id == 1).values(subject="forged"))
        connection.commit()
    chain(database)
    assert verified(database).problem == ""
    assert "is another one than the chain had there once" in verified(database, head).problem
