"""The clicks worker's watch over block-lists: when a file changes, and once an hour, a process of its own loads them."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from linnet.compose.block_lists import is_address
from linnet.network.harmful import HarmfulIndex
from linnet.settings import Settings

if TYPE_CHECKING:
    from prometheus_client import Gauge

_LOOK_SECONDS = 2.0
_EVERY_SECONDS = 3600.0
_AGAIN_SECONDS = 300.0
_LOADING_SECONDS = 600.0
_log = structlog.get_logger("linnet.block_lists")


class BlockWatch:
    """A thread that has the lists loaded when that is due; ``stop`` ends it. Nothing runs where no list is set, and so there
    is no ``index``. It is the worker's one: LMDB opens a file once in a process.

    They are loaded at each start too, and so on SIGHUP, which starts the worker again.
    """

    def __init__(self, settings: Settings, index: HarmfulIndex | None, hosts: "Gauge") -> None:
        self._index = index
        self._files = [Path(source) for source in settings.block_list if not is_address(source)]
        self._fetches = len(self._files) < len(settings.block_list)
        self._hosts = hosts
        self._ended = threading.Event()
        self._seen: list[tuple[int, int] | None] | None = None
        self._due_at = 0.0
        self._thread = threading.Thread(target=self._run, name="block-lists", daemon=True)
        if index is not None:
            self._thread.start()

    def stop(self) -> None:
        """End the watch, and a process that is loading."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._ended.is_set():
            now, files = time.monotonic(), [_state(file) for file in self._files]
            if files != self._seen or now >= self._due_at:
                self._seen = files
                complete = self._load_safely()
                # An hour is for addresses; a file that is missing is looked for all the time.
                wait = _EVERY_SECONDS if complete or not self._fetches else _AGAIN_SECONDS
                self._due_at = time.monotonic() + wait
            self._ended.wait(_LOOK_SECONDS)

    def _load_safely(self) -> bool:
        try:
            return self._load()
        except Exception as error:
            # Whatever it was (no process, no room): the watch goes on, and the lists of before stay.
            _log.error("block_lists.not_loaded", error=str(error))
            return False

    def _load(self) -> bool:
        """Load the lists in another process; whether all of them could be read."""
        process = subprocess.Popen([sys.executable, "-m", "linnet", "worker", "block-lists"], env=os.environ)
        deadline = time.monotonic() + _LOADING_SECONDS
        while process.poll() is None:
            if self._ended.wait(0.1) or time.monotonic() > deadline:
                process.kill()
        code = process.wait()
        if code not in (0, 1) and not self._ended.is_set():
            _log.error("block_lists.not_loaded", code=code)
        self._show()
        return code == 0

    def _show(self) -> None:
        if self._index is not None:
            self._hosts.set(self._index.size())


def _state(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
