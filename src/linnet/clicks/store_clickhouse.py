"""The click store in ClickHouse: takes each click once, although ClickHouse has no transactions.

Every click has a number of its node's. A batch is written to a file before it leaves; after a kill or a lost answer the numbers
that arrived are looked up, the rest is brought, and the roll-ups of the days that were touched are mended by the difference.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from linnet.clicks import clickhouse_sql as sql
from linnet.clicks.clearings import Clearings
from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.clicks.clickhouse_conversions import add_conversions
from linnet.clicks.clickhouse_schema import Deployment
from linnet.clicks.clickhouse_session import ClickhouseSession
from linnet.clicks.columns import Columns, columns_of
from linnet.clicks.intent import Intent, IntentFile
from linnet.clicks.judged import days_of
from linnet.clicks.native_block import block, click_columns
from linnet.clicks.portions import Portion, Span, advance, import_segments
from linnet.model.click import Batch
from linnet.model.errors import StorageUnavailable

# How long is waited before each further attempt; after the last, the pipeline waits, with everything in the journal.
_PAUSES: Final = (0.2, 1.0)
_UPKEEP_SECONDS: Final = 5.0
_log = structlog.get_logger("linnet.clicks")


class ClickhouseClickStore:
    """The clicks of one node on their way into ClickHouse; many nodes may fill the same tables.

    ``node`` is the node's name, ``intent`` the file for the batch that is on its way. Whoever writes takes turns, so that any
    thread may call. All raise StorageUnavailable while ClickHouse does not answer; nothing is lost or doubled by that.
    ``rules`` is the version of those by which the clicks that come are judged.
    """

    def __init__(self, address: ClickhouseAddress, deployment: Deployment, node: str, intent: Path, *, rules: str = "") -> None:
        self._session = ClickhouseSession(address, deployment, node)
        self._node = node
        self._file = IntentFile(intent)
        self._writing = threading.Lock()
        # None: not known, because nothing was asked yet or an answer was lost.
        self._offsets: dict[str, int] | None = None
        self._next = 0
        self._open: Intent | None = None
        self._uncounted = 0
        self._kept_up_at = 0.0
        self._rules = rules
        self._noted: set[date] = set()

    def offsets(self) -> dict[str, int]:
        """Up to which byte each segment's clicks are in the store."""
        with self._writing:
            return dict(self._ready())

    def write(self, batches: Sequence[Batch]) -> int:
        """Store the clicks of batches, each in one portion; a batch that the store holds already is left out. Returns how many
        clicks were new."""
        offsets = self.offsets()
        fresh = [batch for batch in batches if batch.offset > offsets.get(batch.segment, 0)]
        spans = [[Span(batch.segment, batch.start, batch.offset)] for batch in fresh]
        columns = [columns_of(batch.clicks) if batch.clicks else None for batch in fresh]
        return self.write_portions(map(Portion, columns, spans))

    def write_portions(self, portions: Iterable[Portion], /) -> int:
        """Store portions, each with its offsets; returns how many clicks they had. Those before one that fails are stored.

        Raises OffsetMismatch for a portion that the store holds already, or that leaves a gap.
        """
        with self._writing:
            self._ready()
            for portion in portions:
                self._take(portion)
            written, self._uncounted = self._uncounted, 0
            return written

    def forget(self, segments: Sequence[str], /) -> None:
        """Note that segments' files are gone; their names are never used again."""
        with self._writing:
            offsets = self._ready()
            self._next += 1
            self._note(dict.fromkeys(segments, 0), gone=True)
            for segment in segments:
                offsets.pop(segment, None)

    def cleared_before(self, domain_id: int) -> datetime | None:
        """The moment before which a domain's clicks were forgotten; None for a domain that was never cleared."""
        with self._writing:
            self._ready()
            return self._clearings().of(domain_id)

    def _forget_imports(self, domain_id: int) -> None:
        """What was imported is gone with what was cleared, and may be imported again."""
        offsets = self._ready()
        imports = [segment for segment in offsets if segment.startswith(import_segments(domain_id))]
        if imports:
            self._next += 1
            self._note(dict.fromkeys(imports, 0), gone=True)
            for segment in imports:
                offsets.pop(segment)

    def merge_rollups_if_due(self) -> bool:
        """ClickHouse merges by itself; here the clearings are applied that other nodes were told of."""
        if time.monotonic() - self._kept_up_at > _UPKEEP_SECONDS:
            with self._writing:
                self._kept_up_at = time.monotonic()
                self._ready()
                self._clearings()
        return False

    def clear_domain(self, domain_id: int, before: datetime) -> None:
        """Forget the clicks of a domain that were made before a moment, for good: those that come later too, because the moment
        is kept. Other nodes correct their part of the roll-ups of the moment's day within seconds."""
        moment = np.array([before.astimezone(UTC).replace(tzinfo=None)], dtype="datetime64[us]").astype(np.int64)
        with self._writing:
            self._ready()
            self._session.insert("clearings", {"domain_id": ("Int32", [domain_id]), "before": ("DateTime64(6, 'UTC')", moment)})
            self._clearings()
            self._forget_imports(domain_id)

    @contextmanager
    def turn(self) -> Iterator[ClickhouseSession]:
        """The way to ClickHouse, while it is the caller's turn and nothing of this node is under way."""
        with self._writing:
            self._ready()
            yield self._session

    def known_offsets(self) -> dict[str, int]:
        """Up to which byte segments are known to be in the store, without asking it; more of them may be."""
        return dict(self._offsets or {})

    def close(self) -> None:
        """Hang up."""
        self._session.close()

    def _ready(self) -> dict[str, int]:
        """The offsets, once nothing of before is under way: what a killed process began is brought to its end first."""
        if self._offsets is None:
            self._open = self._file.read()
            self._session.take_turn()
            found = self._session.rows(sql.offsets(self._node))
            # Numbers are of the clock, so that none comes again when a data directory is brought back from a backup.
            self._next = max([time.time_ns() // 1000, *(int(number) + 1 for _, _, _, number in found)])
            offsets = {segment: int(offset) for segment, offset, gone, _ in found if segment and not gone}
            self._clearings()
            self._offsets = offsets
        if self._open is not None:
            self._finish(self._open, fresh=False)
        return self._offsets

    def _take(self, portion: Portion) -> None:
        assert self._offsets is not None
        offsets = dict(self._offsets)
        for span in portion.spans:
            advance(offsets, span)
        columns = self._clearings().survivors(portion.columns) if portion.columns is not None else None
        rows = 0 if columns is None else len(columns)
        if columns is not None:
            self._note_rules(days_of(columns))
        numbered = None if columns is None else columns.numbered_from(self._next)
        intent = Intent(self._next + max(1, rows), portion.spans, numbered, portion.conversions)
        self._file.write(intent)
        self._open = intent
        self._finish(intent, fresh=True)

    def _note_rules(self, days: set[date]) -> None:
        """Note by which rules clicks of these days were judged, before they are stored."""
        if self._rules and not days <= self._noted:
            self._session.note_rules(dict.fromkeys(days, self._rules), gone=False)
            self._noted |= days

    def _finish(self, intent: Intent, *, fresh: bool) -> None:
        """Bring ``intent`` to its end; ``fresh``: nothing of it can be in the store."""
        for pause in (*_PAUSES, None):
            try:
                if fresh:
                    self._insert(intent.columns, "whole")
                else:
                    self._settle(intent)
                self._conclude(intent)
            except StorageUnavailable as refusal:
                if pause is None:
                    raise
                fresh = False
                _log.info("clicks.again", error=refusal.message)
                time.sleep(pause)
            else:
                return

    def _insert(self, columns: Columns | None, part: str) -> None:
        if columns is not None and len(columns):
            token = f"{self._node}:{columns.own['seq'][0]}:{part}"
            self._session.insert_clicks(block(click_columns(columns, self._node)), token)

    def _settle(self, intent: Intent) -> None:
        """Bring what is missing of an intent, of which nobody knows what arrived, and mend the roll-ups around it."""
        self._session.take_turn()
        if intent.columns is None:
            return
        scope = _scope(intent.columns, self._node)
        numbers = intent.columns.own["seq"]
        found = self._session.rows(sql.present(scope, int(numbers[0]), int(numbers[-1])))
        arrived = np.array([number for (number,) in found], dtype=np.uint64)
        kept = self._clearings().survivors(intent.columns)
        missing = kept.only(~np.isin(kept.own["seq"], arrived)) if kept is not None else None
        _log.warning("clicks.settled", arrived=len(arrived), missing=0 if missing is None else len(missing))
        self._insert(missing, "whole" if not len(arrived) else "rest")
        self._session.mend(scope)

    def _conclude(self, intent: Intent) -> None:
        assert self._offsets is not None
        if intent.conversions:
            add_conversions(self._session, intent.conversions, self._clearings())
        # A domain that was told to forget while its clicks and conversions were on their way forgets these, too.
        self._clearings()
        self._next = max(self._next, intent.next)
        reached = {span.segment: span.offset for span in intent.spans}
        self._note(reached, gone=False)
        self._file.remove()
        self._open = None
        self._offsets |= reached
        self._uncounted += 0 if intent.columns is None else len(intent.columns)

    def _note(self, reached: dict[str, int], *, gone: bool) -> None:
        """Note where segments are read up to; the row without a name keeps the next number when all segments are gone."""
        segments = ["", *reached]
        self._session.insert(
            "ingest_offsets",
            {
                "node": ("LowCardinality(String)", [self._node] * len(segments)),
                "segment": ("String", segments),
                "byte_offset": ("UInt64", [0, *reached.values()]),
                "next_seq": ("UInt64", [self._next] * len(segments)),
                "gone": ("Bool", [False, *([gone] * len(reached))]),
            },
        )

    def _clearings(self) -> Clearings:
        """The clearings as they are now, after those that are new to this node were applied."""
        rows = self._session.rows(sql.clearings(self._node))
        for domain_id, moment, applied in rows:
            if not applied:
                self._apply(int(domain_id), moment)
        return Clearings(
            np.array([domain_id for domain_id, _, _ in rows], dtype=np.int32),
            np.array([moment.replace(tzinfo=None) for _, moment, _ in rows], dtype="datetime64[us]"),
        )

    def _apply(self, domain_id: int, before: datetime) -> None:
        self._session.forget(domain_id, before)
        self._session.mend(sql.scope_of(self._node, [before.date()], [domain_id]))
        moment = np.array([before.replace(tzinfo=None)], dtype="datetime64[us]").astype(np.int64)
        self._session.insert(
            "clearings_applied",
            {
                "node": ("LowCardinality(String)", [self._node]),
                "domain_id": ("Int32", [domain_id]),
                "before": ("DateTime64(6, 'UTC')", moment),
            },
        )


def _scope(columns: Columns, node: str) -> str:
    days = np.unique(columns.own["at"].astype("datetime64[D]")).astype(object).tolist()
    return sql.scope_of(node, days, np.unique(columns.own["domain_id"]).tolist())
