"""Totals as SQL for the embedded click store: clicks, visitors, scans and conversions of an interval."""

# ruff: noqa: S608 (all statements are made of our own names; values are bound)

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from linnet.model.statistics import Interval, Question
from linnet.statistics.plan import DAY, QUARTER, naive, split
from linnet.statistics.sql_duckdb import link_days, quarters
from linnet.statistics.sql_parts import Query, parts, union, where, within

_COUNTS: Final = """count(*) AS clicks, count(*) FILTER (human) AS human_clicks,
    count(*) FILTER (human AND scan) AS scans"""
_SUMS: Final = "clicks, human_clicks, scans"
# A visitor's number is one of its day, and has 40 bits; one number of both is counted faster than a pair.
VISITOR: Final = "(visitor + (day - DATE '1970-01-01') * 1099511627776)"
_KNOWN: Final = "human AND visitor <> 0"
_REACHED: Final = "SELECT count(*) AS goals, coalesce(sum(value), 0) AS worth FROM conversions WHERE "


def open_days(question: Question, interval: Interval | None) -> Query:
    """Rows: the days of the domain whose visitors no roll-up tells."""
    query = Query("SELECT day FROM open_days WHERE domain_id = ?", [question.domain_id])
    if interval is not None:
        query.text += " AND day >= ? AND day <= ?"
        query.parameters += [naive(interval.start).date(), naive(interval.end).date()]
    query.text += " ORDER BY day"
    return query


def any_conversion(question: Question, interval: Interval | None) -> Query:
    """A row when a goal came of any of the clicks that were made in the interval, filters aside."""
    query = within(Query("SELECT 1 FROM conversions WHERE "), question, interval, moment="clicked_at")
    return Query(f"{query.text} LIMIT 1", query.parameters)


def totals(question: Question, interval: Interval | None, opened: Sequence[date]) -> Query:
    """One row: clicks, human clicks, scans, visitors, conversions, their value; of a question without filters.

    ``opened`` are the days that ``open_days`` tells, in the same state of the store.
    """
    rolled, step = (partial(link_days, _SUMS), DAY) if question.link_number is not None else (partial(quarters, _SUMS), QUARTER)
    counted = partial(where, question=question)
    rows = parts(
        interval,
        step,
        partial(rolled, question),
        lambda edge: counted(Query(f"SELECT {_COUNTS} FROM clicks WHERE "), interval=edge),
    )
    met, reached = _visitors(question, interval, set(opened)), within(Query(_REACHED), question, interval, moment="clicked_at")
    text = f"""SELECT counted.*, (SELECT coalesce(sum(visitors), 0) FROM ({met.text})), reached.*
        FROM (SELECT coalesce(sum(clicks), 0), coalesce(sum(human_clicks), 0), coalesce(sum(scans), 0)
                FROM ({rows.text})) AS counted,
            ({reached.text}) AS reached"""
    return Query(text, [*met.parameters, *rows.parameters, *reached.parameters])


def filtered_totals(question: Question, interval: Interval | None) -> Query:
    """One row: clicks, human clicks, scans, visitors; of a question with filters."""
    text = f"SELECT {_COUNTS}, count(DISTINCT {VISITOR}) FILTER ({_KNOWN}) FROM clicks WHERE "
    return where(Query(text), question, interval)


def goals(question: Question, interval: Interval | None) -> Query:
    """One row: conversions that came of matching clicks, their value."""
    found = where(Query('SELECT link_number, "at", nonce FROM clicks WHERE '), question, interval)
    # By the nonce alone first, which leaves few clicks.
    found.text += " AND nonce <> 0 AND nonce IN (SELECT nonce FROM conversions WHERE domain_id = ?)"
    text = f"""SELECT count(*), coalesce(sum(value), 0) FROM ({found.text}) AS found JOIN conversions AS reached
        ON reached.nonce = found.nonce AND reached.link_number = found.link_number AND reached.clicked_at = found."at"
        WHERE reached.domain_id = ?"""
    return Query(text, [*found.parameters, question.domain_id, question.domain_id])


def goals_of_people(question: Question, interval: Interval | None) -> Query:
    """The same of a question that people's clicks alone match: fewer clicks are robots', whose conversions are left out."""
    robots = within(Query('SELECT link_number, "at", nonce FROM clicks WHERE '), question, interval, moment='"at"')
    robots.text += " AND NOT human AND nonce <> 0 AND nonce IN (SELECT nonce FROM conversions WHERE domain_id = ?)"
    came = within(Query(_REACHED), question, interval, moment="clicked_at")
    text = f'{came.text} AND (link_number, clicked_at, nonce) NOT IN (SELECT (link_number, "at", nonce) FROM ({robots.text}))'
    return Query(text, [*came.parameters, *robots.parameters, question.domain_id])


def _visitors(question: Question, interval: Interval | None, opened: set[date]) -> Query:
    """Rows whose ``visitors`` are to be added: from roll-ups where they tell, and else counted."""
    if interval is None:
        return union([_rolled(question, None), *_counted_days(question, opened)])
    queries, whole, counted = [], set[date](), set[date]()
    for part in _days(interval):
        day = naive(part.start).date()
        if part.end - part.start == DAY:
            (counted if day in opened else whole).add(day)
        elif question.link_number is None and day not in opened and (rolled := _rolled_part(question, part)) is not None:
            queries.append(rolled)
        else:
            queries.append(_counted(question, part))
    if whole:
        first, last = _midnight(min(whole), interval), _midnight(max(whole), interval)
        queries.append(_rolled(question, Interval(start=first, end=last + DAY)))
    return union([*queries, *_counted_days(question, counted)])


def _days(interval: Interval) -> Iterable[Interval]:
    """The interval cut at the midnights of UTC."""
    whole, edges = split(interval, DAY)
    if whole is None:
        # It may lie in two days.
        middle = _midnight(naive(interval.end - timedelta(microseconds=1)).date(), interval)
        cut = [interval.start, *([middle] if interval.start < middle else []), interval.end]
        return [Interval(start=start, end=end) for start, end in itertools.pairwise(cut)]
    days = [whole.start + number * DAY for number in range((whole.end - whole.start) // DAY)]
    return [*edges, *(Interval(start=day, end=day + DAY) for day in days)]


def _midnight(day: date, interval: Interval) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=interval.start.tzinfo)


def _rolled(question: Question, whole: Interval | None) -> Query:
    """Of whole days; days that are open have no rows."""
    if question.link_number is not None:
        query = Query("SELECT visitors FROM rollup_link_visitors WHERE domain_id = ? AND link_number = ?")
        query.parameters = [question.domain_id, question.link_number]
    else:
        query = Query("SELECT first_seen AS visitors FROM rollup_visitors WHERE domain_id = ?", [question.domain_id])
    if whole is not None:
        query.text += " AND day >= ? AND day < ?"
        query.parameters += [naive(whole.start).date(), naive(whole.end).date()]
    return query


def _rolled_part(question: Question, part: Interval) -> Query | None:
    """Of the beginning or the end of a day: who came first before it ends, or last after it begins; None for other parts."""
    start, end = naive(part.start), naive(part.end)
    midnight = datetime(start.year, start.month, start.day)  # noqa: DTZ001 (as the store keeps moments)
    before, after = start - midnight, end - midnight
    parameters = [question.domain_id, start.date()]
    text = "FROM rollup_visitors WHERE domain_id = ? AND day = ? AND quarter"
    if not before and not after % QUARTER:
        return Query(f"SELECT first_seen AS visitors {text} < ?", [*parameters, after // QUARTER])
    if after == DAY and not before % QUARTER:
        return Query(f"SELECT last_seen AS visitors {text} >= ?", [*parameters, before // QUARTER])
    return None


def _counted(question: Question, part: Interval) -> Query:
    """Of a part of one day, counted from raw clicks."""
    query = where(Query("SELECT count(DISTINCT visitor) AS visitors FROM clicks WHERE "), question, part)
    return Query(f"{query.text} AND {_KNOWN}", query.parameters)


def _counted_days(question: Question, days: set[date]) -> list[Query]:
    if not days:
        return []
    query = where(Query(f"SELECT count(DISTINCT {VISITOR}) AS visitors FROM clicks WHERE "), question, None)
    query.text += f" AND {_KNOWN} AND day >= ? AND day <= ?"
    query.parameters += [min(days), max(days)]
    if (max(days) - min(days)).days >= len(days):
        query.text += " AND day IN (SELECT unnest(?::DATE[]))"
        query.parameters.append(sorted(days))
    return [query]
