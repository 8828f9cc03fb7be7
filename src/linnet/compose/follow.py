"""Keeping the route index up to date: after a commit of this process, and in a loop for those of others."""

import threading
from collections.abc import Callable

import structlog

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
        self._ended = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the loop and wait for it."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            try:
                if self._follower.follow():
                    _log.info("follower.rebuilt")
            except Exception as error:
                # Whatever it was (a database without tables, a full disk): the loop must be there when it is over.
                if not self._failing:
                    _log.error("follower.waiting", error=str(error))
                self._failing = True
            else:
                if self._failing:
                    _log.info("follower.goes_on")
                self._failing = False
                self._report()
