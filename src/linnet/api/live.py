"""Clicks as server-sent events (the HTML standard's), for as long as the client may see them."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from litestar.concurrency import sync_to_thread

from linnet.api.statistics_wire import click_json
from linnet.model.click import Click
from linnet.model.errors import Refusal, StorageUnavailable
from linnet.statistics.live import Batch, LiveClicks, Watcher

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
HEARTBEAT_SECONDS: Final = 15.0
# How long whoever may not see the clicks any more sees them yet.
CHECK_SECONDS: Final = 5.0
_RETRY_MS: Final = 2_000
_GAP: Final = b'event: gap\ndata: {"message":"More clicks came than are told here."}\n\n'


async def events_of(live: LiveClicks, watcher: Watcher, check: Callable[[], Any]) -> AsyncGenerator[bytes]:
    """What ``watcher`` sees, until ``check`` refuses: it is asked now and then whether the client still may. The watcher leaves
    when the client does."""
    events = _events(live, watcher, check)
    # Begun here: of a client that is gone before its response begins, nobody would ever ask for the first event, and what has
    # not begun does not end.
    return _following(await anext(events), events)


async def _following(first: bytes, events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for each in events:
        yield each


async def _events(live: LiveClicks, watcher: Watcher, check: Callable[[], Any]) -> AsyncGenerator[bytes]:
    try:
        yield b"retry: %d\n\n" % _RETRY_MS
        now = time.monotonic()
        checked_at = told_at = now
        while (batch := await watcher.next(CHECK_SECONDS)) is not None:
            now = time.monotonic()
            if now - checked_at >= CHECK_SECONDS:
                refusal = await sync_to_thread(partial(_refusal_of, check))
                checked_at = time.monotonic()
                if refusal is not None:
                    yield _end(refusal)
                    return
            text = _text(batch)
            if not text and now - told_at >= HEARTBEAT_SECONDS:
                text = b":\n\n"
            if text:
                yield text
                told_at = now
    finally:
        live.leave(watcher)


def write_clicks(
    wildcards: Callable[[int, Sequence[Click]], Mapping[int, str]], domain_id: int, clicks: Sequence[Click]
) -> list[bytes]:
    """Clicks as S8 has them, in JSON; those on a link with a wildcard by its path, which ``wildcards`` tells."""
    try:
        paths = wildcards(domain_id, clicks)
    except StorageUnavailable:
        # By the path that was visited, then: the clicks are here, and will not come again.
        paths = {}
    return [msgspec.json.encode(click_json(click, "UTC", paths.get(click.link_number))) for click in clicks]


def _refusal_of(check: Callable[[], Any]) -> Refusal | None:
    try:
        check()
    except StorageUnavailable:
        # Nobody knows; that is no reason to send everybody away.
        return None
    except Refusal as refusal:
        return refusal
    return None


def _text(batch: Batch) -> bytes:
    told = b"".join(b"id: %b\ndata: %b\n\n" % (event.id.encode(), event.text) for event in batch.events)
    return _GAP + told if batch.gap else told


def _end(refusal: Refusal) -> bytes:
    told = msgspec.json.encode({"code": refusal.code, "message": refusal.message})
    return b"event: end\ndata: %b\n\n" % told
