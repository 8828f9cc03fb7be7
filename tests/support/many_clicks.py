"""A great many clicks, made inside the store of a stopped server."""

from pathlib import Path

import duckdb

from linnet.clicks.schema import COLUMNS

# What differs from click to click; all other texts are as short and as frequent as those of real clicks.
_VALUES = {
    "link_number": "1000000 + i % 500",
    '"at"': "TIMESTAMP '2026-01-01' + i * {step} * INTERVAL 1 MILLISECOND",
    "status": "302",
    "method": "'GET'",
    "scheme": "'https'",
    "hostname": "'go.localhost'",
    "path": "'/path-' || i % 500",
    "query": "'n=' || i",
    "address": "'192.0.' || i % 200 || '.0'",
    "country": "['DE', 'US', 'FR', ''][1 + i % 4]",
    "city": "'City ' || i % 300",
    "referrer": "'https://news.example/article-' || i % 5000",
    "referrer_host": "'news.example'",
    "user_agent": "'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || i % 300",
    "browser": "'Chrome'",
    "browser_version": "i % 300",
    "os": "'Linux'",
    "device": "'desktop'",
    "human": "i % 10 <> 0",
    "bot": "CASE WHEN i % 10 = 0 THEN 'a rule' ELSE '' END",
    "language": "'de'",
    "quarter": "(i * {step} // 900000) % 96",
    "day": "DATE '2026-01-01' + CAST(i * {step} // 86400000 AS INTEGER)",
    "nonce": "i + 1",
    "scan": "false",
    "visitor": "i % 100000 + 1",
}


def add_clicks(directory: Path, domain_id: int, count: int, *, step_ms: int = 1000) -> None:
    """So many clicks of a domain, one each ``step_ms`` from 2026 on; the roll-ups need a rebuild afterwards."""
    values = {name: value.format(step=step_ms) for name, value in _VALUES.items()} | {"domain_id": str(domain_id)}
    columns = {name if name != "at" else '"at"': kind for name, kind in COLUMNS.items()}
    selected = ", ".join(values.get(name, "''" if kind == "VARCHAR" else "0") for name, kind in columns.items())
    with duckdb.connect(str(directory / "clicks.duckdb"), config={"memory_limit": "512MiB", "threads": 2}) as connection:
        connection.execute(f"INSERT INTO clicks ({', '.join(columns)}) SELECT {selected} FROM range({count}) AS made(i)")
