"""Replies of many parts over the Unix socket."""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.statistics import Kind, Question
from linnet.statistics import remote as remote_module
from linnet.statistics import streaming
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import RemoteStatistics, StatisticsServer
from linnet.statistics.streaming import stream_of
from tests.statistics.clicks import click, store_with


@dataclass(frozen=True)
class Count:
    """An order to count."""

    to: int
    wrong_at: int | None = None


@dataclass(frozen=True)
class Counted:
    number: int
    text: str


class Counting:
    """A stream that counts, and knows whether it has been closed; ``go_on`` lets it take each step."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.started = 0

    def __call__(self, asked: Count) -> Generator[Any]:
        self.started += 1
        try:
            for number in range(asked.to):
                self.go_on.wait(10)
                if number == asked.wrong_at:
                    raise InvalidField("This number is wrong.", field="wrong_at")
                yield Counted(number, "ü" * number)
                yield None
        finally:
            self.closed.set()


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def remote(tmp_path: Path, counting: Counting) -> Iterator[RemoteStatistics]:
    with store_with(tmp_path / "c.duckdb", [click()]) as store:
        streams = {"count": stream_of(Count, counting), "break": stream_of(Count, broken)}
        server = StatisticsServer(tmp_path / "s.sock", DuckdbStatistics(store.cursor, store.clear_domain), streams)
        server.start()
        yield RemoteStatistics(tmp_path / "s.sock")
        server.stop()


def broken(asked: Count) -> Generator[Any]:
    yield Counted(asked.to, "")
    raise RuntimeError("a name of a file")


def test_parts_arrive_in_their_order_until_the_last(remote: RemoteStatistics):
    assert list(remote.stream("count", Count(500), Counted)) == [Counted(number, "ü" * number) for number in range(500)]
    assert list(remote.stream("count", Count(0), Counted)) == []


def test_parts_are_told_before_what_went_wrong(remote: RemoteStatistics):
    parts = remote.stream("count", Count(5, wrong_at=2), Counted)
    assert [next(parts).number, next(parts).number] == [0, 1]
    with pytest.raises(InvalidField, match="This number is wrong") as refused:
        next(parts)
    assert refused.value.field == "wrong_at"
    parts = remote.stream("break", Count(1), Counted)
    next(parts)
    with pytest.raises(StatisticsUnavailable) as failed:
        next(parts)
    assert "a name of a file" not in str(failed.value)


def test_what_nobody_knows_or_does_not_fit_is_refused(remote: RemoteStatistics, counting: Counting):
    with pytest.raises(StatisticsUnavailable, match="does not know how to dance"):
        list(remote.stream("dance", Count(1), Counted))
    with pytest.raises(StatisticsUnavailable):
        list(remote.stream("count", ["not", "a", "count"], Counted))
    assert counting.started == 0


def test_work_may_take_longer_than_the_socket_waits(
    remote: RemoteStatistics, counting: Counting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(streaming, "_SIGN_SECONDS", 0.05)
    monkeypatch.setattr(remote_module, "_TIMEOUT_SECONDS", 0.4)
    counting.go_on.clear()
    threading.Timer(1.2, counting.go_on.set).start()
    assert len(list(remote.stream("count", Count(3), Counted))) == 3


def test_who_hangs_up_ends_the_work(remote: RemoteStatistics, counting: Counting):
    parts = remote.stream("count", Count(10_000_000), Counted)
    assert isinstance(parts, Generator)
    assert next(parts).number == 0
    parts.close()
    assert counting.closed.wait(10)


def test_streams_leave_room_for_questions(remote: RemoteStatistics, counting: Counting):
    open_ones = [remote.stream("count", Count(1_000_000), Counted) for _ in range(16)]
    for parts in open_ones:
        next(parts)
    with pytest.raises(StatisticsUnavailable, match="Too many"):
        next(remote.stream("count", Count(1), Counted))
    assert remote.counts(Question(kind=Kind.COUNTS, domain_id=1)) == ()
    for parts in open_ones:
        assert isinstance(parts, Generator)
        parts.close()


def test_a_part_of_another_kind_is_no_answer(remote: RemoteStatistics):
    class Other(msgspec.Struct):
        name: str

    with pytest.raises(StatisticsUnavailable):
        list(remote.stream("count", Count(1), Other))
