"""Files of clicks as rows, one after the other: CSV, lines of JSON, and Parquet."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb
import msgspec

from linnet.clicks.import_rows import Row
from linnet.model.click_record import TEXTS, ClickRecord, FileFormat, unguarded
from linnet.model.errors import InvalidField

MAX_LINE_BYTES: Final = 1 << 20
# Each may be as long as a line.
_PORTION_ROWS: Final = 200
_NAMES: Final = {
    ".csv": FileFormat.CSV,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".parquet": FileFormat.PARQUET,
}
_TEXT_NAMES: Final = frozenset(ClickRecord._fields[place] for place in TEXTS)
_read_object = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row with the number of its line (of Parquet: of the row), or what is wrong with the line."""

    line: int
    row: Row
    problem: str = ""


def format_of(path: Path) -> FileFormat:
    """The format that a file's name tells."""
    found = _NAMES.get(path.suffix.lower())
    if found is None:
        raise InvalidField(f"{path.name} does not tell its format by its name; say it with --format.", field="--format")
    return found


def digest_of(path: Path) -> str:
    """What tells files with different contents apart."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidField(f"{path} cannot be read: {error.strerror}.", field="file") from None


def rows_of(path: Path, kind: FileFormat) -> Iterator[FileRow]:
    """The rows of a file, in their order, with a bound part of it in memory. InvalidField for what is no such file."""
    try:
        if kind is FileFormat.PARQUET:
            yield from _parquet_rows(path)
            return
        with path.open("rb") as file:
            yield from _csv_rows(file) if kind is FileFormat.CSV else _json_rows(file)
    except OSError as error:
        raise InvalidField(f"{path} cannot be read: {error.strerror}.", field="file") from None


def columns_of_file(path: Path, kind: FileFormat) -> list[str]:
    """The names of the columns, as the first row has them."""
    if kind is FileFormat.PARQUET:
        with _opened() as connection:
            return [name for name, _ in _described(connection, path)]
    return list(next((each.row for each in rows_of(path, kind) if not each.problem), {}))


def _csv_rows(file: BinaryIO) -> Iterator[FileRow]:
    lines = _Lines(file)
    reader = csv.reader(lines, strict=True)
    names: list[str] = []
    while True:
        first = lines.count + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield FileRow(first, {}, f"this is no CSV: {error}")
            # Where the next row begins after a broken one is anybody's guess.
            reader = csv.reader(lines, strict=True)
            continue
        if cells is None:
            return
        if not names:
            names = _checked_names(cells)
        elif len(cells) != len(names):
            if cells:
                yield FileRow(first, {}, f"there are {len(cells)} cells, and {len(names)} columns")
        else:
            yield FileRow(first, {name: _cell(name, cell) for name, cell in zip(names, cells, strict=True)})


class _Lines:
    """Lines of text with a bound; the bytes of what is no UTF-8 are replaced."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_LINE_BYTES)
        if not line:
            raise StopIteration
        self.count += 1
        return line.decode("utf-8-sig" if self.count == 1 else "utf-8", "replace")


def _checked_names(cells: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if "clicked_at" not in names:
        raise InvalidField("The first line must name the columns; clicked_at must be one of them.", field="clicked_at")
    if len(set(names)) < len(names):
        raise InvalidField("The first line names a column twice.", field="file")
    return names


def _cell(name: str, cell: str) -> str | None:
    if name in _TEXT_NAMES:
        return unguarded(cell)
    return cell or None


def _json_rows(file: BinaryIO) -> Iterator[FileRow]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        whole = line.endswith(b"\n") or len(line) < MAX_LINE_BYTES
        if not whole:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES)
            yield FileRow(number, {}, f"the line is longer than {MAX_LINE_BYTES} bytes")
        elif line.strip():
            try:
                yield FileRow(number, _read_object(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                yield FileRow(number, {}, f"this is no JSON object: {error}")


def _parquet_rows(path: Path) -> Iterator[FileRow]:
    with _opened() as connection:
        described = [(name, kind) for name, kind in _described(connection, path) if name in ClickRecord._fields]
        names = [name for name, _ in described]
        if "clicked_at" not in names:
            raise InvalidField("The file has no column clicked_at.", field="clicked_at")
        number = 0
        try:
            connection.execute(f"SELECT {_columns(described)} FROM read_parquet(?)", [str(path)])  # noqa: S608 (our own names)
            while rows := connection.fetchmany(_PORTION_ROWS):
                for fits, *row in rows:
                    number += 1
                    if fits:
                        yield FileRow(number, dict(zip(names, row, strict=True)))
                    else:
                        yield FileRow(number, {}, f"the row is longer than {MAX_LINE_BYTES} bytes")
        except duckdb.Error as error:
            raise _no_parquet(path, error) from None


def _columns(described: Sequence[tuple[str, str]]) -> str:
    """Whether a row is no longer than a line may be, and its values if so: a small file can stand for gigabytes of text."""
    selected = [_selected(name, kind) for name, kind in described]
    texts = [
        value for value, (name, kind) in zip(selected, described, strict=True) if kind == "VARCHAR" or name == "conversions"
    ]
    fits = f"{' + '.join(['0', *(f'coalesce(strlen({text}), 0)' for text in texts)])} <= {MAX_LINE_BYTES}"
    return ", ".join([fits, *(f"CASE WHEN {fits} THEN {value} END" for value in selected)])


def _selected(name: str, kind: str) -> str:
    if name == "clicked_at" and kind.startswith("TIMESTAMP"):
        return f'epoch_ms("{name}")'
    if name == "conversions":
        return f'"{name}"' if kind == "VARCHAR" else f'CAST(to_json("{name}") AS VARCHAR)'
    if kind == "BLOB" or not kind.replace("_", "").replace(" ", "").isalpha():
        # What no column is, and may be of any length: it is refused whatever is in it.
        return f'CASE WHEN "{name}" IS NOT NULL THEN [] END'
    return f'"{name}"'


def _opened() -> duckdb.DuckDBPyConnection:
    # One thread, which keeps the rows in their order.
    return duckdb.connect(config={"threads": 1, "memory_limit": "256MiB", "autoinstall_known_extensions": False})


def _described(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        # A name with an asterisk would be many files.
        raise InvalidField(f"{path} is no file.", field="file")
    try:
        rows = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise _no_parquet(path, error) from None
    return [(name, kind) for name, kind, *_ in rows]


def _no_parquet(path: Path, error: duckdb.Error) -> InvalidField:
    return InvalidField(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0][:200]}", field="file")
