"""What questions are made of in the embedded store's SQL: conditions, and the parts that roll-ups answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from linnet.model.statistics import Filter, Interval, Question
from linnet.statistics.plan import naive, split

# What a question may filter or group by, and the column that answers it.
_COLUMNS: Final = frozenset(
    [
        "address",
        "browser",
        "browser_version",
        "city",
        "country",
        "human",
        "method",
        "os",
        "path",
        "scheme",
        "referrer_host",
        "social",
        "status",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "ab_path",
        "goal_completed",
        "device",
        "scan",
        "bot",
        "language",
        "link_number",
        "region",
    ]
)


@dataclass(slots=True)
class Query:
    """A statement with its parameters."""

    text: str
    parameters: list[Any] = field(default_factory=list)


def parts(
    interval: Interval | None, step: timedelta, rolled: Callable[[Interval | None], Query], raw: Callable[[Interval], Query]
) -> Query:
    """Rows of roll-ups for the whole steps of the interval, and of clicks for its edges."""
    if interval is None:
        return rolled(None)
    whole, edges = split(interval, step)
    return union([*([rolled(whole)] if whole is not None else []), *(raw(edge) for edge in edges)])


def union(queries: list[Query]) -> Query:
    """The rows of all ``queries``."""
    return Query(" UNION ALL ".join(query.text for query in queries), [value for each in queries for value in each.parameters])


def on_days(query: Query, whole: Interval | None) -> Query:
    """``query`` of a roll-up by days, for whole days."""
    if whole is not None:
        query.text += " AND day >= ? AND day < ?"
        query.parameters += [naive(whole.start).date(), naive(whole.end).date()]
    return query


def within(query: Query, question: Question, interval: Interval | None, *, moment: str) -> Query:
    """``query``, for the domain's or the link's rows whose ``moment`` is in the interval."""
    query.text += "domain_id = ?"
    query.parameters.append(question.domain_id)
    if question.link_number is not None:
        query.text += " AND link_number = ?"
        query.parameters.append(question.link_number)
    if interval is not None:
        query.text += f" AND {moment} >= ? AND {moment} < ?"
        query.parameters += [naive(interval.start), naive(interval.end)]
    return query


def where(query: Query, question: Question, interval: Interval | None) -> Query:
    """``query`` of raw clicks, with the conditions of the question."""
    within(query, question, interval, moment='"at"')
    for each in question.include:
        condition = _matches(query, question, each)
        query.text += f" AND {condition}"
    for each in question.exclude:
        condition = _matches(query, question, each)
        query.text += f" AND NOT ({condition})"
    return query


def name_of(column: str) -> str:
    """The column as SQL; a name that is not in the table of columns is a defect, and never becomes SQL."""
    if column not in _COLUMNS:
        raise ValueError(f"no such column: {column}")
    return f'"{column}"'


_PLACE: Final = "country || '/' || region || '/' || city"
# Of more values each a parameter would cost more than the clicks: a question with all filters could take a minute to plan.
_FEW: Final = 16


def _matches(query: Query, question: Question, criterion: Filter) -> str:
    values = criterion.values
    if criterion.column == "at":
        query.parameters += [naive(values[0]), naive(values[1])]
        return '"at" >= ? AND "at" <= ?'
    if criterion.column == "goal_completed":
        return _reached(query, question, values)
    if criterion.column == "link_number":
        # One parameter, because they may be many.
        query.parameters.append(list(values))
        return "link_number IN (SELECT unnest(?::BIGINT[]))"
    if criterion.column == "link_or_path":
        query.parameters += [[each for each in values if isinstance(each, kind)] for kind in (int, str)]
        return "(link_number IN (SELECT unnest(?::BIGINT[])) OR path IN (SELECT unnest(?::VARCHAR[])))"
    name = _PLACE if criterion.column == "place" else name_of(criterion.column)
    if len(values) > _FEW:
        query.parameters.append(list(values))
        return f"{name} IN (SELECT unnest(?::{'BIGINT' if criterion.column == 'status' else 'VARCHAR'}[]))"
    query.parameters += values
    marks = ", ".join("?" for _ in values)
    return f"{name} IN ({marks})" if values else "FALSE"


def _reached(query: Query, question: Question, goals: tuple[str, ...]) -> str:
    """The condition that one of the goals came of the click, or, if "" is among them, none at all."""
    found = """(nonce <> 0 AND (link_number, "at", nonce) IN
        (SELECT (link_number, clicked_at, nonce) FROM conversions WHERE domain_id = ?{}))"""
    query.parameters += [question.domain_id, list(goals)]
    condition = found.format(" AND name IN (SELECT unnest(?::VARCHAR[]))")
    if "" in goals:
        query.parameters.append(question.domain_id)
        condition = f"({condition} OR NOT {found.format('')})"
    return condition
