"""The engine on the embedded store, held against the oracle."""

from datetime import timedelta
from pathlib import Path

import pytest

from linnet.model.errors import InvalidField, StatisticsUnavailable
from linnet.model.statistics import Bucket, Interval, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.statistics.clicks import NOON, store_with


def test_a_chart_of_too_many_points_is_refused(tmp_path: Path):
    interval = Interval(start=NOON - timedelta(days=3650), end=NOON)
    question = Question(kind=Kind.OVERVIEW, domain_id=1, interval=interval, bucket=Bucket.HOUR)
    with store_with(tmp_path / "c.duckdb", []) as store, pytest.raises(InvalidField) as refusal:
        DuckdbStatistics(store.cursor, store.clear_domain).overview(question)
    assert refusal.value.field == "clicksChartInterval"


def test_a_closed_store_is_unavailable_not_a_crash(tmp_path: Path):
    with store_with(tmp_path / "c.duckdb", []) as store:
        engine = DuckdbStatistics(store.cursor, store.clear_domain)
    with pytest.raises(StatisticsUnavailable) as refusal:
        engine.overview(Question(kind=Kind.OVERVIEW, domain_id=1))
    assert "Connection" not in refusal.value.message, "what the engine says is not for clients"
