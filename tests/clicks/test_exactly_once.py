"""Writers and the pipeline are killed at random, and every click that was acknowledged is in the store, once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from linnet.clicks.journal import JournalReader
from linnet.clicks.store_duckdb import DuckdbClickStore
from tests.clicks.builders import pipeline_over

KILLS = int(os.environ.get("LINNET_KILLS", "20"))

WRITER = """
import os, sys, time
from pathlib import Path
from linnet.clicks.journal import JournalWriter
from tests.clicks.builders import raw_click

acknowledged = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
writer = JournalWriter(Path(sys.argv[1]), segment_bytes=20_000)
number = int(sys.argv[3])
while True:
    time.sleep(0.001)
    tick = list(range(number, number + 1 + number % 7))
    number += len(tick)
    if writer.append([raw_click(link_number=each, target=f"/{each}", at_ms=1_772_366_400_000 + each) for each in tick]) == 0:
        os.write(acknowledged, "".join(f"{each}\\n" for each in tick).encode())
"""

PIPELINE = """
import os, sys
from pathlib import Path
from linnet.clicks.store_duckdb import DuckdbClickStore
from tests.clicks.builders import pipeline_over

store = DuckdbClickStore(Path(sys.argv[2]))
pipeline = pipeline_over(Path(sys.argv[1]), store, portion_rows=500, transaction_rows=2000)
progress = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    if pipeline.run_once():
        os.write(progress, b".")
"""


def started(program: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)])


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_for_growth(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has got something done; it may take its time to start on a busy machine."""
    before, deadline = size(file), time.monotonic() + 30
    while size(file) == before:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def drained(journal: Path, path: Path) -> DuckdbClickStore:
    """The store after everything that is left in the journal was taken in."""
    store = DuckdbClickStore(path)
    pipeline = pipeline_over(journal, store)
    while pipeline.run_once():
        pass
    return store


def acknowledged(path: Path) -> Counter[int]:
    # The last line may be torn: its click was appended, but nobody was told.
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return Counter(int(line) for line in lines if line.endswith("\n"))


def stored(store: DuckdbClickStore) -> Counter[int]:
    rows = store.cursor().execute("SELECT link_number, count(*) FROM clicks GROUP BY ALL").fetchall()
    return Counter(dict(rows))


@pytest.mark.parametrize("victim", ["writer", "pipeline", "both"])
def test_no_click_is_lost_or_counted_twice_whatever_is_killed(tmp_path: Path, victim: str) -> None:
    chance = random.Random(victim)
    journal, path, told = tmp_path / "journal", tmp_path / "clicks.duckdb", tmp_path / "acknowledged"
    progress = tmp_path / "progress"
    first = 0

    def writing() -> subprocess.Popen[bytes]:
        nonlocal first
        first += 10_000_000
        return started(WRITER, journal, told, first)

    def ingesting() -> subprocess.Popen[bytes]:
        return started(PIPELINE, journal, path, progress)

    writer, pipeline = writing(), ingesting()
    try:
        for _ in range(KILLS):
            wait_for_growth(told, writer)
            wait_for_growth(progress, pipeline)
            time.sleep(chance.uniform(0, 0.2))
            if victim != "pipeline":
                kill(writer)
                writer = writing()
            if victim != "writer":
                kill(pipeline)
                pipeline = ingesting()
    finally:
        kill(writer)
        kill(pipeline)

    store = drained(journal, path)
    in_store, expected = stored(store), acknowledged(told)
    assert len(expected) > 1000
    assert set(in_store.values()) == {1}
    assert not expected - in_store, "acknowledged, but not stored"
    # What a writer appended without having told it any more is at most its last tick.
    assert len(in_store - expected) <= 7 * (KILLS + 1)
    for table in ("rollup_quarters", "rollup_links"):
        assert store.cursor().execute(f"SELECT sum(clicks) FROM {table}").fetchone() == (len(in_store),)
    assert JournalReader(journal).segments() == []
    # An offset may outlive its segment when the pipeline was killed between the two removals; the other way round it must not.
    assert len(store.offsets()) < 200
    store.close()
