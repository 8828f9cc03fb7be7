"""Questions over the Unix socket."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linnet.model.click import Click
from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.statistics import Bucket, Filter, Interval, Kind, Overview, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import RemoteStatistics, StatisticsServer
from tests.statistics.clicks import NOON, click, store_with

QUESTION = Question(
    kind=Kind.OVERVIEW,
    domain_id=1,
    time_zone="Europe/Berlin",
    interval=Interval(start=datetime(2026, 4, 30, tzinfo=UTC), end=datetime(2026, 5, 2, tzinfo=UTC)),
    bucket=Bucket.DAY,
    tops=("city", "browser"),
    include=(Filter(column="country", values=("DE",)), Filter(column="at", values=(NOON, NOON))),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckdbStatistics]:
    with store_with(tmp_path / "c.duckdb", [click(city="Köln", referrer_host="a" * 70_000), click(country="US")]) as store:
        yield DuckdbStatistics(store.cursor)


def test_answers_arrive_as_they_were_given(tmp_path: Path, engine: DuckdbStatistics):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    remote = RemoteStatistics(tmp_path / "s.sock")
    assert remote.overview(QUESTION).tops == engine.overview(QUESTION).tops
    assert remote.overview(QUESTION).totals == engine.overview(QUESTION).totals
    last = Question(kind=Kind.LAST_CLICKS, domain_id=1)
    assert remote.last_clicks(last) == engine.last_clicks(last)
    assert (tmp_path / "s.sock").stat().st_mode & 0o777 == 0o600
    server.stop()


def test_a_question_at_fault_is_refused_by_its_field(tmp_path: Path, engine: DuckdbStatistics):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    ages = Interval(start=datetime(1990, 1, 1, tzinfo=UTC), end=NOON)
    with pytest.raises(InvalidField) as refusal:
        RemoteStatistics(tmp_path / "s.sock").overview(
            Question(kind=Kind.OVERVIEW, domain_id=1, interval=ages, bucket=Bucket.HOUR)
        )
    assert refusal.value.field == "clicksChartInterval"
    server.stop()


def test_nobody_at_the_socket_is_unavailable_until_somebody_is(tmp_path: Path, engine: DuckdbStatistics):
    remote = RemoteStatistics(tmp_path / "s.sock")
    with pytest.raises(StatisticsUnavailable):
        remote.overview(QUESTION)
    first = StatisticsServer(tmp_path / "s.sock", engine)
    first.start()
    assert remote.overview(QUESTION).totals.clicks == 1
    first.stop()
    with pytest.raises(StatisticsUnavailable):
        remote.overview(QUESTION)
    second = StatisticsServer(tmp_path / "s.sock", engine)
    second.start()
    assert remote.overview(QUESTION).totals.clicks == 1
    second.stop()


def test_more_conversations_than_there_are_places_for_wait_their_turn(tmp_path: Path):
    class Slow:
        def __init__(self) -> None:
            self.running, self.most, self.lock = 0, 0, threading.Lock()

        def overview(self, question: Question, /) -> Overview:
            with self.lock:
                self.running += 1
                self.most = max(self.most, self.running)
            threading.Event().wait(0.02)
            with self.lock:
                self.running -= 1
            raise StatisticsUnavailable("slow")

        def last_clicks(self, question: Question, /) -> list[Click]:
            return []

    slow = Slow()
    server = StatisticsServer(tmp_path / "s.sock", slow)
    server.start()
    remote = RemoteStatistics(tmp_path / "s.sock")

    def ask(number: int) -> str:
        with pytest.raises(StatisticsUnavailable) as refusal:
            remote.overview(QUESTION)
        return refusal.value.message

    with ThreadPoolExecutor(60) as pool:
        assert set(pool.map(ask, range(90))) == {"slow"}
    assert slow.most <= 32
    server.stop()
