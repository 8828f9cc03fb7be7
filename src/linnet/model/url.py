"""Destinations: which addresses a link may lead to, and how their query strings are merged."""

import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, unquote_plus, unquote_to_bytes, urlsplit, urlunsplit

from linnet.model.errors import InvalidField
from linnet.model.text import has_control_characters

MAX_URL_BYTES = 8 * 1024
ENCRYPTED_SCHEME = "shortsecure"
_NOT_IN_HOST = re.compile(r'[ <>"{}|\\^`%]')
# Most destinations; what this matches, the checks below would let pass. A port is left to them.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][!-~]*)?", re.ASCII)
# Ciphertext and nonce in base64, which is left to the page that opens them. One ciphertext in 64 begins with a slash.
_ENCRYPTED = re.compile(r"shortsecure://[!->@-~]+\?[!-~]+", re.ASCII)
_HOST_PART = re.compile(r"[^/?#]*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_WEB_SCHEMES = ("http", "https")
_TARGET_SAFE = "/?:@!$&'()*+,;=-._~%[]"
_URL_SAFE = "/?#[]@!$&'()*+,;=:-._~%"


def clean_url(url: str, *, field: str, encrypted_allowed: bool = False) -> str:
    """``url`` without surrounding white space, or InvalidField.

    Accepts absolute http and https URLs with a host, and ``shortsecure://`` (an encrypted destination, contract b.0) where
    ``encrypted_allowed``. Everything else, ``javascript:`` and ``data:`` first of all, could run in the visitor's browser.
    """
    if len(url) <= MAX_URL_BYTES and _PLAIN.fullmatch(url):
        return url
    cleaned = url.strip(" \t\r\n")
    if len(cleaned.encode(errors="replace")) > MAX_URL_BYTES:
        raise InvalidField(f"{field} is longer than {MAX_URL_BYTES} bytes.", field=field)
    if encrypted_allowed and _ENCRYPTED.fullmatch(cleaned):
        return cleaned
    if has_control_characters(cleaned):
        raise InvalidField(f"{field} holds control characters.", field=field)
    try:
        parts = urlsplit(cleaned)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidField(f"{field} is not a valid URL: {error}.", field=field) from None
    if encrypted_allowed and parts.scheme == ENCRYPTED_SCHEME:
        raise InvalidField(f"{field} must read shortsecure://<ciphertext>?<iv>, both in base64.", field=field)
    if parts.scheme not in _WEB_SCHEMES or not host:
        raise InvalidField(f"{field} must be an absolute http:// or https:// URL with a host.", field=field)
    if _NOT_IN_HOST.search(host):
        raise InvalidField(f"{field} has an invalid host name.", field=field)
    ascii_host(host, field=field)
    return cleaned


def ascii_host(host: str, *, field: str) -> str:
    """``host`` in lower case and punycode; InvalidField for one that IDNA refuses."""
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise InvalidField(f"{field} has an invalid host name.", field=field) from None


def location(url: str) -> str:
    """``url`` as it may stand in a Location header: ASCII, punycode host, what is not allowed percent-encoded."""
    if url.isascii():
        return quote(url, safe=_URL_SAFE)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host and not host.isascii():
        userinfo, at, _ = parts.netloc.rpartition("@")
        port = f":{parts.port}" if parts.port else ""
        parts = parts._replace(netloc=f"{userinfo}{at}{ascii_host(host, field='originalURL')}{port}")
    return quote(urlunsplit(parts), safe=_URL_SAFE)


def with_parameters(url: str, parameters: Mapping[str, str | None]) -> str:
    """``url`` with the given query parameters: a value sets one in place of any of that name, None removes it."""
    head, hash_mark, fragment = url.partition("#")
    base, _, query = head.partition("?")
    kept = [pair for pair in query.split("&") if pair and _name(pair) not in parameters]
    added = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters.items() if value is not None]
    merged = "&".join([*kept, *added])
    return f"{base}{'?' if merged else ''}{merged}{hash_mark}{fragment}"


def with_captured(url: str, rest: str) -> str:
    """``url`` with what a wildcard captured in place of each ``$1``. Who makes up a path must not choose the host by it, unless
    the link's owner wrote ``$1`` alone there: behind a host it begins the path, before a dot it is a single label, or stays."""
    if "$1" not in url:
        return url
    start = url.find("://") + 3
    host = _HOST_PART.match(url, start)
    end = host.end() if host is not None else start
    before, after = url[start:end], url[end:].replace("$1", rest)
    if before == "$1":
        before = rest
    elif "$1" in before:
        if _LABEL.fullmatch(rest):
            before = before.replace("$1.", f"{rest}.")
        if before.endswith("$1"):
            before = f"{before.removesuffix('$1')}/{rest}"
    return url[:start] + before + after


def quoted_target(target: str | bytes) -> str:
    """What was asked for, path and query or one of them, as it may stand in a URL."""
    return quote(target, safe=_TARGET_SAFE)


def merged_query(url: str, query: str) -> str:
    """``url`` with a visitor's raw query string passed through: of two parameters with one name the visitor's wins."""
    pairs = [pair for pair in query.split("&") if pair]
    if not pairs:
        return url
    head, hash_mark, fragment = url.partition("#")
    base, _, own = head.partition("?")
    kept: list[str] = []
    if own:
        # A visitor may send thousands of them, and most of one spelling.
        names = {_decoded(name) for name in {pair.partition("=")[0] for pair in pairs}}
        kept = [pair for pair in own.split("&") if pair and _name(pair) not in names]
    return f"{base}?{'&'.join([*kept, *pairs])}{hash_mark}{fragment}"


def _name(pair: str) -> str:
    return _decoded(pair.partition("=")[0])


def _decoded(name: str) -> str:
    if "%" not in name and "+" not in name:
        return name
    # A third of what unquote_plus takes.
    return unquote_to_bytes(name.replace("+", " ")).decode(errors="replace") if name.isascii() else unquote_plus(name)
