"""A row of a file as a link: texts become what fields hold, or a refusal that names the field."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from linnet.actions.import_portions import ImportRow
from linnet.importers.columns import DRAFT_FIELDS, FOLDER, HAS_PASSWORD, SHORT_URL
from linnet.importers.csv_file import FileRow
from linnet.model.click_record import unguarded
from linnet.model.editing import BESIDE, NOTHING_BESIDE, Beside, read_beside
from linnet.model.errors import InvalidField, Refusal
from linnet.model.link import LinkDraft

# A cell that is longer is no field of a link; what is shorter is looked at by the same rules as everywhere.
MAX_CELL: Final = 65_536
# The same for lists of what is beside a link.
MAX_LIST: Final = 1 << 19
_YES: Final = frozenset({"true", "yes", "y", "1", "on", "x", "t"})
_NO: Final = frozenset({"false", "no", "n", "0", "off", "f"})
_TAG_SEPARATORS: Final = re.compile(r"[,;|]")
_SPACED: Final = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d\d?:\d\d)")
_MOST_DIGITS: Final = 16


def read_row(row: FileRow, columns: Mapping[str, int]) -> ImportRow:
    """The link in a row; an empty cell says nothing about its field."""
    if row.problem:
        return ImportRow(row.number, row.line, InvalidField(row.problem))
    cells = {field: unguarded(row.cells[place]) for field, place in columns.items()}
    try:
        return ImportRow(row.number, row.line, _draft(cells), cells.get(FOLDER, "").strip(), _beside(cells))
    except Refusal as refusal:
        return ImportRow(row.number, row.line, refusal)


def _draft(cells: Mapping[str, str]) -> LinkDraft:
    values: dict[str, Any] = {}
    for field, name in DRAFT_FIELDS.items():
        cell = _bounded(cells, field, MAX_CELL)
        if cell.strip():
            values[name] = _READERS.get(field, _text)(cell, field)
    if "original_url" not in values:
        raise InvalidField("The address that the link leads to is missing.", field="originalURL")
    if "path" not in values and cells.get(SHORT_URL, "").strip():
        values["path"] = _path_of(cells[SHORT_URL])
    if cells.get(HAS_PASSWORD, "").strip() and _flag(cells[HAS_PASSWORD], HAS_PASSWORD) and "password" not in values:
        raise InvalidField(
            "The link was protected by a password, which no export holds: give it one in the column of passwords.",
            field=HAS_PASSWORD,
        )
    return LinkDraft.of(values)


def _beside(cells: Mapping[str, str]) -> Beside:
    values = {}
    for field in BESIDE:
        cell = _bounded(cells, field, MAX_LIST)
        if cell.strip():
            values[field] = _json(cell, field)
    return read_beside(values) if values else NOTHING_BESIDE


def _bounded(cells: Mapping[str, str], field: str, most: int) -> str:
    cell = cells.get(field, "")
    if len(cell) > most:
        raise InvalidField(f"The cell is longer than {most} characters.", field=field)
    return cell


def _json(cell: str, field: str) -> Any:
    try:
        value = json.loads(cell)
        # Halves of characters, which JSON can spell and nothing can store.
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError):
        raise InvalidField(f"{field} must be a list in JSON, as exports have it.", field=field) from None


def _text(cell: str, field: str) -> str:
    return cell.strip() if field != "title" else cell


def _path(cell: str, field: str) -> str:
    # "/" is how the root link is written, whose path is empty.
    return cell.strip().removeprefix("/")


def _path_of(short_url: str) -> str:
    text = short_url.strip()
    parts = urlsplit(text if "://" in text else f"//{text}")
    return unquote(parts.path.removeprefix("/"))


def _tags(cell: str, field: str) -> tuple[str, ...]:
    text = cell.strip()
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(isinstance(tag, str) for tag in listed):
            return tuple(tag for tag in listed if tag.strip())
    return tuple(tag.strip() for tag in _TAG_SEPARATORS.split(text) if tag.strip())


def _flag(cell: str, field: str) -> bool:
    word = cell.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise InvalidField(f"{field} must be true or false.", field=field)


def _number(cell: str, field: str) -> int:
    text = cell.strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return int(text)
    raise InvalidField(f"{field} must be a whole number.", field=field)


def _moment(cell: str, field: str) -> datetime:
    """ISO 8601, with a space for the T as databases write it, or seconds or milliseconds since 1970; UTC without a zone."""
    text = cell.strip()
    try:
        if text.isascii() and text.isdigit() and 9 <= len(text) <= 13:
            found = datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)
        else:
            plain = text.removesuffix(" UTC").removesuffix(" GMT")
            found = datetime.fromisoformat(_SPACED.sub(r"\1T\2", plain))
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidField(f"{field} must be a time as in 2026-05-01 or 2026-05-01T12:00:00Z.", field=field) from None
    if not 1970 <= found.year <= 9998:
        raise InvalidField(f"{field} must be between the years 1970 and 9998.", field=field)
    return found


_READERS: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "path": _path,
    "tags": _tags,
    **dict.fromkeys(("archived", "skipQS", "cloaking", "passwordContact"), _flag),
    **dict.fromkeys(("redirectType", "clicksLimit", "splitPercent"), _number),
    **dict.fromkeys(("createdAt", "expiresAt", "ttl"), _moment),
}


def column_of(refusal: Refusal, columns: Mapping[str, int], heads: Sequence[str]) -> str:
    """The head of the column that a refusal is about, "" for the whole row."""
    field = refusal.field or ""
    field = FOLDER if field == "folderId" else field
    # Of "places[2].country" the column is that of the places.
    field = re.split(r"[.\[]", field, maxsplit=1)[0]
    if field == "path" and "path" not in columns:
        field = SHORT_URL
    return heads[columns[field]] if field in columns and columns[field] < len(heads) else ""


def told_of(refusal: Refusal, columns: Mapping[str, int], heads: Sequence[str]) -> tuple[str, str]:
    """The column that a refusal is about, and its message with the column's head for the name that the API gives the field."""
    column, field = column_of(refusal, columns, heads), refusal.field or ""
    named = bool(column) and refusal.message.startswith(f"{field} ")
    return column, f"{column}{refusal.message.removeprefix(field)}" if named else refusal.message
