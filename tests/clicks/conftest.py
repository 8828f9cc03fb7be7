"""ClickHouse's click store for the tests of one database each."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.clicks.clickhouse import Ask, assert_sound
from tests.support.clickhouse import ClickhouseServer


@pytest.fixture
def clickhouse_database(clickhouse_server: ClickhouseServer) -> str:
    """The name of a database of the test's own."""
    return clickhouse_server.new_database()


@pytest.fixture
def url(clickhouse_server: ClickhouseServer, clickhouse_database: str) -> str:
    """What LINNET_CLICKHOUSE_URL would be for it."""
    return clickhouse_server.url(clickhouse_database)


@pytest.fixture
def ask(clickhouse_server: ClickhouseServer, clickhouse_database: str) -> Ask:
    """What a query answers there."""
    return partial(clickhouse_server.rows, database=clickhouse_database)


@pytest.fixture
def sound(clickhouse_server: ClickhouseServer, clickhouse_database: str) -> Callable[[], int]:
    """Whether all is sound there (``assert_sound``)."""
    return partial(assert_sound, clickhouse_server, clickhouse_database)
