"""A visitor's clicks in the embedded store."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from collections import Counter
from contextlib import suppress
from secrets import randbits
from typing import Any, Final

import duckdb
import numpy as np

from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.visitors import FoundVisitor, VisitorOrder
from linnet.clicks.withholding import PROGRAM
from linnet.model.conversion import NONCE_BITS
from linnet.model.errors import StorageUnavailable

_VISITOR_BITS: Final = 40
_HERE: Final = "domain_id = $domain AND address IN (SELECT unnest($addresses::VARCHAR[]))"
_VISITORS: Final = f"SELECT DISTINCT day, visitor FROM clicks WHERE {_HERE} AND visitor <> 0"
# Also what a visitor of these left under another address, because the domain stored addresses otherwise then.
_ITS_CLICKS: Final = f"""domain_id = $domain AND ((address <> '' AND {_HERE})
    OR (visitor <> 0 AND (day, visitor) IN (SELECT (day, visitor) FROM renumbered_visitors)))"""
_IDS: Final = f'SELECT link_number, "at", nonce FROM clicks WHERE {_ITS_CLICKS} AND nonce <> 0'
_SAME_ID: Final = "changing.nonce = fresh.nonce AND changing.link_number = fresh.link_number AND changing.domain_id = $domain"
_RENUMBER: Final = (
    f"""UPDATE clicks AS changing SET nonce = fresh.number FROM renumbered_ids AS fresh
        WHERE {_SAME_ID} AND changing."at" = fresh."at" """,
    f"""UPDATE conversions AS changing SET nonce = fresh.number FROM renumbered_ids AS fresh
        WHERE {_SAME_ID} AND changing.clicked_at = fresh."at" """,
)
_ERASE: Final = f"""UPDATE clicks SET address = '', query = '', referrer = '',
        user_agent = CASE WHEN device = '{PROGRAM}' THEN user_agent ELSE '' END,
        visitor = coalesce((SELECT number FROM renumbered_visitors AS fresh
            WHERE fresh.day = clicks.day AND fresh.visitor = clicks.visitor), 0)
    WHERE {_ITS_CLICKS}"""


class DuckdbVisitors:
    """The embedded store as it is asked about visitors."""

    def __init__(self, store: DuckdbClickStore) -> None:
        self._store = store

    def offsets(self) -> dict[str, int]:
        """Up to which byte each journal segment is in the store."""
        return self._store.stored_offsets()

    def find(self, order: VisitorOrder, /) -> FoundVisitor:
        """What there is under these addresses."""
        query = f"SELECT address, day, count(*) FROM clicks WHERE {_HERE} GROUP BY address, day ORDER BY day"
        with self._store.cursor() as connection:
            rows = connection.execute(query, _parameters(order)).fetchall()
        clicks: Counter[str] = Counter()
        for address, _, number in rows:
            clicks[address] += number
        return FoundVisitor(dict(clicks), tuple(dict.fromkeys(day for _, day, _ in rows)))

    def erase(self, order: VisitorOrder, /) -> int:
        """Erase in one transaction, and have the room of what was there used again."""
        parameters = _parameters(order)
        with self._store.writing() as connection:
            _number_anew(connection, "renumbered_visitors", _VISITORS, parameters, _VISITOR_BITS)
            _number_anew(connection, "renumbered_ids", _IDS, parameters, NONCE_BITS)
            for statement in _RENUMBER:
                connection.execute(statement, {"domain": order.domain_id})
            erased = connection.execute(_ERASE, parameters).fetchone()
            connection.execute("DROP TABLE renumbered_visitors; DROP TABLE renumbered_ids")
        with suppress(StorageUnavailable):
            # Erased it is; a full disk only keeps the room from being used again for now.
            self._store.checkpoint()
        return int(erased[0]) if erased else 0


def _parameters(order: VisitorOrder) -> dict[str, Any]:
    return {"domain": order.domain_id, "addresses": [address for address in order.addresses if address]}


def _number_anew(connection: duckdb.DuckDBPyConnection, table: str, query: str, parameters: dict[str, Any], bits: int) -> None:
    """A table of what ``query`` finds, each with another ``number``: one that nothing of before tells."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *, 0::BIGINT AS number FROM ({query})", parameters)
    rows = connection.execute(f"SELECT rowid FROM {table}").fetchnumpy()["rowid"]
    numbers = np.array([randbits(bits) or 1 for _ in range(len(rows))], dtype=np.int64)
    connection.register("fresh_numbers", {"place": rows, "number": numbers})
    try:
        connection.execute(
            f"UPDATE {table} SET number = fresh.number FROM fresh_numbers AS fresh WHERE fresh.place = {table}.rowid"
        )
    finally:
        connection.unregister("fresh_numbers")
