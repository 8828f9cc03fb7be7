"""Several top lists and a chart in one pass over the raw clicks, as SQL for the embedded click store."""

# ruff: noqa: S608 (all statements are made of our own names; values are bound)

from collections.abc import Sequence
from typing import Final, NamedTuple

from linnet.model.statistics import Question
from linnet.statistics.sql_parts import Query, name_of, where

_CHART: Final = ("day", "quarter")
# What tells the rows of a list: a city is one of its region and country, a region one of its country.
_TOLD_BY: Final = {"city": ("city", "country", "region"), "region": ("region", "country")}
_DETAILS: Final = {"city": "country || '/' || region", "region": "country"}
# What no grouping of clicks by a column answers.
_APART: Final = frozenset(["path_404", "goal_completed"])


class Pass(NamedTuple):
    """The query with rows: list (its place among ``columns``, -1 for the chart), value, detail, score; each list in its order.
    The chart's rows have a day, a quarter hour of it and all clicks."""

    query: Query
    columns: Sequence[str]


def one_pass(question: Question, *, chart: bool) -> Pass:
    """Those of the question's top lists that raw clicks tell together, and its chart if it is asked for."""
    columns = [column for column in dict.fromkeys(question.tops) if column not in _APART]
    told = [_TOLD_BY.get(column, (column,)) for column in columns]
    sets = [*told, *([_CHART] if chart else [])]
    names = list(dict.fromkeys(name for each in sets for name in each))
    found = where(Query(""), question, question.interval)
    listed = [_quoted(name) for name in names]
    lists = [
        _list(place, column, _mask(names, each), question)
        for place, (column, each) in enumerate(zip(columns, told, strict=True))
    ]
    if chart:
        lists.append(
            f"SELECT -1 AS list, CAST(day AS VARCHAR) AS value, CAST(quarter AS VARCHAR) AS detail, clicks AS score "
            f"FROM counted WHERE grouped = {_mask(names, _CHART)}"
        )
    text = f"""WITH counted AS MATERIALIZED (
            SELECT grouping({", ".join(listed)}) AS grouped, {", ".join(listed)},
                count(*) AS clicks, count(*) FILTER (human) AS human_clicks
            FROM clicks WHERE {found.text}
            GROUP BY GROUPING SETS ({", ".join(f"({', '.join(map(_quoted, each))})" for each in sets)}))
        {" UNION ALL ".join(f"({each})" for each in lists)}"""
    limits = [question.limit] * len(columns)
    return Pass(Query(text, [*found.parameters, *limits]), columns)


def _list(place: int, column: str, mask: int, question: Question) -> str:
    people = column not in ("human", "bot") and not question.names_humans()
    score = "human_clicks" if people else "clicks"
    detail = _DETAILS.get(column, "''")
    return f"""SELECT {place} AS list, CAST({name_of(column)} AS VARCHAR) AS value, {detail} AS detail, {score} AS score
        FROM counted WHERE grouped = {mask} AND value <> '' AND score > 0 ORDER BY score DESC, value, detail LIMIT ?"""


def _mask(names: Sequence[str], grouped: Sequence[str]) -> int:
    """What GROUPING says of the rows of a set: a bit for each name that is not in it, the first name's the highest."""
    return sum(1 << (len(names) - 1 - place) for place, name in enumerate(names) if name not in grouped)


def _quoted(name: str) -> str:
    return f'"{name}"' if name in _CHART else name_of(name)
