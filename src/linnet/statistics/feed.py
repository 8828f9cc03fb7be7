"""Clicks of a domain in the order of their time, a stretch at a time: what comes next, and up to where that is all."""

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from datetime import datetime

from linnet.model.click_record import ClickRecord
from linnet.model.statistics import Interval, Kind, Question
from linnet.statistics.exports import ClickSource, LinkIds, StoredClick, record_of


class ClickFeed:
    """Reads on in the clicks of ``source``; ``link_ids`` tells the ids of links by their numbers."""

    def __init__(self, source: ClickSource, link_ids: Callable[[Collection[int]], Mapping[int, str]]) -> None:
        self._source = source
        self._links = LinkIds(link_ids)

    def between(self, domain_id: int, begin: datetime, end: datetime, *, most: int) -> tuple[list[ClickRecord], datetime]:
        """The clicks from ``begin`` on, oldest first, and the moment up to which they are all: ``end``, or an earlier one where
        there are more than ``most``. Those of one millisecond are never parted."""
        question = Question(kind=Kind.LAST_CLICKS, domain_id=domain_id, interval=Interval(start=begin, end=end))
        taken: list[StoredClick] = []
        until = end
        with closing(self._source.clicks(question)) as portions:
            for portion in portions:
                rest = _rest(taken, portion, most)
                taken += portion[:rest]
                if rest < len(portion):
                    until = portion[rest][0]
                    break
        ids = self._links.of(taken)
        return [record_of(click, ids) for click in taken], until


def _rest(taken: list[StoredClick], portion: list[StoredClick], most: int) -> int:
    """How many clicks of ``portion`` still belong to what is taken."""
    for place in range(max(0, most - len(taken)), len(portion)):
        last = portion[place - 1] if place else taken[-1] if taken else None
        if last is None or portion[place][0] != last[0]:
            return place
    return len(portion)
