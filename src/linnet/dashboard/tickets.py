"""Tickets: what a browser keeps for a few minutes in a signed cookie, between two steps of one thing."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Final

from litestar.datastructures import Cookie

from linnet.dashboard.pages import Asked
from linnet.dashboard.session import cookie_name, own_cookie

_SIGNATURE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Ticket:
    """A kind of ticket: a cookie of its own, so that one is of no use as another."""

    name: str
    life_seconds: int

    def write(self, asked: Asked, *values: str) -> Cookie:
        """The cookie that holds ``values``."""
        ends_at = str(int(time.time()) + self.life_seconds)
        text = json.dumps([ends_at, *values], ensure_ascii=False).encode("utf-8", "replace")
        kept = base64.urlsafe_b64encode(self._sign(asked, text) + text).decode()
        return own_cookie(self.name, kept, self.life_seconds, https=asked.https)

    def read(self, asked: Asked) -> list[str] | None:
        """What the request's ticket holds; None when there is none, or not ours, or it is over."""
        try:
            signed = base64.urlsafe_b64decode(asked.request.cookies.get(cookie_name(self.name, https=asked.https), "").encode())
        except ValueError:
            return None
        text = signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signed[:_SIGNATURE_BYTES], self._sign(asked, text)):
            return None
        ends_at, *values = json.loads(text)
        return values if int(ends_at) > time.time() else None

    def end(self, asked: Asked) -> Cookie:
        """The cookie that makes the browser forget its ticket."""
        return own_cookie(self.name, "", 0, https=asked.https)

    def _sign(self, asked: Asked, text: bytes) -> bytes:
        return hmac.digest(asked.options.session_key, self.name.encode() + b":" + text, hashlib.sha256)
