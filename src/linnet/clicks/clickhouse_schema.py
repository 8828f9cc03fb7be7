"""The tables of the click store in ClickHouse: for one server, for replicas, or spread over a cluster."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from linnet.clicks.schema import COLUMNS
from linnet.clicks.tallies import DIMENSIONS

_TYPES: Final = {
    "INTEGER": "Int32",
    "BIGINT": "Int64",
    "UBIGINT": "UInt64",
    "USMALLINT": "UInt16",
    "UTINYINT": "UInt8",
    "BOOLEAN": "Bool",
    "DATE": "Date",
    "TIMESTAMP": "DateTime64(3, 'UTC')",
    "VARCHAR": "LowCardinality(String)",
}
# Texts that are nearly each click's own: a dictionary of them would be as long as the column.
_OWN_TEXTS: Final = frozenset(["path", "query", "address", "referrer", "user_agent"])
# LZ4, the default, is as small as ZSTD for numbers in dictionaries, and reads faster.
_CODECS: Final = {"at": "Delta, ZSTD(1)", "link_number": "Delta, LZ4", "seq": "Delta, ZSTD(1)", "visitor": "T64, LZ4"}

# Which row this is, for all time: ``node`` took it in as its number ``seq``. What exactly once rests on.
IDENTITY: Final = {"node": "LowCardinality(String)", "seq": "UInt64"}
CLICK_COLUMNS: Final = IDENTITY | {
    name: "String" if name in _OWN_TEXTS else _TYPES[kind.removesuffix(" NOT NULL")] for name, kind in COLUMNS.items()
}

# The sums of each roll-up; they are signed, so that a roll-up can be mended by adding the difference.
SUMS: Final = {"clicks": "count()", "human_clicks": "countIf(human)", "scans": "countIf(human AND scan)"}
# The key of each roll-up with its types, in sorting order; ``node`` is the last key of all, so that each node can mend its own.
ROLLUP_KEYS: Final = {
    "rollup_quarters": {"domain_id": "Int32", "day": "Date", "quarter": "UInt8"},
    "rollup_links": {"domain_id": "Int32", "link_number": "Int64", "day": "Date"},
    "rollup_values": {
        "domain_id": "Int32",
        "dimension": "LowCardinality(String)",
        "day": "Date",
        "value": "String",
        "detail": "String",
    },
}
_SUM_LIST: Final = ", ".join(f"toInt64({expression}) AS {name}" for name, expression in SUMS.items())
_SHARDED_BY: Final = {
    "clicks": "cityHash64(domain_id, link_number)",
    "conversions": "cityHash64(domain_id, link_number)",
    "rollup_quarters": "cityHash64(domain_id)",
    "rollup_links": "cityHash64(domain_id, link_number)",
    "rollup_values": "cityHash64(domain_id, value)",
    "clearings": "cityHash64(domain_id)",
    "clearings_applied": "cityHash64(node)",
    "rolled_off": "cityHash64(domain_id)",
    "rolled_off_visitors": "cityHash64(domain_id, link_number)",
    "closed_visitors": "cityHash64(domain_id)",
    "ingest_offsets": "cityHash64(node)",
    "ingest_turns": "cityHash64(node)",
    "judged": "cityHash64(node)",
    "visitor_salts": "cityHash64(day)",
    "schema_versions": "1",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """How ClickHouse is set up: the database, the cluster over which tables are spread ("" for none), and whether they are
    replicated through Keeper."""

    database: str
    cluster: str = ""
    replicated: bool = False

    @property
    def on_cluster(self) -> str:
        """The clause that has a statement run on every server, with a blank before it."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else ""

    def local(self, table: str) -> str:
        """The table that holds the rows of ``table`` on each server: mutations take it."""
        return f"{table}_local" if self.cluster else table

    def engine(self, kind: str, arguments: str = "") -> str:
        """A table engine of the MergeTree family, replicated where tables are."""
        if not self.replicated:
            return f"{kind}({arguments})" if arguments else kind
        places = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
        return f"Replicated{kind}({places}{', ' if arguments else ''}{arguments})"


def quoted(name: str) -> str:
    """A name as an identifier, whatever is in it."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def text(value: str) -> str:
    """A text as a literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def create_database(deployment: Deployment) -> str:
    """The statement that makes the database where there is none."""
    return f"CREATE DATABASE IF NOT EXISTS {quoted(deployment.database)}{deployment.on_cluster}"


def create_versions(deployment: Deployment) -> list[str]:
    """The statements that make the table of the schema's versions."""
    columns = "version UInt32, applied_at DateTime('UTC') DEFAULT now()"
    return _table(deployment, "schema_versions", columns, ("ReplacingMergeTree", ""), "ORDER BY version")


def note_version(version: int) -> str:
    """The statement that notes that the schema has a version now."""
    return f"INSERT INTO schema_versions (version) VALUES ({version:d})"


def _first_version(deployment: Deployment) -> list[str]:
    return [
        *_clicks(deployment),
        *_conversions(deployment),
        *_bookkeeping(deployment),
        *(statement for table in ROLLUP_KEYS for statement in _rollup(deployment, table)),
        *(_view(deployment, table) for table in ROLLUP_KEYS),
    ]


# How each version of the schema is made of the one before it, or of none; every statement can be repeated.
VERSIONS: Final[Sequence[Callable[[Deployment], list[str]]]] = (_first_version,)


def _clicks(deployment: Deployment) -> list[str]:
    columns = ", ".join(f'"{name}" {kind}{_codec(name, kind)}' for name, kind in CLICK_COLUMNS.items())
    return _table(
        deployment,
        "clicks",
        columns,
        ("MergeTree", ""),
        'PARTITION BY toYYYYMM(day) ORDER BY (domain_id, day, link_number, "at")',
    )


def _codec(name: str, kind: str) -> str:
    codec = _CODECS.get(name) or ("ZSTD(1)" if kind == "String" else "")
    return f" CODEC({codec})" if codec else ""


def _conversions(deployment: Deployment) -> list[str]:
    # Of one click and goal the first counts: it has the highest precedence, and FINAL shows it alone.
    columns = """domain_id Int32, link_number Int64, clicked_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), nonce Int64,
        name String, "at" DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)), value Float64,
        precedence UInt64 MATERIALIZED toUInt64(9223372036854775807 - toUnixTimestamp64Milli("at"))"""
    order = "PARTITION BY toYYYYMM(clicked_at) ORDER BY (domain_id, link_number, clicked_at, nonce, name)"
    return _table(deployment, "conversions", columns, ("ReplacingMergeTree", "precedence"), order)


def _bookkeeping(deployment: Deployment) -> list[str]:
    clearings = "domain_id Int32, before DateTime64(6, 'UTC')"
    # The row with the segment "" holds a node's next number; ``gone``: the segment's file was deleted.
    offsets = """node LowCardinality(String), segment String, byte_offset UInt64, next_seq UInt64, gone Bool,
        noted_at DateTime('UTC') DEFAULT now()"""
    kept = "ORDER BY (node, segment) TTL noted_at + INTERVAL 7 DAY DELETE WHERE gone"
    return [
        *_table(deployment, "clearings", clearings, ("ReplacingMergeTree", "before"), "ORDER BY domain_id"),
        *_table(
            deployment,
            "clearings_applied",
            f"node LowCardinality(String), {clearings}",
            ("ReplacingMergeTree", "before"),
            "ORDER BY (node, domain_id)",
        ),
        # Before which day a domain has no clicks one by one.
        *_table(
            deployment, "rolled_off", "domain_id Int32, before Date", ("ReplacingMergeTree", "before"), "ORDER BY domain_id"
        ),
        *_table(
            deployment,
            "rolled_off_visitors",
            "domain_id Int32, link_number Int64, day Date, quarter UInt8, first_seen Int64, last_seen Int64",
            ("ReplacingMergeTree", ""),
            "PARTITION BY toYYYYMM(day) ORDER BY (domain_id, link_number, day, quarter)",
        ),
        # The visitors of days that are over, each time that they were counted (``closed_clickhouse``).
        *_table(
            deployment,
            "closed_visitors",
            "domain_id Int32, day Date, closed_at UInt64, quarter UInt8, first_seen Int64, last_seen Int64, human_clicks Int64",
            ("MergeTree", ""),
            "PARTITION BY toYYYYMM(day) ORDER BY (domain_id, day, closed_at, quarter)",
        ),
        *_table(deployment, "ingest_offsets", offsets, ("ReplacingMergeTree", "next_seq"), kept),
        # With which rules a node judged clicks of a day; ``gone``: no click is left of those.
        *_table(
            deployment,
            "judged",
            "node LowCardinality(String), day Date, rules String, noted UInt64, gone Bool",
            ("ReplacingMergeTree", "noted"),
            "ORDER BY (node, day, rules)",
        ),
        # Whatever is in the way of forgetting them: they do not stay.
        *_table(
            deployment, "visitor_salts", "day Date, salt String", ("MergeTree", ""), "ORDER BY day TTL day + INTERVAL 10 DAY"
        ),
        *_table(
            deployment,
            "ingest_turns",
            "node LowCardinality(String), turn UInt64",
            ("ReplacingMergeTree", "turn"),
            "ORDER BY node",
        ),
    ]


def _rollup(deployment: Deployment, table: str) -> list[str]:
    keys = ROLLUP_KEYS[table]
    columns = ", ".join(f"{name} {kind}" for name, kind in (keys | {"node": IDENTITY["node"]}).items())
    sums = ", ".join(f"{name} Int64" for name in SUMS)
    order = f"PARTITION BY toYYYYMM(day) ORDER BY ({', '.join(keys)}, node)"
    return _table(deployment, table, f"{columns}, {sums}", ("SummingMergeTree", f"({', '.join(SUMS)})"), order)


def _view(deployment: Deployment, table: str) -> str:
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS fill_{table}{deployment.on_cluster} TO {deployment.local(table)} "
        f"AS {rolled_up(table, deployment.local('clicks'))}"
    )


def rolled_up(table: str, clicks: str, where: str = "") -> str:
    """The query that makes the rows of a roll-up from those of ``clicks`` for which the condition ``where`` holds."""
    keys = ", ".join([*ROLLUP_KEYS[table], "node"])
    if table != "rollup_values":
        condition = f" WHERE {where}" if where else ""
        return f"SELECT {keys}, {_SUM_LIST} FROM {clicks}{condition} GROUP BY {keys}"
    values = ", ".join(
        f"('{dimension}', toString({value}), {_detail(rest)})"
        for dimension, _, (value, *rest) in (*DIMENSIONS, ("status", "", ("status",)))
    )
    condition = f" AND ({where})" if where else ""
    return (
        f"SELECT domain_id, each.1 AS dimension, day, each.2 AS value, each.3 AS detail, node, {_SUM_LIST} FROM {clicks} "
        f"ARRAY JOIN [{values}] AS each WHERE each.2 <> ''{condition} GROUP BY {keys}"
    )


def _detail(fields: Sequence[str]) -> str:
    return "concat(" + ", '/', ".join(f"toString({field})" for field in fields) + ")" if fields else "''"


def _table(deployment: Deployment, name: str, columns: str, engine: tuple[str, str], order: str) -> list[str]:
    made = (
        f"CREATE TABLE IF NOT EXISTS {deployment.local(name)}{deployment.on_cluster} ({columns}) "
        f"ENGINE = {deployment.engine(*engine)} {order} SETTINGS {_SAFETY[deployment.replicated]}"
    )
    if not deployment.cluster:
        return [made]
    spread = (
        f"Distributed({text(deployment.cluster)}, {text(deployment.database)}, {deployment.local(name)}, {_SHARDED_BY[name]})"
    )
    distributed = f"CREATE TABLE IF NOT EXISTS {name}{deployment.on_cluster} AS {deployment.local(name)} ENGINE = {spread}"
    return [made, distributed]


# A server alone has nobody to fetch lost rows from, so an insert that was answered must survive a power cut; replicas remember
# the tokens of inserts for long.
_SAFETY: Final = {
    False: "fsync_after_insert = 1, fsync_part_directory = 1",
    True: "replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000",
}
