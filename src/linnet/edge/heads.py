"""Heads of requests: what must be refused, and headers that few visits need, read when one does."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain

from linnet.model.click import ClickFlag
from linnet.visitor.language import first_language

MAX_HEAD_BYTES = 64 * 1024
# Of a visit: RFC 9110 (4.1) asks for 8,000, and what is done with a query takes the longer the longer it is.
MAX_TARGET_BYTES = 8192
_VERSIONS = ("1.1", "1.0")
# The absolute form of a target (RFC 9112, 3.2.2): authority, and the rest.
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
# What a click's record takes of them at most, in bytes.
MAX_USER_AGENT = 1024
MAX_REFERRER = 2048
MAX_FORWARDED = 1024


class VisitHead:
    """The headers of a visit that every visit needs, as they came and, shortened, as its record takes them; and ``lines``, in
    which the others are. What was read of these is kept, because visits with the same lines have one such head."""

    __slots__ = (
        "agent",
        "agent_text",
        "close",
        "forwarded_for",
        "host",
        "https",
        "lines",
        "others",
        "referrer",
        "referrer_text",
        "wishes",
    )

    def __init__(
        self,
        host: bytes,
        agent: bytes,
        referrer: bytes,
        forwarded_for: bytes,
        https: bool,
        lines: bytes = b"",
        *,
        close: bool = False,
    ) -> None:
        self.close = close
        self.lines = lines
        self.others: dict[bytes, bytes] | None = None
        self.wishes: tuple[str, int] | None = None
        self.host = host
        self.agent = agent
        self.referrer = referrer
        self.forwarded_for = forwarded_for
        self.https = https
        self.agent_text = agent[:MAX_USER_AGENT].decode("latin-1")
        self.referrer_text = referrer[:MAX_REFERRER].decode("latin-1")


# The bytes of a whole head that parsed, its header lines as (lower-case name, value), or the head of an ordinary visit.
Head = bytes | Sequence[tuple[bytes, bytes]] | VisitHead


def header(head: Head, name: bytes) -> bytes:
    """The value of the header ``name`` (lower case), the first of several; b"" when it is missing."""
    if isinstance(head, VisitHead):
        others = head.others
        if others is None:
            others = head.others = {}
        value = others.get(name)
        if value is None:
            value = others[name] = header(b"\n" + head.lines, name)
        return value
    if isinstance(head, bytes):
        found = _pattern(name).search(head)
        return found[1].rstrip(b" \t") if found is not None else b""
    return next((value for given, value in head if given == name), b"")


def wishes_of(head: Head) -> tuple[str, int]:
    """What a click's record takes of a visitor's wishes: the language that it likes best, and the flag of one who asked not to
    be tracked (DNT, or Global Privacy Control)."""
    if isinstance(head, VisitHead) and head.wishes is not None:
        return head.wishes
    opted_out = header(head, b"dnt").strip() == b"1" or header(head, b"sec-gpc").strip() == b"1"
    wishes = first_language(header(head, b"accept-language")), ClickFlag.OPTED_OUT if opted_out else 0
    if isinstance(head, VisitHead):
        head.wishes = wishes
    return wishes


@cache
def _pattern(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\n" + re.escape(name) + rb":[ \t]*([^\r\n]*)", re.IGNORECASE)


def fault(method: bytes, version: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """The status with which a head that the parser let pass must be refused (RFC 9112, 3.2 and 6.1); 0 when it is in order.

    Names of ``headers`` are in lower case. 405 is for CONNECT, behind which bytes for a tunnel may be on the way already.
    """
    lines = len(method) + len(target) + len("  HTTP/1.1\r\n\r\n") + len(": \r\n") * len(headers)
    if lines + sum(map(len, chain.from_iterable(headers))) > MAX_HEAD_BYTES:
        return 431
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or version not in _VERSIONS or (not hosts and version != "1.0"):
        return 400
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and (version == "1.0" or codings != [b"chunked"]):
        # Others may see the body's end elsewhere, or we do not know the coding.
        return 501 if version == "1.1" and codings[-1].rpartition(b",")[2].strip() == b"chunked" else 400
    return 405 if method == b"CONNECT" else 0


def target_and_host(target: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Path and query, and the host that counts (b"" for none): that of an absolute target, which is put into ``headers``."""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        return target, next((value for name, value in headers if name == b"host"), b"")
    host, rest = absolute.groups()
    # In place, because the application's scope has this list.
    headers[:] = [(b"host", host), *(each for each in headers if each[0] != b"host")]
    # An absolute target without a host is no target.
    return (rest if rest.startswith(b"/") else b"/" + rest) if host else b"", host
