"""The raw clicks of a question as SQL for ClickHouse, some thousands at a time."""

# ruff: noqa: S608 (values are bound, and names are our own)

from typing import Final

from linnet.model.click_record import STORED_FIELDS
from linnet.model.statistics import Interval, Question
from linnet.statistics.sql_clickhouse_parts import SECOND, Scope, Statement

_FIELDS: Final = ", ".join(f'made."{name}"' for name in STORED_FIELDS)
_READ: Final = ", ".join(f'"{name}"' for name in STORED_FIELDS)


def cleared(question: Question) -> Statement:
    """One row: the moment before which the domain's clicks were forgotten; the beginning of time where they never were."""
    scope = Scope(question)
    return scope.statement(f"SELECT max(before) FROM clearings WHERE domain_id = {scope.bound.number(question.domain_id)}")


def stretches(question: Question, rows: int) -> Statement:
    """Rows: where a stretch of time begins, in seconds; the domain has some ``rows`` clicks in it, or those of one quarter,
    where these are more. One after the other; the last one ends with the question's interval."""
    scope = Scope(question)
    domain = f"domain_id = {scope.bound.number(question.domain_id)}"
    within = ""
    if question.interval is not None:
        first, last = scope.bound.day(question.interval.start.date()), scope.bound.day(question.interval.end.date())
        within = f" AND day >= {first} AND day <= {last}"
    return scope.statement(
        f"""SELECT min(second) FROM (
            SELECT second, intDiv(sum(total) OVER (ORDER BY second ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                {scope.bound.number(rows)}) AS number
            FROM (SELECT {SECOND} AS second, sum(clicks) AS total FROM rollup_quarters WHERE {domain}{within} GROUP BY second))
        GROUP BY number ORDER BY number"""
    )


def clicks(question: Question, interval: Interval | None, rows: int) -> Statement:
    """Rows of STORED_FIELDS, and the goals that came of the click as a list of (name, moment, value), oldest first: some
    ``rows``, or fewer, where there are no more. None of two that were made in one moment is left out."""
    scope = Scope(question)
    found = f'{scope.clicks(_READ, interval)} ORDER BY "at" LIMIT {scope.bound.number(rows)} WITH TIES'
    goals = 'arraySort(goal -> (goal.2, goal.1), groupArray((name, "at", value))) AS goals'
    text = scope.with_goals(f"{_FIELDS}, goals", found, interval, of_click=goals)
    return scope.statement(f'{text} ORDER BY made."at", made.link_number, made.nonce')
