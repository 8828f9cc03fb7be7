"""Parquet as this writes it, read by a reader of others."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.statistics import parquet
from linnet.statistics.parquet import BOOLEAN, DOUBLE, INTEGER, JSON, MOMENT, TEXT, Column, ParquetWriter

COLUMNS = [
    Column("moment", MOMENT),
    Column("text", TEXT),
    Column("number", INTEGER),
    Column("flag", BOOLEAN),
    Column("worth", DOUBLE),
    Column("parts", JSON),
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
rows = st.tuples(
    st.integers(0, 4_000_000_000_000),
    st.one_of(st.sampled_from(["", "a", "ü", "=1"]), texts),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False),
    st.sampled_from(["[]", '{"a": [1]}']),
)


def written(pages: Sequence[Sequence[Any]]) -> bytes:
    writer = ParquetWriter(COLUMNS)
    parts = [writer.begin(), *(writer.rows(list(zip(*page, strict=True))) for page in pages), writer.end()]
    return b"".join(parts)


# Opened once, because hundreds of files are read.
reader = cache(duckdb.connect)


def asked(file: bytes, query: str) -> list[tuple[Any, ...]]:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as written_file:
        Path(written_file.name).write_bytes(file)
        return reader().execute(query, [written_file.name]).fetchall()


def read(file: bytes) -> list[tuple[Any, ...]]:
    return asked(file, "SELECT epoch_ms(moment), text, number, flag, worth, parts FROM read_parquet(?)")


@given(st.lists(st.lists(rows, min_size=1, max_size=30), max_size=6))
def test_what_is_written_is_read_again(pages: list[list[tuple[Any, ...]]]):
    assert read(written(pages)) == [row for page in pages for row in page]


@pytest.mark.parametrize("different", [1, 2, 3, 255, 256, 257, 65_537])
def test_dictionaries_of_every_width(different: int):
    page = [(number, str(number % different), number, True, 0.0, "[]") for number in range(70_000)]
    assert read(written([page[:1000], page[1000:]])) == page


def test_row_groups_are_bounded_by_rows_and_by_bytes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 100)
    monkeypatch.setattr(parquet, "GROUP_BYTES", 5_000)
    few = [[(n, "a", n, False, 1.5, "[]") for n in range(60)]] * 5
    large = [[(n, f"{n}" * 200, n, False, 1.5, "[]") for n in range(100, 130)]] * 3
    file = written([*few, *large])
    groups = asked(file, "SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(?) ORDER BY ALL")
    assert [rows for _, rows in groups] == [120, 120, 90, 30, 30]
    assert read(file) == [row for page in [*few, *large] for row in page]


def test_times_and_texts_are_known_as_such():
    described = asked(written([]), "DESCRIBE SELECT * FROM read_parquet(?)")
    assert [(name, kind) for name, kind, *_ in described] == [
        ("moment", "TIMESTAMP WITH TIME ZONE"),
        ("text", "VARCHAR"),
        ("number", "BIGINT"),
        ("flag", "BOOLEAN"),
        ("worth", "DOUBLE"),
        ("parts", "JSON"),
    ]
