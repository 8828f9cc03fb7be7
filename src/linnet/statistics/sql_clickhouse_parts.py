"""What questions are made of in ClickHouse's SQL: conditions, rows of roll-ups, and the goals of clicks.

A ``Scope`` writes them for one question, and collects the values that they are bound to.
"""

# ruff: noqa: S608 (values are bound, and names are our own)

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from linnet.model.statistics import ALL_LINKS, Filter, Interval, Question
from linnet.statistics.bound import Bound
from linnet.statistics.plan import split
from linnet.statistics.sql_parts import name_of

# The start of a row's quarter hour, in seconds since the epoch.
SECOND: Final = "(toInt64(toUInt16(day)) * 86400 + toInt64(quarter) * 900)"
_CLICK: Final = '(link_number, "at", nonce)'
Rows = Callable[[Interval | None], str]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with what its placeholders stand for."""

    text: str
    parameters: dict[str, Any]


class Scope:
    """Writes the parts of statements about the clicks of one question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.bound = Bound()

    def statement(self, text: str) -> Statement:
        """``text``, in which this wrote parts, with the values in it."""
        return Statement(text, self.bound.parameters)

    def clicks(self, names: str, interval: Interval | None, condition: str = "") -> str:
        """Rows of raw clicks that match the question; ``condition`` begins with AND."""
        question = self.question
        conditions = [self._of_domain(), *([self._of_link()] if question.link_number is not None else [])]
        if interval is not None:
            conditions.append(self.within(interval))
        conditions += [f"({self._meets(each)})" for each in question.include]
        conditions += [f"NOT ({self._meets(each)})" for each in question.exclude]
        return f"SELECT {names} FROM clicks WHERE {' AND '.join(conditions)}{condition}"

    def within(self, interval: Interval) -> str:
        """The condition that a raw click was made in the interval."""
        # Rows are in the order of their days.
        start, end = self.bound.moment(interval.start), self.bound.moment(interval.end)
        return f'day >= toDate({start}) AND day <= toDate({end}) AND "at" >= {start} AND "at" < {end}'

    def quarters(self, names: str, whole: Interval | None) -> str:
        """Rows of the domain's roll-up by quarter hours, for whole ones."""
        text = f"SELECT {names} FROM rollup_quarters WHERE {self._of_domain()}"
        if whole is not None:
            start, end = (self.bound.number(int(moment.timestamp())) for moment in (whole.start, whole.end))
            text += f" AND day >= {self.bound.day(whole.start.date())} AND day <= {self.bound.day(whole.end.date())}"
            text += f" AND {SECOND} >= {start} AND {SECOND} < {end}"
        return text

    def days(self, names: str, whole: Interval | None) -> str:
        """Rows of the roll-up by links for a question about one, of the domain's own for any other, for whole days."""
        if self.question.link_number is not None:
            return self.links(names, whole)
        return f"SELECT {names} FROM rollup_quarters WHERE {self._of_domain()}{self._on_days(whole)}"

    def links(self, names: str, whole: Interval | None) -> str:
        """Rows of the roll-up by links, for whole days."""
        link = f" AND {self._of_link()}" if self.question.link_number is not None else ""
        return f"SELECT {names} FROM rollup_links WHERE {self._of_domain()}{link}{self._on_days(whole)}"

    def values(self, names: str, column: str, whole: Interval | None) -> str:
        """Rows of the domain's roll-up by values, for whole days."""
        prefix = self.question.prefix
        begins = f" AND startsWith(value, {self.bound.text(prefix)})" if prefix else ""
        dimension = f"dimension = {self.bound.text(column)}"
        return f"SELECT {names} FROM rollup_values WHERE {self._of_domain()} AND {dimension}{self._on_days(whole)}{begins}"

    def rolled_off_visitors(self, interval: Interval | None) -> str:
        """A row for each quarter hour of days whose clicks are gone: the visitors who count for the interval because they came
        first, or last, in that quarter hour. Of a day that the interval both begins and ends in, nobody knows."""
        link = self._of_link() if self.question.link_number is not None else f"link_number = {ALL_LINKS}"
        text = f"FROM rolled_off_visitors FINAL WHERE {self._of_domain()} AND {link}"
        if interval is None:
            return f"SELECT first_seen AS v {text}"
        start, end = (self.bound.number(int(moment.timestamp())) for moment in (interval.start, interval.end))
        begin = "(toInt64(toUInt16(day)) * 86400)"
        came = f"({begin} >= {start} AND {SECOND} < {end})"
        stayed = f"({begin} < {start} AND {begin} + 86400 <= {end} AND {SECOND} >= {start})"
        counted = f"first_seen * {came} + last_seen * {stayed}"
        days = f"day >= {self.bound.day(interval.start.date())} AND day <= {self.bound.day(interval.end.date())}"
        return f"SELECT {counted} AS v {text} AND {days}"

    def goals(self, interval: Interval | None) -> str:
        """Conversions of clicks in the interval, of which every one matches the question."""
        link = f" AND {self._of_link()}" if self.question.link_number is not None else ""
        return f"SELECT name, value FROM conversions FINAL WHERE {self._of_domain()}{link}{self._clicked(interval)}"

    def with_goals(
        self, names: str, clicks: str, interval: Interval | None, *, each: str = "name, value", of_click: str = ""
    ) -> str:
        """Rows of ``clicks``, made in the interval, which have link number, moment and nonce, with the goals that came of them:
        a row for each goal, or, with the aggregates ``of_click``, for each click, also one without a goal."""
        conditions = f"{self._of_domain()}{self._clicked(interval)}"
        reached = f"""SELECT link_number AS of_link, clicked_at, nonce AS of_nonce, {of_click or each}
            FROM conversions FINAL WHERE {conditions}{" GROUP BY of_link, clicked_at, of_nonce" if of_click else ""}"""
        return f"""SELECT {names} FROM ({clicks}) AS made {"LEFT" if of_click else "INNER"} JOIN ({reached}) AS reached
            ON made.link_number = reached.of_link AND made."at" = reached.clicked_at AND made.nonce = reached.of_nonce"""

    def _of_domain(self) -> str:
        return f"domain_id = {self.bound.number(self.question.domain_id)}"

    def _of_link(self) -> str:
        assert self.question.link_number is not None
        return f"link_number = {self.bound.number(self.question.link_number)}"

    def _clicked(self, interval: Interval | None) -> str:
        if interval is None:
            return ""
        return f" AND clicked_at >= {self.bound.moment(interval.start)} AND clicked_at < {self.bound.moment(interval.end)}"

    def _on_days(self, whole: Interval | None) -> str:
        if whole is None:
            return ""
        return f" AND day >= {self.bound.day(whole.start.date())} AND day < {self.bound.day(whole.end.date())}"

    def _meets(self, criterion: Filter) -> str:
        column, values = criterion.column, criterion.values
        if column == "at":
            start, end = values
            return f'"at" >= {self.bound.moment(start)} AND "at" <= {self.bound.moment_until(end)}'
        if not values:
            return "false"
        if column == "goal_completed":
            return self._reached(values)
        if column == "link_or_path":
            links = self.bound.numbers(each for each in values if isinstance(each, int))
            paths = self.bound.texts(each for each in values if isinstance(each, str))
            return f"link_number IN {links} OR path IN {paths}"
        name = "concat(country, '/', region, '/', city)" if column == "place" else name_of(column)
        if column in ("human", "scan"):
            return " OR ".join(f"{name} = {'true' if value else 'false'}" for value in values)
        numbers = column in ("status", "link_number")
        return f"{name} IN {self.bound.numbers(values) if numbers else self.bound.texts(values)}"

    def _reached(self, names: Sequence[str]) -> str:
        """The condition that one of the goals came of the click, or, if "" is among them, none at all."""
        goals = f"SELECT link_number, clicked_at, nonce FROM conversions WHERE {self._of_domain()}"
        condition = f"{_CLICK} IN ({goals} AND name IN {self.bound.texts(names)})"
        return f"{condition} OR {_CLICK} NOT IN ({goals})" if "" in names else condition


def parts(interval: Interval | None, step: timedelta, rolled: Rows, raw: Rows) -> str:
    """Rows of roll-ups for the whole steps of the interval, and of clicks for its edges."""
    if interval is None:
        return rolled(None)
    whole, edges = split(interval, step)
    return " UNION ALL ".join([*([rolled(whole)] if whole is not None else []), *(raw(edge) for edge in edges)])
