"""Drawings of this process, so that an image that many look at is drawn once."""

import threading
from collections import OrderedDict
from dataclasses import replace

from linnet.qr.draw import draw
from linnet.qr.logo import Logo
from linnet.qr.style import QrStyle

_MOST_BYTES = 16_000_000
_MOST = 4096
_Key = tuple[str, QrStyle, Logo | None]


class Drawings:
    """The drawings that were asked for last, up to 4,096 and 16 MB of them. May be shared by threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def draw(self, text: str, style: QrStyle, logo: Logo | None) -> bytes:
        """``qr/draw.draw``, or what it gave before."""
        # Not the logo's address, which may be as long as a logo.
        key = text, replace(style, logo_url=None), logo
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = draw(text, style, logo)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = data
                self._size += len(data)
            while self._size > _MOST_BYTES or len(self._kept) > _MOST:
                self._size -= len(self._kept.popitem(last=False)[1])
        return data
