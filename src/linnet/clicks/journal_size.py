"""How many bytes a node's journal holds, told cheaply also when it has many segments."""

import os
from itertools import zip_longest
from pathlib import Path

from linnet.clicks.frames import SEGMENT_SUFFIX


class JournalSize:
    """The size of a journal, looked at again and again: only segments that may still grow are asked for theirs each time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ended: dict[str, int] = {}

    def bytes(self) -> int:
        """The bytes of all segments that are there now."""
        try:
            with os.scandir(self._directory) as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(SEGMENT_SUFFIX))
        except FileNotFoundError:
            names = []
        ended, total = {}, 0
        for name, following in zip_longest(names, names[1:], fillvalue=""):
            size = self._ended.get(name)
            if size is None:
                size = self._size(name)
            # A writer that began a segment writes no more into those before it.
            if _writer(following) == _writer(name):
                ended[name] = size
            total += size
        self._ended = ended
        return total

    def _size(self, name: str) -> int:
        try:
            return (self._directory / name).stat().st_size
        except FileNotFoundError:
            return 0


def _writer(segment: str) -> str:
    """What is common to the names of one writer's segments, which are numbered behind it."""
    return segment.rpartition("-")[0]
