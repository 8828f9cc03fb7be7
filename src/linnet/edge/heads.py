"""Headers that few visits need, read from a request's head when one does."""

import re
from collections.abc import Sequence
from functools import cache

# The bytes of a whole head that parsed, or its header lines as (lower-case name, value).
Head = bytes | Sequence[tuple[bytes, bytes]]


def header(head: Head, name: bytes) -> bytes:
    """The value of the header ``name`` (lower case), the first of several; b"" when it is missing."""
    if isinstance(head, bytes):
        found = _pattern(name).search(head)
        return found[1].rstrip(b" \t") if found is not None else b""
    return next((value for given, value in head if given == name), b"")


@cache
def _pattern(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\n" + re.escape(name) + rb":[ \t]*([^\r\n]*)", re.IGNORECASE)
