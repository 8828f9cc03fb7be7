"""Records of clicks as the bytes of a file: CSV, lines of JSON, or Parquet."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any, Final, Protocol

import msgspec

from linnet.model.click_record import ClickRecord, FileFormat, guarded, written_moment

_AT: Final = ClickRecord._fields.index("clicked_at")
_HUMAN, _SCAN = ClickRecord._fields.index("human"), ClickRecord._fields.index("scan")
_BOOLEANS: Final = {True: "true", False: "false"}
_write_json = msgspec.json.Encoder().encode
_write_lines = msgspec.json.Encoder().encode_lines


class Writer(Protocol):
    """Writes one file; nothing of what was handed to it is held longer than it takes."""

    def begin(self) -> bytes: ...

    def rows(self, records: Sequence[ClickRecord], /) -> bytes: ...

    def end(self) -> bytes: ...


class _CsvWriter:
    """RFC 4180 in UTF-8, with a line of names. Conversions are JSON; texts that spreadsheets take for formulas are guarded."""

    def begin(self) -> bytes:
        return _csv([ClickRecord._fields])

    def rows(self, records: Sequence[ClickRecord], /) -> bytes:
        columns: list[Sequence[Any]] = [_guarded(column) for column in zip(*records, strict=True)]
        if not columns:
            return b""
        columns[_AT] = [written_moment(moment) for moment in columns[_AT]]
        for place in (_HUMAN, _SCAN):
            columns[place] = [_BOOLEANS[flag] for flag in columns[place]]
        columns[-1] = [_conversions_text(record) for record in records]
        return _csv(list(zip(*columns, strict=True)))

    def end(self) -> bytes:
        return b""


class _LineWriter:
    """A JSON object for each line."""

    def begin(self) -> bytes:
        return b""

    def rows(self, records: Sequence[ClickRecord], /) -> bytes:
        return _write_lines([_line(record) for record in records])

    def end(self) -> bytes:
        return b""


class _ParquetWriter:
    """Parquet, with moments as such and conversions as JSON."""

    def __init__(self) -> None:
        # It takes numpy, for which web workers have little other use.
        from linnet.statistics.parquet import BOOLEAN, DOUBLE, INTEGER, JSON, MOMENT, TEXT, Column, ParquetWriter

        kinds = {int: INTEGER, float: DOUBLE, bool: BOOLEAN, str: TEXT}
        columns = [Column(name, kinds[kind]) for name, kind in _KINDS.items()]
        self._writer = ParquetWriter([Column("clicked_at", MOMENT), *columns, Column("conversions", JSON)])

    def begin(self) -> bytes:
        return self._writer.begin()

    def rows(self, records: Sequence[ClickRecord], /) -> bytes:
        if not records:
            return b""
        at, *columns, _ = zip(*records, strict=True)
        moments = [round(moment.timestamp() * 1000) for moment in at]
        return self._writer.rows([moments, *columns, [_conversions_text(record) or "[]" for record in records]])

    def end(self) -> bytes:
        return self._writer.end()


_KINDS: Final[dict[str, Any]] = dict(list(ClickRecord.__annotations__.items())[1:-1])
_Line: Final = msgspec.defstruct("Line", [("clicked_at", str), *_KINDS.items(), ("conversions", list[dict[str, Any]])])


def _line(record: ClickRecord) -> Any:
    return _Line(written_moment(record[0]), *record[1:-1], _conversions(record))


_WRITERS: Final[dict[FileFormat, type[Writer]]] = {
    FileFormat.CSV: _CsvWriter,
    FileFormat.NDJSON: _LineWriter,
    FileFormat.PARQUET: _ParquetWriter,
}


def click_lines(records: Sequence[ClickRecord]) -> list[bytes]:
    """Each click as the object that a line of a file is."""
    return [_write_json(_line(record)) for record in records]


def writer_of(kind: FileFormat) -> Writer:
    """What writes a file of this kind."""
    return _WRITERS[kind]()


def _guarded(column: Sequence[Any]) -> Sequence[Any]:
    """A column whose texts no spreadsheet takes for formulas; looked at is each different one, because few are."""
    if type(column[0]) is not str:
        return column
    changed = {text: cell for text in set(column) if (cell := guarded(text)) is not text}
    return [changed.get(text, text) for text in column] if changed else column


def _conversions(record: ClickRecord) -> list[dict[str, Any]]:
    return [{"goal": each.name, "value": each.value, "at": written_moment(each.at)} for each in record.conversions]


def _conversions_text(record: ClickRecord) -> str:
    return _write_json(_conversions(record)).decode() if record.conversions else ""


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
