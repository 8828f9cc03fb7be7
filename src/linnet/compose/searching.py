"""The search index of this node: opened where links are searched, and kept up to date by the clicks worker."""

import threading

from linnet.actions.click_ranks import ClickRanks
from linnet.actions.link_table import LinkSearch
from linnet.compose.places import Places
from linnet.compose.rounds import Rounds
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.database import Database
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex

_PAUSE_SECONDS = 1.0
# While there is much to do, half of the time is left to others: redirects and the links that are just being made go first.
_WORK_SECONDS = 0.2


def link_search(places: Places, database: Database, statistics: StatisticsEngine) -> LinkSearch:
    """What searches links in a web worker."""
    index = SearchIndex(places.search)
    return LinkSearch(index, SearchFollower(SearchFeed(database), index), ClickRanks(statistics))


class SearchLoop:
    """A thread that makes the index and has it follow the changes, so that searches hardly wait; ``stop`` ends it."""

    def __init__(self, places: Places, database: Database) -> None:
        self._index = SearchIndex(places.search)
        self._follower = SearchFollower(SearchFeed(database), self._index)
        self._rounds = Rounds("search", self._go_round, pause_seconds=_PAUSE_SECONDS)

    def stop(self) -> None:
        """End the loop and wait for the portion that is under way."""
        self._rounds.stop()
        self._index.close()

    def _go_round(self, ended: threading.Event) -> float | None:
        return None if self._follower.advance(_WORK_SECONDS) else _WORK_SECONDS
