"""Every engine over the same clicks: the embedded store as it is written and merged, ClickHouse, and the oracle."""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from linnet.clicks.clickhouse import connect, migrate
from linnet.clicks.clickhouse_address import ClickhouseAddress, read_address
from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, Deployment
from linnet.clicks.closed_clickhouse import ClosedDays
from linnet.clicks.columns import columns_of
from linnet.clicks.conversions import Conversion
from linnet.clicks.ordering import Ordering
from linnet.clicks.portions import Portion, Span
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Click
from linnet.model.statistics import BucketTop, Kind, Overview, Point, Question
from linnet.statistics.clickhouse_engine import ClickhouseStatistics
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.engine import StatisticsEngine
from tests.support.clickhouse import ClickhouseServer

CLICKHOUSE = "ClickHouse"
# A state in which only overviews are asked otherwise than before.
WITH_CLOSED_DAYS = "ClickHouse with days closed"
ANSWERS: dict[Kind, Callable[[Any, Question], Any]] = {
    Kind.OVERVIEW: lambda engine, question: engine.overview(question),
    Kind.LAST_CLICKS: lambda engine, question: engine.last_clicks(question),
    Kind.BY_INTERVAL: lambda engine, question: engine.by_interval(question),
    Kind.TOP: lambda engine, question: engine.top(question),
    Kind.TOP_BY_INTERVAL: lambda engine, question: engine.top_by_interval(question),
    Kind.COUNTS: lambda engine, question: engine.counts(question),
    Kind.LINK_PATHS: lambda engine, question: engine.link_paths(question),
    Kind.BREAKDOWN: lambda engine, question: engine.breakdown(question),
}


def answer(engine: Any, question: Question) -> Any:
    """What an engine, or the oracle, answers, with all moments in UTC."""
    return _in_utc(ANSWERS[question.kind](engine, question))


def _in_utc(found: Any) -> Any:
    if isinstance(found, Overview):
        return replace(found, chart=_in_utc(found.chart))
    if isinstance(found, tuple) and found and isinstance(found[0], Point | BucketTop):
        return tuple(replace(each, at=each.at.astimezone(UTC)) for each in found)
    return found


def portions(clicks: Sequence[Click], conversions: Sequence[Conversion], segment: str, *, batches: int = 1) -> list[Portion]:
    """The clicks in so many portions of a journal's segment, the conversions with the last."""
    size = len(clicks) // batches + 1
    found = []
    for number in range(batches):
        part = clicks[number * size : (number + 1) * size]
        span = Span(segment, None, number + 1)
        found.append(Portion(columns_of(part) if part else None, [span], conversions if number == batches - 1 else ()))
    return found


class Clickhouse:
    """A database in ClickHouse with the real tables and views, which is emptied for every filling."""

    def __init__(self, server: ClickhouseServer, directory: Path, database: str = "") -> None:
        address = read_address(server.url(database or server.new_database()))
        assert address is not None
        self.address: ClickhouseAddress = address
        deployment = Deployment(address.database)
        migrate(address, deployment)
        self._client = connect(address)
        self.store = ClickhouseClickStore(address, deployment, "node", directory / "intent")
        self.engine = ClickhouseStatistics(lambda settings: connect(address, settings=settings), self.store.clear_domain)
        self._segments = (f"s{number}" for number in itertools.count())

    def fill(self, clicks: Sequence[Click], conversions: Sequence[Conversion], *, batches: int = 1) -> StatisticsEngine:
        """The engine over these clicks alone."""
        for table in ("clicks", "conversions", "clearings", "closed_visitors", *ROLLUP_KEYS):
            self._client.command(f"TRUNCATE TABLE {table}")
        self.store.write_portions(portions(clicks, conversions, next(self._segments), batches=batches))
        return self.engine

    def close_days(self) -> None:
        """Count the visitors of all days."""
        deployment = Deployment(self.address.database)
        ClosedDays(self.address, deployment, least_clicks=1, now=lambda: datetime(2100, 1, 1, tzinfo=UTC)).work_off()

    def close(self) -> None:
        self.store.close()
        self._client.close()


def put_in_order(store: DuckdbClickStore) -> None:
    """All days that are over by 2100, two of them to a run where there are many clicks, a few clicks in a piece."""
    Ordering(store, run_rows=20, piece_rows=13, quiet_seconds=0, now=lambda: datetime(2100, 1, 1, tzinfo=UTC)).work_off()


@contextmanager
def embedded(
    directory: Path, clicks: Sequence[Click], conversions: Sequence[Conversion] = (), *, batches: int = 1
) -> Iterator[tuple[DuckdbClickStore, StatisticsEngine]]:
    """The embedded store with these clicks, and its engine."""
    store = DuckdbClickStore(directory / "c.duckdb")
    try:
        store.write_portions(portions(clicks, conversions, "s", batches=batches))
        yield store, DuckdbStatistics(store.cursor, store.clear_domain)
    finally:
        store.close()


def every_engine(
    clickhouse: Clickhouse, clicks: Sequence[Click], conversions: Sequence[Conversion] = (), *, batches: int = 1
) -> Iterator[tuple[str, StatisticsEngine]]:
    """Each engine over the same clicks with the name of its state; to be asked before the next one is."""
    with tempfile.TemporaryDirectory() as directory, embedded(Path(directory), clicks, conversions, batches=batches) as found:
        store, engine = found
        yield "as written", engine
        store.merge_rollups()
        yield "merged", engine
        put_in_order(store)
        yield "ordered", engine
    yield CLICKHOUSE, clickhouse.fill(clicks, conversions, batches=batches)
    clickhouse.close_days()
    yield WITH_CLOSED_DAYS, clickhouse.engine
