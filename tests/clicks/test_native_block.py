"""Blocks of ClickHouse's Native format, read by ClickHouse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from linnet.clicks.columns import columns_of
from linnet.clicks.native_block import Dictionary, block, click_columns
from linnet.model.click import Click
from tests.clicks.builders import AT, click
from tests.support.clickhouse import ClickhouseServer

Client = Any


@pytest.fixture
def client(clickhouse_server: ClickhouseServer) -> Iterator[Client]:
    database = clickhouse_server.new_database()
    opened = clickhouse_server.client()
    opened.command(f"CREATE DATABASE {database}")
    opened.database = database
    yield opened
    opened.close()


def kept(client: Client, columns: dict[str, tuple[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows of a table that took the block of ``columns``."""
    names = ", ".join(f'"{name}" {kind}' for name, (kind, _) in columns.items())
    client.command(f"CREATE OR REPLACE TABLE kept ({names}) ENGINE = Memory")
    client.raw_insert("kept", list(columns), block(columns), fmt="Native")
    return list(client.query("SELECT * FROM kept").result_rows)


def test_a_click_comes_back_with_every_field(client: Client) -> None:
    at = datetime(2026, 3, 29, 23, 46, 1, 234000, tzinfo=UTC)
    texts = {name: f"{name} é\x00'\"" for name, kind in Click.__annotations__.items() if kind is str}
    told = click(**texts, at=at, human=False, link_number=2**62, domain_id=2**31 - 1, status=65535, scan=True, nonce=2**48 - 1)
    columns = click_columns(columns_of([told]).numbered_from(2**53), "node")
    (row,) = kept(client, columns)
    found = dict(zip(columns, row, strict=True))
    assert {name: found[name] for name in Click._fields} == told._asdict() | {"at": at.replace(tzinfo=None)}
    assert (found["node"], found["seq"], found["quarter"], found["day"]) == ("node", 2**53, 95, at.date())


@pytest.mark.parametrize("number", [1, 255, 256, 257, 65_536, 65_537])
def test_dictionaries_of_every_size_come_back(client: Client, number: int) -> None:
    values = [f"value {each}" for each in range(number)]
    positions = np.arange(number)[::-1].copy()
    rows = kept(client, {"own": ("LowCardinality(String)", Dictionary(values, positions)), "plain": ("String", values)})
    assert rows == [(values[number - 1 - each], values[each]) for each in range(number)]


@pytest.mark.parametrize("length", [0, 127, 128, 16_383, 16_384, 3_000_000])
def test_texts_of_every_length_come_back(client: Client, length: int) -> None:
    rows = kept(client, {"text": ("String", ["x" * length, "y"]), "same": ("LowCardinality(String)", ["z" * length, "y"])})
    assert rows == [("x" * length, "z" * length), ("y", "y")]


def test_what_is_no_text_does_no_harm(client: Client) -> None:
    assert kept(client, {"text": ("String", ["\ud800"])}) == [("?",)]


def test_dictionaries_that_many_clicks_share_come_back_row_by_row(client: Client) -> None:
    clicks = [
        click(
            at=AT + timedelta(seconds=each), country=("", "DE", "US")[each % 3], user_agent=f"agent {each % 7}", path=f"/{each}"
        )
        for each in range(500)
    ]
    columns = columns_of(clicks).only(np.arange(500) % 2 == 0)
    names = ("seq", "path", "country", "user_agent")
    found = kept(client, {name: each for name, each in click_columns(columns.numbered_from(0), "n").items() if name in names})
    assert found == [(place, each.path, each.country, each.user_agent) for place, each in enumerate(clicks[::2])]
