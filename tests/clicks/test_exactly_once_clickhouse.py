"""The pipeline and ClickHouse are killed at random, and every click that was acknowledged is stored and counted once."""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from linnet.clicks.journal import JournalReader
from tests.clicks.builders import pipeline_over
from tests.clicks.clickhouse import assert_sound, opened
from tests.clicks.test_exactly_once import KILLS, WRITER, acknowledged, kill, size, started, wait_for_growth
from tests.support.clickhouse import running_clickhouse

PIPELINE: Final = """
import os, sys, time
from pathlib import Path
from linnet.model.errors import StorageUnavailable
from tests.clicks.builders import pipeline_over
from tests.clicks.clickhouse import opened

store = opened(sys.argv[2], Path(sys.argv[4]))
def begun():
    return pipeline_over(Path(sys.argv[1]), store, portion_rows=500, transaction_rows=1000)

pipeline = begun()
progress = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
while True:
    try:
        if pipeline.run_once():
            os.write(progress, b".")
        else:
            time.sleep(0.01)
    except StorageUnavailable:
        time.sleep(0.02)
        pipeline = begun()
"""


@pytest.mark.parametrize("victim", ["pipeline", "clickhouse", "both"])
def test_no_click_is_lost_or_counted_twice_whatever_is_killed(tmp_path: Path, victim: str) -> None:
    chance = random.Random(victim)
    journal, told, progress = tmp_path / "journal", tmp_path / "acknowledged", tmp_path / "progress"
    with running_clickhouse(tmp_path / "server") as server:
        arguments = (journal, server.url("clicks"), progress, tmp_path)
        writer, pipeline = started(WRITER, journal, told, 0), started(PIPELINE, *arguments)
        try:
            for turn in range(KILLS // 2):
                wait_for_growth(progress, pipeline)
                time.sleep(chance.uniform(0, 0.1))
                if victim != "pipeline" and (victim == "clickhouse" or turn % 2):
                    server.kill()
                    time.sleep(chance.choice([0, 0, 0.5]))
                    server.start()
                if victim != "clickhouse":
                    kill(pipeline)
                    pipeline = started(PIPELINE, *arguments)
            wait_for_growth(progress, pipeline)
        finally:
            kill(writer)
            kill(pipeline)
        store = opened(server.url("clicks"), tmp_path)
        draining = pipeline_over(journal, store)
        while draining.run_once():
            pass
        in_store = Counter(dict(server.rows("SELECT link_number, count() FROM clicks GROUP BY ALL", "clicks")))
        expected = acknowledged(told)
        assert len(expected) > 1000
        assert set(in_store.values()) == {1}
        assert not expected - in_store, "acknowledged, but not stored"
        assert len(in_store - expected) <= 7
        assert assert_sound(server, "clicks") == len(in_store)
        assert (JournalReader(journal).segments(), size(tmp_path / "node.intent")) == ([], 0)
        store.close()
