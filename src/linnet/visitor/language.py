"""The languages that a visitor likes best, from the Accept-Language header (RFC 9110, 12.5.4)."""

import re
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 4096
_MAX_HEADER: Final = 512
_ITEM: Final = re.compile(r"([a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:[ \t]*;[ \t]*q[ \t]*=[ \t]*([01](?:\.\d{0,3})?))?", re.ASCII)


def liked_languages(accept_language: bytes) -> tuple[str, ...]:
    """The language tags of the highest weight, in lower case and in their order; () when the header names no language. What is
    behind 512 bytes is not looked at, nor is what cannot be read."""
    if len(accept_language) > _MAX_HEADER:
        accept_language = accept_language[:_MAX_HEADER].rpartition(b",")[0]
    return _liked(accept_language)


def first_language(accept_language: bytes) -> str:
    """The code of the language that the visitor likes best, without its region, such as "de"; "" when there is none."""
    liked = liked_languages(accept_language)
    return liked[0].partition("-")[0] if liked else ""


@lru_cache(_REMEMBERED)
def _liked(header: bytes) -> tuple[str, ...]:
    best, liked = 0.0, []
    for item in header.decode("latin-1").lower().split(","):
        found = _ITEM.fullmatch(item.strip(" \t"))
        if found is None:
            continue
        weight = min(float(found[2] or 1), 1.0)
        if weight > best:
            best, liked = weight, [found[1]]
        elif weight == best and best > 0:
            liked.append(found[1])
    return tuple(dict.fromkeys(liked))
