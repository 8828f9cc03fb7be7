"""Counters that all processes of a node share, for click limits and attempts.

In LMDB, apart from the route index, so that neither waits for the other's writes.
"""

import hashlib
import struct
from pathlib import Path
from typing import Final

import lmdb

_U64: Final = struct.Struct("<Q")
_PAIR: Final = struct.Struct("<QQ")
_MAP_SIZE = 1 << 34
_MAX_OWED = 10_000
_MAX_NAMES = 100_000


class NodeCounters:
    """Exact counters in ``directory``; they survive killed processes and restarts."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._environment = lmdb.open(str(directory), map_size=_MAP_SIZE, max_dbs=2, sync=False, metasync=False, mode=0o600)
        self._environment.reader_check()
        self._clicks = self._environment.open_db(b"clicks")
        self._owed: dict[int, int] = {}
        self._attempts = self._environment.open_db(b"attempts")

    def clicks(self, link_number: int) -> int:
        """How many clicks of the link were counted."""
        with self._environment.begin(db=self._clicks) as transaction:
            record = transaction.get(_U64.pack(link_number))
        return (_U64.unpack(record)[0] if record is not None else 0) + self._owed.get(link_number, 0)

    def claim_click(self, link_number: int, limit: int) -> int:
        """How many clicks of the link were counted before this one, which is counted too unless ``limit`` is reached.

        While the disk is full, this process counts for itself, and writes that down with a later click.
        """
        key = _U64.pack(link_number)
        used, owed = 0, self._owed.get(link_number, 0)
        try:
            with self._environment.begin(db=self._clicks, write=True) as transaction:
                record = transaction.get(key)
                used = (_U64.unpack(record)[0] if record is not None else 0) + owed
                if used < limit or owed:
                    transaction.put(key, _U64.pack(min(used + 1, limit)))
        except lmdb.Error:
            if owed or len(self._owed) < _MAX_OWED:
                self._owed[link_number] = owed + (used < limit)
        else:
            self._owed.pop(link_number, None)
        return used

    def admit(self, name: str, *, limit: int, window_seconds: int, now: float) -> int:
        """0 when another attempt under ``name`` may be made, at most ``limit`` in each window of ``window_seconds``; else the
        seconds to the next one."""
        window = int(now) // window_seconds
        key = hashlib.blake2b(name.encode(errors="replace"), digest_size=16).digest()
        with self._environment.begin(db=self._attempts, write=True) as transaction:
            record = transaction.get(key)
            if record is None and transaction.stat(self._attempts)["entries"] >= _MAX_NAMES:
                # Old windows are not worth their memory; forgetting them errs on the side of letting people in.
                transaction.drop(self._attempts, delete=False)
            of_window, used = _PAIR.unpack(record) if record is not None else (window, 0)
            used = used if of_window == window else 0
            if used < limit:
                transaction.put(key, _PAIR.pack(window, used + 1))
        return 0 if used < limit else window_seconds - int(now) % window_seconds

    def flush(self) -> None:
        """Write everything to disk."""
        self._environment.sync(True)

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._environment.close()
