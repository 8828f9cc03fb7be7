"""From the journal to the click store: read, enrich, write rows and offsets at once, then delete what is done."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from linnet.clicks.journal import JournalReader
from linnet.model.click import Batch, Click, DropReason, RawClick
from linnet.model.errors import StorageUnavailable

BATCH_ROWS: Final = 50_000
_IDLE_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 1.0
_DRAIN_SECONDS: Final = 15.0
_log = structlog.get_logger("linnet.clicks")


class Enriching(Protocol):
    """What makes stored clicks of raw ones."""

    def enrich_all(self, raw_clicks: Iterable[RawClick], /) -> tuple[list[Click], dict[DropReason, int]]: ...


class ClickStore(Protocol):
    """Where clicks end: takes batches once, whatever is killed when."""

    def offsets(self) -> dict[str, int]: ...

    def write(self, batches: Sequence[Batch], /) -> int: ...

    def forget(self, segments: Sequence[str], /) -> None: ...

    def merge_rollups_if_due(self) -> bool: ...


class Step(Protocol):
    """A counter."""

    def inc(self, amount: float, /) -> None: ...


class Level(Protocol):
    """A gauge."""

    def set(self, value: float, /) -> None: ...


class RunningTotals(Protocol):
    """A counter that is brought up to totals, by label."""

    def show(self, totals: Mapping[DropReason, int], /) -> None: ...


class PipelineMetrics(Protocol):
    """What the pipeline reports: clicks stored, bytes of the journal that are not, the newest click's age when stored, drops."""

    @property
    def stored(self) -> Step: ...

    @property
    def journal_lag(self) -> Level: ...

    @property
    def ingest_lag(self) -> Level: ...

    @property
    def dropped(self) -> RunningTotals: ...


class Pipeline:
    """Takes the journal of a node into a store. Stop it anywhere: what the store took is not read again, the rest is."""

    def __init__(
        self,
        reader: JournalReader,
        enrichment: Enriching,
        store: ClickStore,
        metrics: PipelineMetrics,
        *,
        batch_rows: int = BATCH_ROWS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._enrichment = enrichment
        self._store = store
        self._metrics = metrics
        self._batch_rows = batch_rows
        self._clock = clock
        self._dropped: dict[DropReason, int] = dict.fromkeys(DropReason, 0)
        self._offsets: dict[str, int] | None = None

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set, then take in what the journal holds, for a bounded time."""
        self._reader.remove_drafts()
        while not ended.is_set():
            if self._try_once() < self._batch_rows // 2:
                ended.wait(_IDLE_SECONDS)
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline and self._try_once() > 0:
            pass

    def run_once(self) -> int:
        """Take in some ``batch_rows`` clicks at most; returns how many raw ones were read. Raises StorageUnavailable."""
        if self._offsets is None:
            self._offsets = self._store.offsets()
        segments = self._reader.segments()
        batches: list[Batch] = []
        finished: list[str] = []
        dropped: Counter[DropReason] = Counter()
        read = 0
        for segment in segments:
            start = self._offsets.get(segment, 0)
            stretch = self._reader.read(segment, start, self._batch_rows - read)
            if stretch.finished:
                finished.append(segment)
            if stretch.offset > start:
                clicks, refused = self._enrichment.enrich_all(stretch.records)
                dropped.update(refused)
                dropped[DropReason.UNREADABLE] += stretch.unreadable
                batches.append(Batch(segment=segment, offset=stretch.offset, clicks=clicks, start=start))
                read += len(stretch.records)
                if read >= self._batch_rows:
                    break
        if batches:
            self._write(batches, dropped)
        if finished:
            self._clear_away(finished)
        self._store.merge_rollups_if_due()
        self._metrics.journal_lag.set(sum(max(0, self._reader.size(name) - self._offsets.get(name, 0)) for name in segments))
        return read

    def _write(self, batches: list[Batch], dropped: Mapping[DropReason, int]) -> None:
        self._store.write(batches)
        assert self._offsets is not None
        self._offsets.update({batch.segment: batch.offset for batch in batches})
        for reason, number in dropped.items():
            self._dropped[reason] += number
        self._metrics.dropped.show(self._dropped)
        self._metrics.stored.inc(sum(len(batch.clicks) for batch in batches))
        newest = max((batch.clicks[-1].at.timestamp() for batch in batches if batch.clicks), default=None)
        if newest is not None:
            self._metrics.ingest_lag.set(max(0.0, self._clock() - newest))

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
            return self.run_once()
        except StorageUnavailable as refusal:
            # The journal keeps everything until the store takes it again.
            _log.warning("clicks.waiting", error=refusal.message)
            self._offsets = None
            time.sleep(_RETRY_SECONDS)
            return 0
