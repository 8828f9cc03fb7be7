"""The click store in ClickHouse as tests open and check it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from linnet.clicks.clickhouse_address import ClickhouseAddress, read_address
from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, SUMS, Deployment, rolled_up
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from tests.support.clickhouse import ClickhouseServer

Ask = Callable[[str], list[tuple[Any, ...]]]


def address_of(url: str) -> ClickhouseAddress:
    """The address that a URL says."""
    address = read_address(url)
    assert address is not None
    return address


def opened(url: str, directory: Path, node: str = "node", rules: str = "") -> ClickhouseClickStore:
    """The store of a node at ``url``, with its intent in ``directory``."""
    address = address_of(url)
    return ClickhouseClickStore(address, Deployment(address.database), node, directory / f"{node}.intent", rules=rules)


def assert_sound(server: ClickhouseServer, database: str) -> int:
    """Every click has a number of its own, and every roll-up is what the clicks say; returns how many clicks there are."""
    ((number, different),) = server.rows("SELECT count(), uniqExact(node, seq) FROM clicks", database)
    assert number == different
    for table, keys in ROLLUP_KEYS.items():
        names = ", ".join([*keys, "node"])
        sums = ", ".join(f"sum({name}) AS total_{name}" for name in SUMS)
        held = f"SELECT {names}, {sums} FROM {table} GROUP BY {names} HAVING total_clicks <> 0 ORDER BY {names}"
        right = f"SELECT {names}, {', '.join(SUMS)} FROM ({rolled_up(table, 'clicks')}) ORDER BY {names}"
        assert server.rows(held, database) == server.rows(right, database), table
    return int(number)
