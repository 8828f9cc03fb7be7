"""One tick of a worker's event loop: its visits are journalled together, and then their responses leave."""

import asyncio

from linnet.edge.ordinary import HeadReader
from linnet.edge.visit import Edge


class EdgeTick:
    """What a worker's connections share: the parser, and the responses of one event-loop tick, which leave after its clicks
    are in the journal."""

    def __init__(self, edge: Edge, loop: asyncio.AbstractEventLoop) -> None:
        self.reader = HeadReader()
        self.scheduled = False
        self._edge = edge
        self._loop = loop
        self._responses: list[tuple[asyncio.Transport, bytes, bool]] = []

    def begin(self) -> None:
        """Make sure that ``end`` runs after this tick's callbacks."""
        if not self.scheduled:
            self.scheduled = True
            self._loop.call_soon(self.end)

    def respond(self, transport: asyncio.Transport, response: bytes, close: bool) -> None:
        """Send a response at the end of the tick."""
        self._responses.append((transport, response, close))

    def end(self) -> None:
        """Journal, then send."""
        self.scheduled = False
        self._edge.end_tick()
        responses, self._responses = self._responses, []
        for transport, response, close in responses:
            if transport.is_closing():
                continue
            transport.write(response)
            if close:
                transport.close()
