"""Clicks read on from a moment, from both stores."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from linnet.statistics import duckdb_clicks
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.feed import ClickFeed
from tests.statistics.clicks import NOON, click, store_with
from tests.statistics.engines import Clickhouse

MS = timedelta(milliseconds=1)
# Several of one moment, and a gap.
OFFSETS = [0, 1, 1, 1, 2, 5, 5, 700_000, 700_001]


def ids(numbers: Collection[int]) -> Mapping[int, str]:
    return {number: f"lnk_{number}" for number in numbers if number != 9}


@contextmanager
def feed(path: Path) -> Iterator[ClickFeed]:
    clicks = [click(at=NOON + each * MS, query=str(number), link_number=3) for number, each in enumerate(OFFSETS)]
    clicks += [click(at=NOON, query="other", domain_id=2), click(at=NOON + 9 * MS, query="gone", link_number=9)]
    with store_with(path / "c.duckdb", clicks) as store:
        yield ClickFeed(DuckdbStatistics(store.cursor, store.clear_domain), ids)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 100])
def test_reading_on_brings_every_click_once_and_never_parts_a_moment(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(duckdb_clicks, "_FEW_ROWS", 2)
    position, end = NOON, NOON + timedelta(days=1)
    found: list[list[str]] = []
    with feed(tmp_path) as reading:
        while position < end:
            clicks, until = reading.between(1, position, end, most=most)
            assert until > position
            assert all(position <= each.clicked_at < until for each in clicks)
            found.append([each.query for each in clicks])
            position = until
    every = [query for portion in found for query in portion]
    assert sorted(every) == sorted([*map(str, range(len(OFFSETS))), "gone"])
    assert {"1", "2", "3"} in [set(portion) & {"1", "2", "3"} for portion in found]
    if most == 100:
        assert len(found) == 1


def test_the_end_is_not_part_of_it_and_links_are_told_by_their_ids(tmp_path: Path):
    with feed(tmp_path) as reading:
        clicks, until = reading.between(1, NOON + MS, NOON + 10 * MS, most=100)
    assert until == NOON + 10 * MS
    assert [(each.query, each.link_id) for each in clicks][-1] == ("gone", "")
    assert {each.link_id for each in clicks} == {"lnk_3", ""}
    assert len(clicks) == 7


def test_clickhouse_hands_out_the_same(clickhouse: Clickhouse):
    clicks = [click(at=NOON + each * MS, query=str(number), link_number=3) for number, each in enumerate(OFFSETS)]
    clickhouse.fill(clicks, [])
    reading = ClickFeed(clickhouse.engine, ids)
    first, until = reading.between(1, NOON, NOON + timedelta(days=1), most=2)
    rest, end = reading.between(1, until, NOON + timedelta(days=1), most=100)
    assert until == NOON + 2 * MS
    assert end == NOON + timedelta(days=1)
    assert sorted(each.query for each in [*first, *rest]) == [str(number) for number in range(len(OFFSETS))]
    assert {each.link_id for each in rest} == {"lnk_3"}
