"""A domain told to forget: what was before a moment is gone, and stays gone whatever comes later or is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch, Click
from tests.clicks.builders import AT, AT_MS, Metrics, click, pipeline_over, raw_click, rows, varied

DAY, TICK = timedelta(days=1), timedelta(milliseconds=1)
SUMS = "SELECT domain_id, sum(clicks)::BIGINT, sum(human_clicks)::BIGINT FROM {} GROUP BY ALL ORDER BY ALL"


def write(store: DuckdbClickStore, clicks: list[Click], offset: int) -> int:
    return store.write([Batch(segment="one", offset=offset, clicks=clicks)])


def test_roll_ups_are_those_of_the_clicks_that_stay(tmp_path: Path) -> None:
    stores = [DuckdbClickStore(tmp_path / name) for name in ("cleared", "expected")]
    before = AT + timedelta(minutes=13 * 100)
    for offset in (1, 2):
        write(stores[0], varied(300), offset)
        kept = [each for each in varied(300) if each.domain_id != 2 or each.at >= before]
        write(stores[1], kept, offset)
    stores[0].clear_domain(2, before)
    assert 0 < len(rows(stores[0], "FROM clicks WHERE domain_id = 2")) < 200
    for store in stores:
        store.merge_rollups()
    for table in ("clicks", "rollup_quarters", "rollup_links", "rollup_values"):
        cleared, expected = (rows(store, f"FROM {table} ORDER BY ALL") for store in stores)
        assert cleared == expected, table
    for store in stores:
        store.close()


def test_a_click_of_before_that_comes_later_stays_away_also_after_a_restart(tmp_path: Path) -> None:
    old, new = click(at=AT - TICK), click(at=AT)
    for turn in range(2):
        store = DuckdbClickStore(tmp_path / "clicks")
        store.clear_domain(7, AT)
        # An earlier moment takes nothing back.
        store.clear_domain(7, AT - DAY)
        store.close()
        store = DuckdbClickStore(tmp_path / "clicks")
        assert write(store, [old, new, click(at=old.at, domain_id=8), old], 10 * turn + 1) == 2
        assert write(store, [old], 10 * turn + 2) == 0
        assert store.offsets() == {"one": 10 * turn + 2}
        assert rows(store, SUMS.format("rollup_links")) == [(7, turn + 1, turn + 1), (8, turn + 1, turn + 1)]
        store.close()


def test_what_the_journal_still_holds_of_before_is_left_out_and_cleared_away(tmp_path: Path) -> None:
    store, metrics = DuckdbClickStore(tmp_path / "clicks"), Metrics()
    pipeline = pipeline_over(tmp_path / "journal", store, metrics)
    writer = JournalWriter(tmp_path / "journal")
    writer.append([raw_click(at_ms=AT_MS - 1)] * 5)
    store.clear_domain(7, AT)
    writer.append([raw_click(at_ms=AT_MS + 1)] * 3)
    writer.close()
    while pipeline.run_once():
        pass
    assert rows(store, "SELECT count(*) FROM clicks") == [(3,)]
    assert (metrics.stored.value, JournalReader(tmp_path / "journal").segments(), store.offsets()) == (3, [], {})
    store.close()


@pytest.mark.parametrize("clearings", [1, 20])
def test_beside_running_ingestion_nothing_of_before_stays_and_nothing_of_since_is_lost(tmp_path: Path, clearings: int) -> None:
    store = DuckdbClickStore(tmp_path / "clicks")
    pipeline = pipeline_over(tmp_path / "journal", store, portion_rows=200, transaction_rows=600)
    writer = JournalWriter(tmp_path / "journal", segment_bytes=50_000)
    ended = threading.Event()
    ingesting = threading.Thread(target=pipeline.run, args=(ended,))
    ingesting.start()
    step = 12_000 // clearings
    for first in range(0, 12_000, step):
        for number in range(first, first + step, 50):
            writer.append([raw_click(at_ms=AT_MS + each, domain_id=7 + each % 2) for each in range(number, number + 50)])
        # The moment lies in the middle of what was just written: a part is in the store, a part still in the journal.
        store.clear_domain(7, AT + (first + step // 2) * TICK)
    writer.close()
    ended.set()
    ingesting.join()
    last = 12_000 - step // 2
    expected = [(7, (12_000 - last) // 2), (8, 6000)]
    assert rows(store, "SELECT domain_id, count(*) FROM clicks GROUP BY ALL ORDER BY ALL") == expected
    assert rows(store, 'SELECT min("at") FROM clicks WHERE domain_id = 7') == [((AT + last * TICK).replace(tzinfo=None),)]
    for table in ("rollup_quarters", "rollup_links"):
        assert [row[:2] for row in rows(store, SUMS.format(table))] == expected
    store.close()


KILLED = """
import sys, threading
from datetime import timedelta
from pathlib import Path
from linnet.clicks.store_duckdb import DuckdbClickStore
from tests.clicks.builders import AT, pipeline_over

store = DuckdbClickStore(Path(sys.argv[2]))
pipeline = pipeline_over(Path(sys.argv[1]), store, portion_rows=200, transaction_rows=400)

def clear() -> None:
    while True:
        store.clear_domain(7, AT)
        print("cleared", flush=True)

threading.Thread(target=clear, daemon=True).start()
while True:
    pipeline.run_once()
"""


def test_a_kill_in_between_leaves_all_or_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal", segment_bytes=50_000)
    for number in range(-3000, 3000, 50):
        writer.append([raw_click(at_ms=AT_MS + each, domain_id=7 + each % 2) for each in range(number, number + 50)])
    writer.close()
    for turn in range(6):
        arguments = [sys.executable, "-c", KILLED, str(tmp_path / "journal"), str(tmp_path / "clicks")]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "cleared\n"
            time.sleep(0.02 * turn)
            os.kill(process.pid, signal.SIGKILL)
        store = DuckdbClickStore(tmp_path / "clicks")
        held = rows(store, SUMS.format("(SELECT domain_id, 1 AS clicks, human::INT AS human_clicks FROM clicks)"))
        for table in ("rollup_quarters", "rollup_links"):
            assert rows(store, SUMS.format(table)) == held
        assert rows(store, f"SELECT count(*) FROM clicks WHERE domain_id = 7 AND \"at\" < '{AT:%Y-%m-%d %H:%M}'") == [(0,)]
        store.close()
    store = DuckdbClickStore(tmp_path / "clicks")
    pipeline = pipeline_over(tmp_path / "journal", store)
    while pipeline.run_once():
        pass
    assert rows(store, "SELECT domain_id, count(*) FROM clicks GROUP BY ALL ORDER BY ALL") == [(7, 1500), (8, 3000)]
    store.close()
