"""Questions over the Unix socket."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from linnet.model.click import Click
from linnet.model.errors import InvalidField, StatisticsUnavailable, TooLarge
from linnet.model.statistics import (
    MAX_FILTER_LINKS,
    Bucket,
    Clearing,
    Counted,
    Filter,
    Interval,
    Kind,
    Overview,
    Question,
    Totals,
)
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
        yield DuckdbStatistics(store.cursor, store.clear_domain)


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


def test_the_times_of_charts_arrive_in_the_zone_of_the_question(tmp_path: Path, engine: DuckdbStatistics):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    remote = RemoteStatistics(tmp_path / "s.sock")
    question = replace(QUESTION, time_zone="Asia/Kolkata", include=(), tops=())
    by_interval = replace(question, kind=Kind.BY_INTERVAL)
    tops = replace(by_interval, kind=Kind.TOP_BY_INTERVAL, column="city")
    pairs = (
        (remote.overview(question).chart, engine.overview(question).chart),
        (remote.by_interval(by_interval), engine.by_interval(by_interval)),
        (remote.top_by_interval(tops), engine.top_by_interval(tops)),
    )
    for arrived, given in pairs:
        assert [each.at.isoformat() for each in arrived] == [each.at.isoformat() for each in given]
        assert arrived[0].at.isoformat() == "2026-04-30T00:00:00+05:30"
    server.stop()


def test_every_kind_of_question_is_carried_there_and_back_and_so_is_an_order_to_clear(tmp_path: Path, engine: DuckdbStatistics):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    remote = RemoteStatistics(tmp_path / "s.sock")
    top = replace(QUESTION, kind=Kind.TOP, column="city", include=())
    assert [each.value for each in remote.top(top)] == ["Berlin", "Köln"]
    assert remote.top(top) == engine.top(top)
    by_interval = replace(top, kind=Kind.BY_INTERVAL)
    assert [each.clicks for each in remote.by_interval(by_interval)] == [0, 2, 0]
    top_by_interval = replace(top, kind=Kind.TOP_BY_INTERVAL)
    assert remote.top_by_interval(top_by_interval)[1].tops == engine.top(top)
    counted = (Counted(link_number=1), Counted(path="/abc", interval=QUESTION.interval), Counted(path="/else"))
    counts = Question(kind=Kind.COUNTS, domain_id=1, counted=counted)
    assert remote.counts(counts) == engine.counts(counts) == (2, 2, 0)
    assert remote.link_paths(Question(kind=Kind.LINK_PATHS, domain_id=1, link_numbers=(1, 2))) == {1: "/abc"}
    parts = replace(top, kind=Kind.BREAKDOWN)
    assert [each.value for each in remote.breakdown(parts)] == ["Berlin", "Köln"]
    assert remote.breakdown(parts) == engine.breakdown(parts)
    remote.clear(Clearing(domain_id=1, before=NOON))
    assert remote.counts(counts) == (2, 2, 0)
    remote.clear(Clearing(domain_id=1, before=NOON + timedelta(milliseconds=1)))
    assert remote.counts(counts) == (0, 0, 0)
    server.stop()


def test_as_many_links_as_filters_may_stand_for_are_carried_and_asked(tmp_path: Path, engine: DuckdbStatistics):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    numbers = tuple(range(2**62, 2**62 + MAX_FILTER_LINKS - 1))
    many = replace(QUESTION, include=(Filter(column="link_number", values=(1, *numbers)),))
    assert RemoteStatistics(tmp_path / "s.sock").overview(many).totals.clicks == 2
    server.stop()


def test_a_question_that_would_not_fit_is_refused_before_it_is_sent(tmp_path: Path):
    filters = (Filter(column="path", values=("/" + "x" * 3000,) * 1000),)
    with pytest.raises(TooLarge):
        RemoteStatistics(tmp_path / "s.sock").overview(replace(QUESTION, include=filters))


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


NO_FILES_LEFT = """
import os, resource, sys, threading, time
from pathlib import Path
from linnet.model.statistics import Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import RemoteStatistics, StatisticsServer
from tests.statistics.clicks import click, store_with

with store_with(Path(sys.argv[1]) / "c.duckdb", [click()]) as store:
    server = StatisticsServer(Path(sys.argv[1]) / "s.sock", DuckdbStatistics(store.cursor, store.clear_domain))
    server.start()
    remote, question = RemoteStatistics(Path(sys.argv[1]) / "s.sock"), Question(kind=Kind.OVERVIEW, domain_id=1)
    assert remote.overview(question).totals.clicks == 1
    limit = 60
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    os.close(held.pop())
    answers = []
    asking = threading.Thread(target=lambda: answers.append(remote.overview(question)))
    asking.start()
    time.sleep(0.3)
    used = time.process_time()
    time.sleep(1.5)
    used = time.process_time() - used
    for each in held:
        os.close(each)
    asking.join(20)
    assert used < 0.5, used
    assert answers and answers[0].totals.clicks == 1
    server.stop()
"""


def test_while_no_more_files_can_be_opened_it_waits_without_using_a_core_and_then_answers(tmp_path: Path):
    subprocess.run([sys.executable, "-c", NO_FILES_LEFT, str(tmp_path)], check=True, timeout=120)


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

    def ask(remote: RemoteStatistics) -> str:
        with pytest.raises(StatisticsUnavailable) as refusal:
            remote.overview(QUESTION)
        return refusal.value.message

    # As many processes, each with as many threads as may ask and wait.
    processes = [(RemoteStatistics(tmp_path / "s.sock"), ThreadPoolExecutor(20)) for _ in range(3)]
    asked = [pool.submit(ask, remote) for _ in range(30) for remote, pool in processes]
    assert {each.result(30) for each in asked} == {"slow"}
    for _, pool in processes:
        pool.shutdown()
    assert slow.most <= 32
    server.stop()


_SERVE = """
import sys, threading
from pathlib import Path
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import StatisticsServer
store = DuckdbClickStore(Path(sys.argv[2]))
StatisticsServer(Path(sys.argv[1]), DuckdbStatistics(store.cursor, store.clear_domain)).start()
print("ready", flush=True)
threading.Event().wait()
"""


def test_who_would_wait_behind_many_others_is_refused_at_once(tmp_path: Path):
    answered = threading.Event()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            def answer(question: Question) -> Any:
                answered.wait(30)
                return Overview(totals=Totals())

            return answer

    server = StatisticsServer(tmp_path / "s.sock", Slow())  # type: ignore[arg-type]
    server.start()
    remote = RemoteStatistics(tmp_path / "s.sock")
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(remote.overview, QUESTION) for _ in range(40)]
        # Twenty are asked or wait for those; the others know at once, while no question has been answered yet.
        refused = list(islice(as_completed(asked, timeout=20), 20))
        assert sum(each.done() for each in asked) == 20
        answered.set()
    assert all(isinstance(each.exception(), StatisticsUnavailable) for each in refused)
    assert sum(each.exception() is None for each in asked) == 20
    server.stop()


def test_a_killed_server_is_unavailable_and_its_socket_is_no_obstacle_to_the_next(tmp_path: Path):
    path = tmp_path / "s.sock"
    with store_with(tmp_path / "c.duckdb", [click()]):
        pass
    remote = RemoteStatistics(path)
    arguments = [sys.executable, "-c", _SERVE, str(path), str(tmp_path / "c.duckdb")]
    for _ in range(2):
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            assert remote.overview(QUESTION).totals.clicks == 1
            server.kill()
        assert path.exists()
        with pytest.raises(StatisticsUnavailable):
            remote.overview(QUESTION)


@pytest.mark.parametrize("said", [b"", b"\x05", b"\x05\x00\x00\x00\xc1", b"\xff\xff\xff\xff", b"\x01\x00\x00\x00\xc1"])
def test_a_server_that_dies_while_it_answers_is_unavailable(tmp_path: Path, said: bytes):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.sock"))
        listener.listen()

        def answer() -> None:
            conversation, _ = listener.accept()
            with conversation:
                conversation.recv(1 << 20)
                conversation.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(StatisticsUnavailable):
            RemoteStatistics(tmp_path / "s.sock").overview(QUESTION)


@pytest.mark.parametrize("said", [b"", b"\x05\x00", b"\xff\xff\xff\xff", b"\x01\x00\x00\x00\xc1", b"\x01\x00\x00\x00\x80"])
def test_nonsense_harms_only_the_conversation_that_it_came_in(tmp_path: Path, engine: DuckdbStatistics, said: bytes):
    server = StatisticsServer(tmp_path / "s.sock", engine)
    server.start()
    for _ in range(40):  # more than there are places for conversations: each must be given back
        with socket.socket(socket.AF_UNIX) as conversation:
            conversation.connect(str(tmp_path / "s.sock"))
            conversation.sendall(said)
    assert RemoteStatistics(tmp_path / "s.sock").overview(QUESTION).totals.clicks == 1
    server.stop()
