"""The events of a stream, without a server."""

import asyncio
import gc
from datetime import timedelta

import pytest

from linnet.api import live as live_module
from linnet.api.live import events_of, write_clicks
from linnet.model.errors import NotAuthenticated, StorageUnavailable
from linnet.statistics.live import LiveClicks, Wish
from tests.statistics.clicks import NOON, click


def nothing(*_: object) -> None:
    """Nobody is refused."""


def live_clicks() -> LiveClicks:
    return LiveClicks(lambda question: [], lambda domain_id, clicks: [], now=lambda: NOON, most=1)


def test_a_client_that_is_gone_before_the_first_event_leaves_its_place():
    async def scenario() -> None:
        live = live_clicks()
        for _ in range(3):
            events = await events_of(live, await live.watch(Wish(user_id=1, domain_id=1)), nothing)
            del events
            gc.collect()
            await asyncio.sleep(0.05)
        live.end()

    asyncio.run(scenario())


def test_a_quiet_stream_shows_that_it_lives_and_ends_with_the_right_to_see_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_module, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(live_module, "HEARTBEAT_SECONDS", 0.05)
    refusals: list[Exception | None] = [None] * 8 + [StorageUnavailable("away")] * 3 + [NotAuthenticated("Unauthorized")]

    def check() -> None:
        refusal = refusals.pop(0)
        if refusal is not None:
            raise refusal

    async def scenario() -> list[bytes]:
        live = live_clicks()
        events = await events_of(live, await live.watch(Wish(user_id=1, domain_id=1)), check)
        told = [event async for event in events]
        assert await live.watch(Wish(user_id=1, domain_id=1))
        live.end()
        return told

    told = asyncio.run(asyncio.wait_for(scenario(), 20))
    assert told[0] == b"retry: 2000\n\n"
    assert set(told[1:-1]) == {b":\n\n"}
    assert told[-1] == b'event: end\ndata: {"code":"unauthorized","message":"Unauthorized"}\n\n'
    assert refusals == []


def test_clicks_are_told_also_where_the_paths_of_links_cannot_be_asked():
    def away(domain_id: int, clicks: object) -> dict[int, str]:
        raise StorageUnavailable("away")

    made = [click(at=NOON + timedelta(milliseconds=5), path="/docs/a", user_agent='line\r\nid: 1\r\n"')]
    [text] = write_clicks(away, 1, made)
    assert b'"path":"/docs/a"' in text
    assert b"\n" not in text
    [text] = write_clicks(lambda domain_id, clicks: {1: "/docs/*"}, 1, made)
    assert b'"path":"/docs/*"' in text
