"""Files of clicks as rows."""

from pathlib import Path

import duckdb
import pytest

from linnet.clicks.import_files import columns_of_file, digest_of, format_of, rows_of
from linnet.model.click_record import FileFormat
from linnet.model.errors import InvalidField


def csv_of(path: Path, text: str | bytes) -> Path:
    file = path / "clicks.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_csv_is_read_with_quotes_and_lines_in_cells(tmp_path: Path):
    file = csv_of(tmp_path, '\ufeffclicked_at,path,user_agent,status\r\n1,/a,"a ""b""\r\nc",\r\n\r\n2,/b,\'=1+1,302\r\n')
    rows = list(rows_of(file, FileFormat.CSV))
    assert [(each.line, dict(each.row)) for each in rows] == [
        (2, {"clicked_at": "1", "path": "/a", "user_agent": 'a "b"\r\nc', "status": None}),
        (5, {"clicked_at": "2", "path": "/b", "user_agent": "=1+1", "status": "302"}),
    ]
    assert columns_of_file(file, FileFormat.CSV) == ["clicked_at", "path", "user_agent", "status"]


def test_lines_that_are_no_rows_are_told_by_their_numbers(tmp_path: Path):
    file = csv_of(tmp_path, b"clicked_at,path\n1,/a\n2\n3,/c,x\n\xff4,/d\n")
    rows = list(rows_of(file, FileFormat.CSV))
    assert [(each.line, each.problem) for each in rows] == [
        (2, ""),
        (3, "there are 1 cells, and 2 columns"),
        (4, "there are 3 cells, and 2 columns"),
        (5, ""),
    ]
    file = tmp_path / "clicks.ndjson"
    file.write_bytes(b'{"clicked_at": 1}\n\n[1]\nnothing\n{"clicked_at": 5}\n' + b'{"path": "' + b"x" * (3 << 20) + b'"}\n{}')
    rows = list(rows_of(file, FileFormat.NDJSON))
    assert [(each.line, each.problem.partition(":")[0]) for each in rows] == [
        (1, ""),
        (3, "this is no JSON object"),
        (4, "this is no JSON object"),
        (5, ""),
        (6, "the line is longer than 1048576 bytes"),
        (7, ""),
    ]


@pytest.mark.parametrize("text", ["path,status\n/a,302\n", "clicked_at,path,path\n1,/a,/b\n"])
def test_a_first_line_that_names_no_columns_is_refused(tmp_path: Path, text: str):
    with pytest.raises(InvalidField):
        list(rows_of(csv_of(tmp_path, text), FileFormat.CSV))


def test_parquet_of_others_is_read_too(tmp_path: Path):
    file = tmp_path / "clicks.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT TIMESTAMP '2026-03-01 12:00:00.123' AS clicked_at, '/a' AS path, 302::SMALLINT AS status,
            true AS human, [{{'goal': 'g', 'value': 1.5}}] AS conversions, 1 AS mood) TO '{file}' (FORMAT parquet)"""
        )
    [row] = rows_of(file, FileFormat.PARQUET)
    assert dict(row.row) == {
        "clicked_at": 1772366400123,
        "path": "/a",
        "status": 302,
        "human": True,
        "conversions": '[{"goal":"g","value":1.5}]',
    }
    assert columns_of_file(file, FileFormat.PARQUET)[-1] == "mood"


def test_a_small_file_that_stands_for_gigabytes_fills_no_memory(tmp_path: Path):
    file = tmp_path / "clicks.parquet"
    with duckdb.connect() as connection:
        long = "CASE WHEN i = 3 THEN '/' ELSE repeat('x', 3000000) END AS path, repeat('x', 900000) AS referrer"
        other = "'x'::BLOB AS query, {'a': 1} AS bot, [1] AS conversions"
        connection.execute(f"COPY (SELECT i AS clicked_at, {long}, {other} FROM range(4) r(i)) TO '{file}' (COMPRESSION zstd)")
    assert file.stat().st_size < 1 << 20
    rows = list(rows_of(file, FileFormat.PARQUET))
    assert [each.problem for each in rows] == ["the row is longer than 1048576 bytes"] * 3 + [""]
    told = dict(rows[3].row)
    assert (told["path"], told["query"], told["bot"], told["conversions"]) == ("/", [], [], "[1]")


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"a":' * 50_000, b'{"path": "\xff"}', b'{"path": "\\ud800"}', b"\x00"])
def test_no_line_breaks_the_reading_of_those_behind_it(tmp_path: Path, line: bytes):
    file = tmp_path / "clicks.ndjson"
    file.write_bytes(line + b'\n{"clicked_at": 5}\n')
    assert [bool(each.problem) for each in rows_of(file, FileFormat.NDJSON)] == [True, False]


def test_what_is_no_file_of_its_kind_is_refused(tmp_path: Path):
    file = csv_of(tmp_path, "clicked_at\n1\n")
    for path in (file, tmp_path / "gone.parquet", tmp_path / "*.csv"):
        with pytest.raises(InvalidField):
            list(rows_of(path, FileFormat.PARQUET))
    with pytest.raises(InvalidField, match="gone"):
        digest_of(tmp_path / "gone.csv")
    with pytest.raises(InvalidField, match="--format"):
        format_of(tmp_path / "clicks.xlsx")
    assert format_of(Path("A.CSV")) is FileFormat.CSV
