"""What an engine answers; the actions ask through this, whichever engine is behind it."""

from typing import Protocol

from linnet.model.click import Click
from linnet.model.statistics import Overview, Question


class StatisticsEngine(Protocol):
    """Answers questions. Raises StatisticsUnavailable when it cannot be asked now."""

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists."""

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest ``question.limit`` clicks, newest first."""
