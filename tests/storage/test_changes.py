"""The change log: numbers in the order of commits, on both engines."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from linnet.model.route import DomainChange, RouteChange
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.storage.unit_of_work import UnitOfWork
from tests.storage.builders import NOON, a_link, add_domain


def test_a_unit_of_work_tells_its_last_change_after_the_commit(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.changes.record(1, "a")
        assert work.sequence is None
    with database.write() as more:
        more.changes.record_many(1, ["b", "c", "b"])
        more.changes.record_domain(1)
    assert work.sequence is not None
    assert work.sequence == RouteStore(database).changes_after(0, 1)[0].sequence
    assert more.sequence == RouteStore(database).last_sequence()
    assert len(RouteStore(database).changes_after(work.sequence, 10)) == 3


def test_a_unit_of_work_without_changes_has_no_number(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.links.add(a_link(), "a")
        assert work.changes is not None
    assert work.sequence is None


def test_changes_of_a_failed_unit_of_work_are_not_seen(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as work:  # noqa: PT012
        work.changes.record(1, "a")
        raise ZeroDivisionError
    assert work.sequence is None
    assert RouteStore(database).changes_after(0, 10) == []


def test_domain_changes_come_before_route_changes(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.changes.record(1, "a/*")
        work.changes.record_domain(1)
    found = RouteStore(database).changes_after(0, 10)
    assert [type(change) for change in found] == [DomainChange, RouteChange]


def test_nobody_gets_a_number_between_another_ones_number_and_commit(database: Database) -> None:
    add_domain(database)
    second_committed = threading.Event()

    def second() -> int | None:
        with database.write() as work:
            work.changes.record(1, "second")
        second_committed.set()
        return work.sequence

    with ThreadPoolExecutor(1) as pool:
        with database.connect(writing=True) as connection:
            first = UnitOfWork(connection)
            first.changes.record(1, "first")
            number = first.write_changes(NOON)
            later = pool.submit(second)
            assert not second_committed.wait(0.3)
            connection.commit()
        assert number is not None
        assert (later.result() or 0) > number


def test_a_follower_that_reads_on_from_its_last_number_misses_nothing_under_concurrent_writers(database: Database) -> None:
    add_domain(database)
    store, done = RouteStore(database), threading.Event()

    def write(writer: int) -> None:
        for turn in range(15):
            with database.write() as work:
                path = f"w{writer}-{turn}"
                work.links.add(a_link(path), path)
                work.changes.record_many(1, [path, f"{path}-x"])

    def follow() -> list[str]:
        seen, at = [], 0
        while True:
            last_round = done.is_set()
            for change in store.changes_after(at, 7):
                assert isinstance(change, RouteChange)
                assert change.sequence > at
                at = change.sequence
                seen.append(change.path_key)
            if last_round and at == store.last_sequence():
                return seen
            time.sleep(0.001)

    with ThreadPoolExecutor(5) as pool:
        follower = pool.submit(follow)
        try:
            for writer in [pool.submit(write, number) for number in range(4)]:
                writer.result()
        finally:
            done.set()
        seen = follower.result(timeout=30)
    assert len(seen) == len(set(seen)) == 4 * 15 * 2
