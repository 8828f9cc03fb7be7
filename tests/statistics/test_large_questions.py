"""Questions as large as the API lets them be, asked of every engine."""

import time
from dataclasses import replace
from pathlib import Path

from linnet.actions.statistics import DOMAIN_TOPS
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.statistics import MAX_FILTER_LINKS, Filter, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.statistics.clicks import click
from tests.statistics.engines import Clickhouse, every_engine

HELD = [click(link_number=1), click(link_number=2**62), click(link_number=5, path="/'", browser="b0999" + "x" * 1000)]


def asked(*include: Filter, exclude: tuple[Filter, ...] = ()) -> Question:
    return Question(kind=Kind.OVERVIEW, domain_id=1, tops=("browser",), include=include, exclude=exclude)


def test_every_engine_takes_as_many_links_as_filters_may_stand_for(clickhouse: Clickhouse):
    many = Filter(column="link_number", values=(1, *range(2**62, 2**62 + MAX_FILTER_LINKS - 1)))
    for which, engine in every_engine(clickhouse, HELD):
        assert engine.overview(asked(many)).totals.clicks == 2, which
        assert engine.overview(asked(exclude=(many,))).totals.clicks == 1, which
        both = Filter(column="link_or_path", values=("/'", *many.values[:1000]))
        assert engine.overview(asked(both)).totals.clicks == 3, which


def test_every_engine_takes_a_megabyte_of_texts(clickhouse: Clickhouse):
    texts = tuple(f"b{number:04d}" + "x" * 1000 for number in range(1000))
    for which, engine in every_engine(clickhouse, HELD):
        found = engine.overview(asked(Filter(column="browser", values=texts)))
        assert (found.totals.clicks, [each.score for each in found.tops["browser"]]) == (1, [1]), which
        assert engine.overview(asked(exclude=(Filter(column="browser", values=texts),))).totals.clicks == 2, which


TEXTS = (*DOMAIN_TOPS, "browser_version", "method", "path", "scheme", "ab_path", "goal_completed", "device", "bot", "language")


def every_filter() -> tuple[Filter, ...]:
    values = tuple(f"v{number}" for number in range(1000))
    return (Filter(column="status", values=tuple(range(1000))), *(Filter(column=each, values=values) for each in TEXTS))


def test_a_question_with_all_filters_is_planned_in_moments(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    engine, began = DuckdbStatistics(store.cursor, store.clear_domain), time.monotonic()
    question = replace(asked(*every_filter(), exclude=every_filter()), tops=DOMAIN_TOPS)
    assert engine.overview(question).totals.clicks == 0
    # With a parameter for each value it takes half a minute.
    assert time.monotonic() - began < 8
    store.close()
