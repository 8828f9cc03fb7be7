"""How many questions a process asks at once, and how many more may wait for their turn."""

import threading
from typing import Final

from linnet.model.errors import StatisticsUnavailable

_MAX_QUESTIONS: Final = 8
_MAX_WAITING: Final = 12
_PLACE_SECONDS: Final = 5.0


class Admission:
    """A few at once, and a few that wait: more would take the threads of all other requests along when answers are slow.

    Raises StatisticsUnavailable for those beyond.
    """

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_MAX_QUESTIONS)
        self._admitted = threading.BoundedSemaphore(_MAX_QUESTIONS + _MAX_WAITING)

    def __enter__(self) -> None:
        if not self._admitted.acquire(blocking=False):
            raise crowded()
        if not self._places.acquire(timeout=_PLACE_SECONDS):
            self._admitted.release()
            raise crowded()

    def __exit__(self, *failure: object) -> None:
        self._places.release()
        self._admitted.release()


def crowded() -> StatisticsUnavailable:
    """The refusal of a question that finds no place."""
    return StatisticsUnavailable("Too many statistics are being asked for at once; repeat the request later.")
