"""The clicks worker's care for what is kept of visitors, and for how long: salts of days, and clicks that are too old."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from linnet.clicks.journal import JournalReader
from linnet.clicks.metrics import Counter
from linnet.clicks.retention import AgeingStore, roll_off_due
from linnet.clicks.salts import SaltStore, VisitorSalts
from linnet.clicks.waiting import oldest_waiting_ms
from linnet.model.errors import StorageUnavailable
from linnet.storage.database import Database

_PAUSE_SECONDS = 30.0
_AGAIN_SECONDS = 1.0
_ROLL_OFF_SECONDS = 600.0
_log = structlog.get_logger("linnet.keeping")


def forget_salts(store: SaltStore) -> None:
    """Forget all salts, where visitors are not told apart any more."""
    try:
        store.forget(store.read())
    except StorageUnavailable as refusal:
        _log.warning("keeping.salts_not_forgotten", error=refusal.message)


class Keeping:
    """A thread that makes and forgets salts (None: visitors are not told apart), and has old clicks deleted; ``stop`` ends it.

    ``offsets`` tells how far the store is in the journal.
    """

    def __init__(
        self,
        database: Database,
        store: AgeingStore,
        salts: VisitorSalts | None,
        reader: JournalReader,
        offsets: Callable[[], Mapping[str, int]],
        rolled_off: Counter,
    ) -> None:
        self._database = database
        self._store = store
        self._salts = salts
        self._reader = reader
        self._offsets = offsets
        self._rolled_off = rolled_off
        self._ended = threading.Event()
        self._failing: set[str] = set()
        self._rolled_at: float | None = None
        # Before the first click is looked at.
        self._try("salts", self._renew_salts)
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the work and wait for the step that is under way."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._try("salts", self._renew_salts)
            if self._rolled_at is None or time.monotonic() - self._rolled_at >= _ROLL_OFF_SECONDS:
                self._rolled_at = time.monotonic()
                self._try("retention", self._roll_off)
            # Without a day's salt its clicks wait.
            self._ended.wait(_AGAIN_SECONDS if "salts" in self._failing else _PAUSE_SECONDS)

    def _try(self, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            # Whatever it was (a locked database, a full disk): it is done when it is over.
            if what not in self._failing:
                _log.error("keeping.waiting", what=what, error=str(error))
            self._failing.add(what)
        else:
            self._failing.discard(what)

    def _renew_salts(self) -> None:
        if self._salts is not None:
            now = time.time_ns() // 1_000_000
            self._salts.renew(now, lambda: oldest_waiting_ms(self._reader, self._offsets()))

    def _roll_off(self) -> None:
        with self._database.read() as work:
            kept_days = work.domains.retentions()
        if not kept_days:
            return
        deleted = roll_off_due(self._store, kept_days, datetime.now(UTC).date(), is_ended=self._ended.is_set)
        if deleted:
            self._rolled_off.inc(deleted)
            _log.info("keeping.rolled_off", clicks=deleted)
