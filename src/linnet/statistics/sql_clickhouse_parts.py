"""What questions are made of in ClickHouse's SQL: conditions, rows of roll-ups, and the goals of clicks.

A ``Scope`` writes them for one question, and collects the values that they are bound to.
"""

# ruff: noqa: S608 (values are bound, and names are our own)

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from linnet.model.statistics import ALL_LINKS, Filter, Interval, Question
from linnet.statistics.bound import Bound
from linnet.statistics.plan import last_day, split, told_by_quarters
from linnet.statistics.sql_parts import name_of

# The start of a row's quarter hour, in seconds since the epoch.
SECOND: Final = "(toInt64(toUInt16(day)) * 86400 + toInt64(quarter) * 900)"
_CLICK: Final = '(link_number, "at", nonce)'
# A day, and when its visitors were counted; 0: not yet.
Counted = tuple[date, int]
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

    def days_counted(self, interval: Interval | None) -> Statement:
        """Rows: each day of the interval on which people made clicks of the domain, and when its visitors were counted; 0 where
        that was before the last of these clicks, or does not tell the part of the day that is in the interval."""
        domain, told = self._of_domain(), "counted = current"
        if interval is not None:
            domain += f" AND day >= {self.bound.day(interval.start.date())} AND day <= {self.bound.day(last_day(interval))}"
            first, last = told_by_quarters(interval)
            told += f" AND day >= {self.bound.day(first)} AND day <= {self.bound.day(last)}"
        counts = f"SELECT day, closed_at, sum(human_clicks) AS made FROM closed_visitors WHERE {domain} GROUP BY day, closed_at"
        return self.statement(
            f"""SELECT day, if({told}, latest, 0) FROM
                (SELECT day, sum(human_clicks) AS current FROM rollup_quarters WHERE {domain} GROUP BY day) AS sums LEFT JOIN
                (SELECT day, max(closed_at) AS latest, argMax(made, closed_at) AS counted FROM ({counts}) GROUP BY day)
                AS closed USING (day) WHERE current > 0 AND day >= {self._rolled_off()} ORDER BY day"""
        )

    def open(self, days: Sequence[Counted] | None) -> str:
        """The condition that a raw click is of a day whose visitors nobody counted (None: of any); begins with AND."""
        listed = f" AND day IN {self.bound.days(day for day, at in days if not at)}" if days is not None else ""
        return f"{listed} AND day >= {self._rolled_off()}"

    def seen(self, interval: Interval | None, closed: Sequence[Counted]) -> Sequence[str]:
        """Rows of the visitors who were counted for the interval, by the quarter hours in which they came first or last: of
        closed days, and of days whose clicks are gone. Of one of these in which it both begins and ends nobody knows."""
        question, seen = self.question, _seen(self.bound, interval)
        link = self._of_link() if question.link_number is not None else f"link_number = {ALL_LINKS}"
        scope = f"{self._of_domain()} AND {link} AND day < {self._rolled_off()}"
        if interval is not None:
            scope += f" AND day >= {self.bound.day(interval.start.date())} AND day <= {self.bound.day(interval.end.date())}"
        gone = f"SELECT {seen} FROM rolled_off_visitors FINAL WHERE {scope}"
        if not closed:
            return [gone]
        days, moments = self.bound.days(day for day, _ in closed), self.bound.numbers(at for _, at in closed)
        listed = f"(day, closed_at) IN (SELECT arrayJoin(arrayZip({days}, arrayMap(at -> toUInt64(at), {moments}))))"
        counted = f"SELECT {seen} FROM closed_visitors WHERE {self._of_domain()} AND day IN {days} AND {listed}"
        return [gone, counted]

    def _rolled_off(self) -> str:
        """The day before which the domain has no clicks one by one."""
        return f"(SELECT max(before) FROM rolled_off WHERE {self._of_domain()})"

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


def _seen(bound: Bound, interval: Interval | None) -> str:
    if interval is None:
        return "first_seen AS v"
    start, end = (bound.number(int(moment.timestamp())) for moment in (interval.start, interval.end))
    begin = "(toInt64(toUInt16(day)) * 86400)"
    came = f"({begin} >= {start} AND {SECOND} < {end})"
    stayed = f"({begin} < {start} AND {begin} + 86400 <= {end} AND {SECOND} >= {start})"
    return f"first_seen * {came} + last_seen * {stayed} AS v"


def parts(interval: Interval | None, step: timedelta, rolled: Rows, raw: Rows) -> str:
    """Rows of roll-ups for the whole steps of the interval, and of clicks for its edges."""
    if interval is None:
        return rolled(None)
    whole, edges = split(interval, step)
    return " UNION ALL ".join([*([rolled(whole)] if whole is not None else []), *(raw(edge) for edge in edges)])
