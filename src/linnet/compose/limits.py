"""Rate limits as the API asks for them, counted by the ``limits`` library in what the node's processes share."""

import time
from collections.abc import Callable

import lmdb
from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from linnet.api.limits import Allowance
from linnet.api.operations import Limit
from linnet.edge.rates import RateTable


class TableStorage(Storage):
    """The library's storage on a table of windows. ``clock`` is the table's, shared by all processes."""

    STORAGE_SCHEME = ["linnet"]  # noqa: RUF012 (the library's spelling)

    def __init__(self, table: RateTable, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._table = table
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return lmdb.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self._table.count(key, expiry, now=self._clock(), times=amount)

    def get(self, key: str) -> int:
        return self._table.window(key, now=self._clock())[0]

    def get_expiry(self, key: str) -> float:
        """In unix seconds."""
        now = self._clock()
        return time.time() + self._table.window(key, now=now)[1] - now

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        return self._table.forget_all()

    def clear(self, key: str) -> None:
        self._table.forget(key)


class NodeLimiter:
    """Counts in windows that open with the first call; ``api/limits.Limiter`` for all processes of the node."""

    def __init__(self, table: RateTable, clock: Callable[[], float] = time.monotonic) -> None:
        self._windows = FixedWindowRateLimiter(TableStorage(table, clock))
        self._items: dict[Limit, RateLimitItemPerSecond] = {}

    def take(self, limit: Limit, name: str) -> Allowance:
        """Count one more under ``name``."""
        item = self._item(limit)
        return self._allowance(item, name, self._windows.hit(item, name))

    def look(self, limit: Limit, name: str) -> Allowance:
        """Where the window stands, without counting."""
        item = self._item(limit)
        return self._allowance(item, name, self._windows.test(item, name))

    def _item(self, limit: Limit) -> RateLimitItemPerSecond:
        item = self._items.get(limit)
        if item is None:
            item = self._items[limit] = RateLimitItemPerSecond(limit.amount, limit.seconds, limit.bucket)
        return item

    def _allowance(self, item: RateLimitItemPerSecond, name: str, admitted: bool) -> Allowance:
        resets_at, remaining = self._windows.get_window_stats(item, name)
        return Allowance(
            admitted=admitted,
            limit=item.amount,
            remaining=remaining if admitted else 0,
            resets_at=resets_at,
            seconds_left=resets_at - time.time(),
        )
