"""Questions as SQL for the embedded click store. Values are bound, never spliced; names come from fixed tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
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
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(slots=True)
class Query:
    """A statement with its parameters."""

    text: str
    parameters: list[Any] = field(default_factory=list)


def totals(question: Question, interval: Interval | None) -> Query:
    """One row: clicks, human clicks."""
    counted = "SELECT count(*) AS clicks, count(*) FILTER (WHERE human) AS human_clicks FROM clicks WHERE "
    if _is_filtered(question):
        return _where(Query(counted), question, interval)
    of_link = question.link_number is not None
    rolled, step = (_link_days, _DAY) if of_link else (partial(_quarters, "clicks, human_clicks"), _QUARTER)
    parts = _parts(interval, step, partial(rolled, question), lambda edge: _where(Query(counted), question, edge))
    return Query(f"SELECT sum(clicks), sum(human_clicks) FROM ({parts.text})", parts.parameters)


def by_quarter(question: Question) -> Query:
    """Rows: day, quarter hour of it (UTC), clicks."""

    def raw(interval: Interval | None) -> Query:
        return _where(Query("SELECT day, quarter, 1 AS clicks FROM clicks WHERE "), question, interval)

    if question.link_number is None and not _is_filtered(question):
        rows = _parts(question.interval, _QUARTER, partial(_quarters, "day, quarter, clicks", question), raw)
    else:
        rows = raw(question.interval)
    return Query(f"SELECT day, quarter, sum(clicks) FROM ({rows.text}) GROUP BY day, quarter", rows.parameters)


def top(question: Question, column: str) -> Query:
    """Rows: value, detail, score; the highest score first. Unknown values ("") are left out.

    Counted are people's clicks, unless the question itself says which (a filter on ``human``).
    """

    def raw(interval: Interval | None) -> Query:
        detail = "country || '/' || region" if column == "city" else "''"
        value = f"CAST({_name(column)} AS VARCHAR)"
        query = _where(Query(f"SELECT {value} AS value, {detail} AS detail, 1 AS score FROM clicks WHERE "), question, interval)
        query.text += f" AND {value} <> ''"
        if not any(each.column == "human" for each in (*question.include, *question.exclude)):
            query.text += " AND human"
        return query

    if question.link_number is None and not _is_filtered(question) and column in ROLLED_UP:
        rows = _parts(question.interval, _DAY, partial(_values, question, column), raw)
    else:
        rows = raw(question.interval)
    text = (
        f"SELECT value, detail, sum(score) AS total FROM ({rows.text}) GROUP BY value, detail HAVING total > 0 "
        "ORDER BY total DESC, value, detail LIMIT ?"
    )
    return Query(text, [*rows.parameters, question.limit])


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


def split(interval: Interval, step: timedelta) -> tuple[Interval | None, list[Interval]]:
    """The whole steps of UTC in an interval, None when there are none, and what is left of it at its edges."""
    first = interval.start + (_EPOCH - interval.start) % step
    after = interval.end - (interval.end - _EPOCH) % step
    if first >= after:
        return None, [interval]
    edges = [Interval(start=interval.start, end=first), Interval(start=after, end=interval.end)]
    return Interval(start=first, end=after), [edge for edge in edges if edge.start < edge.end]


def naive(moment: datetime) -> datetime:
    """A moment as the store keeps it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _is_filtered(question: Question) -> bool:
    return bool(question.include or question.exclude)


def _parts(
    interval: Interval | None, step: timedelta, rolled: Callable[[Interval | None], Query], raw: Callable[[Interval], Query]
) -> Query:
    """Rows of roll-ups for the whole steps of the interval, and of clicks for its edges."""
    if interval is None:
        return rolled(None)
    whole, edges = split(interval, step)
    parts = [*([rolled(whole)] if whole is not None else []), *(raw(edge) for edge in edges)]
    return Query(" UNION ALL ".join(part.text for part in parts), [value for part in parts for value in part.parameters])


def _quarters(names: str, question: Question, whole: Interval | None) -> Query:
    query = Query(f"SELECT {names} FROM rollup_quarters WHERE domain_id = ?", [question.domain_id])
    if whole is not None:
        query.text += (
            " AND day >= ? AND day <= ? AND day + quarter * INTERVAL 15 MINUTE >= ? AND day + quarter * INTERVAL 15 MINUTE < ?"
        )
        start, end = naive(whole.start), naive(whole.end)
        query.parameters += [start.date(), end.date(), start, end]
    return query


def _link_days(question: Question, whole: Interval | None) -> Query:
    query = Query(
        "SELECT clicks, human_clicks FROM rollup_links WHERE domain_id = ? AND link_number = ?",
        [question.domain_id, question.link_number],
    )
    return _on_days(query, whole)


def _values(question: Question, column: str, whole: Interval | None) -> Query:
    query = Query(
        "SELECT value, detail, human_clicks AS score FROM rollup_values WHERE domain_id = ? AND dimension = ?",
        [question.domain_id, column],
    )
    return _on_days(query, whole)


def _on_days(query: Query, whole: Interval | None) -> Query:
    if whole is not None:
        query.text += " AND day >= ? AND day < ?"
        query.parameters += [naive(whole.start).date(), naive(whole.end).date()]
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
