"""Orders to the click store: carried out by the clicks worker of a running server, or here on the file of a stopped one."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial

from linnet.clicks.journal import JournalReader
from linnet.clicks.orders import Orders, Part
from linnet.clicks.verification import Rebuilding, Truth, Verification, rebuild, verify
from linnet.clicks.visitors import ERASE, FIND, VisitorOrder, Visitors
from linnet.compose.click_stores import OpenedStore, open_store
from linnet.compose.places import Places
from linnet.compose.raw_streams import raw_streams_of
from linnet.model.errors import StatisticsUnavailable
from linnet.settings import Settings
from linnet.statistics.remote import RemoteStatistics
from linnet.statistics.streaming import Stream, order, stream_of
from linnet.storage.database import Database
from linnet.visitor.agent import judge_by
from linnet.visitor.bots import load_rules


def streams_of(truth: Truth) -> dict[str, Stream]:
    """What can be ordered about the truth of a click store, by name."""
    return {
        "verify": stream_of(Verification, partial(verify, truth)),
        "rebuild": stream_of(Rebuilding, partial(rebuild, truth)),
    }


def orders_to(
    opened: OpenedStore, reader: JournalReader, settings: Settings, database: Database, *, patience_seconds: float
) -> dict[str, Stream]:
    """All that can be ordered of a click store, by name. Orders about visitors wait for what the journal holds."""
    visitors = Visitors(opened.visitors, reader, patience_seconds=patience_seconds)
    about_visitors = {FIND: stream_of(VisitorOrder, visitors.find), ERASE: stream_of(VisitorOrder, visitors.erase)}
    return streams_of(opened.truth) | about_visitors | raw_streams_of(settings, database, opened.store, opened.source)


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
        opened = open_store(settings, places, judge_by(rules), rules.version)
        database = Database(settings.database_url)
        try:
            # Nobody takes in what the journal holds.
            yield _Here(orders_to(opened, JournalReader(places.journal), settings, database, patience_seconds=0))
        finally:
            database.close()
            opened.store.close()
    finally:
        os.close(lock)


class _Here:
    """Carries orders out in this process, as the other side of the socket would."""

    def __init__(self, streams: Mapping[str, Stream]) -> None:
        self._streams = streams

    def stream(self, name: str, argument: object, part: type[Part], /) -> Iterator[Part]:
        if name not in self._streams:
            raise StatisticsUnavailable(f"This click store does not know how to {name}.")
        with closing(self._streams[name](bytes(order(name, argument).argument))) as parts:
            yield from (each for each in parts if each is not None)
