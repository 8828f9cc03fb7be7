"""Imports of links, from the upload to the last row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from linnet.actions.context import Context
from linnet.actions.import_portions import FoldersSeen, ImportRow, PortionWish, obey_portion
from linnet.actions.imports import MAX_SAMPLE, ImportLost, begin_import, content_of, end_import, save_sample
from linnet.importers.columns import checked_columns, guessed_columns
from linnet.importers.csv_file import CsvFormat, FileRow, format_of, heads_of, rows_of
from linnet.importers.rows import read_row, told_of
from linnet.model.errors import InvalidField, PathTaken, Refusal, StorageUnavailable
from linnet.model.link import LinkDraft
from linnet.model.link_import import MAX_ROWS, LinkImport, Outcome, Taken

_PORTION: Final = 250
# Hashing a password takes as long as storing many links, and who has the import in hand must give signs of life.
_PASSWORDS: Final = 40
# Destinations by place are rows of their own: nobody else writes while they are stored.
_PLACES: Final = 5000
_SHOWN: Final = 200


def take_file(context: Context, domain_id: int, file_name: str, content: bytes) -> LinkImport:
    """Take in a file that was uploaded, with a guess of how it is written and what its columns are."""
    written = format_of(content)
    return begin_import(context, domain_id, file_name, content, wish_json(written, _guessed(content, written)))


def wish_json(
    written: CsvFormat,
    columns: Mapping[str, int],
    *,
    taken: Taken = Taken.SKIP,
    create_folders: bool = True,
    allow_duplicates: bool = False,
) -> dict[str, Any]:
    """What is kept of how a file is to be read and obeyed."""
    return {
        "encoding": written.encoding,
        "separator": written.separator,
        "heads": written.heads,
        "columns": dict(columns),
        "taken": taken.value,
        "createFolders": create_folders,
        "allowDuplicates": allow_duplicates,
    }


def written_of(wish: Mapping[str, Any]) -> CsvFormat:
    """How the file is written, of what ``wish_json`` made."""
    return CsvFormat(wish["encoding"], wish["separator"], wish["heads"])


def first_rows(context: Context, job: LinkImport, written: CsvFormat, *, limit: int = 5) -> tuple[list[str], list[FileRow]]:
    """The heads of a file and its first rows, for who has to say what is what."""
    heads = heads_of(content_of(context.database, job), written)
    rows = rows_of(content_of(context.database, job), written)
    return heads, [row for row, _ in zip(rows, range(limit), strict=False)]


def guessed(context: Context, job: LinkImport, written: CsvFormat) -> dict[str, int]:
    """The columns that can be told by their heads, or by what is in them."""
    heads, rows = first_rows(context, job, written, limit=1)
    return guessed_columns(heads, rows[0].cells if rows else ())


def go_on(context: Context, job: LinkImport, ended: Callable[[], bool]) -> None:
    """Go on with an import that is in hand, from where it is to its end; or until ``ended``, or somebody else takes it over.

    StorageUnavailable leaves it for later; any other refusal (the actor may no longer create links here) is its end.
    """
    try:
        heads = heads_of(content_of(context.database, job), written_of(job.wish))
        columns = checked_columns(job.wish["columns"], len(heads))
        for latest in _portions(context, job, heads, columns):
            job = latest
            if ended():
                return
        end_import(context, job)
    except ImportLost:
        return
    except StorageUnavailable:
        raise
    except Refusal as refusal:
        end_import(context, job, message=refusal.message)


def _portions(context: Context, job: LinkImport, heads: Sequence[str], columns: Mapping[str, int]) -> Iterator[LinkImport]:
    """Obey one portion after the other; the import as it is behind each."""
    wish = PortionWish(
        taken=Taken(job.wish["taken"]),
        create_folders=job.wish["createFolders"],
        allow_duplicates=job.wish["allowDuplicates"],
        told_of=partial(told_of, columns=columns, heads=heads),
    )
    folders, paths = FoldersSeen(), set[str]()
    rows = rows_of(content_of(context.database, job), written_of(job.wish))
    for portion in _gathered(rows, columns, job, paths):
        first = not job.done
        outcomes = obey_portion(context, job, portion, wish, folders)
        if first and job.dry:
            save_sample(context, job, [_shown(row, outcomes[row.number], wish) for row in portion[:MAX_SAMPLE]])
        job = replace(job, done=portion[-1].number)
        yield job


def _gathered(
    rows: Iterator[FileRow], columns: Mapping[str, int], job: LinkImport, seen: set[str]
) -> Iterator[list[ImportRow]]:
    """The rows behind those that are done, in portions that can be obeyed at once: of two rows with the same path, the second
    has to find the link of the first. In a dry run, which makes none, it is told by ``seen``."""
    portion: list[ImportRow] = []
    paths, passwords, places = set[str](), set[object](), 0
    for raw in rows:
        if raw.number > MAX_ROWS:
            raise InvalidField(f"The file has more than {MAX_ROWS:,} rows: split it.", field="file")
        if raw.number <= job.done and not job.dry:
            continue
        row = read_row(raw, columns)
        path = _path(row)
        if raw.number <= job.done:
            seen.update([path] if path is not None else ())
            continue
        password = row.draft.password if isinstance(row.draft, LinkDraft) else None
        full = len(portion) == _PORTION or len(passwords) == _PASSWORDS or places >= _PLACES
        if portion and (full or (path is not None and path in paths)):
            yield portion
            portion, paths, passwords, places = [], set(), set(), 0
        if path is not None:
            row = _again(row, path, job, seen)
            paths.add(path)
        if isinstance(password, str):
            passwords.add(password)
        places += len(row.beside.places or ())
        portion.append(row)
    if portion:
        yield portion


def _path(row: ImportRow) -> str | None:
    # Without capitals, whatever the domain's rule: a portion that ends early costs nothing.
    return row.draft.path.lower() if isinstance(row.draft, LinkDraft) and isinstance(row.draft.path, str) else None


def _again(row: ImportRow, path: str, job: LinkImport, seen: set[str]) -> ImportRow:
    if not job.dry:
        return row
    if path in seen:
        return replace(row, draft=PathTaken("An earlier row of the file has this path.", link_id=""))
    seen.add(path)
    return row


def _shown(row: ImportRow, outcome: Outcome, wish: PortionWish) -> dict[str, Any]:
    if isinstance(row.draft, Refusal):
        _, problem = wish.told_of(row.draft)
        return {"line": row.line, "outcome": outcome.value, "path": "", "url": "", "title": "", "problem": problem}
    texts = {"path": row.draft.path, "url": row.draft.original_url, "title": row.draft.title}
    return {"line": row.line, "outcome": outcome.value, "problem": ""} | {
        name: text[:_SHOWN] if isinstance(text, str) else "" for name, text in texts.items()
    }


def _guessed(content: bytes, written: CsvFormat) -> dict[str, int]:
    first = next(rows_of([content], written), None)
    return guessed_columns(heads_of([content], written), first.cells if first is not None else ())
