"""What is sent in parts as it comes: the thread that waits for a part, and the end when the client hangs up."""

import threading
from collections.abc import AsyncGenerator, Generator

from litestar.concurrency import sync_to_thread
from litestar.response import Stream


def file_of(parts: Generator[bytes], media_type: str, name: str) -> Stream:
    """A file that is sent in parts (see ``parts_of``)."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        # What is between us and the client shall not wait for all of it.
        "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
    }
    return Stream(parts_of(parts), media_type=media_type, headers=headers)


def parts_of(parts: Generator[bytes]) -> AsyncGenerator[bytes]:
    """``parts``, of which the first is waited for here, so that what cannot begin is refused as any request is.

    The next part is asked for when the client has taken the one before. A failure is raised, which cuts the connection: the
    client can tell half of a file from all of it. When the client hangs up, ``parts`` is closed.
    """
    try:
        first = next(parts, None)
    except BaseException:
        parts.close()
        raise
    return _following(first, _Taking(parts))


async def _following(first: bytes | None, taking: "_Taking") -> AsyncGenerator[bytes]:
    try:
        part = first
        while part is not None:
            yield part
            part = await sync_to_thread(taking.next)
    finally:
        # Elsewhere, because the thread that waits for the next part may have it still, and this task may have been told to end.
        threading.Thread(target=taking.close, name="closing", daemon=True).start()


class _Taking:
    """A generator that is closed by another thread than the one that takes from it, once that one lets go of it."""

    def __init__(self, parts: Generator[bytes]) -> None:
        self._parts = parts
        self._lock = threading.Lock()

    def next(self) -> bytes | None:
        with self._lock:
            return next(self._parts, None)

    def close(self) -> None:
        with self._lock:
            self._parts.close()
