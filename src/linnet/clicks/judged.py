"""With which rules the clicks of each UTC day were judged, noted in the transaction that stores them."""

from datetime import date, datetime
from typing import Any, Final

import duckdb
import numpy as np

from linnet.clicks.columns import Columns

JUDGED: Final = "CREATE TABLE IF NOT EXISTS judged (day DATE NOT NULL, rules VARCHAR NOT NULL)"
_NOTE: Final = """INSERT INTO judged SELECT fresh.day, $rules FROM (SELECT unnest($days::DATE[]) AS day) AS fresh
    WHERE NOT EXISTS (FROM judged WHERE judged.day = fresh.day AND judged.rules = $rules)"""


def days_of(columns: Columns) -> set[date]:
    """The UTC days of clicks."""
    days = columns.own["at"].astype("datetime64[D]")
    first = days.min()
    if first == days.max():
        return {_date(first)}
    return {_date(day) for day in np.unique(days)}


def note(connection: duckdb.DuckDBPyConnection, days: set[date], rules: str) -> None:
    """Note that clicks of ``days`` were judged by ``rules``; "" is nobody's."""
    if rules and days:
        connection.execute(_NOTE, {"days": sorted(days), "rules": rules})


def judged(connection: duckdb.DuckDBPyConnection) -> dict[date, set[str]]:
    """For each day of which there are clicks the rules by which they were judged: none for what nobody noted."""
    found: dict[date, set[str]] = {}
    days = "(SELECT DISTINCT day FROM clicks) AS days"
    for day, rules in connection.execute(f"SELECT days.day, rules FROM {days} LEFT JOIN judged USING (day)").fetchall():  # noqa: S608
        found.setdefault(day, set()).update([rules] if rules is not None else [])
    return found


def _date(day: Any) -> date:
    told: date | datetime = day.astype("datetime64[D]").item()
    return told
