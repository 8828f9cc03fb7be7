"""Clicks with a history brought into a click store: each row of a source once, whatever is killed when.

A source is something with rows in a fixed order, known by a name that changes with its contents, such as a file by its digest.
How many of its rows are in the store is the store's offset of a segment of that name, in one transaction with their clicks: who
imports the same source again goes on where it ended.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from linnet.clicks.conversions import Conversion
from linnet.clicks.import_files import FileRow
from linnet.clicks.import_rows import ImportedClick, Reading
from linnet.clicks.links_found import LinkFinder, Links
from linnet.clicks.orders import Orders
from linnet.clicks.portions import import_segments
from linnet.model.click import Click
from linnet.model.conversion import NONCE_BITS
from linnet.model.errors import InvalidField

# What one transaction takes, and what one message holds at most.
BATCH_ROWS: Final = 5_000
BATCH_BYTES: Final = 4 << 20
_MOST_PROBLEMS: Final = 100
POSITION: Final = "tell how far an import is"
TAKE: Final = "import clicks"


class ImportPosition(msgspec.Struct, frozen=True):
    """An order to tell how many rows of a segment are in the store, and when its domain was cleared."""

    segment: str
    domain_id: int


class ImportBatch(msgspec.Struct, frozen=True):
    """An order to store clicks: those of the rows from ``start`` to ``offset`` of a segment. With ``restored`` also those that
    were made before the domain was cleared."""

    segment: str
    start: int
    offset: int
    clicks: list[Click]
    conversions: list[Conversion] = []
    restored: bool = False


class Imported(msgspec.Struct, frozen=True):
    """How many rows of a segment are in the store now, how many clicks came of the last batch, and the moment before which the
    domain was told to forget."""

    offset: int
    clicks: int = 0
    cleared_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out, and why."""

    line: int
    field: str
    message: str


@dataclass(slots=True)
class Report:
    """What came of an import. ``rows`` are those that were read; ``before`` were in the store already. ``clicks`` were stored
    (or would be); ``cleared`` the domain was told to forget meanwhile; ``without_link`` have a path that no link has."""

    rows: int = 0
    before: int = 0
    clicks: int = 0
    cleared: int = 0
    without_link: int = 0
    conversions: int = 0
    bad: int = 0
    problems: list[Problem] = field(default_factory=list)
    bad_fields: Counter[str] = field(default_factory=Counter)

    def note(self, problem: Problem) -> None:
        """Count a bad row; the first ones are kept."""
        self.bad += 1
        self.bad_fields[problem.field] += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is imported, and how. ``source`` is the source's name. Clicks whose link is not found are those of ``other_link``
    (0: of no link); those that had none stay so. ``into`` None: nothing is stored, only reported."""

    source: str
    reading: Reading
    find_links: LinkFinder
    into: Orders | None
    other_link: int = 0
    restored: bool = False

    @property
    def segment(self) -> str:
        """The segment of the store that stands for the source in this domain."""
        return f"{import_segments(self.reading.domain.id)}{hashlib.sha256(self.source.encode()).hexdigest()[:32]}"


def position(task: Import) -> Imported:
    """How many rows of the source are in the store, and when the domain was cleared."""
    return _ordered(task, POSITION, ImportPosition(task.segment, task.reading.domain.id))


def import_clicks(task: Import, rows: Iterable[FileRow], tell: Callable[[Report], object] = lambda report: None) -> Report:
    """Import what is not in the store yet. Raises what ``rows`` and the store raise; what was stored until then is not stored
    again. ``tell`` is called with the report after each batch."""
    report = Report()
    numbered = enumerate(rows, 1)
    report.before = position(task).offset
    for _ in islice(numbered, report.before):
        report.rows += 1
    for batch in _batches(task, report, numbered):
        stored = _ordered(task, TAKE, batch)
        report.clicks += stored.clicks if task.into is not None else len(batch.clicks)
        report.cleared += len(batch.clicks) - stored.clicks if task.into is not None else 0
        report.conversions += len(batch.conversions)
        tell(report)
    return report


def _batches(task: Import, report: Report, rows: Iterator[tuple[int, FileRow]]) -> Iterator[ImportBatch]:
    """Batches for the store; a source without any good row has one too, so that it is known as read."""
    start = last = report.before
    held: list[tuple[int, ImportedClick]] = []
    size = 0
    for last, each in rows:
        report.rows += 1
        click = _read(task, report, each)
        if click is not None:
            held.append((last, click))
            size += _size_of(click)
        if last - start >= BATCH_ROWS or size >= BATCH_BYTES:
            yield _batch(task, report, start, last, held)
            start, held, size = last, [], 0
    if last > start:
        yield _batch(task, report, start, last, held)


def _read(task: Import, report: Report, each: FileRow) -> ImportedClick | None:
    if each.problem:
        report.note(Problem(each.line, "", each.problem))
        return None
    try:
        return task.reading.click_of(each.row)
    except InvalidField as refusal:
        report.note(Problem(each.line, refusal.field or "", refusal.message))
        return None


def _batch(task: Import, report: Report, start: int, offset: int, held: list[tuple[int, ImportedClick]]) -> ImportBatch:
    links = task.find_links(
        {each.link_id for _, each in held if each.link_id}, {each.click.path for _, each in held if each.link_id != ""}
    )
    clicks, conversions = [], []
    for row, each in held:
        number = _link_number(each, links, task.other_link)
        report.without_link += not number
        nonce = each.click.nonce or (_nonce_of(task.segment, row) if each.goals else 0)
        click = each.click._replace(link_number=number, nonce=nonce)
        clicks.append(click)
        key = (click.domain_id, number, click.at, nonce)
        conversions += [Conversion(*key, goal.name, goal.at, goal.value) for goal in each.goals]
    return ImportBatch(task.segment, start, offset, clicks, conversions, task.restored)


def _link_number(each: ImportedClick, links: Links, other: int) -> int:
    """The number of a click's link: as the id says, if there is such a link, and else as the path does."""
    if each.link_id == "":
        return 0
    found = links.by_id.get(each.link_id) if each.link_id is not None else None
    return found if found is not None else links.by_path.get(each.click.path, other)


def _nonce_of(segment: str, row: int) -> int:
    """A number by which conversions find their click, where the source has none: the same at every attempt."""
    digest = hashlib.blake2b(f"{segment}:{row}".encode(), digest_size=NONCE_BITS // 8).digest()
    return int.from_bytes(digest, "big") or 1


def _size_of(each: ImportedClick) -> int:
    click = each.click
    texts = (click.path, click.query, click.referrer, click.user_agent, click.hostname)
    return 4 * sum(map(len, texts)) + 200 if not all(map(str.isascii, texts)) else sum(map(len, texts)) + 200


def _ordered(task: Import, name: str, argument: object) -> Imported:
    """The answer to an order. All parts are taken, because what fails comes last."""
    return list(task.into.stream(name, argument, Imported))[-1] if task.into is not None else Imported(0)
