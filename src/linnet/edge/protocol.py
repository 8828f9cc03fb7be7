"""The HTTP protocol class of the web workers: visits are answered in ``data_received``, all else goes on to the application.

A subclass of uvicorn's protocol, which keeps parsing, keep-alive, back-pressure and graceful shutdown for everything but the
common case: one chunk of data that is one complete GET or HEAD for a domain. That is parsed by the same library, but without
a Python call per header and without building an ASGI scope.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from linnet.edge.heads import header
from linnet.edge.visit import Edge, Host, HostKind, VisitHead
from linnet.model.conversion import PATH as BEACON

MAX_HEAD_BYTES = 64 * 1024
MAX_HEAD_SECONDS = 20
DRAIN_SECONDS = 2
_VERSIONS = ("1.1", "1.0")
# The parser takes larger data in pieces, so that a head over the bound is noticed however it arrives.
_PIECE_BYTES = 16 * 1024
_VISIT_METHODS = {b"GET": "GET", b"HEAD": "HEAD"}
_OF_THE_APPLICATION = (HostKind.ADMIN, HostKind.API)
_END_OF_HEAD = b"\r\n\r\n"
# The request line of an ordinary visit: its method, its target, and of that the path without its slash and the query. Paths
# with "%" or beyond ASCII need decoding; they, and whatever else is unusual, take the careful way.
_VISIT_LINE = re.compile(rb'(GET|HEAD) (/([!"$&->@-~]*)(\?[!-~]*)?) HTTP/1\.1\r\n')
_MAX_HEADS = 2048
_MAX_HEAD_KEPT = 2048
# Host, Connection, User-Agent and Referer in any case. Spelled out, because a pattern that ignores case is four times slower.
_VISIT_HEADERS = re.compile(
    rb"\n([Hh][oO][sS][tT]|[Cc][oO][nN][nN][eE][cC][tT][iI][oO][nN]|[Uu][sS][eE][rR]-[aA][gG][eE][nN][tT]"
    rb"|[Rr][eE][fF][eE][rR][eE][rR]):[ \t]*([^\r\n]*)"
)
_H, _C, _U, _R = b"hcur"
_FORWARDING = re.compile(rb"^(x-forwarded-(?:for|proto)):[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_log = structlog.get_logger("linnet.edge")


class HeadReader:
    """Reads the headers of visits; one instance serves all connections.

    The grammar is the parser library's. No callback takes the headers, which spares a Python call for each of them: the few
    that a visit needs are found by a pattern. Browsers of a kind send the same headers, and one browser does so with each
    request, so what was read of them is kept, by the bytes behind the request line; but not where they tell visitors apart.
    """

    def __init__(self) -> None:
        self._unfinished = [True]
        self.on_message_complete = self._unfinished.clear
        self._parser = httptools.HttpRequestParser(self)
        self._known: dict[bytes, VisitHead] = {}

    def read(self, chunk: bytes, lines: bytes) -> VisitHead | None:
        """The headers of ``chunk``, of which ``lines`` is what follows the request line; None unless it is exactly one complete
        request without a body that is to keep its connection."""
        known = self._known.get(lines)
        if known is not None:
            return known
        if not chunk.endswith(_END_OF_HEAD) or chunk.find(_END_OF_HEAD) != len(chunk) - len(_END_OF_HEAD):
            return None
        read = visit_head(lines) if self._is_whole(chunk) else None
        if read is not None and len(lines) <= _MAX_HEAD_KEPT and not read.forwarded_for and b"ookie:" not in lines:
            if len(self._known) >= _MAX_HEADS:
                self._known.clear()
            self._known[lines] = read
        return read

    def _is_whole(self, chunk: bytes) -> bool:
        self._unfinished.append(True)
        try:
            self._parser.feed_data(chunk)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._unfinished.append(True)
        if not self._unfinished:
            return True
        self._unfinished.clear()
        self._parser = httptools.HttpRequestParser(self)
        return False


def visit_head(lines: bytes) -> VisitHead | None:
    """The headers in the lines behind a request line, which parsed.

    None for what takes the careful way: folded lines, no Host, one of them twice, or a Connection that is not to be kept.
    """
    if b"\n " in lines or b"\n\t" in lines:
        return None
    host = agent = referrer = None
    for name, value in _VISIT_HEADERS.findall(b"\n" + lines):
        letter = name[0] | 0x20
        if value.endswith((b" ", b"\t")):
            value = value.rstrip(b" \t")
        if letter == _H and host is None:
            host = value
        elif letter == _U and agent is None:
            agent = value
        elif letter == _R and referrer is None:
            referrer = value
        elif letter != _C or value.lower() != b"keep-alive":
            return None
    if not host:
        return None
    forwarded, https = forwarding([(name.lower(), value.rstrip(b" \t")) for name, value in _FORWARDING.findall(lines)])
    return VisitHead(host, agent or b"", referrer or b"", forwarded, https)


def forwarding(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bool]:
    """What the headers of a proxy say: the addresses that it forwards for, and whether it was asked by HTTPS."""
    addresses, https = [], False
    for name, value in headers:
        if name == b"x-forwarded-for":
            addresses.append(value)
        elif name == b"x-forwarded-proto":
            https = value.lower() == b"https"
    return b",".join(addresses), https


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


class EdgeProtocol(HttpToolsProtocol):
    """One connection. Made by ``protocol_class``, which hands in the edge."""

    edge: Edge
    tick: EdgeTick
    trusts: Callable[[str], bool]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = False
        self._between = True
        self._answered = False
        self._closing = False
        self._peer = ""
        self._trusted = False
        self.idle_seconds = 0
        self._head_seconds = 0
        self._fresh = True
        self._draining = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self._trusted = self.trusts(self._peer)

    # The common case: a chunk that is one request

    def data_received(self, data: bytes) -> None:
        self.idle_seconds = 0
        self._fresh = False
        if self._closing or (self._between and self._answer_whole(data)):
            return
        self._feed(data)

    def _answer_whole(self, data: bytes) -> bool:
        """Answer ``data`` if it is one complete, ordinary visit; otherwise touch nothing and return False."""
        line = _VISIT_LINE.match(data)
        if line is None or len(data) > MAX_HEAD_BYTES or self._draining:
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        tick = self.tick
        head = tick.reader.read(data, data[line.end() :])
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
            response = self.edge.answer_ordinary(host, line, head, self._peer, self._trusted, data)
        except Exception as defect:
            # Outside the parser's callbacks nobody else would answer, and the visitor would wait for ever.
            self._fail(defect)
            return True
        tick.respond(self.transport, response, False)
        return True

    # Everything else: the connection's own parser, with uvicorn's callbacks

    def _feed(self, data: bytes) -> None:
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._between = False
        for start in range(0, len(data), _PIECE_BYTES):
            self._feed_piece(data[start : start + _PIECE_BYTES])
            if self._closing:
                break

    def _feed_piece(self, data: bytes) -> None:
        self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()
        except httptools.HttpParserCallbackError as error:
            self._refuse_broken(error)
        except httptools.HttpParserError:
            self._refuse(400)
        else:
            # Reset by each part of a body, so that trailers are bounded like heads.
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431)

    def _refuse_broken(self, error: BaseException) -> None:
        cause = error.__context__ or error
        if isinstance(cause, (httptools.HttpParserError, UnicodeDecodeError)):
            self._refuse(400)
        else:
            self._fail(cause)

    def _fail(self, defect: BaseException) -> None:
        _log.error("edge.failed", exc_info=defect)
        self._refuse(500)

    def _refuse(self, status: int) -> None:
        if not self._closing:
            self._closing = True
            self.tick.begin()
            self.tick.respond(self.transport, self.edge.refuse(status, close=True), True)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._between = False
        self._in_head = True
        self._answered = False

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = self._head_seconds = 0
        if self._closing:
            self._answered = True
            return None
        target, host_header = self._target_and_host()
        if host_header is None:
            self._answered = True
            return self._refuse(400)
        self.tick.begin()
        host = self.edge.host(host_header)
        waiting = self.cycle is not None and not self.cycle.response_complete
        if host in _OF_THE_APPLICATION or waiting or self._has_form(host, target):
            # Behind a request that is still with the application, a visit waits its turn there: responses keep their order.
            super().on_headers_complete()
            if self._draining:
                self.cycle.keep_alive = False
            return None
        self._answered = True
        self._visit(host, target)
        return None

    def _target_and_host(self) -> tuple[bytes, bytes | None]:
        """The request target as a path, and the host that counts; None for a request that must be refused: its host is missing
        or ambiguous, or its version another one."""
        version = self.parser.get_http_version()
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or version not in _VERSIONS or (not hosts and version != "1.0"):
            return self.url, None
        if self.url.startswith((b"http://", b"https://")):
            # Absolute form (RFC 9112, 3.2.2): its host counts, not the header's.
            host, slash, rest = self.url.partition(b"://")[2].partition(b"/")
            self.url = slash + rest or b"/"
            # In place, because the application's scope has this list.
            self.headers[:] = [(b"host", host), *(each for each in self.headers if each[0] != b"host")]
            return self.url, host
        return self.url, hosts[0] if hosts else b""

    def _visit(self, host: Host | HostKind, target: bytes) -> None:
        method = _VISIT_METHODS.get(self.parser.get_method())
        close = not self.parser.should_keep_alive() or self.parser.get_http_version() == "1.0" or self._draining
        self._closing = close
        if not isinstance(host, Host):
            response = self.edge.refuse(421, close=close, head_only=method == "HEAD")
        elif method is None:
            response = self._other_method(host, target, close)
        elif not target.startswith(b"/"):
            self._closing = close = True
            response = self.edge.refuse(400, close=True)
        else:
            head = self.headers
            agent, referrer = header(head, b"user-agent"), header(head, b"referer")
            forwarded, https = self._forwarded() if self._trusted else (b"", False)
            response = self.edge.answer(host, method, target, close, self._peer, agent, referrer, head, forwarded, https)
        self.tick.respond(self.transport, response, close)

    def _has_form(self, host: Host | HostKind, target: bytes) -> bool:
        """Whether this is the form of a page of a domain, whose body the application reads."""
        return isinstance(host, Host) and self.parser.get_method() == b"POST" and target.partition(b"?")[0] != BEACON

    def _other_method(self, host: Host, target: bytes, close: bool) -> bytes:
        """The response to what is no visit: a conversion beacon is sent by POST, its body does not matter."""
        if self.parser.get_method() != b"POST" or target.partition(b"?")[0] != BEACON:
            return self.edge.refuse(405, close=close)
        forwarded = self._forwarded()[0] if self._trusted else b""
        agent = header(self.headers, b"user-agent")
        return self.edge.convert(host, "POST", target, close, self._peer, agent, forwarded)

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

    # Flow

    def pause_writing(self) -> None:
        super().pause_writing()
        # A client that sends requests and reads no answers must not fill our memory.
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.pipeline:
            self.flow.resume_reading()

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
        """Called once a second: closes a connection that was quiet for ``limit_seconds`` and waits for no answer, and one that
        takes longer than MAX_HEAD_SECONDS over a request's head."""
        self.idle_seconds += 1
        self._head_seconds += self._in_head
        waiting = self.cycle is not None and not self.cycle.response_complete
        quiet = self.idle_seconds > limit_seconds or self._head_seconds > MAX_HEAD_SECONDS
        if quiet and not waiting and not self.transport.is_closing():
            self.transport.close()


def protocol_class(edge: Edge, trusts: Callable[[str], bool]) -> type[EdgeProtocol]:
    """The class to hand to ``uvicorn.Config(http=...)``; ``trusts`` tells whether a peer is a trusted proxy."""

    class BoundEdgeProtocol(EdgeProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            cls = type(self)
            if not hasattr(cls, "tick"):
                cls.tick = EdgeTick(edge, self.loop)

    BoundEdgeProtocol.edge = edge
    BoundEdgeProtocol.trusts = staticmethod(trusts)
    return BoundEdgeProtocol
