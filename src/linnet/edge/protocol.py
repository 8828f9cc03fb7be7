"""The HTTP protocol class of the web workers: visits are answered in ``data_received``, all else goes on to the application.

A subclass of uvicorn's protocol, which keeps parsing, keep-alive, back-pressure and graceful shutdown for everything but the
common case: one chunk of data that is one complete GET or HEAD for a domain. That is parsed by the same library, but without
a Python call per header and without building an ASGI scope.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from linnet.edge.heads import MAX_HEAD_BYTES, MAX_TARGET_BYTES, fault, header, target_and_host
from linnet.edge.hosts import Host, HostKind
from linnet.edge.ordinary import VISIT_LINE, forwarding
from linnet.edge.tick import EdgeTick
from linnet.edge.unsent import unsent_bytes
from linnet.edge.visit import Edge
from linnet.model.conversion import PATH as BEACON

MAX_HEAD_SECONDS = 20
# How many requests may wait behind one that the application has; the connection is closed behind the last of them.
MAX_WAITING = 128
DRAIN_SECONDS = 2
# The parser takes larger data in pieces, so that a head over the bound is noticed however it arrives.
_PIECE_BYTES = 16 * 1024
_VISIT_METHODS = {b"GET": "GET", b"HEAD": "HEAD"}
_OF_THE_APPLICATION = (HostKind.ADMIN, HostKind.API)
_log = structlog.get_logger("linnet.edge")


class EdgeProtocol(HttpToolsProtocol):
    """One connection. Made by ``protocol_class``, which hands in the edge."""

    edge: Edge
    tick: EdgeTick
    trusts: Callable[[str], bool]
    max_connections: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._head_bytes = 0
        # Where the parser is: between requests, in a head, or else in a body; and whether that request was answered already.
        self._between = True
        self._in_head = False
        self._answered = False
        self._closing = False
        self._peer = ""
        self._trusted = False
        self.idle_seconds = 0
        self._head_seconds = 0
        self._unsent = 0
        self._fresh = True
        self._draining = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self._trusted = self.trusts(self._peer)
        if len(self.connections) > self.max_connections:
            transport.close()

    # The common case: a chunk that is one request

    def data_received(self, data: bytes) -> None:
        self.idle_seconds = 0
        self._fresh = False
        if self._closing or (self._between and self._answer_whole(data)):
            return
        self._feed(data)

    def _answer_whole(self, data: bytes) -> bool:
        """Answer ``data`` if it is one complete, ordinary visit; otherwise touch nothing and return False."""
        line = VISIT_LINE.match(data)
        # Not as long as a target may be: longer ones are refused on the careful way.
        if line is None or len(data) > MAX_TARGET_BYTES or self._draining:
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        tick = self.tick
        lines = data[line.end() :]
        head, forwarded_for = (
            tick.reader.read_forwarded(data, lines) if self._trusted else (tick.reader.read(data, lines), None)
        )
        if head is None:
            return False
        if not tick.scheduled:
            tick.begin()
        host = self.edge.host(head.host)
        if not isinstance(host, Host):
            return False
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        try:
            response = self.edge.answer_ordinary(host, line, head, self._peer, forwarded_for, data)
        except Exception as defect:
            # Outside the parser's callbacks nobody else would answer, and the visitor would wait for ever.
            self._fail(defect, head_only=line[1] == b"HEAD")
            return True
        self._closing = head.close
        tick.respond(self.transport, response, head.close)
        return True

    # Everything else: the connection's own parser, with uvicorn's callbacks

    def _feed(self, data: bytes) -> None:
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        if self._between:
            self._between, self._in_head, self.url = False, True, b""
        while data and not self._closing:
            # One byte over the bound at most, so that it is the same bound however the bytes arrive.
            size = min(_PIECE_BYTES, MAX_HEAD_BYTES + 1 - self._head_bytes)
            self._feed_piece(data[:size])
            data = data[size:]

    def _feed_piece(self, data: bytes) -> None:
        self._head_bytes += len(data)
        try:
            while data:
                data = self._parse(data)
        except httptools.HttpParserCallbackError as error:
            self._refuse_broken(error)
        except httptools.HttpParserInvalidMethodError:
            self._refuse(400, head_only=False)
        except httptools.HttpParserError:
            self._refuse(400, head_only=self._is_head())
        else:
            # Reset by each part of a body, so that trailers are bounded like heads.
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, head_only=self.url != b"" and self._is_head())

    def _parse(self, data: bytes) -> bytes:
        """Give ``data`` to the parser; returns what it must be given after that.

        A request that asks for another protocol is given once more, without that wish (RFC 9110, 7.8): the parser would take
        its body for the other protocol, and what a proxy sends as a body must never be read as a request.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as wish:
            if self._closing:
                return b""
            line = b" ".join((self.parser.get_method(), self.url, b"HTTP/" + self.parser.get_http_version().encode()))
            fields = (name + b": " + value for name, value in self.headers if name != b"upgrade")
            self.parser = httptools.HttpRequestParser(self)
            return b"\r\n".join((line, *fields, b"", data[wish.args[0] :]))
        return b""

    def _refuse_broken(self, error: BaseException) -> None:
        cause = error.__context__ or error
        if isinstance(cause, (httptools.HttpParserError, UnicodeDecodeError)):
            self._refuse(400, head_only=self._is_head())
        else:
            self._fail(cause, head_only=self._is_head())

    def _fail(self, defect: BaseException, *, head_only: bool) -> None:
        _log.error("edge.failed", exc_info=defect)
        self._refuse(500, head_only=head_only)

    def _is_head(self) -> bool:
        """Whether this is a HEAD, as soon as its method was read; until then, what the one before it was."""
        return self.parser.get_method() == b"HEAD"

    def _refuse(self, status: int, *, head_only: bool) -> None:
        """Refuse the request that is being read, in its turn, and close the connection: nobody knows where the next begins."""
        if self._closing:
            return
        self._closing = True
        in_body = not self._between and not self._in_head
        answered = in_body and (self._answered or self._take_back())
        if answered and self._waits():
            # A visit that waits for its turn, and needs no body; the last answer here.
            self.cycle.keep_alive = False
        elif self._waits():
            super().on_message_begin()
            self._hand_on(b"/", refusal=status)
            self.scope["method"] = "HEAD" if head_only else "GET"
            self.cycle.keep_alive = self.cycle.more_body = False
            self._answered = True
        else:
            self.tick.begin()
            response = b"" if answered else self.edge.refuse(status, close=True, head_only=head_only)
            self.tick.respond(self.transport, response, True)

    def _take_back(self) -> bool:
        """Take a request whose body cannot be read from the application; returns whether it is answered nevertheless."""
        if self.cycle.scope["state"].get("form") is False:
            return True
        if self.pipeline:
            self.pipeline.popleft()
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return self.cycle.response_started

    def _waits(self) -> bool:
        """Whether the application is busy with this connection."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.disconnected

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._between = False
        self._in_head = True
        self._answered = False

    def on_header(self, name: bytes, value: bytes) -> None:
        # What follows a chunked body is no header: nothing of it may be believed (RFC 9110, 6.5.1).
        if self._in_head:
            super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._head_bytes = self._head_seconds = 0
        self._answered = True
        if not self._closing and (not self.parser.should_upgrade() or self.parser.get_method() == b"CONNECT"):
            self._take_head()
        # Not before: a head that cannot be taken is refused as one.
        self._in_head = False

    def _take_head(self) -> None:
        method = self.parser.get_method()
        status = fault(method, self.parser.get_http_version(), self.url, self.headers)
        if status:
            return self._refuse(status, head_only=method == b"HEAD")
        target, host_header = target_and_host(self.url, self.headers)
        self.tick.begin()
        host = self.edge.host(host_header)
        if host is HostKind.INVALID or not target.startswith(b"/"):
            self._refuse(405 if target == b"*" and method == b"OPTIONS" else 400, head_only=method == b"HEAD")
        elif host in _OF_THE_APPLICATION:
            self._hand_on(target)
        elif len(target) > MAX_TARGET_BYTES:
            self._refuse(414, head_only=method == b"HEAD")
        elif self._waits() or self._has_form(host, target):
            # Behind a request that is still with the application, a visit waits its turn there: responses keep their order.
            self._hand_on(b"/", visit=target, form=self._has_form(host, target))
        else:
            self._visit(host, target)
        return None

    def _hand_on(self, target: bytes, **state: Any) -> None:
        """Give the request that is being read to the application, which is told ``state`` in the scope's."""
        self.url = target
        if self.parser.get_http_version() == "1.0":
            # RFC 9110, 10.1.1: such a client does not know what it would be told.
            self.expect_100_continue = False
        super().on_headers_complete()
        self.scope["state"].update(state)
        self._answered = False
        if self._draining or len(self.pipeline) >= MAX_WAITING:
            self.cycle.keep_alive = False

    def _visit(self, host: Host | HostKind, target: bytes) -> None:
        method = _VISIT_METHODS.get(self.parser.get_method())
        close = not self.parser.should_keep_alive() or self.parser.get_http_version() == "1.0" or self._draining
        if not isinstance(host, Host):
            response = self.edge.refuse(421, close=close, head_only=method == "HEAD")
        elif method is None:
            response = self._other_method(host, target, close)
        else:
            head = self.headers
            agent, referrer = header(head, b"user-agent"), header(head, b"referer")
            forwarded, https = self._forwarded() if self._trusted else (b"", False)
            response = self.edge.answer(host, method, target, close, self._peer, agent, referrer, head, forwarded, https)
        self._closing = close
        self.tick.respond(self.transport, response, close)

    def _has_form(self, host: Host | HostKind, target: bytes) -> bool:
        """Whether this is the form of a page of a domain, whose body the application reads."""
        return isinstance(host, Host) and self.parser.get_method() == b"POST" and target.partition(b"?")[0] != BEACON

    def _other_method(self, host: Host, target: bytes, close: bool) -> bytes:
        """The response to what is no visit: a conversion beacon is sent by POST, its body does not matter."""
        forwarded, https = self._forwarded() if self._trusted else (b"", False)
        if self.parser.get_method() != b"POST" or target.partition(b"?")[0] != BEACON:
            return self.edge.refuse(405, close=close, host=host, https=https)
        agent = header(self.headers, b"user-agent")
        return self.edge.convert(host, "POST", target, close, self._peer, agent, forwarded, https)

    def _forwarded(self) -> tuple[bytes, bool]:
        return forwarding(self.headers)

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        self._between = True
        if not self._answered:
            super().on_message_complete()
            # What follows a request that asked for the end is nothing.
            self._closing = self._closing or not self.cycle.keep_alive

    # Flow

    def pause_writing(self) -> None:
        super().pause_writing()
        # A client that sends requests and reads no answers must not fill our memory.
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.pipeline:
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.pipeline and not self.transport.is_closing():
            self.flow.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client may end its side behind its last request, and is answered; True keeps our side open until then. Of an answer
        that has no end, as the application says in the scope's state, the client has had enough."""
        self.tick.end()
        self._closing = True
        if not self._waits() or self.cycle.more_body or self.cycle.scope["state"].get("endless"):
            return False
        self.cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        self.tick.end()
        if self._fresh:
            # Accepted a moment ago: its first request is on the way, and is answered before the connection is closed.
            self._draining = True
            self.loop.call_later(DRAIN_SECONDS, self._close_if_quiet)
        else:
            super().shutdown()

    def _close_if_quiet(self) -> None:
        if self._fresh and not self.transport.is_closing():
            self.transport.close()

    def close_if_idle(self, limit_seconds: int) -> None:
        """Called once a second: closes a connection that was quiet for ``limit_seconds`` and waits for no answer, one that
        takes longer than MAX_HEAD_SECONDS over a request's head, and one whose client takes nothing more of its answers."""
        self.idle_seconds += 1
        self._head_seconds += self._in_head
        unsent = unsent_bytes(self.transport)
        if unsent != self._unsent:
            self._unsent = unsent
            self.idle_seconds = 0
        quiet = self.idle_seconds > limit_seconds
        if unsent:
            if quiet:
                # Closing would wait for what the client does not take.
                self.transport.abort()
        elif quiet or self._head_seconds > MAX_HEAD_SECONDS:
            waits_for_us = self._waits() and not self.cycle.more_body
            if not waits_for_us and not self.transport.is_closing():
                self.transport.close()


def protocol_class(edge: Edge, trusts: Callable[[str], bool], max_connections: int = sys.maxsize) -> type[EdgeProtocol]:
    """The class to hand to ``uvicorn.Config(http=...)``; ``trusts`` tells whether a peer is a trusted proxy. Connections
    beyond ``max_connections`` are closed at once."""

    class BoundEdgeProtocol(EdgeProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            cls = type(self)
            if not hasattr(cls, "tick"):
                cls.tick = EdgeTick(edge, self.loop)

    BoundEdgeProtocol.edge = edge
    BoundEdgeProtocol.max_connections = max_connections
    BoundEdgeProtocol.trusts = staticmethod(trusts)
    return BoundEdgeProtocol
