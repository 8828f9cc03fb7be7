"""The follower of the search index: makes it from all links, and then carries changes into it, a bounded portion at a time."""

import threading
import time
from typing import Final

from linnet.model.errors import SearchUnavailable
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_index import SearchIndex, SearchWriter, is_broken

# Some 30 ms of work: who searches meanwhile waits that long at most for the turn.
_AT_ONCE: Final = 500
_REMOVED_AT_ONCE: Final = 2_000


class SearchFollower:
    """Brings an index up to date. Safe from any thread and process: one at a time does the work, the others go without."""

    def __init__(self, feed: SearchFeed, index: SearchIndex) -> None:
        self._feed = feed
        self._index = index
        self._turn = threading.Lock()

    def advance(self, seconds: float) -> bool:
        """Work for about so long, or until there is nothing left to do; whether nothing is left.

        SearchUnavailable when the index cannot be written. A broken one is thrown away, to be made anew.
        """
        deadline = time.monotonic() + seconds
        # Threads of one process take turns, so that one of them carries the others' changes.
        if not self._turn.acquire(timeout=max(seconds, 0)):
            return False
        try:
            while True:
                if self._step():
                    return True
                if time.monotonic() >= deadline:
                    return False
        except SearchUnavailable as refusal:
            if is_broken(refusal.__cause__):
                self._index.discard()
            raise
        finally:
            self._turn.release()

    def behind(self) -> int:
        """How many changes are not in the index yet."""
        sequence = self._index.sequence()
        return 0 if sequence is None else max(self._feed.bounds()[1] - sequence, 0)

    def rebuild(self) -> None:
        """Begin to make the index anew from all links; ``advance`` goes on with it."""
        with self._index.writing() as writer:
            if writer is None:
                raise SearchUnavailable("The search index is being written by another process; try again in a moment.")
            self._begin(writer)

    def _step(self) -> bool:
        """One portion, in one transaction of the index; True when there was nothing to do."""
        first, last = self._feed.bounds()
        if self._index.sequence() == last:
            return True
        with self._index.writing() as writer:
            if writer is None:
                # Somebody else carries on; what it does is done when it hands over.
                time.sleep(0.005)
                return False
            if writer.is_building:
                self._build(writer)
            elif last < writer.sequence or (first is not None and first > writer.sequence + 1):
                # The log was trimmed past the index, or the database is an older copy.
                self._begin(writer)
            else:
                self._follow(writer)
        return False

    def _begin(self, writer: SearchWriter) -> None:
        # The changes before the links: what changes while links are read is read once more.
        last = self._feed.bounds()[1]
        writer.begin_building(last, self._feed.highest_number())

    def _build(self, writer: SearchWriter) -> None:
        if writer.built == 0:
            self._begin(writer)
        links = self._feed.links_after(writer.built, _AT_ONCE)
        writer.put(links)
        if links:
            writer.built_until(links[-1].number)
        if len(links) < _AT_ONCE:
            writer.end_building()

    def _follow(self, writer: SearchWriter) -> None:
        changed = self._feed.changes_after(writer.sequence, _AT_ONCE)
        for domain_id in changed.domains_gone:
            if writer.remove_domain(domain_id, at_most=_REMOVED_AT_ONCE) == _REMOVED_AT_ONCE:
                # The rest next time: the change stays unfollowed until the whole domain is gone.
                return
        writer.put(changed.links, changed.gone)
        if changed.sequence is not None:
            writer.followed_until(changed.sequence)
