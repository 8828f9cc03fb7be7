"""The follower: carries changes of links and domains from the change log into this node's route index."""

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from linnet.edge.routes import RouteIndex, RouteWriter
from linnet.model.route import DomainChange, DomainRoute, Route, RouteChange

_CHANGES_AT_ONCE = 10_000


class RouteSource(Protocol):
    """Where changes come from: the storage, seen from the edge."""

    def changes_after(self, sequence: int, limit: int) -> Sequence[RouteChange | DomainChange]:
        """Changes after ``sequence`` in order, each with the state that its key has now."""

    def last_sequence(self) -> int:
        """The newest change's number, 0 when there is none."""

    def first_sequence(self) -> int | None:
        """The oldest change still kept, None when there is none."""

    def snapshot(self) -> tuple[int, Iterator[DomainRoute], Iterator[tuple[int, str, Route]]]:
        """A sequence number with all domains and all routes (domain id, path key, route) as of it."""


class Follower:
    """Applies changes to an index. Safe from any thread and process: an index admits one writer, and may be told twice."""

    def __init__(self, source: RouteSource, index: RouteIndex) -> None:
        self._source = source
        self._index = index
        self._turn = threading.Lock()

    def catch_up(self, at_least: int | None = None) -> int:
        """Apply what is new and return the index's sequence number.

        With ``at_least``, return at once when the index holds that change already: another request carried it along.
        """
        if self._holds(at_least):
            return self._index.sequence()
        # Threads of one process take turns here, not at LMDB's lock, so that one of them can carry the others' changes.
        with self._turn:
            if self._holds(at_least):
                return self._index.sequence()
            with self._index.writing() as writer:
                self._apply(writer)
                return writer.sequence

    def follow(self) -> bool:
        """Bring the index up to date with whatever anybody committed; True if that took a rebuild.

        A rebuild is needed when the log was trimmed past the index, or ends before it (the database is an older copy).
        """
        sequence = self._index.sequence()
        last = self._source.last_sequence()
        if last == sequence:
            return False
        first = self._source.first_sequence()
        if last < sequence or (first is not None and first > sequence + 1):
            self.rebuild()
            return True
        self.catch_up()
        return False

    def rebuild(self) -> None:
        """Make the index anew from all links; visitors are served from the old one until the new one is complete."""
        with self._turn, self._index.writing() as writer:
            sequence, domains, routes = self._source.snapshot()
            writer.clear()
            for domain in domains:
                writer.set_domain(domain.hostname, domain)
            writer.put_routes(routes)
            writer.sequence = sequence

    def _holds(self, at_least: int | None) -> bool:
        return at_least is not None and self._index.sequence() >= at_least

    def _apply(self, writer: RouteWriter) -> None:
        while changes := self._source.changes_after(writer.sequence, _CHANGES_AT_ONCE):
            for change in changes:
                if isinstance(change, RouteChange):
                    writer.set_route(change.domain_id, change.path_key, change.route)
                else:
                    writer.set_domain(change.hostname, change.domain)
            writer.sequence = changes[-1].sequence
            if len(changes) < _CHANGES_AT_ONCE:
                break
