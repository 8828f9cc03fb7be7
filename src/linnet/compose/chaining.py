"""The clicks worker's lengthening of the audit log's hash chain, and its note of where the chain ends."""

import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import structlog

from linnet.actions.audit_chain import AT_ONCE, chain_head, is_in_chain, lengthen_chain
from linnet.compose.audit_head import HeadFile
from linnet.model.chain import NO_HEAD, Head
from linnet.storage.database import Database

_PAUSE_SECONDS: Final = 1.0
# Between two steps of a longer way, for those who wait for SQLite's only writer.
_BREATH_SECONDS: Final = 0.02
_NOTE_SECONDS: Final = 5.0
_log = structlog.get_logger("linnet.audit")


class Chaining:
    """A thread that chains new entries of the audit log; ``stop`` ends it."""

    def __init__(self, database: Database, file: Path) -> None:
        self._database = database
        self._file = HeadFile(file)
        self._noted: Head | None = None
        self._noted_at = -_NOTE_SECONDS
        self._told_on: date | None = None
        self._ended = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="chaining", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the work and wait for the step that is under way."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            try:
                while lengthen_chain(self._database) == AT_ONCE and not self._ended.wait(_BREATH_SECONDS):
                    pass
                self._note()
            except Exception as error:
                # Whatever it was (a locked database, a full disk): entries are chained when it is over.
                if not self._failing:
                    _log.error("audit.waiting", error=str(error))
                self._failing = True
            else:
                self._failing = False

    def _note(self) -> None:
        if time.monotonic() - self._noted_at < _NOTE_SECONDS:
            return
        self._noted_at = time.monotonic()
        head = chain_head(self._database)
        if head == self._noted:
            return
        for noted, at in self._file.read()[-1:]:
            if not is_in_chain(self._database, noted):
                # What is noted stays: it is what shows that the log is not what it was.
                raise RuntimeError(
                    f"the audit log has no entry any more with the digest that the one at {noted.position} had on "
                    f"{at:%Y-%m-%d}; see linnet doctor"
                )
        if head == NO_HEAD:
            return
        now = datetime.now(UTC)
        self._file.note(head, now)
        self._noted = head
        if now.date() != self._told_on:
            self._told_on = now.date()
            _log.info("audit.head", position=head.position, digest=head.digest.hex())
