"""Questions as SQL for the embedded click store. Values are bound, never spliced; names come from fixed tables."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from linnet.model.statistics import Bucket, Interval, Kind, Question
from linnet.statistics.plan import DAY, QUARTER, ROLLED_UP, is_daily, is_filtered, naive, ranks_links, spans_counted
from linnet.statistics.sql_parts import Query, name_of, on_days, parts, union, where

_Rolled = Callable[[Interval | None], Query]


def by_quarter(question: Question) -> Query:
    """Rows: day, quarter hour of it (UTC), clicks; people's for BY_INTERVAL. Quarter hours without clicks are left out."""
    people = question.kind is Kind.BY_INTERVAL and not question.names_humans()
    clicks = "human_clicks AS clicks" if people else "clicks"

    def raw(interval: Interval | None) -> Query:
        query = where(Query("SELECT day, quarter, 1 AS clicks FROM clicks WHERE "), question, interval)
        query.text += " AND human" if people else ""
        return query

    if is_filtered(question):
        rows = raw(question.interval)
    elif question.link_number is None:
        rows = parts(question.interval, QUARTER, partial(quarters, f"day, quarter, {clicks}", question), raw)
    elif is_daily(question):
        rows = parts(question.interval, DAY, partial(link_days, f"day, 0 AS quarter, {clicks}", question), raw)
    else:
        rows = raw(question.interval)
    text = f"SELECT day, quarter, sum(clicks) AS total FROM ({rows.text}) GROUP BY day, quarter HAVING total > 0"
    return Query(text, rows.parameters)


def top(question: Question, column: str) -> Query:
    """Rows: value, detail, score; the highest score first. Unknown values ("") are left out.

    Counted are people's clicks, unless the question itself says which (``Question``).
    """
    rows = _ranked(question, column)
    text = (
        f"SELECT value, detail, sum(score) AS total FROM ({rows.text}) GROUP BY value, detail HAVING total > 0 "
        "ORDER BY total DESC, value, detail LIMIT ?"
    )
    return Query(text, [*rows.parameters, question.limit])


def top_links(question: Question) -> Query:
    """Rows: link number (0 for all clicks without a link), score; one more than the limit, the highest score first."""

    def raw(interval: Interval | None) -> Query:
        query = where(Query("SELECT link_number, 1 AS score FROM clicks WHERE "), question, interval)
        return _restrict(query, question, "path")

    rolled = partial(link_days, "link_number, human_clicks AS score", question)
    unfiltered = not is_filtered(question) and not question.prefix
    rows = parts(question.interval, DAY, rolled, raw) if unfiltered else raw(question.interval)
    text = (
        f"SELECT link_number, sum(score) AS total FROM ({rows.text}) GROUP BY link_number HAVING total > 0 "
        "ORDER BY total DESC, CAST(link_number AS VARCHAR) LIMIT ?"
    )
    return Query(text, [*rows.parameters, question.limit + 1])


def link_paths(question: Question) -> Query:
    """Rows: link number, a path with which it was visited."""
    query = where(Query("SELECT link_number, max(path) FROM clicks WHERE "), question, question.interval)
    query = _restrict(query, question, "path")
    query.text += " AND link_number IN (SELECT unnest(?::BIGINT[])) GROUP BY link_number"
    query.parameters.append(list(question.link_numbers))
    return query


def moments(question: Question) -> Query:
    """One row: the first and the last moment of what TOP_BY_INTERVAL counts, cut to quarter hours; nulls when there is none."""
    rows = _ranked(question, question.column, placed=True)
    moment = "day + quarter * INTERVAL 15 MINUTE"
    return Query(f"SELECT min({moment}), max({moment}) FROM ({rows.text}) WHERE score > 0", rows.parameters)


def top_by_interval(question: Question, starts: Sequence[datetime]) -> Query:
    """Rows: start of the bucket, value, detail, score; the top list of each bucket that has one, bucket after bucket.

    For a domain's paths the value is "" and the detail a number where a link's clicks are counted.
    """
    # The few quarter hours that there are find their buckets first; then each click finds its quarter hour's.
    present = quarters("day, quarter", question, None)
    rows = _ranked(question, question.column, placed=True, starts=starts)
    text = f"""WITH quarters AS ({present.text}),
        places AS (SELECT DISTINCT day, quarter, bucket.start
            FROM (SELECT day, quarter FROM quarters UNION SELECT day, {_NOON} FROM quarters) AS quarters
            ASOF JOIN (SELECT unnest(?::TIMESTAMP[]) AS start) AS bucket
            ON quarters.day + quarters.quarter * INTERVAL 15 MINUTE >= bucket.start),
        strays AS (SELECT places.day, places.quarter FROM places
            JOIN places AS noon ON noon.day = places.day AND noon.quarter = {_NOON} WHERE places.start <> noon.start),
        placed AS (SELECT start, value, detail, sum(score) AS total
            FROM ({rows.text}) AS counted JOIN places USING (day, quarter) GROUP BY start, value, detail)
        SELECT start, value, CAST(detail AS VARCHAR) AS detail, total FROM placed WHERE total > 0
        QUALIFY row_number() OVER (PARTITION BY start ORDER BY total DESC, value, CAST(detail AS VARCHAR)) <= ?
        ORDER BY start, total DESC, value, detail"""
    starts_bound = [naive(start) for start in starts]
    return Query(text, [*present.parameters, starts_bound, *rows.parameters, question.limit])


def counts(question: Question) -> Query | None:
    """Rows: position among what is counted, people's clicks of it; without clicks there is no row. None: nothing is counted."""
    spans = spans_counted(question.counted)
    queries = []
    if spans.whole:
        text = f"""SELECT position, human_clicks AS clicks FROM rollup_links JOIN {_listed("link_number BIGINT", "DATE")}
            USING (link_number) WHERE domain_id = ? AND day >= first AND day < after"""
        queries.append(Query(text, [*zip(*spans.whole, strict=True), question.domain_id]))
    for kind, counted in (("link_number BIGINT", spans.edges), ("path VARCHAR", spans.paths)):
        if counted:
            text = f"""SELECT position, 1 AS clicks FROM clicks JOIN {_listed(kind, "TIMESTAMP")} USING ({kind.split()[0]})
                WHERE domain_id = ? AND human AND "at" >= first AND "at" < after AND "at" >= ? AND "at" < ?"""
            bounds = [min(span[2] for span in counted), max(span[3] for span in counted)]
            queries.append(Query(text, [*zip(*counted, strict=True), question.domain_id, *bounds]))
    if not queries:
        return None
    rows = union([Query(each.text, [_as_list(value) for value in each.parameters]) for each in queries])
    text = f"SELECT position, sum(clicks) AS total FROM ({rows.text}) GROUP BY position HAVING total > 0"
    return Query(text, rows.parameters)


def window(question: Question, clicks: int) -> Query:
    """One row: since when there were at least so many clicks, as roll-ups tell, filters aside; null when there are fewer."""
    if question.link_number is None:
        steps = Query("SELECT day + quarter * INTERVAL 15 MINUTE AS start, clicks FROM rollup_quarters WHERE domain_id = ?")
        steps.parameters = [question.domain_id]
    else:
        steps = link_days("CAST(day AS TIMESTAMP) AS start, clicks", question, None)
    start, end = _asked_span(question)
    for moment, condition in ((start, " AND day >= ?"), (end, " AND day <= ?")):
        if moment is not None:
            steps.text += condition
            steps.parameters.append(moment.date())
    text = f"""SELECT max(start) FROM (SELECT start, sum(sum(clicks)) OVER (ORDER BY start DESC) AS so_far
        FROM ({steps.text}){" WHERE start < ?" if end is not None else ""} GROUP BY start) WHERE so_far >= ?"""
    return Query(text, [*steps.parameters, *([end] if end is not None else []), clicks])


def _asked_span(question: Question) -> tuple[datetime | None, datetime | None]:
    """Between which moments the last clicks are asked for."""
    starts = [each for each in (question.interval.start if question.interval else None, question.after) if each is not None]
    ends = [each for each in (question.interval.end if question.interval else None, question.before) if each is not None]
    return naive(max(starts)) if starts else None, naive(min(ends)) if ends else None


def last_clicks(question: Question, columns: str, since: datetime | None = None) -> Query:
    """Rows of ``columns``, newest first; none that is older than ``since``."""
    query = where(Query(f"SELECT {columns} FROM clicks WHERE "), question, question.interval)
    if since is not None:
        query.text += ' AND "at" >= ?'
        query.parameters.append(since)
    if question.before is not None:
        query.text += ' AND "at" < ?'
        query.parameters.append(naive(question.before))
    if question.after is not None:
        query.text += ' AND "at" > ?'
        query.parameters.append(naive(question.after))
    query.text += ' ORDER BY "at" DESC, link_number DESC LIMIT ?'
    query.parameters.append(question.limit)
    # Of several goals that came of a click, the first.
    goal = f"""coalesce((SELECT arg_min(name, conversions."at") FROM conversions WHERE found.nonce <> 0
        AND conversions.domain_id = {question.domain_id:d} AND conversions.link_number = found.link_number
        AND conversions.clicked_at = found."at" AND conversions.nonce = found.nonce), '')"""
    text = f'SELECT * REPLACE ({goal} AS goal_completed) FROM ({query.text}) AS found ORDER BY "at" DESC, link_number DESC'
    return Query(text, query.parameters)


def _ranked(question: Question, column: str, *, placed: bool = False, starts: Sequence[datetime] = ()) -> Query:
    """Rows: value, detail, score, and when ``placed`` (in buckets with these ``starts``) day and quarter hour; not grouped."""
    value, detail = _value_and_detail(question, column)

    def raw(interval: Interval | None) -> Query:
        table = "converted" if column == "goal_completed" else "clicks"
        place = "day, quarter, " if placed else ""
        grouped = None if placed else _GROUPED.get(column, name_of(column) if column in ROLLED_UP else None)
        counted = "count(*)" if grouped else "1"
        text = f"SELECT {place}{value} AS value, {detail} AS detail, {counted} AS score FROM {table} WHERE "
        query = where(Query(text), question, interval)
        if detail != _LINK_NUMBER:
            query.text += f" AND {value} <> ''"
        query = _restrict(query, question, column)
        query.text += f" GROUP BY {grouped}" if grouped else ""
        return query

    rolled = None
    if not placed or is_daily(question):
        rolled = _rolled_up(question, column, raw, f"day, {_NOON} AS quarter, " if placed else "")
    elif question.interval is not None and question.bucket is not Bucket.HOUR and column in ROLLED_UP:
        known = _rolled_up(question, column, raw, f"day, {_NOON} AS quarter, ")
        rolled = partial(_days_and_strays, known, raw, _stray(starts)) if known is not None else None
    return parts(question.interval, DAY, rolled, raw) if rolled is not None else raw(question.interval)


_LINK_NUMBER: Final = "link_number"
# The quarter hour of a day that stands for the day.
_NOON: Final = 48
# By what raw clicks are counted first: what is told of a place is put together for the few that are left.
_GROUPED: Final = {"city": "city, country, region", "region": "region, country"}


def _value_and_detail(question: Question, column: str) -> tuple[str, str]:
    if column == "city":
        return "city", "country || '/' || region"
    if column == "region":
        return "region", "country"
    if ranks_links(question, column):
        return "CASE WHEN link_number = 0 THEN path ELSE '' END", _LINK_NUMBER
    name = "path" if column == "path_404" else name_of(column)
    return f"CAST({name} AS VARCHAR)", "''"


def _restrict(query: Query, question: Question, column: str) -> Query:
    """``query`` of raw clicks, for those alone that are counted in a top list of ``column``."""
    if column == "path_404":
        query.text += " AND status = 404"
    if column not in ("human", "bot") and not question.names_humans():
        query.text += " AND human"
    if question.prefix:
        name = "path" if column == "path_404" else name_of(column)
        query.text += f" AND starts_with(CAST({name} AS VARCHAR), ?)"
        query.parameters.append(question.prefix)
    return query


def _rolled_up(question: Question, column: str, raw: _Rolled, place: str) -> _Rolled | None:
    """The roll-up that knows the clicks by value and day; None when none does."""
    if is_filtered(question):
        return None
    if column == "human" and not question.prefix:
        value = "unnest(['true', 'false']) AS value, '' AS detail, unnest([human_clicks, clicks - human_clicks]) AS score"
        return partial(link_days if question.link_number is not None else _days, f"{place}{value}", question)
    if column in ROLLED_UP and question.link_number is None:
        return partial(_values, f"{place}value, detail, human_clicks AS score", question, column)
    if ranks_links(question, column) and not question.prefix:
        return partial(_links_and_orphans, f"{place}'' AS value, link_number AS detail, human_clicks AS score", question, raw)
    return None


def _days_and_strays(known: _Rolled, raw: _Rolled, stray: str, whole: Interval | None) -> Query:
    """Rows of whole days from their roll-up, at noon, and of the clicks that are in another bucket than their day's noon: with
    it, and against it. Of a zone two hours from UTC that is every twelfth click."""
    days, strays = known(whole), raw(whole)
    strays.text = f"""SELECT day, unnest([quarter, {_NOON}]) AS quarter, value, detail, unnest([clicks, -clicks]) AS score
        FROM (SELECT day, quarter, value, detail, count(*) AS clicks FROM ({strays.text} AND ({stray})) GROUP BY ALL)
        JOIN strays USING (day, quarter)"""
    return union([days, strays])


def _stray(starts: Sequence[datetime]) -> str:
    """The condition on quarter hours that on some days they are in another bucket than noon is."""
    begins = [moment.hour * 4 + moment.minute // 15 for moment in map(naive, starts)]
    before = max((quarter for quarter in begins if quarter <= _NOON), default=0)
    after = min((quarter for quarter in begins if quarter > _NOON), default=96)
    return f"quarter < {before:d} OR quarter >= {after:d}"


def _links_and_orphans(names: str, question: Question, raw: _Rolled, whole: Interval | None) -> Query:
    """Rows of links from their roll-up, and of clicks without a link: that roll-up does not know their paths."""
    links, orphans = link_days(names, question, whole), raw(whole)
    links.text += " AND link_number <> 0"
    orphans.text += " AND link_number = 0"
    return union([links, orphans])


def quarters(names: str, question: Question, whole: Interval | None) -> Query:
    """Rows of a domain's roll-up by quarter hours, for whole ones."""
    query = Query(f"SELECT {names} FROM rollup_quarters WHERE domain_id = ?", [question.domain_id])
    if whole is not None:
        query.text += (
            " AND day >= ? AND day <= ? AND day + quarter * INTERVAL 15 MINUTE >= ? AND day + quarter * INTERVAL 15 MINUTE < ?"
        )
        start, end = naive(whole.start), naive(whole.end)
        query.parameters += [start.date(), end.date(), start, end]
    return query


def _days(names: str, question: Question, whole: Interval | None) -> Query:
    return on_days(Query(f"SELECT {names} FROM rollup_quarters WHERE domain_id = ?", [question.domain_id]), whole)


def link_days(names: str, question: Question, whole: Interval | None) -> Query:
    """Rows of the roll-up by links and days, for whole days of the question's link or of all."""
    query = Query(f"SELECT {names} FROM rollup_links WHERE domain_id = ?", [question.domain_id])
    if question.link_number is not None:
        query.text += " AND link_number = ?"
        query.parameters.append(question.link_number)
    return on_days(query, whole)


def _values(names: str, question: Question, column: str, whole: Interval | None) -> Query:
    text = f"SELECT {names} FROM rollup_values WHERE domain_id = ? AND dimension = ?"
    query = Query(text, [question.domain_id, column])
    if question.prefix:
        query.text += " AND starts_with(value, ?)"
        query.parameters.append(question.prefix)
    return on_days(query, whole)


def _listed(what: str, moment: str) -> str:
    name, kind = what.split()
    return (
        f"(SELECT unnest(?::INTEGER[]) AS position, unnest(?::{kind}[]) AS {name}, "
        f"unnest(?::{moment}[]) AS first, unnest(?::{moment}[]) AS after) AS listed"
    )


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
