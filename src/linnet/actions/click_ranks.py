"""Clicks of the links on one page, and which links of a domain are clicked most: each by one question."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from linnet.model.statistics import Counted, Interval, Kind, Question
from linnet.statistics.engine import StatisticsEngine

DAYS: Final = 30
_DAY: Final = timedelta(days=1)
# Links behind these have so few clicks that the newest may as well go first.
MOST_RANKED: Final = 10_000
# How long an order by clicks stays as it is, so that pages follow upon each other.
_KEPT_SECONDS: Final = 60.0
_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """People's clicks of a link: those of each of the last 30 days (UTC, the last is today), and of all time."""

    days: tuple[int, ...] = (0,) * DAYS
    total: int = 0

    @property
    def lately(self) -> int:
        """Those of the 30 days."""
        return sum(self.days)


def clicks_of(engine: StatisticsEngine, domain_id: int, numbers: Sequence[int], now: datetime) -> dict[int, LinkClicks]:
    """The clicks of links, by their numbers. StatisticsUnavailable when they cannot be told now."""
    if not numbers:
        return {}
    days = _days(now)
    spans: list[Interval | None] = [*days, None]
    counted = tuple(Counted(link_number=number, interval=span) for number in numbers for span in spans)
    counts = engine.counts(Question(kind=Kind.COUNTS, domain_id=domain_id, counted=counted))
    rows = (counts[at : at + len(spans)] for at in range(0, len(counts), len(spans)))
    return {number: LinkClicks(tuple(row[:-1]), row[-1]) for number, row in zip(numbers, rows, strict=True)}


def _days(now: datetime) -> list[Interval]:
    """The last 30 days of UTC; whole ones, of which roll-ups tell."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - _DAY * before for before in range(DAYS - 1, -1, -1)]
    return [Interval(start=start, end=start + _DAY) for start in starts]


class ClickRanks:
    """The most clicked links of domains, asked for once a minute at most. Shared by threads."""

    def __init__(self, engine: StatisticsEngine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[float, Mapping[int, int]]] = OrderedDict()

    def of(self, domain_id: int, now: datetime) -> Mapping[int, int]:
        """People's clicks in the last 30 days by number, of the 10,000 links of a domain that have the most.

        StatisticsUnavailable when they cannot be told now.
        """
        with self._lock:
            kept = self._kept.get(domain_id)
        if kept is not None and time.monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        days = _days(now)
        interval = Interval(start=days[0].start, end=days[-1].end)
        question = Question(kind=Kind.TOP, domain_id=domain_id, interval=interval, column="path", limit=MOST_RANKED)
        tops = self._engine.top(question)
        ranks = {int(each.detail): each.score for each in tops if not each.value and each.detail.isdigit()}
        with self._lock:
            self._kept[domain_id] = time.monotonic(), ranks
            self._kept.move_to_end(domain_id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return ranks
