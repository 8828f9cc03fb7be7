"""Limits on the counters of a node, through the library."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.api.operations import Limit
from linnet.compose.limits import NodeLimiter, TableStorage
from linnet.edge.rates import NodeRates
from tests.support.clock import Clock

THREE = Limit(3, 10, "three")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(tmp_path: Path) -> Iterator[NodeRates]:
    opened = NodeRates(tmp_path / "rates")
    yield opened
    opened.close()


@pytest.fixture
def limiter(rates: NodeRates, clock: Clock) -> NodeLimiter:
    return NodeLimiter(rates.keys, clock)


def test_calls_are_admitted_until_nothing_remains(limiter: NodeLimiter, clock: Clock):
    taken = [limiter.take(THREE, "a") for _ in range(5)]
    assert [(each.admitted, each.remaining) for each in taken] == [(True, 2), (True, 1), (True, 0), (False, 0), (False, 0)]
    clock.now += 4
    refused = limiter.take(THREE, "a")
    assert (refused.admitted, refused.limit) == (False, 3)
    assert refused.seconds_left == pytest.approx(6, abs=0.1)
    assert refused.resets_at == pytest.approx(time.time() + 6, abs=0.1)


def test_refused_calls_do_not_put_off_the_end_of_the_window(limiter: NodeLimiter, clock: Clock):
    for _ in range(10):
        limiter.take(THREE, "a")
        clock.now += 0.9
    clock.now = 1010.0
    assert limiter.take(THREE, "a").remaining == 2


def test_looking_counts_nothing(limiter: NodeLimiter):
    assert [limiter.look(THREE, "a").remaining for _ in range(5)] == [3] * 5
    for _ in range(3):
        assert limiter.look(THREE, "a").admitted
        limiter.take(THREE, "a")
    assert not limiter.look(THREE, "a").admitted


def test_names_and_buckets_have_counts_of_their_own(limiter: NodeLimiter):
    for _ in range(4):
        limiter.take(THREE, "a")
    assert limiter.take(THREE, "b").admitted
    assert limiter.take(Limit(3, 10, "other"), "a").admitted


def test_the_librarys_storage_is_whole(rates: NodeRates, clock: Clock):
    storage = TableStorage(rates.keys, clock)
    assert storage.check()
    assert [storage.incr("a", 10), storage.incr("a", 10, amount=3), storage.get("a")] == [1, 4, 4]
    storage.clear("a")
    assert storage.get("a") == 0
    storage.incr("a", 10)
    assert storage.reset() == 1
    assert storage.get("a") == 0
