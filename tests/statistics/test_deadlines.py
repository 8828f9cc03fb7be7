"""Questions that nobody waits for any more are stopped, and nothing else is."""

import time
from pathlib import Path

import duckdb
import pytest

from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Filter, Kind, Question
from linnet.statistics.deadlines import Deadlines
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.statistics.clicks import click, store_with

FOR_EVER = "SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b WHERE a.range % 7 = b.range % 11"


def test_what_takes_too_long_is_stopped_and_the_connection_goes_on():
    with duckdb.connect() as connection:
        began = time.monotonic()
        with Deadlines(0.2).watch(connection), pytest.raises(duckdb.InterruptException):
            connection.execute(FOR_EVER).fetchall()
        assert 0.2 <= time.monotonic() - began < 20
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_what_is_over_in_time_is_not_stopped_later():
    deadlines = Deadlines(0.1)
    with duckdb.connect() as connection:
        for _ in range(3):
            with deadlines.watch(connection):
                connection.execute("SELECT 1").fetchall()
            time.sleep(0.15)
        connection.execute("SELECT count(*) FROM range(3000000) AS a JOIN range(3000000) AS b USING (range)").fetchall()


def test_a_question_that_takes_too_long_is_refused_and_the_next_one_answered(tmp_path: Path):
    with store_with(tmp_path / "c.duckdb", [click(country="DE"), click(country="US")]) as store:
        with store.writing() as connection:
            # So much that no machine is through with it in a tenth of a second.
            for _ in range(17):
                connection.execute("INSERT INTO clicks SELECT * FROM clicks")
        filters = (Filter(column="country", values=("DE",)),)
        columns = ("browser", "city", "region", "referrer_host", "path", "os", "device", "method")
        slow = Question(kind=Kind.OVERVIEW, domain_id=1, tops=columns, include=filters)
        with pytest.raises(StatisticsUnavailable) as refusal:
            DuckdbStatistics(store.cursor, store.clear_domain, seconds=0.001).overview(slow)
        assert "too long" in refusal.value.message
        assert DuckdbStatistics(store.cursor, store.clear_domain).overview(slow).totals.clicks == 1 << 17
