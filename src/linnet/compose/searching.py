"""The search index of this node: opened where links are searched, and kept up to date by the clicks worker."""

import threading

import structlog

from linnet.actions.click_ranks import ClickRanks
from linnet.actions.link_table import LinkSearch
from linnet.compose.places import Places
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.database import Database
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex

_PAUSE_SECONDS = 1.0
# While there is much to do, half of the time is left to others: redirects and the links that are just being made go first.
_WORK_SECONDS = 0.2
_log = structlog.get_logger("linnet.search")


def link_search(places: Places, database: Database, statistics: StatisticsEngine) -> LinkSearch:
    """What searches links in a web worker."""
    index = SearchIndex(places.search)
    return LinkSearch(index, SearchFollower(SearchFeed(database), index), ClickRanks(statistics))


class SearchLoop:
    """A thread that makes the index and has it follow the changes, so that searches hardly wait; ``stop`` ends it."""

    def __init__(self, places: Places, database: Database) -> None:
        self._index = SearchIndex(places.search)
        self._follower = SearchFollower(SearchFeed(database), self._index)
        self._ended = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the loop and wait for the portion that is under way."""
        self._ended.set()
        self._thread.join(10)
        self._index.close()

    def _run(self) -> None:
        pause = _PAUSE_SECONDS
        while not self._ended.wait(pause):
            pause = _PAUSE_SECONDS
            try:
                if not self._follower.advance(_WORK_SECONDS):
                    pause = _WORK_SECONDS
            except Exception as error:
                # Whatever it was (a locked database, a full disk): the loop must be there when it is over.
                if not self._failing:
                    _log.error("search.waiting", error=str(error))
                self._failing = True
            else:
                if self._failing:
                    _log.info("search.goes_on")
                self._failing = False
