"""A sentence for the next page, in a signed cookie: "Link created."."""

from typing import Final

from litestar.datastructures import Cookie

from linnet.dashboard.asking import AnyRequest
from linnet.dashboard.cookies import OwnCookie, signed, unsigned

_COOKIE: Final = OwnCookie("linnet_notice", 60)
_PURPOSE: Final = "notice"
_MAX_CHARACTERS: Final = 500


def notice_cookie(key: bytes, notice: str, *, https: bool) -> Cookie:
    """The cookie that carries ``notice``; an empty one ends it."""
    if not notice:
        return _COOKIE.end(https=https)
    return _COOKIE.write(signed(key, _PURPOSE, notice[:_MAX_CHARACTERS].encode("utf-8", "replace")), https=https)


def notice_of(key: bytes, request: AnyRequest, *, https: bool) -> str:
    """The notice that the request carries, "" for none: only one that we wrote is shown."""
    return (unsigned(key, _PURPOSE, _COOKIE.read(request, https=https)) or b"").decode()
