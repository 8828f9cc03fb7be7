"""Links as a CSV file, which the importer reads back as the same links."""

import csv
import io
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from linnet.actions.link_export import ExportedLink
from linnet.importers.columns import DRAFT_FIELDS, FOLDER, HAS_PASSWORD, SHORT_URL
from linnet.importers.csv_file import FileRow
from linnet.model.click_record import guarded
from linnet.model.editing import BESIDE, beside_json
from linnet.model.link import Link
from linnet.model.link_import import RowProblem

# The same bytes open in every spreadsheet program with the right letters.
_MARK: Final = b"\xef\xbb\xbf"
_PLAIN: Final = tuple((wire, name) for wire, name in DRAFT_FIELDS.items() if name not in ("path", "password", "tags"))
COLUMNS: Final = (SHORT_URL, "path", *(wire for wire, _ in _PLAIN), "tags", FOLDER, HAS_PASSWORD, "id", *BESIDE)
_PROBLEM_HEADS: Final = ("linnet: line", "linnet: column", "linnet: problem")
_IN_TAGS: Final = frozenset(",;|")
_ROWS: Final = 500


def link_csv(portions: Iterator[Sequence[ExportedLink]], short_url: Callable[[Link], str]) -> Generator[bytes]:
    """RFC 4180 in UTF-8, with a line of heads. Texts that spreadsheets take for formulas are guarded; passwords are left."""
    yield _MARK + _written([COLUMNS])
    for portion in portions:
        yield _written([_row(each, short_url(each.link)) for each in portion])


def problem_csv(heads: Sequence[str], rows: Iterator[FileRow], problems: Iterator[RowProblem]) -> Generator[bytes]:
    """The rows that were refused as they came, each with its line, its column and what is wrong: to be mended and imported."""
    yield _MARK + _written([[*map(guarded, heads), *_PROBLEM_HEADS]])
    problem = next(problems, None)
    lines: list[list[str]] = []
    for row in rows:
        if problem is None:
            break
        if row.number != problem.row:
            continue
        # As they came: what was guarded there stays so.
        cells = [cell if cell.startswith("'") else guarded(cell) for cell in row.cells]
        padded = [*cells, *[""] * (len(heads) - len(cells))]
        lines.append([*padded, str(problem.line), guarded(problem.column), guarded(problem.message)])
        if len(lines) == _ROWS:
            yield _written(lines)
            lines = []
        problem = next(problems, None)
    if lines:
        yield _written(lines)


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _row(exported: ExportedLink, short_url: str) -> list[str]:
    link = exported.link
    cells = [short_url, _path(link.path), *(_cell(getattr(link, name)) for _, name in _PLAIN)]
    cells += [_tags(link.tags), exported.folder, "true" if link.password_hash is not None else "", link.id]
    beside = beside_json(exported.contents)
    cells += [json.dumps(beside[name], ensure_ascii=False) if beside[name] else "" for name in BESIDE]
    return [guarded(cell) for cell in cells]


def _path(path: str) -> str:
    """A path that reads back as itself: of what is decoded there, and with a slash where none would be lost or none is left."""
    written = path.replace("%", "%25")
    if written != written.strip():
        head, tail = len(written) - len(written.lstrip()), len(written) - len(written.rstrip())
        written = "%20" * head + written.strip() + "%20" * tail
    return f"/{written}" if not written or written.startswith("/") else written


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    return str(value)


def _tags(tags: Sequence[str]) -> str:
    if any(tag.startswith("[") or _IN_TAGS & set(tag) for tag in tags):
        return json.dumps(tags, ensure_ascii=False)
    return ", ".join(tags)
