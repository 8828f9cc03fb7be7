"""Threads of the clicks worker that go round and round, and outlive whatever befalls them."""

import threading
from collections.abc import Callable

import structlog


class Rounds:
    """A thread that calls ``go_round`` again and again, each time after a pause; ``stop`` ends it.

    ``go_round`` is given what is set when the thread is to end, and may return the seconds until its next turn. When it fails
    (a locked database, a full disk), that is logged once, as ``WHAT.waiting``, and its turn comes again.
    """

    def __init__(
        self, what: str, go_round: Callable[[threading.Event], float | None], *, pause_seconds: float, name: str = ""
    ) -> None:
        self._what = what
        self._go_round = go_round
        self._pause = pause_seconds
        self._log = structlog.get_logger(f"linnet.{what}")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name or what, daemon=True)
        self._thread.start()

    def stop(self, *, within_seconds: float = 10.0) -> None:
        """End the thread, and wait for the round that is under way."""
        self._ended.set()
        self._thread.join(within_seconds)

    def _run(self) -> None:
        failing, pause = False, self._pause
        while not self._ended.wait(pause):
            pause = self._pause
            try:
                pause = self._go_round(self._ended) or pause
            except Exception as error:
                if not failing:
                    self._log.error(f"{self._what}.waiting", error=str(error))
                failing = True
            else:
                if failing:
                    self._log.info(f"{self._what}.goes_on")
                failing = False
