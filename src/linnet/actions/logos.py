"""Logos that folders and domains name, fetched once in a while and kept for a bounded time."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from linnet.model.errors import Refusal
from linnet.network.fetch import FetchOptions, fetch
from linnet.qr.logo import MEDIA_TYPES, Logo, read_logo
from linnet.qr.style import MAX_LOGO_BYTES, data_logo

_KEPT = 64
_KEPT_SECONDS = 3600.0
# A server that does not answer is left alone for a while, so that drawing does not wait for it again and again.
_FAILED_SECONDS = 60.0
_FETCHES_AT_ONCE = 4
# With those who wait for their turn: a fraction of a process's threads, which slow servers must not take all.
_WAITING_AT_ONCE = 8
# An image of 16 megapixels takes some 200 MB for a moment.
_READ_AT_ONCE = 2
_log = structlog.get_logger("linnet.qr")


@dataclass(frozen=True, slots=True)
class _Kept:
    logo: Logo | None
    until: float


class Logos:
    """The logos of this process. May be shared by threads."""

    def __init__(self, options: FetchOptions, *, now: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._now = now
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_WAITING_AT_ONCE)
        self._reading = threading.BoundedSemaphore(_READ_AT_ONCE)
        self._fetching = threading.BoundedSemaphore(_FETCHES_AT_ONCE)

    def load(self, url: str, *, field: str = "logoUrl") -> Logo:
        """The logo at an http(s) address or in a ``data:`` URL, as it is now; for those who take in a style.

        Unfetchable or InvalidField, naming ``field``, when there is none.
        """
        data = data_logo(url, field=field)
        if data is None:
            data = fetch(url, self._options, max_bytes=MAX_LOGO_BYTES, media_types=MEDIA_TYPES, name=field).body
        with self._reading:
            return read_logo(data, field=field)

    def find(self, url: str | None, *, may_fetch: bool = True) -> Logo | None:
        """The logo, at most an hour old; None when there is none now: a code without its logo is better than no code.

        That is also the answer when too many wait for logos already, and without ``may_fetch`` for one that is not kept.
        """
        if url is None:
            return None
        kept = self._find(url)
        if kept is None and url[:5].lower() == "data:":
            kept = self._loaded(url)
        elif kept is None and may_fetch and self._waiting.acquire(blocking=False):
            try:
                kept = self._fetched(url)
            finally:
                self._waiting.release()
        return None if kept is None else kept.logo

    def _fetched(self, url: str) -> _Kept | None:
        if not self._fetching.acquire(timeout=self._options.total_seconds):
            return None
        try:
            return self._find(url) or self._loaded(url)
        finally:
            self._fetching.release()

    def _loaded(self, url: str) -> _Kept:
        try:
            return self._keep(url, self.load(url), _KEPT_SECONDS)
        except Refusal as refusal:
            _log.warning("qr.logo_missing", url=url[:200], reason=refusal.message)
            return self._keep(url, None, _FAILED_SECONDS)

    def _find(self, url: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(_key(url))
            return kept if kept is not None and kept.until > self._now() else None

    def _keep(self, url: str, logo: Logo | None, seconds: float) -> _Kept:
        kept = _Kept(logo, self._now() + seconds)
        with self._lock:
            self._kept[_key(url)] = kept
            self._kept.move_to_end(_key(url))
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept


def _key(url: str) -> bytes:
    """A ``data:`` URL is long; its digest is not."""
    return hashlib.sha256(url.encode(errors="replace")).digest()
