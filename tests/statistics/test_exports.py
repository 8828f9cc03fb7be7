"""Raw clicks out of the embedded store."""

import json
from collections.abc import Collection, Generator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnet.clicks.conversions import Conversion
from linnet.clicks.store_duckdb import DuckdbClickStore, Portion, Span
from linnet.model.click import Click
from linnet.model.click_record import FileFormat
from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Filter, Interval, Kind, Question
from linnet.statistics import duckdb_clicks
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.exports import PART_BYTES, Export, Exporter, StoredClick
from tests.statistics.clicks import NOON, click, store_with

ALL = Question(kind=Kind.LAST_CLICKS, domain_id=1)
SECOND = timedelta(seconds=1)


def engine_of(store: DuckdbClickStore) -> DuckdbStatistics:
    return DuckdbStatistics(store.cursor, store.clear_domain)


def lines(exporter: Exporter, question: Question = ALL) -> list[dict[str, object]]:
    file = b"".join(exporter.export(Export(question=question, format=FileFormat.NDJSON)))
    return [json.loads(line) for line in file.splitlines()]


offsets = st.one_of(st.integers(0, 3), st.integers(0, 10_000), st.integers(0, 10_000_000))


@given(made=st.lists(offsets, max_size=60), span=st.none() | st.tuples(offsets, offsets), stretch=st.integers(1, 20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20)
def test_every_click_of_the_interval_is_handed_out_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, made: list[int], span: tuple[int, int] | None, stretch: int
):
    moments = [NOON + timedelta(milliseconds=each) for each in made]
    clicks = [click(at=at, query=str(number), domain_id=1 + number % 7 // 6) for number, at in enumerate(moments)]
    interval = None
    if span is not None:
        start, end = (NOON + timedelta(milliseconds=each) for each in sorted(span))
        interval = Interval(start=start, end=end)
    question = Question(kind=Kind.LAST_CLICKS, domain_id=1, interval=interval)
    with store_with(tmp_path_factory.mktemp("c") / "c.duckdb", clicks) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb_clicks, "STRETCH_ROWS", stretch)
        patch.setattr(duckdb_clicks, "_MOST_ROWS", stretch * 2)
        patch.setattr(duckdb_clicks, "_FEW_ROWS", 3)
        portions = list(engine_of(store).clicks(question))
    found = [each for portion in portions for each in portion]
    expected = [each for each in clicks if each.domain_id == 1 and _within(each, interval)]
    assert sorted((each[0], each[7]) for each in found) == sorted((each.at, each.query) for each in expected)
    assert [each[0] for each in found] == sorted(each.at for each in expected)
    assert all(len(portion) <= 3 for portion in portions)


def _within(each: Click, interval: Interval | None) -> bool:
    return interval is None or interval.start <= each.at < interval.end


def test_links_are_told_by_their_ids_and_asked_for_once(tmp_path: Path):
    asked: list[set[int]] = []

    def ids(numbers: Collection[int]) -> dict[int, str]:
        asked.append(set(numbers))
        return {1: "lnk_1_a"}

    made = [click(link_number=number % 3, at=NOON + number * SECOND) for number in range(9_000)]
    with store_with(tmp_path / "c.duckdb", made) as store:
        found = lines(Exporter(engine_of(store), ids))
    assert [(each["link_id"], each["link_number"]) for each in found[:3]] == [("", 0), ("lnk_1_a", 1), ("", 2)]
    assert asked == [{1, 2}]


def test_conversions_are_told_with_their_click(tmp_path: Path):
    first, second = click(nonce=5, at=NOON), click(nonce=6, at=NOON + SECOND)
    goals = [
        Conversion(1, 1, NOON, 5, "signup", NOON + 60 * SECOND, 0.0),
        Conversion(1, 1, NOON, 5, "purchase", NOON + 90 * SECOND, 19.9),
        Conversion(1, 1, NOON, 7, "of no click", NOON + 90 * SECOND, 1.0),
    ]
    with store_with(tmp_path / "c.duckdb", [first, second]) as store:
        store.write_portions([Portion(None, [Span("goals", None, 1)], goals)])
        told = lines(Exporter(engine_of(store), lambda numbers: {}))
    assert [(each["goal_completed"], each["conversion_value"]) for each in told] == [("signup", 19.9), ("", 0.0)]
    assert told[0]["conversions"] == [
        {"goal": "signup", "value": 0.0, "at": "2026-05-01T12:01:00.000Z"},
        {"goal": "purchase", "value": 19.9, "at": "2026-05-01T12:01:30.000Z"},
    ]


def test_a_question_leaves_out_what_it_is_not_about(tmp_path: Path):
    made = [click(country="DE"), click(country="FR"), click(country="DE", link_number=2), click(domain_id=2, country="DE")]
    with store_with(tmp_path / "c.duckdb", made) as store:
        exporter = Exporter(engine_of(store), lambda numbers: {})
        german = (Filter(column="country", values=("DE",)),)
        assert len(lines(exporter, Question(kind=Kind.LAST_CLICKS, domain_id=1, include=german))) == 2
        assert len(lines(exporter, Question(kind=Kind.LAST_CLICKS, domain_id=1, exclude=german))) == 1
        assert len(lines(exporter, Question(kind=Kind.LAST_CLICKS, domain_id=1, link_number=2))) == 1


def test_parts_are_small_and_text_of_any_kind_is_kept(tmp_path: Path):
    hostile = ["\x00", '"', "\r\n", "<script>", "ü" * 5_000, "\udcff", "=cmd|' /C calc'!A0"]
    made = [click(user_agent=text.encode("utf-8", "replace").decode(), at=NOON + n * SECOND) for n, text in enumerate(hostile)]
    with store_with(tmp_path / "c.duckdb", made * 40) as store:
        for kind in FileFormat:
            parts = list(Exporter(engine_of(store), lambda numbers: {}).export(Export(question=ALL, format=kind)))
            assert max(map(len, parts)) <= PART_BYTES
        told = lines(Exporter(engine_of(store), lambda numbers: {}))
    assert sorted({str(each["user_agent"]) for each in told}) == sorted({each.user_agent for each in made})


def test_statistics_that_are_cleared_meanwhile_end_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(duckdb_clicks, "STRETCH_ROWS", 10)
    made = [click(at=NOON + number * 900 * SECOND) for number in range(100)]
    with store_with(tmp_path / "c.duckdb", made) as store:
        portions = engine_of(store).clicks(ALL)
        next(portions)
        store.clear_domain(2, datetime(2027, 1, 1, tzinfo=NOON.tzinfo))
        next(portions)
        store.clear_domain(1, datetime(2027, 1, 1, tzinfo=NOON.tzinfo))
        with pytest.raises(StatisticsUnavailable, match="cleared"):
            list(portions)


class Slow:
    """A source that knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def clicks(self, question: Question, /) -> Generator[list[StoredClick]]:
        try:
            while True:
                yield []
        finally:
            self.closed += 1


def test_files_are_bounded_in_number_and_time():
    source = Slow()
    exporter = Exporter(source, lambda numbers: {}, at_once=2, seconds=0.2)
    export = Export(question=ALL, format=FileFormat.CSV)
    first, second = exporter.export(export), exporter.export(export)
    assert next(first).startswith(b"clicked_at,")
    next(second)
    with pytest.raises(StatisticsUnavailable, match="2 files"):
        next(exporter.export(export))
    first.close()
    with pytest.raises(StatisticsUnavailable, match="longer than"):
        list(exporter.export(export))
    assert source.closed == 2
    second.close()
    assert source.closed == 3


def test_what_cannot_begin_is_refused_before_the_first_byte(tmp_path: Path):
    with store_with(tmp_path / "c.duckdb", [click()]) as store:
        engine = engine_of(store)
    with pytest.raises(StatisticsUnavailable):
        next(Exporter(engine, lambda numbers: {}).export(Export(question=ALL, format=FileFormat.CSV)))
