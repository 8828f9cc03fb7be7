"""What tests of statistics share."""

from collections.abc import Iterator

import pytest

from tests.statistics.engines import Clickhouse
from tests.support.clickhouse import ClickhouseServer


@pytest.fixture(scope="module")
def clickhouse(clickhouse_server: ClickhouseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clickhouse]:
    """A database in ClickHouse, which each test fills with its own clicks."""
    opened = Clickhouse(clickhouse_server, tmp_path_factory.mktemp("clickhouse"))
    yield opened
    opened.close()
