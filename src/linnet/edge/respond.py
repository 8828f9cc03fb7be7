"""Responses as bytes: redirects and pages, ready for the socket."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from linnet.edge.pages import HEADERS, PAGES, own_pages

# The head (but for what a tail holds) and the body of each page, by status.
Pages = Mapping[int, tuple[bytes, bytes]]

# 301 and 308 would be kept by browsers for ever, and later visits would be neither redirected anew nor counted.
_REDIRECT_HEADERS: Final = {
    301: b"Cache-Control: no-cache\r\n",
    302: b"",
    307: b"",
    308: b"Cache-Control: no-cache\r\n",
}

NO_REFERRER: Final = b"Referrer-Policy: no-referrer\r\n"


def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


REDIRECT_HEAD: Final = {
    status: _status_line(status) + extra + b"Content-Length: 0\r\nLocation: " for status, extra in _REDIRECT_HEADERS.items()
}
_PRIVATE_HEAD: Final = {
    status: _status_line(status) + b"Cache-Control: private, no-store\r\nContent-Length: 0\r\nLocation: "
    for status in _REDIRECT_HEADERS
}
_SEE_OTHER: Final = _status_line(303) + b"Cache-Control: no-store\r\nContent-Length: 0\r\n"


def _prepared(pages: Mapping[int, bytes]) -> Pages:
    return {
        status: (_status_line(status) + HEADERS + f"Content-Length: {len(body)}\r\n".encode(), body)
        for status, body in pages.items()
    }


USUAL_PAGES: Final[Pages] = _prepared(PAGES)


_ACCEPTED: Final = _status_line(204) + b"Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n"


def redirect(status: int, destination: bytes, tail: bytes, *, private: bool = False) -> bytes:
    """A redirect; ``tail`` is what ``tail_of`` made. A ``private`` one is for this visitor alone, and no cache may keep it."""
    return (_PRIVATE_HEAD if private else REDIRECT_HEAD)[status] + destination + tail


def see_other(location: bytes, headers: bytes, tail: bytes) -> bytes:
    """The answer to a form that leads back to a page; ``headers`` are lines of its own."""
    return _SEE_OTHER + headers + b"Location: " + location + tail


def accepted(tail: bytes) -> bytes:
    """The answer to a beacon: nothing to see, and any page may send one."""
    return _ACCEPTED + tail[2:]


def pages_of(texts: Mapping[str, str]) -> Pages:
    """The pages of a domain with these words of its own (``Domain.page_texts``)."""
    return {**USUAL_PAGES, **_prepared(own_pages(texts))} if texts else USUAL_PAGES


def page(status: int, tail: bytes, *, head_only: bool, pages: Pages = USUAL_PAGES) -> bytes:
    """The page for a status that is no redirect, as ``pages`` has it."""
    head, body = pages[status]
    extra = b"Allow: GET, HEAD\r\n" if status == 405 else b""
    # A tail begins with the line break that ends a Location header; a page has the policy anyway.
    return head + extra + tail[2:].replace(NO_REFERRER, b"") + (b"" if head_only else body)


def document(status: int, body: bytes, headers: bytes, tail: bytes, *, head_only: bool) -> bytes:
    """A page or a file that was made for this visit; ``headers`` are lines of its head (as of ``pages.headers_of``)."""
    head = _status_line(status) + headers + b"Content-Length: %d\r\n" % len(body)
    return head + tail[2:].replace(NO_REFERRER, b"") + (b"" if head_only else body)


def tail_of(date: bytes, headers: bytes, *, close: bool) -> bytes:
    """What follows the destination of every redirect: what depends on the moment, the domain (``headers``, whole lines) and the
    connection."""
    connection = b"Connection: close\r\n" if close else b""
    return b"\r\nDate: " + date + b"\r\n" + headers + connection + b"\r\n"
