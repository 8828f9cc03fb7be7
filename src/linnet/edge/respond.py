"""Responses as bytes: redirects and pages, ready for the socket."""

from http import HTTPStatus
from typing import Final

from linnet.edge.pages import HEADERS, PAGES

# 301 and 308 would be kept by browsers for ever, and later visits would be neither redirected anew nor counted.
_REDIRECT_HEADERS: Final = {
    301: b"Cache-Control: no-cache\r\n",
    302: b"",
    307: b"",
    308: b"Cache-Control: no-cache\r\n",
}


def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


REDIRECT_HEAD: Final = {
    status: _status_line(status) + extra + b"Content-Length: 0\r\nLocation: " for status, extra in _REDIRECT_HEADERS.items()
}
_PAGE_HEAD: Final = {
    status: _status_line(status)
    + "".join(f"{name}: {value}\r\n" for name, value in HEADERS).encode()
    + f"Content-Length: {len(body)}\r\n".encode()
    for status, body in PAGES.items()
}


_ACCEPTED: Final = _status_line(204) + b"Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n"


def redirect(status: int, destination: bytes, tail: bytes) -> bytes:
    """A redirect; ``tail`` is what ``tail_of`` made."""
    return REDIRECT_HEAD[status] + destination + tail


def accepted(tail: bytes) -> bytes:
    """The answer to a beacon: nothing to see, and any page may send one."""
    return _ACCEPTED + tail[2:]


def page(status: int, tail: bytes, *, head_only: bool) -> bytes:
    """The page for a status that is no redirect."""
    extra = b"Allow: GET, HEAD\r\n" if status == 405 else b""
    # A tail begins with the line break that ends a Location header.
    return _PAGE_HEAD[status] + extra + tail[2:] + (b"" if head_only else PAGES[status])


def tail_of(date: bytes, *, hide_referrer: bool, close: bool) -> bytes:
    """What follows the destination of every redirect: the headers that depend on the moment, the domain and the connection."""
    policy = b"Referrer-Policy: no-referrer\r\n" if hide_referrer else b""
    connection = b"Connection: close\r\n" if close else b""
    return b"\r\nDate: " + date + b"\r\n" + policy + connection + b"\r\n"
