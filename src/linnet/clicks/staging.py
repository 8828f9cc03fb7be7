"""The SQL that takes a batch's columns into the tables: rows and roll-ups."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from collections.abc import Iterable, Sequence
from typing import Final

from linnet.clicks.columns import GROUPED, GROUPS
from linnet.clicks.day_visitors import VISITOR_ROLLUPS, right_visitors
from linnet.clicks.schema import COLUMNS, ROLLUP_COUNTS, ROLLUP_KEYS
from linnet.clicks.tallies import DIMENSIONS

STAGED: Final = "staged"
TALLIES: Final = "staged_tallies"
_DAY: Final = f'CAST({STAGED}."at" AS DATE)'
_COUNTS: Final = "count(*), count(*) FILTER (human)"
_ALL_COUNTS: Final = f"{_COUNTS}, count(*) FILTER (human AND scan)"


def dictionary_view(group: str) -> str:
    """The name under which a group's dictionary is registered."""
    return f"staged_{group}"


def _joins(groups: Iterable[str]) -> str:
    return " ".join(f"JOIN {dictionary_view(group)} ON {dictionary_view(group)}.code = {STAGED}.{group}" for group in groups)


def _rows(groups: Iterable[str]) -> str:
    columns = [name if groups and name in GROUPED else f'{STAGED}."{name}"' for name in COLUMNS if name != "day"]
    names = [f'"{name}"' for name in COLUMNS if name != "day"]
    return f"INSERT INTO clicks ({', '.join(names)}, day) SELECT {', '.join(columns)}, {_DAY} FROM {STAGED} {_joins(groups)}"


INSERT_ROWS: Final = _rows(GROUPS)
# Of columns that were spread.
INSERT_SPREAD_ROWS: Final = _rows(())
INSERT_ROLLUPS: Final = (
    f"INSERT INTO rollup_quarters SELECT domain_id, {_DAY}, quarter, {_ALL_COUNTS} FROM {STAGED} GROUP BY ALL",
    f"INSERT INTO rollup_links SELECT domain_id, link_number, {_DAY}, {_ALL_COUNTS} FROM {STAGED} GROUP BY ALL",
    f"""INSERT INTO rollup_values
        SELECT domain_id, dimension, value, detail, DATE '1970-01-01' + day, clicks, human_clicks FROM {TALLIES}""",
)


def merge_statements(table: str, days: str) -> tuple[str, str, str, str]:
    """What leaves one row for each key of a roll-up, in the order of keys, where the condition ``days`` holds: gather, remove,
    insert, forget."""
    keys = ", ".join(ROLLUP_KEYS[table])
    sums = ", ".join(f"sum({count})::UBIGINT" for count in ROLLUP_COUNTS[table])
    return (
        f"""CREATE OR REPLACE TEMP TABLE merged AS
            SELECT {keys}, {sums} FROM {table} WHERE {days} GROUP BY {keys} ORDER BY {keys}""",
        f"DELETE FROM {table} WHERE {days}",
        f"INSERT INTO {table} SELECT * FROM merged",
        "DROP TABLE merged",
    )


def right_rows(table: str, scope: str) -> str:
    """What a roll-up should hold of the clicks within ``scope``, a condition of SQL on their domain and day."""
    if table in VISITOR_ROLLUPS:
        return right_visitors(table, scope)
    match table:
        case "rollup_quarters":
            return f"SELECT domain_id, day, quarter, {_ALL_COUNTS} FROM clicks WHERE {scope} GROUP BY ALL"
        case "rollup_links":
            return f"SELECT domain_id, link_number, day, {_ALL_COUNTS} FROM clicks WHERE {scope} GROUP BY ALL"
        case "rollup_values":
            dimensions = (*DIMENSIONS, ("status", "", ("status::VARCHAR",)))
            return " UNION ALL ".join(_right_values(name, fields, scope) for name, _, fields in dimensions)
    raise ValueError(f"no such roll-up: {table}")


def _right_values(dimension: str, fields: Sequence[str], scope: str) -> str:
    value, *rest = fields
    detail = " || '/' || ".join(rest) if rest else "''"
    return f"""SELECT domain_id, '{dimension}' AS dimension, {value} AS value, {detail} AS detail, day, {_COUNTS}
        FROM clicks WHERE {scope} AND {value} <> '' GROUP BY ALL"""
