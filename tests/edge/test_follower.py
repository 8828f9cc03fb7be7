"""The follower, fed by a source that behaves like a change log."""

import threading
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex, domain_prefix, route_key
from linnet.model.route import DomainChange, DomainRoute, Route, RouteChange


class Log:
    """A change log in memory: each change names a key, and is read with the state that the key has now."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.keys: list[tuple[int, str]] = []
        self.domain = DomainRoute(domain_id=1, hostname="go.example")
        self.reads = 0

    def set(self, key: str, destination: str | None) -> int:
        if destination is None:
            self.routes.pop(key, None)
        else:
            self.routes[key] = Route(link_number=1, domain_id=1, destination=destination)
        self.keys.append((len(self.keys) + 1 if not self.keys else self.keys[-1][0] + 1, key))
        return self.keys[-1][0]

    def changes_after(self, sequence: int, limit: int) -> list[RouteChange | DomainChange]:
        self.reads += 1
        fresh = [(number, key) for number, key in self.keys if number > sequence][:limit]
        return [RouteChange(sequence=n, domain_id=1, path_key=key, route=self.routes.get(key)) for n, key in fresh]

    def last_sequence(self) -> int:
        return self.keys[-1][0] if self.keys else 0

    def first_sequence(self) -> int | None:
        return self.keys[0][0] if self.keys else None

    def snapshot(self) -> tuple[int, Iterator[DomainRoute], Iterator[tuple[int, str, Route]]]:
        return self.last_sequence(), iter([self.domain]), iter([(1, key, route) for key, route in self.routes.items()])


@pytest.fixture
def index(tmp_path: Path):
    opened = RouteIndex(tmp_path / "routes.mdb")
    yield opened
    opened.close()


def keys_in(index: RouteIndex, keys: list[str]) -> set[str]:
    view = index.view()
    held = {key for key in keys if view.record(route_key(domain_prefix(1), key.encode())) is not None}
    view.close()
    return held


def test_changes_arrive_in_the_index_with_their_number(index: RouteIndex):
    log = Log()
    log.set("a", "https://example.com/")
    last = log.set("b", "https://example.com/")
    assert Follower(log, index).catch_up(last) == last
    assert keys_in(index, ["a", "b"]) == {"a", "b"}


def test_a_deleted_link_leaves_the_index(index: RouteIndex):
    log = Log()
    log.set("a", "https://example.com/")
    follower = Follower(log, index)
    follower.catch_up()
    log.set("a", None)
    follower.catch_up()
    assert keys_in(index, ["a"]) == set()


def test_a_change_that_another_carried_along_costs_no_read(index: RouteIndex):
    log = Log()
    first, _ = log.set("a", "https://example.com/"), log.set("b", "https://example.com/")
    follower = Follower(log, index)
    follower.catch_up()
    reads = log.reads
    follower.catch_up(first)
    assert log.reads == reads


def test_an_index_that_the_log_was_trimmed_past_is_rebuilt(index: RouteIndex):
    log = Log()
    follower = Follower(log, index)
    log.set("gone", "https://example.com/")
    follower.catch_up()
    log.set("gone", None)
    log.set("a", "https://example.com/")
    log.set("b", "https://example.com/")
    log.keys = log.keys[-1:]
    assert follower.follow()
    assert keys_in(index, ["gone", "a", "b"]) == {"a", "b"}
    assert index.sequence() == log.last_sequence()


@pytest.mark.parametrize("trimmed", [False, True])
def test_an_index_of_another_form_is_filled_again(tmp_path: Path, trimmed: bool):
    log = Log()
    for key in "abc":
        log.set(key, "https://example.com/")
    index = RouteIndex(tmp_path / "routes.mdb")
    Follower(log, index).follow()
    index.close()
    with lmdb.open(str(tmp_path / "routes.mdb"), max_dbs=4) as environment:
        meta = environment.open_db(b"meta")
        with environment.begin(write=True, db=meta) as transaction:
            transaction.put(b"format", b"\1" * 8)
    if trimmed:
        log.keys = log.keys[-1:]
    again = RouteIndex(tmp_path / "routes.mdb")
    assert keys_in(again, ["a", "b", "c"]) == set()
    assert Follower(log, again).follow() is trimmed
    assert keys_in(again, ["a", "b", "c"]) == {"a", "b", "c"}
    assert again.sequence() == log.last_sequence()
    again.close()


def test_an_index_ahead_of_an_older_database_is_rebuilt(index: RouteIndex):
    log = Log()
    for key in "abc":
        log.set(key, "https://example.com/")
    follower = Follower(log, index)
    follower.catch_up()
    older = Log()
    older.set("a", "https://example.com/")
    assert Follower(older, index).follow()
    assert keys_in(index, ["a", "b", "c"]) == {"a"}


def test_many_threads_that_publish_at_once_each_find_their_change(index: RouteIndex):
    log = Log()
    follower = Follower(log, index)
    turn = threading.Lock()
    missing: list[str] = []

    def create(number: int) -> None:
        with turn:
            sequence = log.set(f"k{number}", "https://example.com/")
        follower.catch_up(sequence)
        if not keys_in(index, [f"k{number}"]):
            missing.append(f"k{number}")

    threads = [threading.Thread(target=create, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == []
