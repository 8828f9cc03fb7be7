"""The clicks in the store of a stopped server, read without the server's code."""

from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs

import duckdb


def stored_numbers(directory: Path) -> Counter[int]:
    """How often the click of each ``?n=<number>`` of ``support/load.py`` is stored."""
    with duckdb.connect(str(directory / "clicks.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT query FROM clicks").fetchall()
    return Counter(int(parse_qs(query.removeprefix("?"))["n"][0]) for (query,) in rows if "n=" in query)


def totals(directory: Path) -> dict[str, int]:
    """The number of raw clicks, and what each roll-up says it is."""
    with duckdb.connect(str(directory / "clicks.duckdb"), read_only=True) as connection:
        found = {"clicks": connection.execute("SELECT count(*) FROM clicks").fetchall()[0][0]}
        for table in ("rollup_quarters", "rollup_links"):
            found[table] = int(connection.execute(f"SELECT coalesce(sum(clicks), 0) FROM {table}").fetchall()[0][0])
    return found


def journal_bytes(directory: Path) -> int:
    """What is left in the journal."""
    return sum(file.stat().st_size for file in (directory / "journal").rglob("*") if file.is_file())
