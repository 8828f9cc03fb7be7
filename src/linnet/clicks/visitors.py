"""What is stored of a visitor by its address: found, and erased so that every count stays."""

import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Final, Protocol

import msgspec
import structlog

from linnet.clicks.journal import JournalReader
from linnet.clicks.orders import Orders, Part
from linnet.clicks.waiting import are_in, waiting_segments
from linnet.model.errors import StatisticsUnavailable, StorageUnavailable

# The names of the orders.
FIND: Final = "find visitor"
ERASE: Final = "erase visitor"
PATIENCE_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.1
_log = structlog.get_logger("linnet.clicks")


class VisitorOrder(msgspec.Struct, frozen=True):
    """An order about the clicks of a domain that are stored under one of ``addresses``."""

    domain_id: int
    addresses: tuple[str, ...]


class VisitorStore(Protocol):
    """A store that finds clicks by their addresses. Raises StorageUnavailable."""

    def offsets(self) -> Mapping[str, int]:
        """Up to which byte each journal segment is in the store."""

    def find(self, order: VisitorOrder, /) -> "FoundVisitor":
        """What there is under these addresses."""

    def erase(self, order: VisitorOrder, /) -> int:
        """Erase what tells of the visitors who made these clicks, in all of their clicks of the same days; returns of how many
        clicks. They keep counting as before: a visitor's number is put in the place of each, by chance."""


class FoundVisitor(msgspec.Struct, frozen=True):
    """How many clicks are stored under each address that has any, and the UTC days of these clicks, oldest first."""

    clicks: dict[str, int] = {}
    days: tuple[date, ...] = ()


def found_visitor(rows: Iterable[tuple[str, date, int]]) -> FoundVisitor:
    """What is told by the numbers of clicks of each address and day, ordered by day."""
    clicks, days = Counter[str](), dict[date, None]()
    for address, day, number in rows:
        clicks[address] += number
        days[day] = None
    return FoundVisitor(dict(clicks), tuple(days))


class ErasedVisitor(msgspec.Struct, frozen=True):
    """Of how many clicks something was erased."""

    clicks: int


class Visitors:
    """Carries the orders out where the store is. Clicks that are in the journal when an order comes are
    waited for, and when they are not taken in within ``patience_seconds``, it is refused with StatisticsUnavailable."""

    def __init__(self, store: VisitorStore, reader: JournalReader, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._store = store
        self._reader = reader
        self._patience_seconds = patience_seconds

    def find(self, order: VisitorOrder) -> Generator[FoundVisitor | None]:
        """The clicks that there are."""
        with _told_plainly(order):
            yield from self._all_in()
            found = self._store.find(order)
        yield found

    def erase(self, order: VisitorOrder) -> Generator[ErasedVisitor | None]:
        """Erase, once all clicks of before are in."""
        with _told_plainly(order):
            yield from self._all_in()
            erased = self._store.erase(order)
        yield ErasedVisitor(erased)

    def _all_in(self) -> Iterator[None]:
        ends = waiting_segments(self._reader, self._store.offsets())
        deadline = time.monotonic() + self._patience_seconds
        while not are_in(self._reader, self._store.offsets(), ends):
            if time.monotonic() > deadline:
                raise StatisticsUnavailable(
                    "Clicks wait in the journal, and this visitor's may be among them; nothing was done. Repeat it when they "
                    "are in the click store: the server has to run for that."
                )
            yield None
            time.sleep(_LOOK_SECONDS)


@contextmanager
def _told_plainly(order: VisitorOrder) -> Iterator[None]:
    """What the store says may have names of servers, files and statements in it: that is for the log, without the addresses."""
    try:
        yield
    except StorageUnavailable as refusal:
        told = refusal.message
        for address in filter(None, order.addresses):
            told = told.replace(address, "(address)")
        _log.warning("visitors.unavailable", domain_id=order.domain_id, error=told)
        raise StatisticsUnavailable("The click store cannot do it now; repeat the request later.") from None


class OrderedVisitors:
    """Visitors that are found and erased where the store is."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def find(self, order: VisitorOrder, /) -> FoundVisitor:
        """What there is under these addresses. Raises StatisticsUnavailable."""
        return _only(self._orders.stream(FIND, order, FoundVisitor))

    def erase(self, order: VisitorOrder, /) -> int:
        """Erase; returns of how many clicks. Raises StatisticsUnavailable: then nothing, or all of it, was erased."""
        return _only(self._orders.stream(ERASE, order, ErasedVisitor)).clicks


def _only(parts: Iterator[Part]) -> Part:
    (part,) = parts
    return part
