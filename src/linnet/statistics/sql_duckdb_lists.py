"""Several top lists, and a chart, in one pass over raw clicks or over roll-ups, as SQL for the embedded click store."""

# ruff: noqa: S608 (all statements are made of our own names; values are bound)

from collections.abc import Sequence
from typing import Final, NamedTuple

from linnet.model.statistics import Interval, Question
from linnet.statistics.plan import DAY, ROLLED_UP, naive, split
from linnet.statistics.sql_parts import Query, name_of, on_days, union, where

_CHART: Final = ("day", "quarter")
# What tells the rows of a list: a city is one of its region and country, a region one of its country.
_TOLD_BY: Final = {"city": ("city", "country", "region"), "region": ("region", "country")}
_DETAILS: Final = {"city": "country || '/' || region", "region": "country"}
# What no grouping of clicks by a column answers.
_APART: Final = frozenset(["path_404", "goal_completed"])
_ORDER: Final = "list, score DESC, value, detail"
_RANKED: Final = "row_number() OVER (PARTITION BY list ORDER BY score DESC, value, detail) <= ?"


class Lists(NamedTuple):
    """The query with rows: list (its place among ``columns``, -1 for the chart), value, detail, score; each list in its order.
    The chart's rows have a day, a quarter hour of it and all clicks."""

    query: Query
    columns: Sequence[str]


def raw_lists(question: Question, *, chart: bool) -> Lists:
    """Those of the question's top lists that raw clicks tell together, and its chart if it is asked for."""
    columns = [column for column in dict.fromkeys(question.tops) if column not in _APART]
    sets = _Sets(columns, [_CHART] if chart else [])
    counted = sets.counted(question, [question.interval] if question.interval is not None else [])
    everybody = [place for place, column in enumerate(columns) if column in ("human", "bot") or question.names_humans()]
    score = (
        f"CASE WHEN list IN ({', '.join(map(str, everybody))}) THEN clicks ELSE human_clicks END"
        if everybody
        else "human_clicks"
    )
    lists = f"""SELECT list, value, detail, {score} AS score FROM ({sets.rows("counted")}) WHERE score > 0
        QUALIFY {_RANKED}"""
    charted = f"""UNION ALL SELECT -1, CAST(day AS VARCHAR), CAST(quarter AS VARCHAR), clicks
        FROM counted WHERE grouped = {sets.mask(_CHART)}"""
    text = f"WITH counted AS MATERIALIZED ({counted.text}) FROM ({lists}) {charted if chart else ''} ORDER BY {_ORDER}"
    return Lists(Query(text, [*counted.parameters, question.limit]), columns)


def rolled_lists(question: Question) -> Lists:
    """Those of the top lists of a domain, without filters, that roll-ups tell for whole days."""
    columns = [column for column in dict.fromkeys(question.tops) if column in ROLLED_UP]
    sets = _Sets(columns)
    whole, edges = split(question.interval, DAY) if question.interval is not None else (None, [])
    queries = []
    if whole is not None or question.interval is None:
        places = ", ".join(f"('{column}', {place})" for place, column in enumerate(columns))
        dimensions = ", ".join(f"'{column}'" for column in columns)
        rolled = f"""SELECT list, value, detail, score FROM (
            SELECT dimension, value, detail, sum(human_clicks) AS score FROM rollup_values
            WHERE domain_id = ? AND dimension IN ({dimensions})"""
        query = on_days(Query(rolled, [question.domain_id]), whole)
        query.text += f" GROUP BY dimension, value, detail) JOIN (VALUES {places}) AS places(dimension, list) USING (dimension)"
        queries.append(query)
    if edges:
        counted = sets.counted(question, edges)
        rows = f"SELECT list, value, detail, human_clicks AS score FROM ({sets.rows(f'({counted.text})')})"
        queries.append(Query(rows, counted.parameters))
    every = union(queries)
    summed = f"SELECT list, value, detail, sum(score) AS score FROM ({every.text}) GROUP BY list, value, detail"
    text = f"FROM ({summed}) WHERE score > 0 QUALIFY {_RANKED} ORDER BY {_ORDER}"
    return Lists(Query(text, [*every.parameters, question.limit]), columns)


class _Sets:
    """Clicks counted by what tells the rows of several lists, and by other sets of columns, at once."""

    def __init__(self, columns: Sequence[str], others: Sequence[Sequence[str]] = ()) -> None:
        self._columns = columns
        self._sets = [*map(_told_by, columns), *others]
        self._names = list(dict.fromkeys(name for each in self._sets for name in each))

    def counted(self, question: Question, spans: Sequence[Interval]) -> Query:
        """Rows of all columns, clicks and human clicks, in the spans (none: at all times); ``grouped`` tells by which set a row
        is."""
        names = ", ".join(map(_quoted, self._names))
        sets = ", ".join(f"({', '.join(map(_quoted, each))})" for each in self._sets)
        text = f"SELECT grouping({names}) AS grouped, {names}, count(*) AS clicks, count(*) FILTER (human) AS human_clicks"
        query = where(Query(f"{text} FROM clicks WHERE "), question, spans[0] if len(spans) == 1 else None)
        if len(spans) > 1:
            # The days are for what is known of parts of the table, and the moments for each click.
            days = sorted({naive(moment).date() for each in spans for moment in (each.start, each.end)})
            moments = " OR ".join('("at" >= ? AND "at" < ?)' for _ in spans)
            query.text += f" AND day IN ({', '.join('?' for _ in days)}) AND ({moments})"
            query.parameters += [*days, *(naive(moment) for each in spans for moment in (each.start, each.end))]
        return Query(f"{query.text} GROUP BY GROUPING SETS ({sets})", query.parameters)

    def rows(self, table: str) -> str:
        """Rows of what was counted: list (its place among the columns), value, detail, clicks, human clicks; none unknown."""
        masks = [self.mask(_told_by(column)) for column in self._columns]
        value = " ".join(
            f"WHEN {mask} THEN CAST({name_of(each)} AS VARCHAR)" for mask, each in zip(masks, self._columns, strict=True)
        )
        detail = " ".join(
            f"WHEN {mask} THEN {_DETAILS[each]}" for mask, each in zip(masks, self._columns, strict=True) if each in _DETAILS
        )
        place = " ".join(f"WHEN {mask} THEN {place}" for place, mask in enumerate(masks))
        return f"""SELECT CASE grouped {place} END AS list, CASE grouped {value} END AS value,
            {f"CASE grouped {detail} ELSE '' END" if detail else "''"} AS detail, clicks, human_clicks
            FROM {table} WHERE list IS NOT NULL AND value <> ''"""

    def mask(self, grouped: Sequence[str]) -> int:
        """What GROUPING says of the rows of a set: a bit for each name that is not in it, the first name's the highest."""
        last = len(self._names) - 1
        return sum(1 << (last - place) for place, name in enumerate(self._names) if name not in grouped)


def _told_by(column: str) -> Sequence[str]:
    return _TOLD_BY.get(column, (column,))


def _quoted(name: str) -> str:
    return f'"{name}"' if name in _CHART else name_of(name)
