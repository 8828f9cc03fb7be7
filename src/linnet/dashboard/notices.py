"""A sentence for the next page, in a signed cookie: "Link created."."""

import base64
import hashlib
import hmac
from typing import Final

from litestar.datastructures import Cookie

from linnet.dashboard.asking import AnyRequest

COOKIE: Final = "linnet_notice"
_LIFE_SECONDS: Final = 60
_MAX_CHARACTERS: Final = 500
_SIGNATURE_BYTES: Final = 16


def notice_cookie(key: bytes, notice: str, *, https: bool) -> Cookie:
    """The cookie that carries ``notice``; an empty one ends it."""
    text = notice[:_MAX_CHARACTERS].encode("utf-8", "replace")
    value = base64.urlsafe_b64encode(_sign(key, text) + text).decode() if notice else ""
    life = _LIFE_SECONDS if notice else 0
    return Cookie(key=COOKIE, value=value, max_age=life, httponly=True, secure=https, samesite="lax")


def notice_of(key: bytes, request: AnyRequest) -> str:
    """The notice that the request carries, "" for none: only one that we wrote is shown."""
    try:
        signed = base64.urlsafe_b64decode(request.cookies.get(COOKIE, "").encode())
        text = signed[_SIGNATURE_BYTES:].decode()
    except ValueError:
        return ""
    ours = hmac.compare_digest(signed[:_SIGNATURE_BYTES], _sign(key, signed[_SIGNATURE_BYTES:]))
    return text if ours else ""


def _sign(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, b"notice:" + text, hashlib.sha256)[:_SIGNATURE_BYTES]
