"""Questions as SQL for the embedded click store. Values are bound, never spliced; names come from fixed tables."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from linnet.model.statistics import Filter, Interval, Question

# What a question may filter or group by, and the column that answers it.
_COLUMNS: Final = frozenset(
    [
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
    ]
)
# Dimensions whose known values are in rollup_values.
ROLLED_UP: Final = frozenset(
    [
        "browser",
        "os",
        "country",
        "city",
        "social",
        "referrer_host",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "status",
        "device",
    ]
)
_DAY: Final = timedelta(days=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Query:
    """A statement with its parameters."""

    text: str
    parameters: list[Any] = field(default_factory=list)


def is_plain(question: Question) -> bool:
    """Whether roll-ups of the whole domain answer the question."""
    return question.link_number is None and not question.include and not question.exclude


def on_quarters(interval: Interval | None) -> bool:
    """Whether the interval begins and ends with a quarter hour."""
    return interval is None or all(
        moment.minute % 15 == 0 and moment.second == 0 and moment.microsecond == 0 for moment in (interval.start, interval.end)
    )


def totals(question: Question, interval: Interval | None) -> Query:
    """One row: clicks, human clicks."""
    if is_plain(question) and on_quarters(interval):
        query = Query("SELECT sum(clicks), sum(human_clicks) FROM rollup_quarters WHERE domain_id = ?", [question.domain_id])
        return _in_quarters(query, interval)
    query = Query("SELECT count(*), count(*) FILTER (WHERE human) FROM clicks WHERE ")
    return _where(query, question, interval)


def by_quarter(question: Question) -> Query:
    """Rows: day, quarter hour of it (UTC), clicks."""
    if is_plain(question) and on_quarters(question.interval):
        query = Query("SELECT day, quarter, sum(clicks) FROM rollup_quarters WHERE domain_id = ?", [question.domain_id])
        query = _in_quarters(query, question.interval)
    else:
        query = _where(Query("SELECT day, quarter, count(*) FROM clicks WHERE "), question, question.interval)
    query.text += " GROUP BY day, quarter"
    return query


def top(question: Question, column: str) -> Query:
    """Rows: value, detail, score; the highest score first. Unknown values ("") are left out.

    Counted are people's clicks, unless the question itself says which (a filter on ``human``).
    """
    interval = question.interval
    whole, edges = split_days(interval) if is_plain(question) and column in ROLLED_UP else (None, [interval])
    parts: list[Query] = []
    if whole is not None:
        rolled = Query(
            "SELECT value, detail, human_clicks AS score FROM rollup_values WHERE domain_id = ? AND dimension = ?",
            [question.domain_id, column],
        )
        if whole != (None, None):
            rolled.text += " AND day >= ? AND day < ?"
            rolled.parameters += whole
        parts.append(rolled)
    for edge in edges:
        detail = "country || '/' || region" if column == "city" else "''"
        raw = Query(f"SELECT CAST({_name(column)} AS VARCHAR) AS value, {detail} AS detail, 1 AS score FROM clicks WHERE ")
        raw = _where(raw, question, edge)
        raw.text += f" AND CAST({_name(column)} AS VARCHAR) <> ''"
        if not any(each.column == "human" for each in (*question.include, *question.exclude)):
            raw.text += " AND human"
        parts.append(raw)
    union = " UNION ALL ".join(part.text for part in parts)
    parameters = [value for part in parts for value in part.parameters]
    text = (
        f"SELECT value, detail, sum(score) AS total FROM ({union}) GROUP BY value, detail HAVING total > 0 "
        "ORDER BY total DESC, value, detail LIMIT ?"
    )
    return Query(text, [*parameters, question.limit])


def last_clicks(question: Question, columns: str) -> Query:
    """Rows of ``columns``, newest first."""
    query = _where(Query(f"SELECT {columns} FROM clicks WHERE "), question, question.interval)
    if question.before is not None:
        query.text += ' AND "at" < ?'
        query.parameters.append(naive(question.before))
    if question.after is not None:
        query.text += ' AND "at" > ?'
        query.parameters.append(naive(question.after))
    query.text += ' ORDER BY "at" DESC, link_number DESC LIMIT ?'
    query.parameters.append(question.limit)
    return query


def split_days(interval: Interval | None) -> tuple[tuple[date | None, date | None] | None, list[Interval | None]]:
    """An interval as whole UTC days (first, day after the last) and what is left of it at both edges."""
    if interval is None:
        return (None, None), []
    first = interval.start.astimezone(UTC).date()
    if _midnight(first) < interval.start:
        first += _DAY
    after = interval.end.astimezone(UTC).date()
    if first >= after:
        return None, [interval]
    edges: list[Interval | None] = []
    if interval.start < _midnight(first):
        edges.append(Interval(start=interval.start, end=_midnight(first)))
    if _midnight(after) < interval.end:
        edges.append(Interval(start=_midnight(after), end=interval.end))
    return (first, after), edges


def naive(moment: datetime) -> datetime:
    """A moment as the store keeps it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _in_quarters(query: Query, interval: Interval | None) -> Query:
    if interval is not None:
        query.text += (
            " AND day >= ? AND day <= ? AND day + quarter * INTERVAL 15 MINUTE >= ? AND day + quarter * INTERVAL 15 MINUTE < ?"
        )
        start, end = naive(interval.start), naive(interval.end)
        query.parameters += [start.date(), end.date(), start, end]
    return query


def _where(query: Query, question: Question, interval: Interval | None) -> Query:
    query.text += "domain_id = ?"
    query.parameters.append(question.domain_id)
    if question.link_number is not None:
        query.text += " AND link_number = ?"
        query.parameters.append(question.link_number)
    if interval is not None:
        query.text += ' AND "at" >= ? AND "at" < ?'
        query.parameters += [naive(interval.start), naive(interval.end)]
    for each in question.include:
        condition = _matches(query, each)
        query.text += f" AND {condition}"
    for each in question.exclude:
        condition = _matches(query, each)
        query.text += f" AND NOT ({condition})"
    return query


def _matches(query: Query, criterion: Filter) -> str:
    if criterion.column == "at":
        start, end = criterion.values
        query.parameters += [naive(start), naive(end)]
        return '"at" >= ? AND "at" <= ?'
    query.parameters += criterion.values
    marks = ", ".join("?" for _ in criterion.values)
    return f"{_name(criterion.column)} IN ({marks})" if criterion.values else "FALSE"


def _name(column: str) -> str:
    if column not in _COLUMNS:
        raise ValueError(f"no such column: {column}")
    return f'"{column}"'
