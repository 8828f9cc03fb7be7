"""The engine on ClickHouse: what its questions read and may do, and what is said when there is no answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from linnet.clicks.clickhouse import connect
from linnet.clicks.clickhouse_address import read_address
from linnet.clicks.conversions import Conversion
from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Bucket, Counted, Filter, Interval, Kind, Question
from linnet.statistics import clickhouse_clicks
from linnet.statistics import sql_clickhouse as sql
from linnet.statistics.clickhouse_engine import LIMITS, ClickhouseStatistics
from linnet.statistics.plan import ROLLED_UP
from linnet.statistics.sql_clickhouse_parts import Statement
from tests.statistics.clicks import NOON, click
from tests.statistics.engines import Clickhouse
from tests.statistics.oracle import Oracle
from tests.statistics.strategies import HOSTILE
from tests.support.clickhouse import ClickhouseServer, running_clickhouse

DAY, TICK = timedelta(days=1), timedelta(milliseconds=1)
MIDNIGHT = NOON.replace(hour=0)
ALL_TIME = Question(kind=Kind.OVERVIEW, domain_id=1, bucket=Bucket.DAY)
WHOLE_DAYS = replace(ALL_TIME, interval=Interval(start=MIDNIGHT - 7 * DAY, end=MIDNIGHT))


def read_by(clickhouse: Clickhouse, statement: Statement) -> set[str]:
    """The tables that a statement reads."""
    client = connect(clickhouse.address, settings=LIMITS)
    try:
        plan = client.query(f"EXPLAIN {statement.text}", parameters=statement.parameters).result_rows
    finally:
        client.close()
    lines = [str(line) for (line,) in plan if "ReadFromMergeTree" in line]
    return {line.split(".")[-1].strip(" )") for line in lines}


@pytest.mark.parametrize("question", [ALL_TIME, WHOLE_DAYS], ids=["all time", "whole days"])
def test_whole_days_without_filters_are_answered_by_roll_ups(clickhouse: Clickhouse, question: Question):
    held = [click(at=NOON - number * DAY, nonce=number) for number in range(9)]
    clickhouse.fill(held, [Conversion(1, 1, held[3].at, 3, "buy", NOON, 1.0)])
    of_link = replace(question, link_number=1)
    assert read_by(clickhouse, sql.by_quarter(question)) == {"rollup_quarters"}
    assert read_by(clickhouse, sql.by_quarter(of_link)) == {"rollup_links"}
    for column in ROLLED_UP:
        assert read_by(clickhouse, sql.top(question, column)) == {"rollup_values"}
    assert read_by(clickhouse, sql.top(question, "human")) == {"rollup_quarters"}
    assert read_by(clickhouse, sql.top_links(question)) == {"rollup_links"}
    of_links = replace(question, counted=(Counted(link_number=1, interval=question.interval),))
    statement = sql.counts(of_links)
    assert statement is not None
    assert read_by(clickhouse, statement) == {"rollup_links"}
    # No sum tells how many different visitors there were on a day that goes on.
    for days, read in (([((MIDNIGHT - DAY).date(), 0)], {"clicks"}), ([], set())):
        totals = sql.rolled_totals(question, question.interval, days)
        assert read_by(clickhouse, totals) == {"rollup_quarters", "conversions"} | read


def test_only_the_edges_of_an_interval_are_read_click_by_click(clickhouse: Clickhouse):
    clickhouse.fill([click(at=MIDNIGHT + number * DAY / 24) for number in range(-240, 1)], [])
    assert WHOLE_DAYS.interval is not None
    late = replace(WHOLE_DAYS, interval=replace(WHOLE_DAYS.interval, end=MIDNIGHT + TICK))
    assert read_by(clickhouse, sql.top(late, "browser")) == {"rollup_values", "clicks"}
    assert [top.score for top in clickhouse.engine.top(replace(late, column="browser"))] == [169]


def test_the_last_clicks_are_looked_for_where_they_are(clickhouse: Clickhouse):
    held = [click(at=NOON - number * DAY / 8, country="DE" if number % 50 else "US") for number in range(400)]
    engine = clickhouse.fill(held, [])
    asked: list[tuple[str, int]] = []
    server = clickhouse.engine._server
    ask = server.ask

    def noted(statement: Statement) -> list[tuple[Any, ...]]:
        rows = ask(statement)
        asked.append((statement.text, len(rows)))
        return rows

    oracle = Oracle(held)
    newest = replace(ALL_TIME, kind=Kind.LAST_CLICKS, limit=10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "ask", noted)
        assert engine.last_clicks(newest) == oracle.last_clicks(newest)
        assert len(asked) == 2, "the window, and what is in it"
        asked.clear()
        rare = replace(newest, limit=5, include=(Filter(column="country", values=("US",)),))
        assert engine.last_clicks(rare) == oracle.last_clicks(rare)
        assert len(asked) in (4, 6), "windows that become longer"
        asked.clear()
        few = replace(newest, interval=Interval(start=NOON - DAY, end=NOON + DAY), limit=1000)
        assert engine.last_clicks(few) == oracle.last_clicks(few)
        assert len(asked) == 2


@pytest.mark.parametrize("portion", [1, 3, 7])
def test_all_clicks_are_handed_out_whatever_a_portion_holds(clickhouse: Clickhouse, portion: int):
    # Many of one moment, and many of one quarter hour.
    held = [click(at=NOON + number // 5 * TICK, nonce=number) for number in range(1, 40)]
    held += [click(at=NOON + number * DAY / 48, nonce=number) for number in range(40, 80)]
    clickhouse.fill(held, [])
    between = Interval(start=NOON + 2 * TICK, end=NOON + DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clickhouse_clicks, "PORTION_ROWS", portion)
        for question in (ALL_TIME, replace(ALL_TIME, interval=between)):
            found = [each for part in clickhouse.engine.clicks(question) for each in part]
            assert found == Oracle(held).clicks(question)


def test_a_domain_that_is_cleared_while_its_clicks_are_read_is_no_whole_file(clickhouse: Clickhouse):
    clickhouse.fill([click(at=NOON + number * DAY) for number in range(4)], [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clickhouse_clicks, "PORTION_ROWS", 1)
        portions = clickhouse.engine.clicks(ALL_TIME)
        next(portions)
        clickhouse.store.clear_domain(1, NOON + 2 * DAY)
        with pytest.raises(StatisticsUnavailable, match="cleared while"):
            list(portions)
    assert clickhouse.engine.overview(ALL_TIME).totals.clicks == 2


def test_no_question_can_write_or_lift_its_limits(clickhouse: Clickhouse):
    client = connect(clickhouse.address, settings=LIMITS)
    try:
        for statement in ("INSERT INTO clearings VALUES (1, now())", "TRUNCATE TABLE clicks", "SET max_result_rows = 0"):
            with pytest.raises(DatabaseError) as refusal:
                client.command(statement)
            assert refusal.value.code == 164
    finally:
        client.close()


@pytest.mark.parametrize("limit", [{"max_result_rows": 1}, {"max_memory_usage": 1}, {"max_rows_to_read": 1}])
def test_a_question_that_reaches_a_limit_is_refused_with_advice(clickhouse: Clickhouse, limit: dict[str, int]):
    clickhouse.fill([click(browser=name) for name in ("a", "b", "c")], [])
    engine = ClickhouseStatistics(lambda limits: connect(clickhouse.address, settings=limits | limit), lambda *_: None)
    with pytest.raises(StatisticsUnavailable, match="shorter period"):
        engine.overview(replace(ALL_TIME, tops=("browser",)))


@pytest.mark.parametrize("text", HOSTILE[:9])
def test_no_value_is_ever_part_of_a_statement(text: str):
    marked = f"<mark>{text}"
    question = replace(
        ALL_TIME,
        prefix=marked,
        include=(Filter(column="browser", values=(marked, text)), Filter(column="goal_completed", values=(marked, ""))),
        exclude=(Filter(column="link_or_path", values=(1, marked)), Filter(column="place", values=(marked,))),
        counted=(Counted(path=marked),),
        column="city",
    )
    made: list[Callable[[], Statement | None]] = [
        lambda: sql.totals(question, None),
        lambda: sql.by_quarter(question),
        lambda: sql.top(question, "goal_completed"),
        lambda: sql.top_links(question),
        lambda: sql.moments(question),
        lambda: sql.top_by_interval(question, [NOON]),
        lambda: sql.counts(question),
        lambda: sql.link_paths(question),
        lambda: sql.last_clicks(question, ["at"], NOON),
        lambda: sql.breakdown(question),
    ]
    for make in made:
        statement = make()
        assert statement is not None
        assert "<mark>" not in statement.text
        lists = [value if isinstance(value, list) else [value] for value in statement.parameters.values()]
        assert any(marked in values for values in lists)


def test_without_a_server_the_refusal_says_nothing_of_it_and_with_one_again_questions_are_answered(tmp_path: Path):
    with running_clickhouse(tmp_path) as server:
        engine = _served(server, tmp_path)
        assert engine.overview(ALL_TIME).totals.clicks == 1
        server.kill()
        for _ in range(3):
            with pytest.raises(StatisticsUnavailable) as refusal:
                engine.overview(ALL_TIME)
            assert refusal.value.message == "The click store does not answer now; no click is lost by that."
        server.start()
        assert engine.overview(ALL_TIME).totals.clicks == 1


def test_an_engine_may_be_made_before_its_server_is_there(tmp_path: Path):
    with running_clickhouse(tmp_path) as server:
        _served(server, tmp_path)
        address = read_address(server.url("linnet"))
        assert address is not None
        server.kill()
        engine = ClickhouseStatistics(lambda limits: connect(address, settings=limits), lambda *_: None)
        with pytest.raises(StatisticsUnavailable):
            engine.by_interval(ALL_TIME)
        server.start()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine._server, "_failed_at", 0.0)
            assert [point.clicks for point in engine.by_interval(ALL_TIME)] == [1]


def test_a_database_without_tables_is_no_crash(clickhouse_server: ClickhouseServer):
    address = read_address(clickhouse_server.url(clickhouse_server.new_database()))
    assert address is not None
    engine = ClickhouseStatistics(lambda limits: connect(address, settings=limits), lambda *_: None)
    with pytest.raises(StatisticsUnavailable) as refusal:
        engine.overview(ALL_TIME)
    assert "database" not in refusal.value.message.lower()


def _served(server: ClickhouseServer, directory: Path) -> ClickhouseStatistics:
    opened = Clickhouse(server, directory, database="linnet")
    opened.fill([click()], [])
    return opened.engine
