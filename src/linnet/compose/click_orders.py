"""Orders to the click store: carried out by the clicks worker of a running server, or here on the file of a stopped one."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from typing import Protocol, TypeVar

from linnet.clicks.journal import JournalReader
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Rebuilding, Truth, Verification, rebuild, verify
from linnet.clicks.visitors import ERASE, FIND, VisitorOrder, Visitors
from linnet.clicks.visitors_duckdb import DuckdbVisitors
from linnet.compose.places import Places
from linnet.compose.raw_streams import raw_streams_of
from linnet.settings import Settings
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.statistics.remote import RemoteStatistics
from linnet.statistics.streaming import Stream, order, stream_of
from linnet.storage.database import Database
from linnet.visitor.agent import Judge, judge_by
from linnet.visitor.bots import load_rules

Part = TypeVar("Part")


class Orders(Protocol):
    """Carries orders out. Raises StatisticsUnavailable or StorageUnavailable when that is not possible now."""

    def stream(self, name: str, argument: object, part: type[Part], /) -> Iterator[Part]: ...


def embedded_truth(places: Places, store: DuckdbClickStore, judge: Judge, rules: str) -> DuckdbTruth:
    """The embedded store beside the journal that it is filled from."""
    return DuckdbTruth(store, judge, rules, partial(_size_of, JournalReader(places.journal)))


def streams_of(truth: Truth) -> dict[str, Stream]:
    """What can be ordered of a click store, by name."""
    return {
        "verify": stream_of(Verification, partial(verify, truth)),
        "rebuild": stream_of(Rebuilding, partial(rebuild, truth)),
    }


def visitor_streams_of(visitors: Visitors) -> dict[str, Stream]:
    """What can be ordered about visitors, by name."""
    return {FIND: stream_of(VisitorOrder, visitors.find), ERASE: stream_of(VisitorOrder, visitors.erase)}


@contextmanager
def click_orders(settings: Settings) -> Iterator[Orders]:
    """The way for orders to the click store of an installation, whether its server runs or not; while it does not, it cannot be
    started until the block ends."""
    places = Places(settings.data_dir)
    places.create()
    lock = os.open(places.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield RemoteStatistics(places.statistics_socket)
            return
        rules = load_rules(settings.bot_rules)
        store = DuckdbClickStore(places.clicks, memory_mb=settings.clicks_memory_mb, rules=rules.version)
        database = Database(settings.database_url)
        raw = raw_streams_of(settings, database, DuckdbStatistics(store.cursor, store.clear_domain))
        try:
            # Nobody takes in what the journal holds.
            visitors = Visitors(DuckdbVisitors(store), JournalReader(places.journal), patience_seconds=0)
            truth = embedded_truth(places, store, judge_by(rules), rules.version)
            yield _Here(streams_of(truth) | visitor_streams_of(visitors) | raw)
        finally:
            database.close()
            store.close()
    finally:
        os.close(lock)


class _Here:
    """Carries orders out in this process, as the other side of the socket would."""

    def __init__(self, streams: Mapping[str, Stream]) -> None:
        self._streams = streams

    def stream(self, name: str, argument: object, part: type[Part], /) -> Iterator[Part]:
        with closing(self._streams[name](bytes(order(name, argument).argument))) as parts:
            yield from (each for each in parts if each is not None)


def _size_of(reader: JournalReader, segment: str) -> int | None:
    # One that is gone has been taken in, or will come back.
    return reader.size(segment) or None
