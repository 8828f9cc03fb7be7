"""A visitor's clicks in the embedded store."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from contextlib import suppress
from secrets import randbits
from typing import Any, Final

import duckdb
import numpy as np

from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.visitors import FoundVisitor, VisitorOrder, found_visitor
from linnet.clicks.withholding import PROGRAM
from linnet.model.click import VISITOR_BITS
from linnet.model.conversion import NONCE_BITS
from linnet.model.errors import StorageUnavailable

_HERE: Final = "domain_id = $domain AND address IN (SELECT unnest($addresses::VARCHAR[]))"
_FOUND: Final = 'rowid AS place, day, visitor, link_number, "at", nonce'
# The one look at addresses, which are long to read.
_UNDER_ADDRESS: Final = f"CREATE OR REPLACE TEMP TABLE own AS SELECT {_FOUND} FROM clicks WHERE {_HERE}"
_VISITORS: Final = """CREATE OR REPLACE TEMP TABLE fresh_visitors AS
    SELECT DISTINCT day, visitor, 0::BIGINT AS number FROM own WHERE visitor <> 0"""
# Also what a visitor of these left under another address, because the domain stored addresses otherwise then.
_ALL: Final = f"""CREATE OR REPLACE TEMP TABLE erasing AS
    SELECT found.*, fresh.number AS fresh_visitor, 0::BIGINT AS number
    FROM (SELECT * FROM own UNION SELECT {_FOUND} FROM clicks SEMI JOIN fresh_visitors USING (day, visitor)
        WHERE domain_id = $domain) AS found
    LEFT JOIN fresh_visitors AS fresh USING (day, visitor)"""
_RENUMBER: Final = """UPDATE conversions AS changing SET nonce = erasing.number FROM erasing
    WHERE erasing.nonce <> 0 AND changing.domain_id = $domain AND changing.link_number = erasing.link_number
    AND changing.clicked_at = erasing."at" AND changing.nonce = erasing.nonce"""
_ERASE: Final = f"""UPDATE clicks AS changing SET address = '', query = '', referrer = '',
    user_agent = CASE WHEN device = '{PROGRAM}' THEN user_agent ELSE '' END,
    visitor = coalesce(erasing.fresh_visitor, 0), nonce = CASE WHEN erasing.nonce = 0 THEN 0 ELSE erasing.number END
    FROM erasing WHERE changing.rowid = erasing.place"""


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
        try:
            with self._store.cursor() as connection:
                return found_visitor(connection.execute(query, _parameters(order)).fetchall())
        except duckdb.Error as error:
            raise StorageUnavailable(f"The click store cannot be asked about visitors now: {error}") from error

    def erase(self, order: VisitorOrder, /) -> int:
        """Erase in one transaction, and have the room of what was there used again."""
        parameters = _parameters(order)
        with self._store.writing() as connection:
            connection.execute(_UNDER_ADDRESS, parameters)
            connection.execute(_VISITORS)
            _draw_numbers(connection, "fresh_visitors", VISITOR_BITS)
            connection.execute(_ALL, {"domain": order.domain_id})
            _draw_numbers(connection, "erasing", NONCE_BITS)
            connection.execute(_RENUMBER, {"domain": order.domain_id})
            erased = connection.execute(_ERASE).fetchone()
            connection.execute("DROP TABLE own; DROP TABLE fresh_visitors; DROP TABLE erasing")
        with suppress(StorageUnavailable):
            # Erased it is; a full disk only keeps the room from being used again for now.
            self._store.checkpoint()
        return int(erased[0]) if erased else 0


def _parameters(order: VisitorOrder) -> dict[str, Any]:
    return {"domain": order.domain_id, "addresses": [address for address in order.addresses if address]}


def _draw_numbers(connection: duckdb.DuckDBPyConnection, table: str, bits: int) -> None:
    """Give each row of a table another ``number``: one that nothing of before tells."""
    rows = connection.execute(f"SELECT rowid FROM {table}").fetchnumpy()["rowid"]
    numbers = np.array([randbits(bits) or 1 for _ in range(len(rows))], dtype=np.int64)
    connection.register("drawn", {"place": rows, "number": numbers})
    try:
        connection.execute(f"UPDATE {table} SET number = drawn.number FROM drawn WHERE drawn.place = {table}.rowid")
    finally:
        connection.unregister("drawn")
