"""What the click store says to ClickHouse: statements, blocks and questions, over a client that is made when it is needed."""

import time
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from linnet.clicks import clickhouse_sql as sql
from linnet.clicks.clickhouse import connect, migrate, unavailability
from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, Deployment, text
from linnet.clicks.native_block import block
from linnet.model.errors import StorageUnavailable

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_QUIET_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.05
_MAX_STATEMENT_BYTES: Final = 16 << 20
_log = structlog.get_logger("linnet.clicks")


class ClickhouseSession:
    """One node's way to ClickHouse, used by one thread at a time. Every statement carries the node's name as its comment, by
    which those of a process that was killed are found. All raise StorageUnavailable."""

    def __init__(self, address: ClickhouseAddress, deployment: Deployment, node: str) -> None:
        self.deployment = deployment
        self.node = node
        self._address = address
        self._comment = f"linnet clicks of {node}"
        self._client: Client | None = None
        self._turn = 0

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a question answers."""
        with unavailability():
            return [tuple(row) for row in self._connected().query(query).result_rows]

    def run(self, statement: str) -> None:
        """Have a statement done, on every server that it concerns."""
        with unavailability():
            self._connected().command(statement)

    def insert(self, table: str, columns: dict[str, tuple[str, Any]]) -> None:
        """Add rows for which it does no harm to come twice."""
        with unavailability():
            self._connected().raw_insert(table, list(columns), block(columns), fmt="Native")

    def insert_clicks(self, content: bytes, token: str) -> None:
        """Add a block of clicks, in this process's turn. On replicated tables the same ``token`` means the same block."""
        replicated = self.deployment.replicated
        settings: dict[str, Any] = {}
        if replicated:
            settings = {
                "insert_deduplicate": 1,
                "insert_deduplication_token": token,
                "deduplicate_blocks_in_dependent_materialized_views": 1,
            }
        statement = sql.insert_clicks("" if replicated else self.in_turn())
        # The library would send it again where the connection ends before the answer; what can be read only once it cannot.
        once = (each for each in [statement.encode() + content])
        with unavailability():
            self._connected().raw_insert("", insert_block=once, settings=settings)

    def in_turn(self) -> str:
        """A condition under which only this process may insert."""
        return sql.in_turn(self.node, self._turn)

    def take_turn(self) -> None:
        """Make sure that nothing of this node is still on its way from before: what runs is waited for, and what arrives later
        is refused."""
        ((latest,),) = self.rows(f"SELECT max(turn) FROM ingest_turns WHERE node = {text(self.node)}")  # noqa: S608
        self._turn = max(int(latest) + 1, time.time_ns() // 1000)
        self.run(sql.next_turn(self.node, self._turn))
        deadline = time.monotonic() + _QUIET_SECONDS
        while self.rows(sql.running(self._comment, self.deployment)) != [(0,)]:
            if time.monotonic() > deadline:
                raise StorageUnavailable("ClickHouse is still at work for this node on what it was told before.")
            time.sleep(_LOOK_SECONDS)
        if self.deployment.replicated:
            for table in ("clicks", *ROLLUP_KEYS):
                self.run(f"SYSTEM SYNC REPLICA{self.deployment.on_cluster} {self.deployment.local(table)} LIGHTWEIGHT")

    def mend(self, scope: str) -> None:
        """Make the roll-ups within ``scope``, which is of this node alone, what the clicks there say, where these are whole."""
        scope = f"{scope} AND {self.whole()}"
        for table in ROLLUP_KEYS:
            self.run(sql.mend(table, scope, self.in_turn()))

    def rolled_off(self) -> dict[int, date]:
        """The day before which each domain has no clicks one by one."""
        return dict(self.rows("SELECT domain_id, max(before) FROM rolled_off GROUP BY domain_id"))

    def whole(self) -> str:
        """A condition on clicks and roll-ups that the clicks of their domain and day were not deleted on purpose."""
        return sql.whole(self.rolled_off())

    def delete(self, table: str, condition: str) -> int:
        """Remove rows, on all servers; returns how many they were."""
        ((number,),) = self.rows(f"SELECT count() FROM {table} WHERE {condition}")  # noqa: S608
        if number:
            self.run(f"DELETE FROM {self._everywhere(table)} WHERE {condition}")  # noqa: S608
        return int(number)

    def update(self, table: str, changes: str, condition: str) -> None:
        """Change rows, on all servers; they are changed when this returns."""
        settings = f"mutations_sync = 2, max_query_size = {_MAX_STATEMENT_BYTES}"
        self.run(f"ALTER TABLE {self._everywhere(table)} UPDATE {changes} WHERE {condition} SETTINGS {settings}")

    def purge(self, table: str) -> None:
        """Have the rows that were deleted, which are only hidden as yet, written over in the background."""
        self.run(f"ALTER TABLE {self._everywhere(table)} APPLY DELETED MASK SETTINGS mutations_sync = 0")

    def note_rules(self, rules: Mapping[date, str], *, gone: bool) -> None:
        """Note by which rules clicks of each day were judged, or that none of those are left."""
        self.insert(
            "judged",
            {
                "node": ("LowCardinality(String)", [self.node] * len(rules)),
                "day": ("Date", list(rules)),
                "rules": ("String", list(rules.values())),
                "noted": ("UInt64", [time.time_ns()] * len(rules)),
                "gone": ("Bool", [gone] * len(rules)),
            },
        )

    def forget(self, domain_id: int, before: datetime) -> None:
        """Remove a domain's clicks of before a moment, its conversions, and its roll-ups of the days before."""
        for table, condition in sql.forgotten(domain_id, before).items():
            if self.delete(table, condition):
                self.purge(table)

    def _everywhere(self, table: str) -> str:
        return f"{self.deployment.local(table)}{self.deployment.on_cluster}"

    def close(self) -> None:
        """Hang up; the next statement connects anew."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> "Client":
        if self._client is None:
            if migrate(self._address, self.deployment):
                _log.info("clicks.migrated_clickhouse", database=self.deployment.database)
            self._client = connect(self._address, settings=self._settings())
        return self._client

    def _settings(self) -> dict[str, Any]:
        settings = {
            "log_comment": self._comment,
            # A batch is in the table when it is answered, whole in each partition, whatever months it is of.
            "async_insert": 0,
            "max_insert_threads": 1,
            "max_partitions_per_insert_block": 0,
            "max_query_size": _MAX_STATEMENT_BYTES,
            # What repeats itself among these rows, repeats itself.
            "insert_deduplicate": 0,
        }
        return settings | {"distributed_foreground_insert": 1} if self.deployment.cluster else settings
