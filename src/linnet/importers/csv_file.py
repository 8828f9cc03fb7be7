"""Files of rows that strangers wrote: in which encoding and with which separator, and row by row, whatever is in them."""

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linnet.model.errors import InvalidField

MAX_COLUMNS: Final = 200
MAX_LINE: Final = 1 << 20
# Excel's name for Latin-1 with more letters; the few bytes that it lacks are replaced.
ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE_BYTES: Final = 1 << 16
_SAMPLE_LINES: Final = 50
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Beginnings of what people upload in place of a text file.
_NO_TEXTS: Final = {
    b"PK\x03\x04": "a ZIP file, or a workbook of a spreadsheet program",
    b"\xd0\xcf\x11\xe0": "a workbook of an old spreadsheet program",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"SQLite format": "a database",
}


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a file is written; with ``heads`` its first row names the columns."""

    encoding: str
    separator: str
    heads: bool

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise InvalidField(f"encoding must be one of {', '.join(ENCODINGS)}.", field="encoding")
        if self.separator not in SEPARATORS:
            raise InvalidField("separator must be a comma, a semicolon, a tab or a bar.", field="separator")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row: its number among the rows, from 1 and without the heads; the line on which it begins; its cells; and what is
    wrong with it as a row, "" for nothing."""

    number: int
    line: int
    cells: Sequence[str]
    problem: str = ""


def format_of(content: bytes) -> CsvFormat:
    """How a file seems to be written; InvalidField naming ``file`` for what is no file of rows."""
    for beginning, what in _NO_TEXTS.items():
        if content.startswith(beginning):
            raise InvalidField(f"This is {what}. Save it as CSV, and upload that.", field="file")
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InvalidField("The file is empty.", field="file")
    encoding = _encoding(content)
    separator = _separator(content, encoding)
    first = next((row.cells for row in rows_of([content], CsvFormat(encoding, separator, heads=False))), ())
    if len(first) > MAX_COLUMNS:
        raise InvalidField(f"The file has {len(first)} columns; at most {MAX_COLUMNS} are read.", field="file")
    return CsvFormat(encoding, separator, heads=not any("://" in cell for cell in first))


def heads_of(parts: Iterable[bytes], written: CsvFormat) -> list[str]:
    """The names of the columns: those that the file gives them, else their numbers."""
    first = next((row.cells for row in rows_of(parts, CsvFormat(written.encoding, written.separator, heads=False))), ())
    if written.heads:
        return [cell.strip()[:100] or f"#{number}" for number, cell in enumerate(first[:MAX_COLUMNS], 1)]
    return [f"#{number}" for number in range(1, min(len(first), MAX_COLUMNS) + 1)]


def rows_of(parts: Iterable[bytes], written: CsvFormat) -> Iterator[FileRow]:
    """The rows of a file that comes in parts, with a bounded part of it in memory; empty ones are left out.

    A row that cannot be read is one with a problem, and reading goes on behind its first line.
    """
    # The reader's own bound, for all of the process, is less than a link's own targeting may take.
    csv.field_size_limit(MAX_LINE)
    lines = _Lines(parts, written.encoding)
    number, width = 0, 0
    while (read := _next_row(lines, written.separator)) is not None:
        line, cells, problem = read
        if not problem and not any(cell.strip() for cell in cells):
            continue
        if not width and not problem:
            width = len(cells)
            if written.heads:
                continue
        number += 1
        if not problem and len(cells) > width and any(cell.strip() for cell in cells[width:]):
            problem = f"The row has {len(cells)} cells, and the file {width} columns."
        yield FileRow(number, line, [*cells, *[""] * (width - len(cells))], problem)


def _next_row(lines: "_Lines", separator: str) -> tuple[int, Sequence[str], str] | None:
    lines.begin_row()
    line = lines.number + 1
    try:
        cells = next(csv.reader(lines, delimiter=separator, strict=True), None)
    except csv.Error as error:
        first = lines.go_back()
        return line, [first.rstrip("\r\n")[:1000]], f"The row cannot be read ({error}): look at its quotation marks."
    except _TooLong:
        lines.skip_line()
        return line, [], f"The line is longer than {MAX_LINE:,} characters."
    return None if cells is None else (line, cells, "")


class _TooLong(Exception):
    pass


class _Lines:
    """Lines of decoded text, which can go back to behind the first line of the present row."""

    def __init__(self, parts: Iterable[bytes], encoding: str) -> None:
        raw = io.BufferedReader(_Parts(parts), 1 << 16)
        name = "utf-8-sig" if encoding == "utf-8" else encoding
        self._text = io.TextIOWrapper(raw, encoding=name, errors="replace", newline="")
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        self._row.append(line)
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            raise _TooLong
        return line

    def begin_row(self) -> None:
        """What comes next is the first line of a row."""
        self._row = []

    def go_back(self) -> str:
        """Have the lines behind the first one of the row come again; that first line."""
        first, *others = self._row or [""]
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        return first

    def skip_line(self) -> None:
        """Pass over the rest of a line."""
        line = self._text.readline(MAX_LINE)
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(MAX_LINE)


class _Parts(io.RawIOBase):
    """Parts of a file as one stream."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._left = part
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:_SAMPLE_BYTES]
    # Of ASCII in UTF-16 every other byte is zero.
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(content: bytes, encoding: str) -> str:
    """The one that most lines have, and equally often."""
    text = content[:_SAMPLE_BYTES].decode(encoding, "replace")
    lines = [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]
    best, most = ",", (0, 0)
    for separator in SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        count, times = max(counts.items(), key=lambda each: (each[0] > 0, each[1]))
        if count and (lines[0].count(separator) > 0, times) > (most[0] > 0, most[1]):
            best, most = separator, (1, times)
    return best
