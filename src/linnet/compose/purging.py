"""The clicks worker's removal of links that are past their ``ttl``, and of copies that are past being restored."""

import threading
import time
from collections.abc import Callable

import structlog

from linnet.actions.context import Context
from linnet.actions.removing import forget_removed_links, purge_due_links
from linnet.compose.follow import publisher
from linnet.compose.rounds import Rounds
from linnet.edge.follower import Follower
from linnet.model.access import Actor
from linnet.storage.database import Database

_PAUSE_SECONDS = 2.0
_FORGET_SECONDS = 600.0
# Few enough that who waits for SQLite's only writer waits some milliseconds.
_AT_ONCE = 250
_SYSTEM = 0
_log = structlog.get_logger("linnet.purging")


class Purging:
    """A thread that removes what is due; ``stop`` ends it."""

    def __init__(self, database: Database, follower: Follower) -> None:
        self._context = Context(actor=Actor(user_id=_SYSTEM), database=database, publish=publisher(follower), signing_key=b"")
        self._forgot_at = -_FORGET_SECONDS
        self._rounds = Rounds("purging", self._go_round, pause_seconds=_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the removals and wait for the one that is under way."""
        self._rounds.stop()

    def _go_round(self, ended: threading.Event) -> None:
        removed = _in_steps(lambda: purge_due_links(self._context, limit=_AT_ONCE), ended)
        if removed:
            _log.info("purging.removed", links=removed)
        if time.monotonic() - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = time.monotonic()
            _in_steps(lambda: forget_removed_links(self._context, limit=_AT_ONCE), ended)


def _in_steps(step: Callable[[], int], ended: threading.Event) -> int:
    """Repeat ``step`` while it finds a whole batch; how many there were."""
    total = done = step()
    while done == _AT_ONCE and not ended.is_set():
        done = step()
        total += done
    return total
