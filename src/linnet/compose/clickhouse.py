"""ClickHouse as the settings describe it. What speaks to it is loaded only where they do."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.model.statistics import Clearing
from linnet.settings import Settings
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.remote import RemoteStatistics

if TYPE_CHECKING:
    from linnet.clicks.clickhouse_schema import Deployment
    from linnet.statistics.clickhouse_engine import ClickhouseStatistics

_SPARE_SECONDS: Final = 3


def migrate_store(settings: Settings) -> bool:
    """Bring a ClickHouse to this version's schema; False when there was nothing to do. DuckDB's file is brought up when it is
    opened. Raises StorageUnavailable."""
    address = settings.clickhouse_url
    if address is None:
        return False
    from linnet.clicks.clickhouse import migrate

    return migrate(address, deployment_of(settings, address))


def deployment_of(settings: Settings, address: ClickhouseAddress) -> "Deployment":
    """How the tables are spread."""
    from linnet.clicks.clickhouse_schema import Deployment

    return Deployment(address.database, cluster=settings.clickhouse_cluster, replicated=settings.clickhouse_replicated)


def statistics_in(address: ClickhouseAddress, clear: Callable[[int, datetime], object]) -> "ClickhouseStatistics":
    """The engine, which connects when it is first asked; ``clear`` has the store forget."""
    from linnet.clicks.clickhouse import connect
    from linnet.statistics.clickhouse_engine import MAX_SECONDS, ClickhouseStatistics

    # A little longer than the server takes at most to give up.
    return ClickhouseStatistics(
        lambda limits: connect(address, settings=limits, answer_seconds=MAX_SECONDS + _SPARE_SECONDS), clear
    )


def asked_by_web_workers(settings: Settings, remote: RemoteStatistics) -> StatisticsEngine:
    """Who answers the questions of a web worker: ClickHouse itself, or the clicks worker that has DuckDB's file. Either way the
    clicks worker clears, because it knows which clicks are on their way."""
    address = settings.clickhouse_url
    if address is None:
        return remote
    return statistics_in(address, lambda domain_id, before: remote.clear(Clearing(domain_id=domain_id, before=before)))
