"""The SQL that takes a batch's columns into the tables: rows and roll-ups."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from collections.abc import Iterable
from typing import Final

from linnet.clicks.columns import GROUPED, GROUPS
from linnet.clicks.schema import COLUMNS, ROLLUP_KEYS

STAGED: Final = "staged"
_DAY: Final = f'CAST({STAGED}."at" AS DATE)'
_COUNTS: Final = "count(*), count(*) FILTER (human)"
_SUMS: Final = "sum(clicks)::UBIGINT, sum(human_clicks)::UBIGINT"


def dictionary_view(group: str) -> str:
    """The name under which a group's dictionary is registered."""
    return f"staged_{group}"


def _joins(groups: Iterable[str]) -> str:
    return " ".join(f"JOIN {dictionary_view(group)} ON {dictionary_view(group)}.code = {STAGED}.{group}" for group in groups)


def _rows() -> str:
    columns = [name if name in GROUPED else f'{STAGED}."{name}"' for name in COLUMNS if name != "day"]
    return f"INSERT INTO clicks SELECT {', '.join(columns)}, {_DAY} FROM {STAGED} {_joins(GROUPS)}"


def _values(group: str, dimensions: dict[str, tuple[str, str]]) -> str:
    """The roll-up of a group: counted by the dictionary's numbers first, which are few, then by each of its ``dimensions``
    (name to SQL of value and detail). Unknown values are kept out."""
    parts = " UNION ALL ".join(
        f"SELECT domain_id, '{name}' AS dimension, {value} AS value, {detail} AS detail, day, n, h"
        f" FROM counted WHERE {value} <> ''"
        for name, (value, detail) in dimensions.items()
    )
    return f"""INSERT INTO rollup_values
        WITH numbered AS (SELECT domain_id, {_DAY} AS day, {group}, count(*) AS n, count(*) FILTER (human) AS h
                FROM {STAGED} GROUP BY ALL),
            counted AS MATERIALIZED (SELECT * FROM numbered JOIN {dictionary_view(group)} ON code = {group})
        SELECT domain_id, dimension, value, detail, day, sum(n)::UBIGINT, sum(h)::UBIGINT FROM ({parts}) GROUP BY ALL"""


def _plain(*names: str) -> dict[str, tuple[str, str]]:
    return {name: (name, "''") for name in names}


INSERT_ROWS: Final = _rows()
INSERT_ROLLUPS: Final = (
    f"INSERT INTO rollup_quarters SELECT domain_id, {_DAY}, quarter, {_COUNTS} FROM {STAGED} GROUP BY ALL",
    f"INSERT INTO rollup_links SELECT domain_id, link_number, {_DAY}, {_COUNTS} FROM {STAGED} GROUP BY ALL",
    f"INSERT INTO rollup_values SELECT domain_id, 'status', status::VARCHAR, '', {_DAY}, {_COUNTS} FROM {STAGED} GROUP BY ALL",
    _values("agent", _plain("browser", "os", "device")),
    _values("place", {"country": ("country", "''"), "city": ("city", "country || '/' || region")}),
    _values("source", _plain("referrer_host", "social")),
    _values("campaign", _plain("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")),
)


def merge_statements(table: str) -> tuple[str, str, str, str]:
    """What leaves one row for each key of a roll-up from the day ``?`` on: gather, remove, insert, forget."""
    keys = ", ".join(ROLLUP_KEYS[table])
    return (
        f"""CREATE OR REPLACE TEMP TABLE merged AS
            SELECT {keys}, {_SUMS} FROM {table} WHERE day >= ? GROUP BY {keys} ORDER BY {keys}""",
        f"DELETE FROM {table} WHERE day >= ?",
        f"INSERT INTO {table} SELECT * FROM merged",
        "DROP TABLE merged",
    )
