"""Tickets: what a browser keeps for a few minutes in a signed cookie, between two steps of one thing."""

import json
import time

from litestar.datastructures import Cookie

from linnet.dashboard.cookies import OwnCookie, signed, unsigned
from linnet.dashboard.pages import Asked


class Ticket:
    """A kind of ticket: a cookie of its own, so that one is of no use as another."""

    def __init__(self, name: str, life_seconds: int) -> None:
        self._cookie = OwnCookie(name, life_seconds)
        self._life_seconds = life_seconds

    def write(self, asked: Asked, *values: str) -> Cookie:
        """The cookie that holds ``values``."""
        ends_at = str(int(time.time()) + self._life_seconds)
        content = json.dumps([ends_at, *values], ensure_ascii=False).encode("utf-8", "replace")
        return self._cookie.write(signed(asked.options.session_key, self._cookie.name, content), https=asked.https)

    def read(self, asked: Asked) -> list[str] | None:
        """What the request's ticket holds; None when there is none, or not ours, or it is over."""
        value = self._cookie.read(asked.request, https=asked.https)
        content = unsigned(asked.options.session_key, self._cookie.name, value)
        if content is None:
            return None
        ends_at, *values = json.loads(content)
        return values if int(ends_at) > time.time() else None

    def end(self, asked: Asked) -> Cookie:
        """The cookie that makes the browser forget its ticket."""
        return self._cookie.end(https=asked.https)
