"""Totals by the values of a column as SQL for the embedded click store, conversions joined to their clicks."""

from typing import Final

from linnet.model.statistics import Question
from linnet.statistics.sql_parts import Query, name_of, where

_COUNTS: Final = """count(*) AS clicks, count(*) FILTER (WHERE human) AS human_clicks,
    count(DISTINCT (day, visitor)) FILTER (WHERE human AND visitor <> 0) AS visitors,
    count(*) FILTER (WHERE human AND scan) AS scans"""
_NEEDED: Final = 'link_number, "at", nonce, day, human, visitor, scan'
_ITS_CLICK: Final = """found.nonce <> 0 AND reached.link_number = found.link_number AND reached.clicked_at = found."at"
    AND reached.nonce = found.nonce"""


def breakdown(question: Question) -> Query:
    """Rows: value, clicks, human clicks, visitors, scans, conversions, their value, and human clicks that led to a goal."""
    if question.column == "goal_completed":
        return _by_goal(question)
    value = f"CAST({name_of(question.column)} AS VARCHAR)"
    found = where(Query(f"SELECT {value} AS value, {_NEEDED} FROM clicks WHERE "), question, question.interval)
    text = f"""SELECT value, {_COUNTS}, coalesce(sum(goals), 0), coalesce(sum(worth), 0),
            count(*) FILTER (WHERE human AND goals IS NOT NULL)
        FROM ({found.text} AND {value} <> '') AS found LEFT JOIN
            (SELECT link_number, clicked_at, nonce, count(*) AS goals, sum(value) AS worth
                FROM conversions WHERE domain_id = ? GROUP BY link_number, clicked_at, nonce) AS reached ON {_ITS_CLICK}
        GROUP BY value ORDER BY human_clicks DESC, value LIMIT ?"""
    return Query(text, [*found.parameters, question.domain_id, question.limit])


def _by_goal(question: Question) -> Query:
    found = where(Query(f"SELECT {_NEEDED} FROM clicks WHERE "), question, question.interval)
    # By the nonce alone first: few clicks are left for the join by all that names one, which takes three times as long.
    found.text += " AND nonce <> 0 AND nonce IN (SELECT nonce FROM conversions WHERE domain_id = ?)"
    found.parameters.append(question.domain_id)
    text = f"""SELECT name, {_COUNTS}, count(*), sum(value), count(*) FILTER (WHERE human)
        FROM ({found.text}) AS found JOIN conversions AS reached ON {_ITS_CLICK}
        WHERE reached.domain_id = ? GROUP BY name ORDER BY human_clicks DESC, name LIMIT ?"""
    return Query(text, [*found.parameters, question.domain_id, question.limit])
