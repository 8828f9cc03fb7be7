"""The click store that the settings name, with all that is made for it: the only place that knows which one it is."""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from linnet.clicks.closed_clickhouse import ClosedDays
from linnet.clicks.import_orders import ImportingStore
from linnet.clicks.journal import JournalReader
from linnet.clicks.ordering import Ordering
from linnet.clicks.pipeline import IDLE_SECONDS, PORTION_ROWS, TRANSACTION_ROWS
from linnet.clicks.retention import AgeingStore
from linnet.clicks.retention_clickhouse import ClickhouseRetention
from linnet.clicks.retention_duckdb import DuckdbRetention
from linnet.clicks.salts import SaltFile, SaltStore
from linnet.clicks.salts_clickhouse import ClickhouseSalts
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_clickhouse import ClickhouseTruth
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Truth
from linnet.clicks.visitors import VisitorStore
from linnet.clicks.visitors_clickhouse import ClickhouseVisitors
from linnet.clicks.visitors_duckdb import DuckdbVisitors
from linnet.compose.clickhouse import deployment_of, statistics_in
from linnet.compose.places import Places, load_secrets
from linnet.settings import Settings
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.exports import ClickSource
from linnet.visitor.agent import Judge


class Store(ImportingStore, Protocol):
    """A click store that can be told to forget, and closed."""

    def clear_domain(self, domain_id: int, before: datetime, /) -> None: ...

    def close(self) -> None: ...


class Retention(AgeingStore, Protocol):
    """A store that lets go of old clicks and can say, while it takes in others, how far it is in the journal."""

    def offsets(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many clicks the pipeline has in memory at once, and takes in before it notes how far it is; how long it waits for
    more."""

    portion_rows: int = PORTION_ROWS
    transaction_rows: int = TRANSACTION_ROWS
    idle_seconds: float = IDLE_SECONDS


# ClickHouse likes few and large inserts; each portion is one.
_CLICKHOUSE_PACE = Pace(portion_rows=50_000, transaction_rows=50_000, idle_seconds=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStore:
    """A click store, and those that look after it and ask it. ``source`` hands out its clicks one by one, ``visitors`` finds
    them by address; ``salts`` is where the salts of days lie, which are kept for ``salt_grace`` after the day because others
    may have clicks of it; ``tidy`` is work on the store that goes on until the event is set."""

    store: Store
    engine: StatisticsEngine
    source: ClickSource
    visitors: VisitorStore
    salts: SaltStore
    salt_grace: timedelta
    truth: Truth
    retention: Retention
    pace: Pace
    tidy: Callable[[threading.Event], object]


def open_store(settings: Settings, places: Places, judge: Judge, rules: str) -> OpenedStore:
    """The click store of the settings; ``rules`` is the version of those that ``judge`` goes by. DuckDB's file is opened at
    once (StorageUnavailable where that cannot be), ClickHouse is connected to when it is first asked."""
    size_of = partial(_size_of, JournalReader(places.journal))
    address = settings.clickhouse_url
    if address is None:
        _make_private(places.clicks)
        file = DuckdbClickStore(places.clicks, memory_mb=settings.clicks_memory_mb, rules=rules)
        engine = DuckdbStatistics(file.cursor, file.clear_domain)
        return OpenedStore(
            store=file,
            engine=engine,
            source=engine,
            visitors=DuckdbVisitors(file),
            salts=SaltFile(places.salts),
            salt_grace=timedelta(hours=1),
            truth=DuckdbTruth(file, judge, rules, size_of),
            retention=DuckdbRetention(file),
            pace=Pace(),
            tidy=Ordering(file).run,
        )
    secrets = load_secrets(places)
    deployment = deployment_of(settings, address)
    store = ClickhouseClickStore(address, deployment, secrets.node, places.clickhouse_batch, rules=rules)
    asked = statistics_in(address, store.clear_domain)
    return OpenedStore(
        store=store,
        engine=asked,
        source=asked,
        visitors=ClickhouseVisitors(store, secrets.click_key),
        salts=ClickhouseSalts(store),
        salt_grace=timedelta(days=2),
        truth=ClickhouseTruth(store, address, judge, rules, size_of),
        retention=ClickhouseRetention(store),
        pace=_CLICKHOUSE_PACE,
        tidy=ClosedDays(address, deployment).run,
    )


def _make_private(clicks: Path) -> None:
    """Have this user alone read the clicks, in whatever directory they lie: the file, and those that DuckDB makes beside it
    again and again, with the modes that the process gives."""
    os.umask(0o077)
    for file in (clicks, clicks.with_name(f"{clicks.name}.wal")):
        with suppress(FileNotFoundError):
            file.chmod(0o600)


def _size_of(reader: JournalReader, segment: str) -> int | None:
    # One that is gone has been taken in, or will come back.
    return reader.size(segment) or None
