"""The bound of the journal: beyond it visitors are redirected as before, and their clicks are dropped and counted."""

from typing import Final

import structlog

from linnet.clicks.journal import JournalWriter
from linnet.clicks.journal_size import JournalSize
from linnet.clicks.metrics import Gauge

_WARNED: Final = 0.8
_TAKEN_UP: Final = 0.95
_CALM: Final = 0.7
_log = structlog.get_logger("linnet.journal")


class JournalLimit:
    """Has a writer stop where the node's journal holds ``max_bytes`` (0: without end), and go on when it has become shorter.

    Its owner looks once a second, so that the bound may be passed by what visitors leave in a second.
    """

    def __init__(self, size: JournalSize, writer: JournalWriter, max_bytes: int, level: Gauge, limit: Gauge) -> None:
        self._size = size
        self._writer = writer
        self._max_bytes = max_bytes
        self._level = level
        self._warned = False
        limit.set(max_bytes)

    def look(self) -> bool:
        """See how large the journal is; may be called from any thread, by one at a time. True when the writer's segment should
        be ended, because only a segment that is stored as a whole makes room."""
        held = self._size.bytes()
        self._level.set(held)
        if not self._max_bytes:
            return False
        share = held / self._max_bytes
        if share >= _WARNED and not self._warned:
            self._warned = True
            _log.warning("journal.filling", bytes=held, max_bytes=self._max_bytes)
        elif share < _CALM:
            self._warned = False
        if share >= 1 and not self._writer.full:
            self._writer.full = True
            _log.error("journal.full", bytes=held, max_bytes=self._max_bytes)
            return True
        if share < _TAKEN_UP and self._writer.full:
            self._writer.full = False
            _log.info("journal.takes_clicks_again", bytes=held, lost=self._writer.lost)
        return False
