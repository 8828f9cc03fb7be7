"""The few pages that visitors see instead of a destination: self-contained, without script, under a strict policy."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import quote

STYLE: Final = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}"
    "h1{font-size:1.4rem;margin:0 0 .5rem}p{margin:0;opacity:.8;white-space:pre-line;overflow-wrap:anywhere}"
)
# What is left alone of an e-mail address in a URL (RFC 6068).
_MAIL_SAFE: Final = "@!$'*+-._~"


def style_source(style: str) -> str:
    """What a Content-Security-Policy calls a style sheet that it lets in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def headers_of(style: str, policy: str = "") -> bytes:
    """The header lines of a page with this style; ``policy`` is what its Content-Security-Policy says besides."""
    directives = ("default-src 'none'", f"style-src {style_source(style)}", policy, "frame-ancestors 'none'", "base-uri 'none'")
    return html_headers("; ".join(filter(None, directives)))


def html_headers(policy: str, referrer: str = "no-referrer") -> bytes:
    """The header lines of a page, but for its length, with these policies about its content and about referrers."""
    return (
        "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
        f"Content-Security-Policy: {policy}\r\n"
        f"X-Content-Type-Options: nosniff\r\nReferrer-Policy: {referrer}\r\n"
    ).encode("ascii")


def html_page(title: str, content: str, style: str = STYLE) -> bytes:
    """A page of its own with this ``title`` (HTML); ``content`` is HTML behind the heading."""
    return html_document(title, f"<main><h1>{title}</h1>{content}</main>", style)


def html_document(title: str, body: str, style: str, *, head: str = "", robots: bool = False) -> bytes:
    """A page, all of whose parts are HTML. It is kept from search engines unless ``robots`` may have it."""
    index = "" if robots else '<meta name="robots" content="noindex">'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"{index}<title>{title}</title>{head}<style>{style}</style></head><body>{body}</body></html>\n"
    ).encode(errors="replace")


def mail_link(address: str) -> str:
    """An e-mail address as HTML, to write to."""
    return f'<a href="{escape(f"mailto:{quote(address, safe=_MAIL_SAFE)}")}">{escape(address)}</a>'


def _page(title: str, text: str) -> bytes:
    return html_page(title, f"<p>{text}</p>")


HEADERS: Final = headers_of(STYLE)
# What pages say where their domain has no words of its own (``Domain.page_texts``).
WORDS: Final = {
    "not_found": "No link has this address. Check it for typing errors.",
    "expired": "Its owner set an end to it.",
    "password": "Its destination is not shown here.",
}
TITLES: Final = {
    "not_found": "Link not found",
    "expired": "This link has expired",
    "password": "This link is protected",
}
_STATUSES: Final = {"not_found": 404, "expired": 410, "password": 403}

PAGES: Final = {
    400: _page("Bad request", "The request could not be understood."),
    403: _page(TITLES["password"], WORDS["password"]),
    404: _page(TITLES["not_found"], WORDS["not_found"]),
    408: _page("Too slow", "The request took too long to arrive."),
    413: _page("Request too large", "What was sent is too large."),
    414: _page("Address too long", "No link has such a long address."),
    415: _page("Not a form", "What was sent is no form."),
    405: _page("Method not allowed", "A short link can only be followed."),
    410: _page(TITLES["expired"], WORDS["expired"]),
    421: _page("Unknown domain", "This server does not serve links for this host name."),
    500: _page("Something went wrong", "The server failed to follow this link. Please try again later."),
    429: _page("Too many requests", "The server takes no more of these now. Please try again later."),
    508: _page("This link leads in a circle", "It leads through other short links back to itself. Its owner can mend that."),
    501: _page("Not implemented", "The server does not know how this request is encoded."),
    431: _page("Request too large", "The request's headers are too large."),
}


def words(texts: Mapping[str, str], name: str, usual: str | None = None) -> str:
    """What a page says, as HTML: the domain's own text of that name, else ``usual``, else the words for everybody."""
    return escape(texts.get(name) or usual or WORDS[name])


def own_pages(texts: Mapping[str, str]) -> dict[int, bytes]:
    """By status, the pages of a domain that has words of its own for them."""
    return {status: _page(TITLES[name], words(texts, name)) for name, status in _STATUSES.items() if texts.get(name)}
