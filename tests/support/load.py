"""Visitors who follow links over keep-alive connections, and note what became of each request."""

import asyncio
import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.server import Server

_HEADERS = (
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.9\r\n"
)
_PATIENCE_SECONDS = 30


@dataclass(slots=True)
class Outcomes:
    """What visitors saw. Every request carries ``?n=<number>``, and no number is used twice.

    ``answered`` came back whole with a redirect, ``cut`` were sent and not answered in full, ``wrong`` (number: status) were
    answered otherwise; ``refused`` counts connections that could not be made.
    """

    answered: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    wrong: dict[int, int] = field(default_factory=dict)
    refused: int = 0
    slowest_seconds: float = 0.0

    def __str__(self) -> str:
        statuses = dict(Counter(self.wrong.values()))
        return (
            f"{len(self.answered)} answered, {len(self.cut)} cut off, wrong {statuses}, {self.refused} connections refused, "
            f"slowest answer {self.slowest_seconds * 1000:.0f} ms"
        )


class Load:
    """``visitors`` connections, each with one request under way; ``pause_seconds`` between two of them bounds the load."""

    def __init__(self, server: Server, paths: Sequence[str], *, visitors: int = 6, pause_seconds: float = 0.004) -> None:
        self.outcomes = Outcomes()
        self._server = server
        self._paths = itertools.cycle(paths)
        self._visitors = visitors
        self._pause_seconds = pause_seconds
        self._numbers = itertools.count(1)
        self._ending = False

    @contextmanager
    def running(self) -> Iterator[Outcomes]:
        """Visitors come while the block runs; the outcomes are complete after it."""
        failures: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(self._run())
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=run, name="load")
        thread.start()
        try:
            yield self.outcomes
        finally:
            self._ending = True
            thread.join()
        if failures:
            raise failures[0]

    async def _run(self) -> None:
        await asyncio.gather(*[self._visitor() for _ in range(self._visitors)])

    async def _visitor(self) -> None:
        while not self._ending:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
            except OSError:
                self.outcomes.refused += 1
                await asyncio.sleep(0.02)
                continue
            with contextlib.closing(writer.transport):
                await self._follow_links(reader, writer)

    async def _follow_links(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while not self._ending:
            number = next(self._numbers)
            head = f"GET {next(self._paths)}?n={number} HTTP/1.1\r\nHost: {self._server.host}\r\n{_HEADERS}\r\n"
            began = loop.time()
            try:
                writer.write(head.encode())
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    answer = await reader.readuntil(b"\r\n\r\n")
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                self.outcomes.cut.add(number)
                return
            self.outcomes.slowest_seconds = max(self.outcomes.slowest_seconds, loop.time() - began)
            status = int(answer[9:12])
            if status == 302 and f"n={number}\r\n".encode() in answer:
                self.outcomes.answered.add(number)
            else:
                self.outcomes.wrong[number] = status
                return
            await asyncio.sleep(self._pause_seconds)
