"""Click limits, exact for whoever comes at once to whichever worker."""

import asyncio
import os
import signal
from collections import Counter

from tests.support.server import Server
from tests.support.wire import get

CHROME = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
SLACK = "User-Agent: Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
PREFETCH = "Sec-Purpose: prefetch"
VISITORS, VISITS_OF_EACH = 50, 20
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def test_of_a_thousand_visits_at_once_as_many_arrive_as_the_limit_says(server: Server):
    server.create("rush", clicksLimit=100, expiredURL="https://example.com/full")
    found = asyncio.run(_rush(server, "/rush"))
    assert found == {"https://example.com/": 100, "https://example.com/full": VISITORS * VISITS_OF_EACH - 100}


def test_what_nobody_meant_to_follow_goes_on_until_the_limit_is_reached(server: Server):
    server.create("read-once", clicksLimit=1)
    for headers in ({"User_Agent": SLACK.removeprefix("User-Agent: ")}, {"Sec_Purpose": "prefetch"}):
        assert server.visit("/read-once", **headers).status == 302
    assert server.visit("/read-once", method="HEAD").status == 302
    assert [server.visit("/read-once").status for _ in range(2)] == [302, 410]
    assert server.visit("/read-once", method="HEAD").status == 410
    assert server.visit("/read-once", Sec_Purpose="prefetch").status == 410


async def _rush(server: Server, path: str) -> Counter[str]:
    """Where visitors were led who came all at once, half of them to each worker; before every visit comes one that does not
    count."""
    start = asyncio.Event()
    locations: Counter[str] = Counter()

    async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await start.wait()
        for number in range(VISITS_OF_EACH):
            await _follow(reader, writer, get(path, server.host, SLACK if number % 2 else CHROME, PREFETCH))
            locations[await _follow(reader, writer, get(path, server.host, CHROME))] += 1

    connections = [*await _connections(server, "web-0"), *await _connections(server, "web-1")]
    visitors = [asyncio.ensure_future(come(*connection)) for connection in connections]
    start.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*visitors)
    for _, writer in connections:
        writer.close()
    return locations


async def _connections(server: Server, worker: str) -> list[Connection]:
    """Connections that this worker has accepted, because the other one slept meanwhile."""
    other = server.pid("web-1" if worker == "web-0" else "web-0")
    assert other is not None
    os.kill(other, signal.SIGSTOP)
    try:
        async with asyncio.timeout(20):
            opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(VISITORS // 2)]
            for connection in opened:
                await _follow(*connection, get("/not-there", server.host))
    finally:
        os.kill(other, signal.SIGCONT)
    return opened


async def _follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> str:
    """Where the answer leads, "" for a page."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
    await reader.readexactly(length)
    return head.partition("Location: ")[2].partition("\r\n")[0]
