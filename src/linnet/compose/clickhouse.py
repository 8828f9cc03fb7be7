"""ClickHouse as the settings describe it. What speaks to it is loaded only where they do."""

from typing import TYPE_CHECKING

from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.settings import Settings

if TYPE_CHECKING:
    from linnet.clicks.clickhouse_schema import Deployment


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
