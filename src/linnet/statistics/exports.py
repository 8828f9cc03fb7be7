"""Raw clicks as files: read from a store in portions, and written as they come."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final, Protocol

import msgspec

from linnet.model.click_record import ClickRecord, FileFormat, Reached
from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Question
from linnet.statistics.files import writer_of

# The values of STORED_FIELDS, and the goals that came of the click as (name, at, value).
StoredClick = tuple[Any, ...]
# The name of the order.
EXPORT: Final = "export clicks"
MOST_AT_ONCE: Final = 4
MOST_SECONDS: Final = 3600
# So that what takes a slow client long is no message that takes longer than the socket's timeout.
PART_BYTES: Final = 64 * 1024
_LINKS_REMEMBERED: Final = 50_000


class Export(msgspec.Struct, frozen=True):
    """An order for a file of all clicks that a question of the kind CLICKS is about."""

    question: Question
    format: FileFormat


class ClickSource(Protocol):
    """A store of clicks that hands them out."""

    def clicks(self, question: Question, /) -> Generator[list[StoredClick]]:
        """All clicks of the question, oldest first, in portions of some thousands. What is not read yet is not held. Raises
        StatisticsUnavailable when it cannot go on."""


class ClickExports(Protocol):
    """Who makes files of clicks, here or in another process."""

    def export(self, export: Export, /) -> Generator[bytes]:
        """The file, in parts. Raises StatisticsUnavailable; what was handed out before is no whole file then."""


class Exporter:
    """Makes files of the clicks in ``source``: at most ``at_once`` at a time, each for at most ``seconds``.

    ``link_ids`` tells the ids of links by their numbers; what it does not tell is gone.
    """

    def __init__(
        self,
        source: ClickSource,
        link_ids: Callable[[Collection[int]], Mapping[int, str]],
        *,
        at_once: int = MOST_AT_ONCE,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._source = source
        self._link_ids = link_ids
        self._at_once = at_once
        self._places = threading.BoundedSemaphore(at_once)
        self._seconds = seconds

    def export(self, export: Export, /) -> Generator[bytes]:
        """The file, in parts of at most PART_BYTES."""
        if not self._places.acquire(blocking=False):
            raise StatisticsUnavailable(f"{self._at_once} files of clicks are being made already; repeat the request later.")
        try:
            for piece in self._pieces(export):
                view = memoryview(piece)
                for first in range(0, len(view), PART_BYTES):
                    yield bytes(view[first : first + PART_BYTES])
        finally:
            self._places.release()

    def _pieces(self, export: Export) -> Iterator[bytes]:
        deadline = time.monotonic() + self._seconds
        writer, links = writer_of(export.format), LinkIds(self._link_ids)
        with closing(self._source.clicks(export.question)) as portions:
            # Before the first byte: what cannot begin is refused, and is not half a file.
            portion = next(portions, None)
            yield writer.begin()
            while portion is not None:
                yield writer.rows([record_of(click, ids) for ids in [links.of(portion)] for click in portion])
                if time.monotonic() > deadline:
                    raise StatisticsUnavailable(
                        f"The file took longer than {self._seconds:.0f} seconds; ask for a shorter period."
                    )
                portion = next(portions, None)
            yield writer.end()


class Orders(Protocol):
    """Who carries out orders to a store: ``RemoteStatistics``, or the store's own process."""

    def stream(self, name: str, argument: object, part: type[bytes], /) -> Iterator[bytes]: ...


class OrderedExports:
    """Files of clicks that are made where the store is."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def export(self, export: Export, /) -> Generator[bytes]:
        """The file, in parts."""
        yield from self._orders.stream(EXPORT, export, bytes)


class LinkIds:
    """The ids of links, those asked for last remembered."""

    def __init__(self, ask: Callable[[Collection[int]], Mapping[int, str]]) -> None:
        self._ask = ask
        self._known: OrderedDict[int, str] = OrderedDict({0: ""})

    def of(self, clicks: Sequence[StoredClick]) -> dict[int, str]:
        """The ids of the links of these clicks, by number; "" for what is gone."""
        numbers = {click[1] for click in clicks}
        unknown = numbers - self._known.keys()
        found = self._ask(unknown) if unknown else {}
        self._known.update((number, found.get(number, "")) for number in unknown)
        told = {number: self._known[number] for number in numbers}
        while len(self._known) > _LINKS_REMEMBERED:
            self._known.popitem(last=False)
        return told


def record_of(click: StoredClick, ids: Mapping[int, str]) -> ClickRecord:
    """A stored click as files have it; ``ids`` holds the ids of links by their numbers."""
    goals = click[-1]
    told = (goals[0][0], sum(goal[2] for goal in goals), tuple(map(Reached._make, goals))) if goals else ("", 0.0, ())
    return ClickRecord._make((click[0], ids[click[1]], *click[1:-1], *told))
