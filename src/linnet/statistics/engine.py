"""What an engine answers; the actions ask through this, whichever engine is behind it."""

from typing import Protocol

from linnet.model.click import Click
from linnet.model.statistics import Breakdown, BucketTop, Clearing, Overview, Point, Question, Top


class StatisticsEngine(Protocol):
    """Answers questions. Raises StatisticsUnavailable when it cannot be asked now."""

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists."""

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest ``question.limit`` clicks, newest first."""

    def by_interval(self, question: Question, /) -> tuple[Point, ...]:
        """A chart of people's clicks, with a point for every bucket."""

    def top(self, question: Question, /) -> tuple[Top, ...]:
        """The top list of ``question.column``. Among a domain's paths, a link's clicks are one row, whatever its paths were."""

    def top_by_interval(self, question: Question, /) -> tuple[BucketTop, ...]:
        """The top list of ``question.column`` in every bucket; InvalidField when they would be too many rows."""

    def link_paths(self, question: Question, /) -> dict[int, str]:
        """For those of ``question.link_numbers`` that have clicks in the question, a path with which they were visited."""

    def counts(self, question: Question, /) -> tuple[int, ...]:
        """People's clicks of each of ``question.counted``, in its order."""

    def breakdown(self, question: Question, /) -> tuple[Breakdown, ...]:
        """The totals of each known value of ``question.column``, that of the most human clicks first, by value where these are
        equal; at most ``question.limit``."""

    def clear(self, clearing: Clearing, /) -> None:
        """Forget clicks for good, with those of before that are still on their way; to repeat it changes nothing."""
