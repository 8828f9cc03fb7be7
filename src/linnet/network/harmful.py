"""The block-lists of an installation in LMDB: written by one process at a time, asked by all of the node."""

import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, NamedTuple

import lmdb

from linnet.model.blocklist import Entry, is_under, suffixes
from linnet.model.own_urls import read_url

_MAP_SIZE: Final = 1 << 36
_MAX_READERS: Final = 1024
_MAX_REMEMBERED: Final = 65_536
_MAX_AUTHORITY: Final = 300
_MAX_PREFIXES: Final = 1_000
_REFRESH_SECONDS: Final = 1.0
_SCHEME_BYTES: Final = len("https://")
_VERSION: Final = b"version"
_MADE_OF: Final = b"made_of"
_U64: Final = struct.Struct("<Q")
# Nothing on the host is blocked. Not None, which the memo says of hosts that it does not know.
_FREE: Final[Literal[False]] = False


class Listed(NamedTuple):
    """The entry that an address falls under: the host as it is listed; no ``prefixes`` block all of it."""

    host: str
    prefixes: tuple[str, ...]


class HarmfulIndex:
    """The index in ``directory``. Commits are flushed: there are few, and a torn index would block at random."""

    def __init__(self, directory: Path, *, writing: bool = False) -> None:
        if writing:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._environment = lmdb.open(
            str(directory), map_size=_MAP_SIZE, max_dbs=2, max_readers=_MAX_READERS, mode=0o600, readonly=not writing
        )
        self._hosts = self._environment.open_db(b"hosts", create=writing)
        self._meta = self._environment.open_db(b"meta", create=writing)

    def version(self) -> int:
        """A number that grows each time the lists change."""
        with self._environment.begin() as transaction:
            return _number(transaction.get(_VERSION, db=self._meta))

    def size(self) -> int:
        """How many hosts are listed."""
        with self._environment.begin() as transaction:
            entries: int = transaction.stat(self._hosts)["entries"]
        return entries

    def made_of(self) -> bytes:
        """What ``replace`` was told of the lists that it read."""
        with self._environment.begin() as transaction:
            return bytes(transaction.get(_MADE_OF, default=b"", db=self._meta))

    def replace(self, entries: Iterable[Entry], made_of: bytes) -> int:
        """Put ``entries`` in place of all others, in one transaction; how many hosts they have. They come in order; of one
        host the first thousand prefixes count."""
        with self._environment.begin(write=True) as transaction:
            transaction.drop(self._hosts, delete=False)
            host, prefixes = "", list[str]()
            for entry in entries:
                if entry.host != host:
                    self._put(transaction, host, prefixes)
                    host, prefixes = entry.host, []
                if len(prefixes) < _MAX_PREFIXES:
                    prefixes.append(entry.prefix)
            self._put(transaction, host, prefixes)
            version = _number(transaction.get(_VERSION, db=self._meta)) + 1
            transaction.put(_VERSION, _U64.pack(version), db=self._meta)
            transaction.put(_MADE_OF, made_of, db=self._meta)
            entries_now: int = transaction.stat(self._hosts)["entries"]
        return entries_now

    def find(self, host: str) -> Listed | None:
        """The entry of ``host`` (lower-case punycode), or of the nearest host above it."""
        with self._environment.begin(db=self._hosts) as transaction:
            for name in suffixes(host):
                found = transaction.get(name.encode())
                if found is not None:
                    return Listed(name, tuple(bytes(found).decode().split("\n")) if found else ())
        return None

    def close(self) -> None:
        """Close the index."""
        self._environment.close()

    def _put(self, transaction: lmdb.Transaction, host: str, prefixes: list[str]) -> None:
        if host:
            # An entry without a prefix, which comes first, is for the whole host.
            value = b"" if "" in prefixes[:1] else "\n".join(prefixes).encode()
            transaction.put(host.encode(), value, db=self._hosts, append=True)


class HarmfulHosts:
    """Asks an index, and remembers what it said until the lists change. For all threads of a process."""

    def __init__(self, index: HarmfulIndex) -> None:
        self._index = index
        self._memo: dict[bytes, Listed | Literal[False]] = {}
        self._version = index.version()
        self._refreshed_at = time.monotonic()

    def refresh(self) -> None:
        """Forget what was remembered of other lists than the present ones; to be called once a second."""
        self._refreshed_at = time.monotonic()
        version = self._index.version()
        if version != self._version:
            # The new dictionary first: a thread that still asks the old lists writes into the old one.
            self._version, self._memo = version, {}

    def listed_host(self, url: str) -> str | None:
        """The listed host that ``url``, as ``model.url.location`` writes it, leads to; None when it leads to none."""
        if time.monotonic() - self._refreshed_at >= _REFRESH_SECONDS:
            self.refresh()
        return self.listed(url.encode())

    def listed(self, destination: bytes) -> str | None:
        """The same for a destination at the edge, which calls ``refresh`` itself."""
        end = destination.find(b"/", _SCHEME_BYTES)
        authority = destination if end < 0 else destination[:end]
        found = self._memo.get(authority)
        if found is _FREE:
            return None
        if found is None:
            found = self._find(authority)
        return None if found is _FREE or not _falls_under(destination, found) else found.host

    def _find(self, authority: bytes) -> Listed | Literal[False]:
        memo = self._memo
        parts = read_url(authority.decode("latin-1"))
        found = (self._index.find(parts.host) if parts is not None else None) or _FREE
        if len(memo) >= _MAX_REMEMBERED:
            memo.clear()
        if len(authority) <= _MAX_AUTHORITY:
            memo[authority] = found
        return found

    def close(self) -> None:
        """Close the index."""
        self._index.close()


def _falls_under(destination: bytes, listed: Listed) -> bool:
    if not listed.prefixes:
        return True
    parts = read_url(destination.decode("latin-1"))
    path = "" if parts is None else parts.path + (f"?{parts.query}" if parts.query else "")
    return is_under(path, listed.prefixes)


def _number(record: bytes | None) -> int:
    return _U64.unpack(record)[0] if record is not None else 0
