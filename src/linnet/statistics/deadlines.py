"""Questions that take longer than anybody waits for their answer are stopped."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_STEP_SECONDS = 0.5


class Interruptible(Protocol):
    """What another thread may stop in what it does."""

    def interrupt(self) -> None: ...


class Deadlines:
    """Interrupts what is watched for longer than ``seconds``. One thread looks after all, while there is anything to watch."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, Interruptible]] = {}
        self._looking = False

    @contextmanager
    def watch(self, asked: Interruptible) -> Iterator[None]:
        """Within the block, ``asked`` is interrupted when its time is over: its call then fails."""
        with self._lock:
            self._watched[id(asked)] = (time.monotonic() + self._seconds, asked)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="deadlines", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._watched[id(asked)]

    def _look(self) -> None:
        while True:
            time.sleep(min(_STEP_SECONDS, self._seconds / 4))
            with self._lock:
                if not self._watched:
                    self._looking = False
                    return
                now = time.monotonic()
                # Under the lock, so that nobody is interrupted who has left the block.
                for deadline, asked in self._watched.values():
                    if now > deadline:
                        asked.interrupt()
