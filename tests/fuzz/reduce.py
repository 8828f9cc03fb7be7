"""Which inputs are needed: the short ones that between them reach all that all of them reach."""

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

# Where a step counts, by the end of a directory's name.
_WATCHED = ("/linnet/edge/", "/uvicorn/protocols/http/")


def reduced(inputs: Iterable[bytes], run: Callable[[bytes], Any]) -> list[bytes]:
    """Those of ``inputs`` that add a step from line to line, or another outcome of ``run``, to what shorter ones reached."""
    reached: set[Any] = set()
    kept = []
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        found = _reached_by(data, run)
        if not found <= reached:
            reached |= found
            kept.append(data)
    return kept


def _reached_by(data: bytes, run: Callable[[bytes], Any]) -> set[Any]:
    steps: set[Any] = set()

    def enter(frame: FrameType, event: str, _: object) -> Any:
        name = frame.f_code.co_filename
        if not any(directory in name for directory in _WATCHED):
            return None
        last = frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, _: object) -> Any:
            nonlocal last
            steps.add((name, last, frame.f_lineno, event))
            last = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        steps.add(run(data))
    finally:
        sys.settrace(None)
    return steps
