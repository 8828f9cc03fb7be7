"""The route index: every route of the installation in LMDB, shared by all processes of this node."""

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Final

import lmdb
import msgspec

from linnet.model.route import DomainRoute, Needs, Route

# LMDB's default bound of a key; longer paths are looked up by their digest.
MAX_KEY = 511
_DIGEST_MARK = b"\xff"
_SEQUENCE = b"sequence"
_DOMAINS_VERSION = b"domains_version"
_U64: Final = struct.Struct("<Q")
# What stands before the destination of a route: needs, skip_query, redirect_type, link_number.
HEAD: Final = struct.Struct("<I?HQ")
_FORMAT = b"format"
# Counted up when records of the same form get another meaning.
_MEANING: Final = 3
_MAP_SIZE = 1 << 38
_MAX_READERS = 1024


def format_number(head: struct.Struct, *kinds: type) -> int:
    """What tells forms of records apart: another number for other fields. Made from them, so that nobody can forget to count
    it up; an index of another number is emptied when it is opened, and then filled from the database."""
    form = (_MEANING, head.format, list(Needs.__members__.items()), [[(f.name, str(f.type)) for f in fields(k)] for k in kinds])
    return int.from_bytes(hashlib.blake2b(repr(form).encode(), digest_size=8).digest(), "big")


FORMAT: Final = format_number(HEAD, Route, DomainRoute)
_encode = msgspec.msgpack.Encoder().encode
_decode_domain = msgspec.msgpack.Decoder(DomainRoute).decode
_decode_route = msgspec.msgpack.Decoder(Route).decode


def domain_prefix(domain_id: int) -> bytes:
    """What the keys of a domain's routes begin with."""
    return domain_id.to_bytes(4, "big")


def route_key(prefix: bytes, path_key: bytes) -> bytes:
    """The LMDB key of a path key (UTF-8) on the domain with that prefix."""
    if len(path_key) + len(prefix) < MAX_KEY:
        return prefix + path_key
    return prefix + _DIGEST_MARK + hashlib.blake2b(path_key, digest_size=32).digest()


def encode_route(route: Route) -> bytes:
    """A route's record. A plain one is its head and its destination, so that the edge need not decode it."""
    head = HEAD.pack(route.needs, route.skip_query, route.redirect_type, route.link_number)
    return head + (route.destination.encode() if route.needs == 0 else _encode(route))


def decode_route(record: bytes, domain_id: int) -> Route:
    """The route of a record."""
    needs, skip_query, redirect_type, link_number = HEAD.unpack_from(record)
    if needs:
        return _decode_route(record[HEAD.size :])
    return Route(
        link_number=link_number,
        domain_id=domain_id,
        destination=record[HEAD.size :].decode(),
        redirect_type=redirect_type,
        skip_query=skip_query,
    )


class RouteIndex:
    """The index in ``directory``, created when missing. Each process opens its own, after it was started.

    Commits are not flushed to disk one by one: a killed process loses nothing, and after a crash of the machine the index is
    rebuilt from the database (``trust.py``).
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._environment = lmdb.open(
            str(directory), map_size=_MAP_SIZE, max_dbs=4, max_readers=_MAX_READERS, sync=False, metasync=False, mode=0o600
        )
        self._environment.reader_check()
        self._routes = self._environment.open_db(b"routes")
        self._domains = self._environment.open_db(b"domains")
        self._meta = self._environment.open_db(b"meta")
        self._discard_if_other()

    @classmethod
    def existing(cls, directory: Path) -> "RouteIndex | None":
        """The index that other processes keep in ``directory``, for reading alone; None where there is none of this form."""
        index = object.__new__(cls)
        try:
            index._environment = lmdb.open(
                str(directory), map_size=_MAP_SIZE, max_dbs=4, max_readers=_MAX_READERS, readonly=True, create=False
            )
        except lmdb.Error:
            return None
        try:
            for name in ("routes", "domains", "meta"):
                setattr(index, f"_{name}", index._environment.open_db(name.encode(), create=False))
            with index._environment.begin(db=index._meta) as transaction:
                if _number(transaction.get(_FORMAT)) == FORMAT:
                    return index
        except lmdb.NotFoundError:
            pass
        index._environment.close()
        return None

    def view(self) -> "RouteView":
        """The index as it is now; a view that is kept pins old pages, so drop it within the event-loop tick."""
        return RouteView(self._environment.begin(), self._routes, self._domains, self._meta)

    def sequence(self) -> int:
        """The number of the last change that the index holds."""
        with self._environment.begin(db=self._meta) as transaction:
            return _number(transaction.get(_SEQUENCE))

    @contextmanager
    def writing(self) -> Iterator["RouteWriter"]:
        """One write transaction, exclusive on this node; an exception undoes it."""
        with self._environment.begin(write=True) as transaction:
            writer = RouteWriter(transaction, self._routes, self._domains, self._meta)
            yield writer
            writer.finish()

    def _discard_if_other(self) -> None:
        """Empty an index whose records have another form, so that they are not misread."""
        with self._environment.begin(db=self._meta) as transaction:
            if _number(transaction.get(_FORMAT)) == FORMAT:
                return
        with self._environment.begin(write=True) as transaction:
            # Another process may have done it meanwhile.
            if _number(transaction.get(_FORMAT, db=self._meta)) != FORMAT:
                for database in (self._routes, self._domains, self._meta):
                    transaction.drop(database, delete=False)
                transaction.put(_FORMAT, _U64.pack(FORMAT), db=self._meta)

    def flush(self) -> None:
        """Write everything to disk."""
        self._environment.sync(True)

    def close(self) -> None:
        """Flush and close."""
        if not self._environment.flags()["readonly"]:
            self.flush()
        self._environment.close()

    def size(self) -> tuple[int, int]:
        """Routes held, and bytes used on disk."""
        with self._environment.begin() as transaction:
            entries: int = transaction.stat(self._routes)["entries"]
        info = self._environment.info()
        return entries, (info["last_pgno"] + 1) * self._environment.stat()["psize"]


class RouteView:
    """A read transaction of the index."""

    __slots__ = ("_domains", "_meta", "_transaction", "record")

    # The record under an LMDB key of ``route_key``; an attribute, because a method around it would cost a third as much again.
    record: Callable[[bytes], bytes | None]

    def __init__(self, transaction: Any, routes: Any, domains: Any, meta: Any) -> None:
        self._transaction = transaction
        self._domains = domains
        self._meta = meta
        self.record = partial(transaction.get, db=routes)

    def domain(self, hostname: str) -> DomainRoute | None:
        """The domain of a hostname (lower case, punycode)."""
        record = self._transaction.get(hostname.encode(), db=self._domains)
        return _decode_domain(record) if record is not None else None

    def domains_version(self) -> int:
        """A number that grows with each change of a domain."""
        return _number(self._transaction.get(_DOMAINS_VERSION, db=self._meta))

    def close(self) -> None:
        """End the transaction."""
        self._transaction.abort()


class RouteWriter:
    """A write transaction of the index."""

    def __init__(self, transaction: Any, routes: Any, domains: Any, meta: Any) -> None:
        self._transaction = transaction
        self._routes = routes
        self._domains = domains
        self._meta = meta
        self.sequence = _number(transaction.get(_SEQUENCE, db=meta))

    def put_routes(self, routes: Iterable[tuple[int, str, Route]]) -> None:
        """Add many routes as (domain id, path key, route)."""
        put, database = self._transaction.put, self._routes
        for domain_id, path_key, route in routes:
            put(route_key(domain_prefix(domain_id), path_key.encode()), encode_route(route), db=database)

    def set_route(self, domain_id: int, path_key: str, route: Route | None) -> None:
        """Put the route of a path, or remove it."""
        key = route_key(domain_prefix(domain_id), path_key.encode())
        if route is None:
            self._transaction.delete(key, db=self._routes)
        else:
            self._transaction.put(key, encode_route(route), db=self._routes)

    def set_domain(self, hostname: str, domain: DomainRoute | None) -> None:
        """Put a domain, or remove it."""
        if domain is None:
            self._transaction.delete(hostname.encode(), db=self._domains)
        else:
            self._transaction.put(hostname.encode(), _encode(domain), db=self._domains)
        version = _number(self._transaction.get(_DOMAINS_VERSION, db=self._meta))
        self._transaction.put(_DOMAINS_VERSION, _U64.pack(version + 1), db=self._meta)

    def clear(self) -> None:
        """Forget all routes and domains."""
        self._transaction.drop(self._routes, delete=False)
        self._transaction.drop(self._domains, delete=False)

    def finish(self) -> None:
        """Note the sequence number that the index holds now."""
        self._transaction.put(_SEQUENCE, _U64.pack(self.sequence), db=self._meta)


def _number(record: bytes | None) -> int:
    return _U64.unpack(record)[0] if record is not None else 0
