"""The raw clicks of a question as SQL for the embedded click store, some thousands at a time."""

from typing import Final

from linnet.model.click_record import STORED_FIELDS
from linnet.model.statistics import Interval, Question
from linnet.statistics.plan import naive
from linnet.statistics.sql_parts import Query, where

_FIELDS: Final = ", ".join(f'found."{name}"' for name in STORED_FIELDS)
_KEY: Final = "link_number, clicked_at, nonce"


def cleared(question: Question) -> Query:
    """At most one row: the moment before which the domain's clicks were forgotten."""
    return Query("SELECT before FROM clearings WHERE domain_id = ?", [question.domain_id])


def stretches(question: Question, rows: int) -> Query:
    """Rows: the first quarter hour of a stretch of time, and how many clicks the domain has in it: some ``rows``, or those of
    one quarter hour, where these are more. One after the other; the last one ends with the question's interval."""
    query = Query(
        "SELECT day + quarter * INTERVAL 15 MINUTE AS start, sum(clicks) AS clicks FROM rollup_quarters WHERE domain_id = ?",
        [question.domain_id],
    )
    if question.interval is not None:
        query.text += " AND day >= ? AND day <= ?"
        query.parameters += [naive(question.interval.start).date(), naive(question.interval.end).date()]
    text = f"""SELECT min(start), sum(clicks) FROM (
            SELECT start, clicks, (sum(clicks) OVER (ORDER BY start) - clicks) // ? AS number FROM ({query.text} GROUP BY ALL))
        GROUP BY number, clicks > ? ORDER BY min(start)"""
    return Query(text, [rows, *query.parameters, rows])


def clicks(question: Question, interval: Interval | None) -> Query:
    """Rows of STORED_FIELDS, and the goals that came of the click as a list of structures (null: none), oldest first."""
    query = where(Query("SELECT * FROM clicks WHERE "), question, interval)
    goals = Query("SELECT * FROM conversions WHERE domain_id = ?", [question.domain_id])
    if interval is not None:
        goals.text += " AND clicked_at >= ? AND clicked_at < ?"
        goals.parameters += [naive(interval.start), naive(interval.end)]
    text = f"""SELECT {_FIELDS}, goals FROM ({query.text}) AS found LEFT JOIN (
            SELECT {_KEY}, list({{'name': name, 'at': "at", 'value': value}} ORDER BY "at", name) AS goals
            FROM ({goals.text}) GROUP BY {_KEY}) AS reached
        ON found.nonce <> 0 AND reached.link_number = found.link_number AND reached.clicked_at = found."at"
        AND reached.nonce = found.nonce
        ORDER BY found."at", found.link_number, found.nonce"""
    return Query(text, [*query.parameters, *goals.parameters])
