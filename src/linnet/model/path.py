"""Paths of links: how one is written, generated and turned into the key that the edge looks up."""

import unicodedata
from enum import StrEnum
from typing import Final
from urllib.parse import quote, unquote

from linnet.model.errors import InvalidField
from linnet.model.ids import ALPHABET, Chooser, random_characters
from linnet.model.text import has_control_characters

MAX_PATH_BYTES = 1024
RESERVED_PREFIXES: Final = (".shortio/", ".well-known/")
_BASE36 = ALPHABET[:36]
# In the path of a short URL these stay as they are; everything else is percent-encoded (RFC 3986, pchar and "/").
_PATH_SAFE = "/-._~!$&'()*+,;=:@"


class LinkType(StrEnum):
    """How a domain makes the path of a link that names none (contract c.2)."""

    INCREMENT = "increment"
    RANDOM = "random"
    SECURE = "secure"
    FOUR_CHAR = "four-char"
    EIGHT_CHAR = "eight-char"
    TEN_CHAR = "ten-char"


# "secure" is unguessable: 22 characters of base 62 are 131 bits.
_RANDOM_LENGTH: Final = {
    LinkType.RANDOM: 6,
    LinkType.SECURE: 22,
    LinkType.FOUR_CHAR: 4,
    LinkType.EIGHT_CHAR: 8,
    LinkType.TEN_CHAR: 10,
}


def random_path(link_type: LinkType, chooser: Chooser) -> str:
    """A random path of the given type; not for ``increment``, whose counter lives with the domain."""
    return random_characters(_RANDOM_LENGTH[link_type], chooser)


def counter_path(counter: int) -> str:
    """The path for a value of a domain's increment counter: base 36, so that it survives case-insensitive domains."""
    digits = ""
    while True:
        counter, remainder = divmod(counter, 36)
        digits = _BASE36[remainder] + digits
        if counter == 0:
            return digits


def clean_path(path: str) -> str:
    """``path`` as it is stored: no leading slash, percent-decoded, NFC.

    Raises InvalidField for one that is too long, holds control characters, a query or a fragment, has ``*`` elsewhere than
    as its last segment, or would shadow a reserved address. ``""`` is the root link, ``*`` the catch-all, ``docs/*`` a
    prefix (contract b.0).
    """
    cleaned = unicodedata.normalize("NFC", unquote(path.removeprefix("/")))
    if len(cleaned.encode(errors="replace")) > MAX_PATH_BYTES:
        raise InvalidField(f"path is longer than {MAX_PATH_BYTES} bytes.", field="path")
    if has_control_characters(cleaned) or "\ufffd" in cleaned:
        raise InvalidField("path holds control characters or is not valid UTF-8.", field="path")
    if "?" in cleaned or "#" in cleaned:
        raise InvalidField("path must not hold '?' or '#': they begin the query and the fragment of a URL.", field="path")
    if any(segment in (".", "..") for segment in cleaned.split("/")):
        raise InvalidField("path must not hold '.' or '..' as a segment: browsers remove them.", field="path")
    if "*" in cleaned and (cleaned.count("*") > 1 or not (cleaned == "*" or cleaned.endswith("/*"))):
        raise InvalidField("'*' is only allowed as the whole path or as its last segment, as in 'docs/*'.", field="path")
    if cleaned.lower().startswith(RESERVED_PREFIXES) or cleaned.lower() == "robots.txt":
        raise InvalidField(f"path '{cleaned}' is reserved.", field="path")
    return cleaned


def path_key(path: str, *, case_sensitive: bool) -> str:
    """What decides whether two paths are the same on a domain; ``path`` is decoded text without its leading slash."""
    if path.isascii():
        return path if case_sensitive else path.lower()
    normal = unicodedata.normalize("NFC", path)
    return normal if case_sensitive else unicodedata.normalize("NFC", normal.lower())


def requested_path(raw_path: bytes) -> str | None:
    """The text of a request target's path without its leading slash, percent-decoded; None when it is not UTF-8."""
    try:
        return unquote(raw_path[1:].decode("utf-8"), errors="strict")
    except UnicodeDecodeError:
        return None


def wildcard_depth(path: str) -> int | None:
    """How many segments stand before the ``*`` of a wildcard path (``*`` is 0, ``docs/*`` 1); None for a plain path."""
    if path == "*":
        return 0
    return path.count("/") if path.endswith("/*") else None


def climbs(rest: str) -> bool:
    """Whether what a wildcard captured leads out of the place where the link's owner puts it; browsers send such paths
    encoded."""
    return any(segment in (".", "..") for segment in rest.split("/"))


def quoted(path: str) -> str:
    """``path`` as it stands in a URL."""
    return path if path.isascii() and path.isalnum() else quote(path, safe=_PATH_SAFE)
