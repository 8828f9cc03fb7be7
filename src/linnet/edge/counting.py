"""Which visits use up a click limit: those of somebody who means to follow the link."""

from collections.abc import Sequence
from typing import Final

from linnet.edge.heads import Head, header
from linnet.visitor.robots import is_robot

# What browsers say when they load a page before anybody asked for it: today's, Safari, old Firefoxes, pages of top sites.
_AHEAD_OF_TIME: Final[Sequence[tuple[bytes, bytes]]] = (
    (b"sec-purpose", b"prefetch"),
    (b"purpose", b"prefetch"),
    (b"x-moz", b"prefetch"),
    (b"x-purpose", b"preview"),
)


def uses_up(method: str, head: Head, user_agent: bytes, *, robots: bool) -> bool:
    """Whether a visit counts against its link's limit: not a HEAD, not a prefetch, and not a robot unless ``robots`` count, as
    they do at Short.io."""
    if method == "HEAD" or (not robots and is_robot(user_agent)):
        return False
    # Sec-Purpose goes on with what the page is prefetched for.
    return not any(header(head, name).lower().startswith(word) for name, word in _AHEAD_OF_TIME)
