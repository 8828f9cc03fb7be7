"""How often something was done in a window of time, counted by all processes of a node.

In LMDB of its own, apart from the route index and the click limits: no redirect may wait for what the API writes.
"""

import hashlib
import struct
from pathlib import Path
from typing import Final

import lmdb

_WINDOW: Final = struct.Struct("<dQ")
_MAP_SIZE: Final = 1 << 30
_MAX_NAMES: Final = 100_000
# All threads of all workers may read at once.
_MAX_READERS: Final = 8192
_MAX_ALONE: Final = 10_000
_FORGOTTEN_AT_ONCE: Final = 1000


class RateTable:
    """Windows by name. A window opens with the first count and lasts as long as that one said; the next count after its end
    opens another.

    ``now`` is in seconds of a clock that all processes share and nobody sets, such as ``time.monotonic``. A table with
    ``max_names`` windows forgets them all rather than grow, which errs on the side of letting people in. While the disk is
    full, each process counts for itself.
    """

    def __init__(self, environment: lmdb.Environment, name: bytes, max_names: int) -> None:
        self._environment = environment
        self._windows = environment.open_db(name)
        self._max_names = max_names
        self._alone: dict[bytes, tuple[float, int]] = {}

    def count(self, name: str, seconds: int, *, now: float, times: int = 1) -> int:
        """How often it was done in the window, with this time. Never raises."""
        key = _key(name)
        try:
            with self._environment.begin(db=self._windows, write=True) as transaction:
                record = transaction.get(key)
                if record is None and transaction.stat(self._windows)["entries"] >= self._max_names:
                    transaction.drop(self._windows, delete=False)
                ends_at, used = _WINDOW.unpack(record) if record is not None else (now, 0)
                if ends_at <= now:
                    ends_at, used = now + seconds, 0
                transaction.put(key, _WINDOW.pack(ends_at, used + times))
        except lmdb.Error:
            return self._count_alone(key, seconds, now, times)
        if self._alone:
            self._alone.pop(key, None)
        return int(used + times)

    def window(self, name: str, *, now: float) -> tuple[int, float]:
        """How often it was done in the open window, and when that ends; (0, ``now``) when none is open. Never raises."""
        key = _key(name)
        found = self._alone.get(key)
        if found is None:
            try:
                with self._environment.begin(db=self._windows) as transaction:
                    record = transaction.get(key)
            except lmdb.Error:
                record = None
            found = _WINDOW.unpack(record) if record is not None else None
        return (found[1], found[0]) if found is not None and found[0] > now else (0, now)

    def give_back(self, name: str, *, now: float) -> None:
        """Count once less in the open window; one that has nothing left is forgotten. Never raises."""
        key = _key(name)
        try:
            with self._environment.begin(db=self._windows, write=True) as transaction:
                record = transaction.get(key)
                ends_at, used = _WINDOW.unpack(record) if record is not None else (now, 0)
                if record is not None and (used <= 1 or ends_at <= now):
                    transaction.delete(key)
                elif record is not None:
                    transaction.put(key, _WINDOW.pack(ends_at, used - 1))
        except lmdb.Error:
            pass
        if key in self._alone:
            ends_at, used = self._alone[key]
            self._alone[key] = (ends_at, max(0, used - 1))

    def forget(self, name: str) -> None:
        """Close a window early."""
        key = _key(name)
        self._alone.pop(key, None)
        with self._environment.begin(db=self._windows, write=True) as transaction:
            transaction.delete(key)

    def forget_ended(self, *, now: float) -> int:
        """Make room: forget the windows that have ended, a portion at a time so that nobody waits long; returns how many."""
        with self._environment.begin(db=self._windows) as transaction:
            ended = [key for key, record in transaction.cursor() if _WINDOW.unpack(record)[0] <= now]
        for start in range(0, len(ended), _FORGOTTEN_AT_ONCE):
            with self._environment.begin(db=self._windows, write=True) as transaction:
                for key in ended[start : start + _FORGOTTEN_AT_ONCE]:
                    record = transaction.get(key)
                    # Another process may have opened it again meanwhile.
                    if record is not None and _WINDOW.unpack(record)[0] <= now:
                        transaction.delete(key)
        return len(ended)

    def forget_all(self) -> int:
        """Close every window; returns how many."""
        self._alone.clear()
        with self._environment.begin(db=self._windows, write=True) as transaction:
            number = int(transaction.stat(self._windows)["entries"])
            transaction.drop(self._windows, delete=False)
        return number

    def _count_alone(self, key: bytes, seconds: int, now: float, times: int) -> int:
        ends_at, used = self._alone.get(key, (now, 0))
        if ends_at <= now:
            ends_at, used = now + seconds, 0
        if key not in self._alone and len(self._alone) >= _MAX_ALONE:
            self._alone.clear()
        self._alone[key] = (ends_at, used + times)
        return used + times


class NodeRates:
    """The tables of a node in ``directory``: ``keys`` for what is counted by API key, and ``addresses`` for what is counted by
    address, which strangers can fill."""

    def __init__(self, directory: Path, *, max_names: int = _MAX_NAMES) -> None:
        self._environment = _opened(directory)
        self.keys = RateTable(self._environment, b"keys", max_names)
        self.addresses = RateTable(self._environment, b"addresses", max_names)

    def forget_ended(self, *, now: float) -> int:
        """Forget the windows that have ended; returns how many."""
        return self.keys.forget_ended(now=now) + self.addresses.forget_ended(now=now)

    def close(self) -> None:
        """Close the tables."""
        self._environment.close()


class NodeAttempts:
    """The table of a node in ``directory`` for passwords that visitors try. Event loops count in it, so it has an environment
    of its own, in which the API's threads write nothing."""

    def __init__(self, directory: Path, *, max_names: int = _MAX_NAMES) -> None:
        self._environment = _opened(directory)
        self.passwords = RateTable(self._environment, b"passwords", max_names)

    def forget_ended(self, *, now: float) -> int:
        """Forget the windows that have ended; returns how many."""
        return self.passwords.forget_ended(now=now)

    def close(self) -> None:
        """Close the table."""
        self._environment.close()


def _opened(directory: Path) -> lmdb.Environment:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = lmdb.open(
        str(directory), map_size=_MAP_SIZE, max_dbs=2, max_readers=_MAX_READERS, sync=False, metasync=False, mode=0o600
    )
    environment.reader_check()
    return environment


def _key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(errors="replace"), digest_size=16).digest()
