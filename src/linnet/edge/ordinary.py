"""Ordinary visits: what the protocol class reads of a chunk that is one whole request, without a call for each header."""

import re
from collections.abc import Iterable

import httptools

from linnet.edge.heads import VisitHead

_END_OF_HEAD = b"\r\n\r\n"
# The request line of an ordinary visit: its method, its target, and of that the path without its slash and the query. Paths
# with "%" or beyond ASCII need decoding; they, and whatever else is unusual, take the careful way.
VISIT_LINE = re.compile(rb'(GET|HEAD) (/([!"$&->@-~]*)(\?[!-~]*)?) HTTP/1\.1\r\n')
_MAX_HEADS = 2048
_MAX_HEAD_KEPT = 2048
# Host, Connection, Proxy-Connection, User-Agent and Referer in any case. Spelled out, because a pattern that ignores case is
# four times slower.
_VISIT_HEADERS = re.compile(
    rb"\n([Hh][oO][sS][tT]|[Cc][oO][nN][nN][eE][cC][tT][iI][oO][nN]|[Uu][sS][eE][rR]-[aA][gG][eE][nN][tT]"
    rb"|[Rr][eE][fF][eE][rR][eE][rR]|[Pp][rR][oO][xX][yY]-[cC][oO][nN][nN][eE][cC][tT][iI][oO][nN]):[ \t]*([^\r\n]*)"
)
_H, _C, _U, _R = b"hcur"
# One line of a proxy's that holds nothing but addresses, and can be taken out without another look at the grammar.
_FORWARDED_FOR = re.compile(rb"(?<![^\n])[Xx]-[Ff]orwarded-[Ff]or: ?([0-9A-Fa-f.:, ]*)\r\n")
_FORWARDING = re.compile(rb"^(x-forwarded-(?:for|proto)):[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


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
        request without a body."""
        known = self._known.get(lines)
        if known is not None:
            return known
        if not chunk.endswith(_END_OF_HEAD) or chunk.find(_END_OF_HEAD) != len(chunk) - len(_END_OF_HEAD):
            return None
        read = visit_head(lines) if self._is_whole(chunk) else None
        if read is not None:
            self._keep(lines, read)
        return read

    def read_forwarded(self, chunk: bytes, lines: bytes) -> tuple[VisitHead | None, bytes]:
        """The same for a request that a proxy passes on, with the addresses that it forwards for: these tell visitors apart, so
        what is known is looked up without them."""
        found = _FORWARDED_FOR.search(lines)
        if found is None or _FORWARDED_FOR.search(lines, found.end()) is not None:
            head = self.read(chunk, lines)
            return head, b"" if head is None else head.forwarded_for
        others = lines[: found.start()] + lines[found.end() :]
        known = self._known.get(others)
        if known is None:
            whole = self.read(chunk, lines)
            known = visit_head(others) if whole is not None else None
            if known is not None:
                self._keep(others, known)
        return known, found[1].rstrip(b" ")

    def _keep(self, lines: bytes, head: VisitHead) -> None:
        if len(lines) <= _MAX_HEAD_KEPT and not head.forwarded_for and b"ookie:" not in lines:
            if len(self._known) >= _MAX_HEADS:
                self._known.clear()
            self._known[lines] = head

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

    None for what takes the careful way: folded lines, no Host, one of them twice, or an unusual Connection.
    """
    if b"\n " in lines or b"\n\t" in lines:
        return None
    host = agent = referrer = close = None
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
        elif letter != _C or (value := value.lower()) not in (b"keep-alive", b"close") or close is not None:
            return None
        else:
            close = value == b"close"
    if not host:
        return None
    # Asked for with a plain search first: the pattern, which ignores case, takes as long as all else here.
    passed_on = _FORWARDING.findall(lines) if b"x-forwarded-" in lines.lower() else ()
    forwarded, https = forwarding([(name.lower(), value.rstrip(b" \t")) for name, value in passed_on])
    return VisitHead(host, agent or b"", referrer or b"", forwarded, https, lines, close=bool(close))


def forwarding(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bool]:
    """What the headers of a proxy say: the addresses that it forwards for, and whether it was asked by HTTPS."""
    addresses, https = [], False
    for name, value in headers:
        if name == b"x-forwarded-for":
            addresses.append(value)
        elif name == b"x-forwarded-proto":
            # Of several proxies the last one said it last.
            https = value.rpartition(b",")[2].strip(b" \t").lower() == b"https"
    return b",".join(addresses), https
