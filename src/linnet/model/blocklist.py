"""Lists of hosts that are reported as harmful: what their lines mean, and which of them an address falls under."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from linnet.model.errors import InvalidField
from linnet.model.own_urls import read_url
from linnet.model.url import ascii_host, location

_HOST: Final = re.compile(r"(?=.{3,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+", re.ASCII)
# Most lines of most lists.
_USUAL: Final = re.compile(
    r"(?:(?:0\.0\.0\.0|127\.0\.0\.1)[ \t]+)?((?=.{3,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+)", re.ASCII
)
_ADDRESS: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]*:[0-9a-f:.]*(?:%\w+)?", re.ASCII | re.IGNORECASE)
_MAX_LINE: Final = 8 * 1024
# Options of an adblock rule with which it holds for a visit too; others make it one for parts of pages, or for some sites.
_OPTIONS: Final = frozenset({"all", "document", "doc", "important", "popup"})


class Entry(NamedTuple):
    """What is blocked: a host with everything below it, or (``prefix``) only addresses on it whose path begins so."""

    host: str
    prefix: str = ""


def read_line(line: str) -> Entry | None:
    """The entry in a line: a host, a line of a hosts file (``0.0.0.0 evil.example``), ``||evil.example^`` of an adblock list,
    or a whole address. None for comments and whatever else is no entry."""
    text = line.strip()
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return Entry(usual[1])
    if not text or text[0] in "!#[@" or len(text) > _MAX_LINE:
        return None
    if text.startswith("||"):
        return _of_rule(text[2:])
    words = text.partition(" #")[0].split()
    word = words[1] if len(words) > 1 and _ADDRESS.fullmatch(words[0]) else words[0]
    return _of_url(word) if "://" in word else _of_host(word)


def suffixes(host: str) -> Iterator[str]:
    """``host`` and the hosts above it, down to the last two labels."""
    while "." in host:
        yield host
        host = host.partition(".")[2]


def is_under(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether an address with this path (and query) on a listed host is blocked; no ``prefixes`` block all of them."""
    return not prefixes or path.startswith(prefixes)


def _of_rule(rule: str) -> Entry | None:
    body, _, options = rule.partition("$")
    if options and not _OPTIONS.issuperset(options.split(",")):
        return None
    host, slash, rest = body.partition("/")
    if not slash:
        return _of_host(host.removesuffix("^"))
    entry = _of_host(host)
    path = slash + rest.removesuffix("*").removesuffix("^")
    return None if entry is None or "*" in path or "^" in path else Entry(entry.host, path if path != "/" else "")


def _of_host(word: str) -> Entry | None:
    name = word.removeprefix("*.").strip(".")
    try:
        host = ascii_host(name, field="host")
    except InvalidField:
        return None
    return Entry(host) if _HOST.fullmatch(host) else None


def _of_url(word: str) -> Entry | None:
    try:
        parts = read_url(location(word))
    except (InvalidField, ValueError):
        return None
    entry = None if parts is None else _of_host(parts.host)
    if parts is None or entry is None:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Entry(entry.host, path if path != "/" else "")
