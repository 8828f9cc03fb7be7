"""The hash chain of the audit log: lengthened after each change, and verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linnet.model.chain import NO_HEAD, Head, digest_of, hang
from linnet.storage.database import Database

# Few enough that who waits for SQLite's only writer waits some milliseconds.
AT_ONCE: Final = 500
_PORTION: Final = 5_000
_MOST_COUNTED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying the chain: where it ends, what is wrong with it first ("" when nothing is), and how many entries
    that should have a place in it have none."""

    head: Head
    problem: str = ""
    overdue: int = 0


def lengthen_chain(database: Database) -> int:
    """Give up to AT_ONCE entries that have no place in the chain yet theirs; how many.

    Entries are chained behind their own transactions, so that these need not wait for each other: one that commits late simply
    comes later. Several nodes may do this at once: one does, and the others have nothing to do.
    """
    with database.read() as work:
        if not work.audit_chain.loose(limit=1):
            return 0
    with database.write() as work:
        chain = work.audit_chain
        if not chain.lock():
            return 0
        head = chain.head()
        placed: list[tuple[Head, int]] = []
        for entry in chain.loose(limit=AT_ONCE):
            head = hang(head, entry)
            placed.append((head, entry.id))
        if placed:
            chain.place(placed)
    return len(placed)


def chain_head(database: Database) -> Head:
    """Where the chain ends now."""
    with database.read() as work:
        return work.audit_chain.head()


def is_in_chain(database: Database, head: Head) -> bool:
    """Whether the chain has an entry with this digest at this position."""
    if head == NO_HEAD:
        return True
    with database.read() as work:
        return work.audit_chain.digest_at(head.position) == head.digest


def verify_chain(database: Database, known: Sequence[Head] = (), *, due_before: datetime) -> Verified:
    """Go through the whole chain; ``known`` are ends that it is known to have had, by position. Entries older than
    ``due_before`` should have a place in it."""
    head = NO_HEAD
    kept = {each.position: each.digest for each in known}
    with database.read() as work:
        overdue = work.audit_chain.count_loose(due_before, limit=_MOST_COUNTED)
    while True:
        with database.read() as work:
            portion = work.audit_chain.behind(head.position, limit=_PORTION)
        for told, entry in portion:
            problem = _problem(head, told, digest_of(entry, told.position, head.digest), entry.id, kept)
            if problem:
                return Verified(head, problem, overdue)
            head = told
        if len(portion) < _PORTION:
            break
    missing = max((position for position in kept if position > head.position), default=0)
    if missing:
        problem = f"the chain ends at {head.position}, and had {missing} entries once: its end was cut off"
        return Verified(head, problem, overdue)
    return Verified(head, "", overdue)


def _problem(before: Head, told: Head, digest: bytes, number: int, kept: dict[int, bytes]) -> str:
    if told.position != before.position + 1:
        return f"the entry at position {before.position + 1} is missing: entry {number} stands at {told.position}"
    if told.digest != digest:
        return f"entry {number}, at position {told.position}, is not what it was when it was chained"
    if kept.get(told.position, told.digest) != told.digest:
        return f"entry {number}, at position {told.position}, is another one than the chain had there once"
    return ""
