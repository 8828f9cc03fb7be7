"""The clicks worker's lengthening of the audit log's hash chain, and its note of where the chain ends."""

import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import structlog

from linnet.actions.audit_chain import AT_ONCE, chain_head, is_in_chain, lengthen_chain
from linnet.compose.audit_head import HeadFile
from linnet.compose.rounds import Rounds
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
        self._rounds = Rounds("audit", self._go_round, pause_seconds=_PAUSE_SECONDS, name="chaining")

    def stop(self) -> None:
        """End the work and wait for the step that is under way."""
        self._rounds.stop()

    def _go_round(self, ended: threading.Event) -> None:
        while lengthen_chain(self._database) == AT_ONCE and not ended.wait(_BREATH_SECONDS):
            pass
        self._note()

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
