"""Cookies of ours: how they are called, and how what we wrote is told from what others did."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from litestar.datastructures import Cookie

from linnet.dashboard.asking import AnyRequest

_SIGNATURE_BYTES: Final = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True)
class OwnCookie:
    """A kind of cookie that no script can read, kept for ``life_seconds``, or (None) until the browser is closed.

    Over TLS the prefix of its name (RFC 6265bis, 4.1.3.2) has browsers take it from this very host and over TLS alone, so that
    neither a neighbouring subdomain nor somebody on the way can plant one.
    """

    name: str
    life_seconds: int | None = None

    def write(self, value: str, *, https: bool) -> Cookie:
        """The cookie that holds ``value``."""
        return self._made(value, self.life_seconds, https=https)

    def end(self, *, https: bool) -> Cookie:
        """The cookie that makes the browser forget it."""
        return self._made("", 0, https=https)

    def read(self, request: AnyRequest, *, https: bool) -> str:
        """What the request's cookie holds, whoever wrote it; "" for none."""
        return request.cookies.get(self._key(https=https), "")

    def _made(self, value: str, life_seconds: int | None, *, https: bool) -> Cookie:
        key = self._key(https=https)
        return Cookie(key=key, value=value, path="/", max_age=life_seconds, httponly=True, secure=https, samesite="lax")

    def _key(self, *, https: bool) -> str:
        return f"__Host-{self.name}" if https else self.name


def signed(key: bytes, purpose: str, content: bytes) -> str:
    """``content`` as a cookie's value that nobody else can write, and that is of no use for another purpose."""
    return base64.urlsafe_b64encode(signature(key, purpose, content) + content).decode()


def unsigned(key: bytes, purpose: str, value: str) -> bytes | None:
    """What ``signed`` was given; None for a value that it did not write."""
    try:
        whole = base64.urlsafe_b64decode(value.encode())
    except ValueError:
        return None
    content = whole[_SIGNATURE_BYTES:]
    return content if hmac.compare_digest(whole[:_SIGNATURE_BYTES], signature(key, purpose, content)) else None


def signature(key: bytes, purpose: str, content: bytes) -> bytes:
    """What only who has the key can say of ``content``."""
    return hmac.digest(key, f"{purpose}:".encode() + content, hashlib.sha256)
