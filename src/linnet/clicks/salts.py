"""Salts of UTC days, with which visitors are told apart: random, made ahead, and forgotten for good when the day is in."""

import os
import secrets
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from struct import Struct
from typing import Final, Protocol
from zlib import crc32

from linnet.model.errors import StorageUnavailable

SALT_BYTES: Final = 32
# Days before today whose salt may still be there, however far behind the journal is.
MAX_DAYS_KEPT: Final = 8
# Days after today whose salt is there already, so that all nodes know it when the day begins.
_DAYS_AHEAD: Final = 2
# More days than there will be.
_EVER: Final = 1 << 40
_DAY_MS: Final = 24 * 60 * 60 * 1000
# In each slot of the file: the day, its salt, and a checksum of both. No slot lies in two sectors of a disk.
_SLOT_BYTES: Final = 64
_SLOTS: Final = 32
_SLOT: Final = Struct("<q32sI")
_EMPTY: Final = bytes(_SLOT_BYTES)


class SaltStore(Protocol):
    """Where salts lie, by day in days since the epoch. Raises StorageUnavailable."""

    def read(self) -> dict[int, bytes]:
        """All salts; of a day with several, that which every node chooses."""

    def add(self, salts: Mapping[int, bytes], /) -> None:
        """Keep salts of days that have none."""

    def forget(self, days: Iterable[int], /) -> None:
        """Remove the salts of days, so that nobody finds them again."""


class SaltFile:
    """Salts in a file that only this user may read, one process's at a time. What is forgotten is written over where it lay:
    a database would only mark its pages as free, and leave them as they are."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[int, bytes]:
        """The salts whose slots are whole."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unavailable(error) from None
        found = {}
        for place in range(min(len(content) // _SLOT_BYTES, _SLOTS)):
            slot = content[place * _SLOT_BYTES :]
            day, salt, checksum = _SLOT.unpack_from(slot)
            if checksum == _checksum(day, salt) and day % _SLOTS == place:
                found[day] = salt
        return found

    def add(self, salts: Mapping[int, bytes], /) -> None:
        """Write salts into their slots."""
        self._write({day: _SLOT.pack(day, salt, _checksum(day, salt)).ljust(_SLOT_BYTES, b"\0") for day, salt in salts.items()})

    def forget(self, days: Iterable[int], /) -> None:
        """Write zeros over the salts of days."""
        known = self.read()
        self._write(dict.fromkeys([day for day in days if day in known], _EMPTY))

    def _write(self, slots: Mapping[int, bytes]) -> None:
        if not slots:
            return
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                for day, slot in slots.items():
                    os.pwrite(descriptor, slot, day % _SLOTS * _SLOT_BYTES)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unavailable(error) from None


class VisitorSalts:
    """The salts as enrichment asks for them. ``grace`` is how long after its end a day's salt is kept though all clicks of the
    day seem to be in: others may still have some.

    ``renew`` is called by one thread, again and again; ``of`` by any. A day that begins keeps the salt that was read for it
    then, until it is forgotten; a day whose salt was forgotten never gets another one. As long as salts cannot be made, the
    clicks that need them have to wait: later nobody could tell their visitors apart.
    """

    def __init__(self, store: SaltStore, grace: timedelta = timedelta(hours=1)) -> None:
        self._store = store
        self._grace_ms = grace // timedelta(milliseconds=1)
        self._salts: Mapping[int, bytes] = {}
        self._unmade: Container[int] = range(_EVER)

    def of(self, day: int) -> bytes | None:
        """The salt of a day; None when it is gone, or the day far ahead. Raises StorageUnavailable while it cannot be made."""
        salt = self._salts.get(day)
        if salt is None and day in self._unmade:
            raise StorageUnavailable("The salt by which a day's visitors are told apart cannot be kept now.")
        return salt

    def renew(self, now_ms: int, oldest_waiting_ms: Callable[[], int | None] = lambda: None) -> None:
        """Make the salts that will be needed, and forget those that are not: of days whose clicks are all in, as far as
        ``oldest_waiting_ms`` tells (when the oldest click was made that still is on its way; None: there is none). Raises
        StorageUnavailable; what is known stays known then."""
        today, needed = now_ms // _DAY_MS, (now_ms - self._grace_ms) // _DAY_MS
        stored = self._store.read()
        if not stored or min(stored) < needed:
            waiting = oldest_waiting_ms()
            needed = needed if waiting is None else min(needed, waiting // _DAY_MS)
        # Where there is none yet, the journal may hold days that were never counted.
        oldest = min(stored, default=today - MAX_DAYS_KEPT)
        first, last = max(needed, today - MAX_DAYS_KEPT), today + _DAYS_AHEAD
        missing = [day for day in range(max(first, oldest), last + 1) if day not in stored]
        self._use(stored, range(first, last + 1), today, missing)
        if missing:
            self._store.add({day: secrets.token_bytes(SALT_BYTES) for day in missing})
            self._use(self._store.read(), range(first, last + 1), today, ())
        self._store.forget([day for day in stored if not first <= day <= last])

    def _use(self, stored: Mapping[int, bytes], days: range, today: int, unmade: Sequence[int]) -> None:
        begun = {day: salt for day, salt in self._salts.items() if day <= today}
        self._salts = {day: salt for day, salt in {**stored, **begun}.items() if day in days}
        self._unmade = frozenset(unmade)


def _checksum(day: int, salt: bytes) -> int:
    # Never that of an empty slot, which is zero.
    return crc32(_SLOT.pack(day, salt, 0)) | 1


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"The visitors' salts cannot be read or written: {error.strerror}.")
