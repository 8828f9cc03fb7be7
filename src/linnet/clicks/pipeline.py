"""From the journal to the click store: read, enrich, write rows and offsets at once, then delete what is done."""

import contextlib
import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, Protocol

import structlog

from linnet.clicks.columns import Columns
from linnet.clicks.conversions import Conversion
from linnet.clicks.gathering import Gathering
from linnet.clicks.journal import JournalReader
from linnet.clicks.metrics import PipelineMetrics
from linnet.clicks.portions import Portion, Span
from linnet.model.click import DropReason, RawClick
from linnet.model.errors import StorageUnavailable

# What is in memory at once, and what a transaction takes at most. DuckDB writes whole row groups, of 122,880 rows, straight to
# their place, which halves the work for a journal that is far behind.
PORTION_ROWS: Final = 245_760
TRANSACTION_ROWS: Final = 2 * PORTION_ROWS
_PORTION_BYTES: Final = 64 << 20
# How small portions become for a store that refuses larger ones.
_LEAST_ROWS: Final = 1_000
# What is read at once: it is made into columns while it is in a processor's cache.
_STRETCH_ROWS: Final = 2048
IDLE_SECONDS: Final = 0.25
# For how long clicks are let come together after some were taken in: a transaction costs as much as some thousand clicks.
_GATHERING_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 60.0
_DRAIN_SECONDS: Final = 15.0
_log = structlog.get_logger("linnet.clicks")


class Enriching(Protocol):
    """What makes stored clicks of raw ones."""

    def gathering(self, beacons: list[RawClick], /) -> Gathering: ...

    def enrich_gathered(self, gathering: Gathering, /) -> tuple[Columns | None, dict[DropReason, int]]: ...

    def conversions(self, beacons: Sequence[RawClick], /) -> list[Conversion]: ...


class ClickStore(Protocol):
    """Where clicks end: takes each once, whatever is killed when."""

    def offsets(self) -> dict[str, int]: ...

    def write_portions(self, portions: Iterable[Portion], /) -> int: ...

    def forget(self, segments: Sequence[str], /) -> None: ...

    def merge_rollups_if_due(self) -> bool: ...


class Pipeline:
    """Takes the journal of a node into a store. Stop it anywhere: what the store took is not read again, the rest is."""

    def __init__(
        self,
        reader: JournalReader,
        enrichment: Enriching,
        store: ClickStore,
        metrics: PipelineMetrics,
        *,
        portion_rows: int = PORTION_ROWS,
        transaction_rows: int = TRANSACTION_ROWS,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._enrichment = enrichment
        self._store = store
        self._metrics = metrics
        self._portion_rows = self._rows_now = portion_rows
        self._transaction_rows = transaction_rows
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._told_at = -_TELL_SECONDS
        self._dropped: dict[DropReason, int] = dict.fromkeys(DropReason, 0)
        self._offsets: dict[str, int] | None = None
        self._last_offsets: dict[str, int] = {}
        self._unreadable: set[str] = set()

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set, then take in what the journal holds, for a bounded time."""
        self._reader.remove_drafts()
        while not ended.is_set():
            read = self._try_once()
            if read < self._rows_now:
                ended.wait(max(self._idle_seconds, _GATHERING_SECONDS) if read else self._idle_seconds)
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline and self._try_once() > 0:
            pass

    def run_once(self) -> int:
        """Take in up to ``transaction_rows`` clicks; returns how many raw ones were read. Raises StorageUnavailable.

        Fewer are taken after the store has refused some, and more again as it takes them: it may have little memory.
        """
        if self._offsets is None:
            self._offsets = self._last_offsets = self._store.offsets()
        segments = self._reader.segments()
        transaction_rows = max(1, self._transaction_rows * self._rows_now // self._portion_rows)
        round_ = _Round(self._reader, self._enrichment, dict(self._offsets), self._rows_now, transaction_rows)
        portions = round_.portions(segments)
        with _collector_paused():
            first = next(portions, None)
            written = self._store.write_portions(chain([first], portions)) if first is not None else 0
        if first is not None:
            self._metrics.stored.inc(written)
            self._offsets = round_.offsets
            self._note(round_)
        self._tell_unreadable(round_.unreadable)
        if round_.finished:
            self._clear_away(round_.finished)
        self._store.merge_rollups_if_due()
        self._last_offsets = self._offsets
        self._show_lag(segments)
        return round_.read

    def _show_lag(self, segments: Sequence[str]) -> None:
        """Show what is still to be stored, by the offsets that the store told last: it has to grow while the store is away."""
        self._metrics.journal_lag.set(
            sum(max(0, self._reader.size(name) - self._last_offsets.get(name, 0)) for name in segments)
        )

    def _note(self, round_: "_Round") -> None:
        for reason, number in round_.dropped.items():
            self._dropped[reason] += number
        self._metrics.dropped.show(self._dropped)
        if round_.newest is not None:
            self._metrics.ingest_lag.set(max(0.0, self._clock() - round_.newest.timestamp()))

    def _tell_unreadable(self, errors: Mapping[str, OSError]) -> None:
        """Log segments that the disk does not give, once each; they are tried again, and stay in the journal's lag."""
        for segment in errors.keys() - self._unreadable:
            _log.error("clicks.unreadable_segment", segment=segment, error=str(errors[segment]))
        self._unreadable = set(errors)

    def _clear_away(self, finished: Sequence[str]) -> None:
        """Delete finished segments, and only then their offsets: a segment without an offset would be read again.

        An offset whose segment is missing for another reason is kept: the segment may come back, from a backup or a mount.
        """
        assert self._offsets is not None
        self._reader.remove(finished)
        self._store.forget(finished)
        for segment in finished:
            self._offsets.pop(segment, None)

    def _try_once(self) -> int:
        try:
            read = self.run_once()
            self._rows_now = min(self._portion_rows, self._rows_now + self._rows_now // 8 + 1)
            return read
        except (StorageUnavailable, OSError) as error:
            self._rows_now = min(self._rows_now, max(_LEAST_ROWS, self._rows_now // 2))
            # The journal keeps everything until the store takes it again, or the disk lets go of what is done.
            if time.monotonic() - self._told_at >= _TELL_SECONDS:
                self._told_at = time.monotonic()
                _log.warning("clicks.waiting", error=str(error))
            self._offsets = None
            with contextlib.suppress(OSError):
                self._show_lag(self._reader.segments())
            time.sleep(_RETRY_SECONDS)
            return 0


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """A round makes many objects and no cycles: looking for some in them again and again would take a seventh of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Round:
    """One walk over the segments, oldest first: makes portions while they are taken, and notes what came of it."""

    def __init__(
        self, reader: JournalReader, enrichment: Enriching, offsets: dict[str, int], portion_rows: int, transaction_rows: int
    ) -> None:
        self.offsets = offsets
        self.finished: list[str] = []
        self.dropped: Counter[DropReason] = Counter()
        self.newest: datetime | None = None
        self.read = 0
        self.unreadable: dict[str, OSError] = {}
        self._reader = reader
        self._enrichment = enrichment
        self._portion_rows = portion_rows
        self._transaction_rows = transaction_rows
        self._beacons: list[RawClick] = []
        self._gathering = enrichment.gathering(self._beacons)
        self._taken_rows = self._taken_bytes = 0
        self._starts: dict[str, int] = {}

    def portions(self, segments: Iterable[str]) -> Iterator[Portion]:
        """The journal's news, some ``portion_rows`` clicks at a time."""
        for segment in segments:
            while self._take(segment):
                if self._taken_rows >= self._portion_rows or self._taken_bytes >= _PORTION_BYTES:
                    yield self._portion()
                if self.read >= self._transaction_rows:
                    break
        if self._starts:
            yield self._portion()

    def _take(self, segment: str) -> bool:
        """Read on in a segment; False when there is nothing more in it for now, or the round is full."""
        room = min(_STRETCH_ROWS, self._portion_rows - self._taken_rows, self._transaction_rows - self.read)
        if room <= 0:
            return False
        start = self.offsets.get(segment, 0)
        try:
            stretch = self._reader.read(segment, start, room)
        except OSError as error:
            # A bad sector in one segment must not keep the others, and statistics, from everybody.
            self.unreadable[segment] = error
            return False
        if stretch.finished:
            self.finished.append(segment)
        if stretch.offset == start:
            return False
        self._starts.setdefault(segment, start)
        self.offsets[segment] = stretch.offset
        self._gathering.take(stretch.records)
        self.read += len(stretch.records)
        self._taken_rows += len(stretch.records)
        self._taken_bytes += stretch.offset - start
        if stretch.unreadable:
            self.dropped[DropReason.UNREADABLE] += stretch.unreadable
        return not stretch.finished

    def _portion(self) -> Portion:
        starts, self._starts = self._starts, {}
        columns, dropped = self._enrichment.enrich_gathered(self._gathering)
        conversions = self._enrichment.conversions(self._beacons)
        self._beacons = []
        self._gathering = self._enrichment.gathering(self._beacons)
        self._taken_rows = self._taken_bytes = 0
        self.dropped.update(dropped)
        if columns is not None:
            self.newest = max(columns.newest(), self.newest or columns.newest())
        spans = [Span(segment, start, self.offsets[segment]) for segment, start in starts.items()]
        return Portion(columns, spans, conversions)
