"""Every question has one answer: that of the oracle, from the embedded store in each of its states, and from ClickHouse."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linnet.clicks.conversions import Conversion
from linnet.model.click import Click
from linnet.model.statistics import Kind, Overview, Question, Totals
from tests.statistics.engines import ANSWERS, Clickhouse, answer, embedded
from tests.statistics.oracle import Oracle
from tests.statistics.strategies import DAYS, clicks_near, conversions_of, questions_near
from tests.support.clickhouse import ClickhouseServer


@pytest.fixture(scope="module")
def clickhouse(clickhouse_server: ClickhouseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clickhouse]:
    opened = Clickhouse(clickhouse_server, tmp_path_factory.mktemp("agree"))
    yield opened
    opened.close()


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Click], list[Conversion], list[Question]]:
    day = draw(st.sampled_from(DAYS))
    held = draw(clicks_near(day))
    return held, draw(conversions_of(held)), draw(st.lists(questions_near(day), min_size=2, max_size=3))


@settings(max_examples=50, phases=(Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck), deadline=None)
@given(case=cases(), batches=st.integers(1, 3))
def test_all_engines_say_what_the_oracle_says(
    clickhouse: Clickhouse, case: tuple[list[Click], list[Conversion], list[Question]], batches: int
) -> None:
    held, conversions, asked = case
    oracle = Oracle(held, conversions)
    every = [_of_kind(question, kind) for question in asked for kind in ANSWERS]
    expected = [answer(oracle, question) for question in every]
    with tempfile.TemporaryDirectory() as directory, embedded(Path(directory), held, conversions, batches=batches) as found:
        store, engine = found
        agree("as written", engine, oracle, every, expected)
        store.merge_rollups()
        agree("merged", engine, oracle, every, expected)
    agree("ClickHouse", clickhouse.fill(held, conversions, batches=batches), oracle, every, expected)


def agree(which: str, engine: Any, oracle: Oracle, asked: list[Question], expected: list[Any]) -> None:
    for question, right in zip(asked, expected, strict=True):
        found = answer(engine, question)
        if question.kind is Kind.LAST_CLICKS:
            # Of clicks of one moment and link, any may be the last that is shown.
            assert [(each.at, each.link_number) for each in found] == [(each.at, each.link_number) for each in right], which
            everything = oracle.last_clicks(replace(question, limit=1000))
            assert not Counter(found) - Counter(everything), (which, question)
        else:
            assert found == (right if which == "ClickHouse" else _counted(right)), (which, question)


def _counted(right: Any) -> Any:
    """What the embedded store tells of the totals of an overview."""
    if not isinstance(right, Overview):
        return right
    told = [each and Totals(clicks=each.clicks, human_clicks=each.human_clicks) for each in (right.totals, right.previous)]
    return replace(right, totals=told[0], previous=told[1])


def _of_kind(question: Question, kind: Kind) -> Question:
    if kind is Kind.COUNTS:
        return Question(kind=kind, domain_id=question.domain_id, counted=question.counted)
    if kind is Kind.OVERVIEW:
        return replace(question, kind=kind, column="", prefix="")
    if kind is Kind.BREAKDOWN and question.column == "path_404":
        return replace(question, kind=kind, column="goal_completed")
    return replace(question, kind=kind)
