"""The tables of the embedded click store, and the roll-ups that ride in the rows' transaction."""

from typing import Final

from linnet.clicks.day_visitors import OPEN_ALL, OPEN_DAYS, ROLLUP_LINK_VISITORS, ROLLUP_VISITORS
from linnet.clicks.judged import JUDGED
from linnet.clicks.rolled_off import ROLLED_OFF

# The fields of model.click.Click, and two derived ones that make intervals cheap to cut.
COLUMNS: Final = {
    "domain_id": "INTEGER",
    "link_number": "BIGINT",
    "at": "TIMESTAMP",
    "status": "USMALLINT",
    "method": "VARCHAR",
    "scheme": "VARCHAR",
    "hostname": "VARCHAR",
    "path": "VARCHAR",
    "query": "VARCHAR",
    "address": "VARCHAR",
    "country": "VARCHAR",
    "region": "VARCHAR",
    "city": "VARCHAR",
    "referrer": "VARCHAR",
    "referrer_host": "VARCHAR",
    "social": "VARCHAR",
    "user_agent": "VARCHAR",
    "browser": "VARCHAR",
    "browser_version": "VARCHAR",
    "os": "VARCHAR",
    "device": "VARCHAR",
    "human": "BOOLEAN",
    "bot": "VARCHAR",
    "utm_source": "VARCHAR",
    "utm_medium": "VARCHAR",
    "utm_campaign": "VARCHAR",
    "utm_term": "VARCHAR",
    "utm_content": "VARCHAR",
    "ab_path": "VARCHAR",
    "goal_completed": "VARCHAR",
    "quarter": "UTINYINT",
    "day": "DATE",
    "nonce": "BIGINT",
    "scan": "BOOLEAN",
    "language": "VARCHAR",
    "visitor": "BIGINT",
}

_COLUMN_LIST: Final = ", ".join(f'"{name}" {kind} NOT NULL' for name, kind in COLUMNS.items())

CONVERSIONS: Final = """CREATE TABLE IF NOT EXISTS conversions (
    domain_id INTEGER NOT NULL, link_number BIGINT NOT NULL, clicked_at TIMESTAMP NOT NULL, nonce BIGINT NOT NULL,
    name VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, value DOUBLE NOT NULL,
    PRIMARY KEY (domain_id, link_number, clicked_at, nonce, name))"""
# Clicks with the goals that came of them: one row for each goal, and one for a click without any.
CONVERTED: Final = """CREATE OR REPLACE VIEW converted AS
    SELECT clicks.* REPLACE (coalesce(conversions.name, '') AS goal_completed) FROM clicks LEFT JOIN conversions
    ON clicks.nonce <> 0 AND conversions.domain_id = clicks.domain_id AND conversions.link_number = clicks.link_number
    AND conversions.clicked_at = clicks."at" AND conversions.nonce = clicks.nonce"""

TABLES: Final = (
    # tier: 0 for a click that lies where it came, 1 for one that was put in its day's order (``ordering``).
    f"CREATE TABLE IF NOT EXISTS clicks ({_COLUMN_LIST}, tier UTINYINT NOT NULL DEFAULT 0)",
    # For files that were made before clicks had them; such columns cannot be NOT NULL.
    "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS nonce BIGINT DEFAULT 0",
    "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS scan BOOLEAN DEFAULT false",
    "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS language VARCHAR DEFAULT ''",
    "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS visitor BIGINT DEFAULT 0",
    "ALTER TABLE clicks ADD COLUMN IF NOT EXISTS tier UTINYINT DEFAULT 0",
    CONVERSIONS,
    CONVERTED,
    JUDGED,
    ROLLED_OFF,
    "CREATE TABLE IF NOT EXISTS store_format (number INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS ingest_offsets (segment VARCHAR PRIMARY KEY, byte_offset UBIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clearings (domain_id INTEGER PRIMARY KEY, before TIMESTAMP NOT NULL)",
    """CREATE TABLE IF NOT EXISTS rollup_quarters (
        domain_id INTEGER NOT NULL, day DATE NOT NULL, quarter UTINYINT NOT NULL,
        clicks UBIGINT NOT NULL, human_clicks UBIGINT NOT NULL, scans UBIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS rollup_links (
        domain_id INTEGER NOT NULL, link_number BIGINT NOT NULL, day DATE NOT NULL,
        clicks UBIGINT NOT NULL, human_clicks UBIGINT NOT NULL, scans UBIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS rollup_values (
        domain_id INTEGER NOT NULL, dimension VARCHAR NOT NULL, value VARCHAR NOT NULL, detail VARCHAR NOT NULL,
        day DATE NOT NULL, clicks UBIGINT NOT NULL, human_clicks UBIGINT NOT NULL)""",
    # One row: up to which day roll-ups lie in the order of their keys (``ordering``).
    "CREATE TABLE IF NOT EXISTS rollups_ordered (through DATE NOT NULL)",
    OPEN_DAYS,
    ROLLUP_VISITORS,
    ROLLUP_LINK_VISITORS,
)

# Files without a format have the first, whose roll-ups know no scans, regions, languages and visitors.
FORMAT: Final = 2
TO_FORMAT_2: Final = (
    "ALTER TABLE rollup_quarters ADD COLUMN IF NOT EXISTS scans UBIGINT DEFAULT 0",
    "ALTER TABLE rollup_links ADD COLUMN IF NOT EXISTS scans UBIGINT DEFAULT 0",
    OPEN_ALL,
)

# The key of each roll-up.
ROLLUP_KEYS: Final = {
    "rollup_quarters": ("domain_id", "day", "quarter"),
    "rollup_links": ("domain_id", "link_number", "day"),
    "rollup_values": ("domain_id", "dimension", "value", "detail", "day"),
    "rollup_visitors": ("domain_id", "day", "quarter"),
    "rollup_link_visitors": ("domain_id", "link_number", "day"),
}
# What each roll-up counts.
ROLLUP_COUNTS: Final = {
    "rollup_quarters": ("clicks", "human_clicks", "scans"),
    "rollup_links": ("clicks", "human_clicks", "scans"),
    "rollup_values": ("clicks", "human_clicks"),
    "rollup_visitors": ("first_seen", "last_seen"),
    "rollup_link_visitors": ("visitors",),
}
# Those that every batch adds rows to; merging leaves one for each key.
MERGED: Final = ("rollup_quarters", "rollup_links", "rollup_values")
