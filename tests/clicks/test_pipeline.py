"""The pipeline: from appended to stored, in bounded portions, with finished segments cleared away."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, cast

import pytest

from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.pipeline import ClickStore
from linnet.clicks.portions import Portion
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import DropReason
from linnet.model.errors import StorageUnavailable
from tests.clicks.builders import Metrics, pipeline_over, raw_click

KILLED_WHILE_CLEARING = """
import os, signal, sys
from pathlib import Path
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.store_duckdb import DuckdbClickStore
from tests.clicks.builders import pipeline_over, raw_click

directory, point = Path(sys.argv[1]), sys.argv[2]
owner = {"remove": JournalReader, "forget": DuckdbClickStore}[point]
setattr(owner, point, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
writer = JournalWriter(directory / "journal")
writer.append([raw_click()] * 5)
writer.close()
pipeline_over(directory / "journal", DuckdbClickStore(directory / "clicks.duckdb")).run_once()
"""


def count(store: DuckdbClickStore) -> int:
    row = store.cursor().execute("SELECT count(*) FROM clicks").fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def store(tmp_path: Path) -> DuckdbClickStore:
    return DuckdbClickStore(tmp_path / "clicks.duckdb")


def test_a_click_is_stored_while_its_writer_lives_and_its_segment_goes_when_it_is_finished(
    tmp_path: Path, store: DuckdbClickStore
) -> None:
    writer, metrics = JournalWriter(tmp_path / "journal"), Metrics()
    pipeline = pipeline_over(tmp_path / "journal", store, metrics)
    assert pipeline.run_once() == 0
    writer.append([raw_click(), raw_click()])
    assert (pipeline.run_once(), count(store), metrics.stored.value, metrics.journal_lag.value) == (2, 2, 2, 0)
    assert len(JournalReader(tmp_path / "journal").segments()) == 1
    writer.close()
    assert pipeline.run_once() == 0
    assert (JournalReader(tmp_path / "journal").segments(), store.offsets()) == ([], {})
    store.close()


def test_many_segments_are_taken_in_portions_and_transactions_of_bounded_size(tmp_path: Path, store: DuckdbClickStore) -> None:
    for start in range(0, 1000, 250):
        writer = JournalWriter(tmp_path / "journal")
        for number in range(start, start + 250, 5):
            writer.append([raw_click(link_number=each) for each in range(number, number + 5)])
        writer.close()
    pipeline = pipeline_over(tmp_path / "journal", store, portion_rows=30, transaction_rows=300)
    taken = []
    while read := pipeline.run_once():
        taken.append(read)
    assert sum(taken) == count(store) == 1000
    assert all(read <= 305 for read in taken)
    assert store.cursor().execute("SELECT count(DISTINCT link_number) FROM clicks").fetchone() == (1000,)
    assert (JournalReader(tmp_path / "journal").segments(), store.offsets()) == ([], {})
    store.close()


def test_clicks_that_cannot_be_stored_are_counted_and_hold_nothing_up(tmp_path: Path, store: DuckdbClickStore) -> None:
    writer, metrics = JournalWriter(tmp_path / "journal"), Metrics()
    writer.append(
        [raw_click(target="no path"), raw_click(), raw_click(at_ms=0), raw_click(domain_id=2**40), raw_click(status=70000)]
    )
    writer.close()
    (segment,) = (tmp_path / "journal").iterdir()
    segment.write_bytes(segment.read_bytes() + b"\x05\x00\x00\x00????noise that is no frame")
    pipeline_over(tmp_path / "journal", store, metrics).run_once()
    assert count(store) == 1
    assert metrics.dropped.value == dict.fromkeys(DropReason, 0) | {DropReason.UNREADABLE: 5}
    assert not segment.exists()
    store.close()


def test_segments_whose_directory_went_away_for_a_while_are_not_read_twice(tmp_path: Path, store: DuckdbClickStore) -> None:
    journal = tmp_path / "journal"
    writer = JournalWriter(journal)
    writer.append([raw_click()])
    pipeline = pipeline_over(journal, store)
    pipeline.run_once()
    journal.rename(tmp_path / "elsewhere")
    assert pipeline.run_once() == 0
    (tmp_path / "elsewhere").rename(journal)
    assert (pipeline.run_once(), count(store)) == (0, 1)
    writer.close()
    store.close()


def test_a_segment_that_the_disk_does_not_give_holds_up_only_itself(
    tmp_path: Path, store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, metrics = tmp_path / "journal", Metrics()
    for number in (1, 2, 3):
        writer = JournalWriter(journal)
        writer.append([raw_click(link_number=number)])
        writer.close()
    broken = JournalReader(journal).segments()[1]
    inode, read = (journal / broken).stat().st_ino, os.pread

    def broken_disk(descriptor: int, length: int, offset: int) -> bytes:
        if os.fstat(descriptor).st_ino == inode:
            raise OSError(errno.EIO, "input/output error")
        return read(descriptor, length, offset)

    pipeline = pipeline_over(journal, store, metrics)
    with monkeypatch.context() as patch:
        patch.setattr("linnet.clicks.journal.os.pread", broken_disk)
        assert (pipeline.run_once(), pipeline.run_once(), count(store)) == (2, 0, 2)
        assert JournalReader(journal).segments() == [broken]
        assert metrics.journal_lag.value == (journal / broken).stat().st_size
    assert (pipeline.run_once(), count(store), JournalReader(journal).segments()) == (1, 3, [])
    store.close()


@pytest.mark.parametrize("point", ["remove", "forget"])
def test_a_kill_while_finished_segments_are_cleared_away_doubles_nothing(tmp_path: Path, point: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_CLEARING, str(tmp_path), point], check=False)
    assert killed.returncode == -signal.SIGKILL
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    pipeline = pipeline_over(tmp_path / "journal", store)
    assert (pipeline.run_once(), pipeline.run_once(), count(store)) == (0, 0, 5)
    assert JournalReader(tmp_path / "journal").segments() == []
    store.close()


def test_a_pipeline_that_starts_anew_goes_on_where_the_store_is(tmp_path: Path, store: DuckdbClickStore) -> None:
    writer = JournalWriter(tmp_path / "journal")
    writer.append([raw_click()])
    pipeline_over(tmp_path / "journal", store).run_once()
    assert (pipeline_over(tmp_path / "journal", store).run_once(), count(store)) == (0, 1)
    writer.close()
    store.close()


def test_a_store_that_refuses_for_a_while_gets_everything_later(tmp_path: Path, store: DuckdbClickStore) -> None:
    class Moody:
        """A store that refuses the first two writes: one before it took them, one behind."""

        refusals = 0

        def write_portions(self, portions: list[Portion]) -> int:
            self.refusals += 1
            if self.refusals == 1:
                raise StorageUnavailable("not now")
            written = store.write_portions(portions)
            if self.refusals == 2:
                raise StorageUnavailable("it took them, but could not tell")
            return written

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

    writer, ended = JournalWriter(tmp_path / "journal"), threading.Event()
    writer.append([raw_click(), raw_click()])
    pipeline = pipeline_over(tmp_path / "journal", Moody())  # type: ignore[arg-type]
    thread = threading.Thread(target=pipeline.run, args=(ended,))
    thread.start()
    time.sleep(2.6)
    writer.append([raw_click()])
    writer.close()
    ended.set()
    thread.join(30)
    assert count(store) == 3
    store.close()


def test_what_waits_for_a_store_that_is_away_is_shown_as_it_grows(
    tmp_path: Path, store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        """A store that cannot be reached while ``away``."""

        away = True

        def offsets(self) -> dict[str, int]:
            if self.away:
                raise StorageUnavailable("nobody is there")
            return store.offsets()

        def write_portions(self, portions: Iterable[Portion]) -> int:
            if self.away:
                raise StorageUnavailable("nobody is there")
            return store.write_portions(portions)

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

    def shows(lag: int) -> bool:
        deadline = time.monotonic() + 10
        while metrics.journal_lag.value != lag and time.monotonic() < deadline:
            time.sleep(0.01)
        return metrics.journal_lag.value == lag

    monkeypatch.setattr("linnet.clicks.pipeline._RETRY_SECONDS", 0.01)
    writer, ended, metrics, away = JournalWriter(tmp_path / "journal"), threading.Event(), Metrics(), Away()
    writer.append([raw_click(), raw_click()])
    reader = JournalReader(tmp_path / "journal")
    (segment,) = reader.segments()
    before = reader.size(segment)
    pipeline = pipeline_over(tmp_path / "journal", cast(ClickStore, away), metrics)
    thread = threading.Thread(target=pipeline.run, args=(ended,))
    thread.start()
    try:
        assert shows(before)
        away.away = False
        assert shows(0)
        away.away = True
        writer.append([raw_click()])
        assert shows(reader.size(segment) - before)
    finally:
        away.away = False
        ended.set()
        thread.join(30)
    assert (count(store), metrics.journal_lag.value) == (3, 0)
    writer.close()
    store.close()


def test_a_store_with_little_memory_gets_fewer_rows_at_once_and_more_again(
    tmp_path: Path, store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Narrow:
        """A store that has room for 4,000 rows at once."""

        taken: ClassVar[list[int]] = []

        def write_portions(self, portions: Iterable[Portion]) -> int:
            return store.write_portions(map(self.squeeze, portions))

        def squeeze(self, portion: Portion) -> Portion:
            self.taken.append(len(portion.columns) if portion.columns is not None else 0)
            if self.taken[-1] > 4000:
                raise StorageUnavailable("out of memory")
            return portion

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

    monkeypatch.setattr("linnet.clicks.pipeline._RETRY_SECONDS", 0.01)
    writer, ended, narrow = JournalWriter(tmp_path / "journal"), threading.Event(), Narrow()
    for _ in range(40):
        writer.append([raw_click()] * 500)
    writer.close()
    pipeline = pipeline_over(tmp_path / "journal", cast(ClickStore, narrow), portion_rows=10_000, transaction_rows=10_000)
    thread = threading.Thread(target=pipeline.run, args=(ended,))
    thread.start()
    deadline = time.monotonic() + 20
    while count(store) < 20_000 and time.monotonic() < deadline:
        time.sleep(0.02)
    ended.set()
    thread.join(30)
    assert count(store) == 20_000
    assert narrow.taken[:3] == [10_000, 5_000, 2_500]
    assert max(narrow.taken[3:]) > 2_500
    store.close()


def test_a_click_is_stored_within_a_second_and_stopping_takes_in_the_rest(tmp_path: Path, store: DuckdbClickStore) -> None:
    writer, ended = JournalWriter(tmp_path / "journal"), threading.Event()
    thread = threading.Thread(target=pipeline_over(tmp_path / "journal", store).run, args=(ended,))
    thread.start()
    time.sleep(0.4)
    writer.append([raw_click()])
    deadline = time.monotonic() + 1.0
    while count(store) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert count(store) == 1
    writer.append([raw_click()] * 1000)
    ended.set()
    thread.join(30)
    assert count(store) == 1001
    writer.close()
    store.close()
