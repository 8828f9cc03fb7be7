"""Keeping the route index up to date: after a commit of this process, and in a loop for those of others."""

import threading
from collections.abc import Callable

import structlog

from linnet.compose.rounds import Rounds
from linnet.edge.follower import Follower

_PAUSE_SECONDS = 0.25
_log = structlog.get_logger("linnet.follower")


def publisher(follower: Follower) -> Callable[[int | None], None]:
    """What actions call after a commit with its change number: the change is in this node's index when it returns.

    The commit stands whatever happens here: an index that cannot be written now is brought up to date by the loop.
    """

    def publish(sequence: int | None) -> None:
        if sequence is None:
            return
        try:
            follower.catch_up(sequence)
        except Exception as error:
            _log.error("follower.late", sequence=sequence, error=str(error))

    return publish


class FollowLoop:
    """A thread that applies the changes of other processes and nodes; ``stop`` ends it."""

    def __init__(self, follower: Follower, *, report: Callable[[], None] = lambda: None) -> None:
        self._follower = follower
        self._report = report
        self._rounds = Rounds("follower", self._go_round, pause_seconds=_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the loop and wait for it."""
        self._rounds.stop()

    def _go_round(self, ended: threading.Event) -> None:
        if self._follower.follow():
            _log.info("follower.rebuilt")
        self._report()
