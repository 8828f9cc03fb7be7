"""An import of links: a file that was uploaded, what is to become of it, and how far that is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

MAX_FILE_BYTES: Final = 50_000_000
MAX_ROWS: Final = 100_000
# Files of one person that are kept at once.
MAX_IMPORTS: Final = 5
KEPT: Final = timedelta(days=1)


class ImportState(StrEnum):
    """UPLOADED waits for its columns to be told, CHECKED for the word to begin; CHECKING and IMPORTING are at work."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


AT_WORK: Final = frozenset({ImportState.CHECKING, ImportState.IMPORTING})


class Taken(StrEnum):
    """What becomes of a row whose path a link has already."""

    SKIP = "skip"
    OVERWRITE = "overwrite"
    REFUSE = "refuse"


class Outcome(StrEnum):
    """What became of a row, or would become of it."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkImport:
    """``wish`` is what is to be done with the file (JSON, of the importer), ``rows`` how many it has (0 until it was checked),
    ``done`` the number of the last row that was looked at; then what became of them. ``sample`` are its first rows as they were
    understood, ``message`` is why it failed."""

    id: int
    domain_id: int
    user_id: int
    file_name: str
    size: int
    state: ImportState
    created_at: datetime
    changed_at: datetime
    wish: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    done: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    message: str = ""

    @property
    def at_work(self) -> bool:
        """Whether its rows are being looked at, or soon will be."""
        return self.state in AT_WORK

    @property
    def dry(self) -> bool:
        """Whether nothing is stored of what its rows say."""
        return self.state is ImportState.CHECKING


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was refused: its number, the line where it begins, the head of the column ("" for the whole row), and why."""

    row: int
    line: int
    column: str
    message: str
