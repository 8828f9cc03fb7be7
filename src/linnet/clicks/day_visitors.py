"""Visitors in the embedded store: counted when a day is over, and counted anew when a click comes late."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

from datetime import date
from typing import Final

import duckdb
import numpy as np

from linnet.clicks.columns import Columns
from linnet.clicks.rolled_off import IS_WHOLE

# The days of domains whose visitors are not in the roll-ups: those that go on, and those that a late click reopened.
OPEN_DAYS: Final = "CREATE TABLE IF NOT EXISTS open_days (domain_id INTEGER NOT NULL, day DATE NOT NULL)"
# In which quarter hour visitors made their first click of the day, and in which their last one. Who came before a quarter hour,
# and who after one, are then sums, and days of every time zone are made of two such parts.
ROLLUP_VISITORS: Final = """CREATE TABLE IF NOT EXISTS rollup_visitors (
    domain_id INTEGER NOT NULL, day DATE NOT NULL, quarter UTINYINT NOT NULL,
    first_seen UBIGINT NOT NULL, last_seen UBIGINT NOT NULL)"""
ROLLUP_LINK_VISITORS: Final = """CREATE TABLE IF NOT EXISTS rollup_link_visitors (
    domain_id INTEGER NOT NULL, link_number BIGINT NOT NULL, day DATE NOT NULL, visitors UBIGINT NOT NULL)"""
VISITOR_ROLLUPS: Final = ("rollup_visitors", "rollup_link_visitors")
# All days that a store has, as one that knows nothing of their visitors begins with them.
OPEN_ALL: Final = "INSERT INTO open_days SELECT DISTINCT domain_id, day FROM rollup_quarters"

# Not of days whose clicks are gone: what is known of their visitors is all that will ever be.
_REOPEN: Final = f"""INSERT INTO open_days SELECT * FROM
    (SELECT unnest($domains::INTEGER[]) AS domain_id, DATE '1970-01-01' + unnest($days::INTEGER[]) AS day) AS written
    ANTI JOIN open_days USING (domain_id, day) WHERE {IS_WHOLE} RETURNING domain_id, day"""
_DAY_BITS: Final = 24

Days = set[tuple[int, int]]


def days_of_domains(columns: Columns) -> Days:
    """Which days of which domains clicks are of, as pairs (domain, days since the epoch)."""
    day = columns.own["at"].astype("datetime64[D]").astype(np.int64)
    keys = np.unique((columns.own["domain_id"].astype(np.int64) << _DAY_BITS) | day)
    return {(key >> _DAY_BITS, key & ((1 << _DAY_BITS) - 1)) for key in keys.tolist()}


def reopen(connection: duckdb.DuckDBPyConnection, days: Days) -> None:
    """Have the visitors of days counted from raw clicks, in the transaction in which such clicks came."""
    if not days:
        return
    domains, numbers = zip(*sorted(days), strict=True)
    for domain_id, day in connection.execute(_REOPEN, {"domains": list(domains), "days": list(numbers)}).fetchall():
        for table in VISITOR_ROLLUPS:
            connection.execute(f"DELETE FROM {table} WHERE domain_id = ? AND day = ?", [domain_id, day])


def close(connection: duckdb.DuckDBPyConnection, day: date, domain_id: int | None = None) -> None:
    """Count the visitors of a day where that is not done, of a domain or of all, in the connection's transaction."""
    scope = f"day = DATE '{day.isoformat()}'" + (f" AND domain_id = {domain_id:d}" if domain_id is not None else "")
    opened = connection.execute(f"DELETE FROM open_days WHERE {scope} RETURNING domain_id").fetchall()
    if not opened:
        return
    scope += f" AND domain_id IN ({', '.join(str(each) for (each,) in opened)})"
    for table in VISITOR_ROLLUPS:
        connection.execute(f"INSERT INTO {table} {right_visitors(table, scope)}")


def right_visitors(table: str, scope: str) -> str:
    """What a roll-up of visitors should hold of the clicks within ``scope``, a condition of SQL; nothing of open days."""
    clicks = f"FROM clicks ANTI JOIN open_days USING (domain_id, day) WHERE {scope} AND human AND visitor <> 0"
    if table == "rollup_link_visitors":
        return f"""SELECT domain_id, link_number, day, count(*) FROM
            (SELECT DISTINCT domain_id, link_number, day, visitor {clicks}) GROUP BY ALL"""
    return f"""SELECT domain_id, day, quarter, sum(first_seen)::UBIGINT, sum(last_seen)::UBIGINT FROM
        (SELECT domain_id, day, unnest([min(quarter), max(quarter)]) AS quarter,
            unnest([1, 0]) AS first_seen, unnest([0, 1]) AS last_seen {clicks} GROUP BY domain_id, day, visitor) GROUP BY ALL"""
