"""The cookie with which a browser shows that its visitor gave a link's password."""

import re
from typing import Final

from linnet.edge.heads import Head, header
from linnet.model.route import Route
from linnet.model.unlock import LIFETIME_SECONDS, unlock_token, unlocks

# Paths that a cookie's Path attribute can say; browsers forget longer ones.
_PATH: Final = re.compile(rb"/[!-:<-\[\]-~]{0,1000}")
# As many cookies of one name, for paths within each other, are looked at.
_MAX_VALUES: Final = 4


def is_unlocked(route: Route, head: Head, now: float, key: bytes) -> bool:
    """Whether the request with this head brings the cookie of ``route``, of its present password."""
    cookies = header(head, b"cookie")
    name = _name(route)
    if name not in cookies or route.password_hash is None:
        return False
    pairs = (pair.strip(b" \t").partition(b"=") for pair in cookies.split(b";"))
    values = [value for found, _, value in pairs if found == name][:_MAX_VALUES]
    return any(unlocks(value, route.link_number, route.password_hash, now, key) for value in values)


def unlocking_cookie(route: Route, raw_path: bytes, now: float, key: bytes, *, https: bool) -> bytes:
    """The header line that gives a browser the cookie of ``route``, asked for by ``raw_path``."""
    token = unlock_token(route.link_number, route.password_hash or "", int(now) + LIFETIME_SECONDS, key)
    parts = (
        _name(route) + b"=" + token.encode(),
        b"Path=" + cookie_path(raw_path, route.capture_depth),
        b"Max-Age=%d" % LIFETIME_SECONDS,
        b"HttpOnly",
        b"SameSite=Lax",
        *((b"Secure",) if https else ()),
    )
    return b"Set-Cookie: " + b"; ".join(parts) + b"\r\n"


def cookie_path(raw_path: bytes, wildcard_depth: int | None) -> bytes:
    """The least Path under which browsers bring a cookie back: the path itself, or what stands before a wildcard's star.

    Whatever a cookie cannot say becomes "/".
    """
    if wildcard_depth is not None:
        if b"%2f" in raw_path.lower():
            # Slashes that were encoded count where links are looked up, and not for cookies.
            return b"/"
        raw_path = b"/".join(raw_path.split(b"/")[: wildcard_depth + 1])
    return raw_path if _PATH.fullmatch(raw_path) else b"/"


def _name(route: Route) -> bytes:
    return b"unlock-%d" % route.link_number
