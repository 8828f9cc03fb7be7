"""A visitor's clicks in ClickHouse, which has no transactions: an order that was broken off has to be repeated, and may then
count a visitor of a day twice."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers, and of addresses that were normalised)

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from secrets import randbits
from typing import Final, NamedTuple

from linnet.clicks.clickhouse_conversions import conversion_columns
from linnet.clicks.clickhouse_schema import text
from linnet.clicks.clickhouse_session import ClickhouseSession
from linnet.clicks.conversions import Conversion
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.visitors import FoundVisitor, VisitorOrder, found_visitor
from linnet.clicks.withholding import PROGRAM
from linnet.model.click import VISITOR_BITS
from linnet.model.conversion import NONCE_BITS

# What one statement changes at most, and more only of one visitor in one day.
_AT_ONCE: Final = 5000
_GOALS_AT_ONCE: Final = 1000
# Addresses belong in no log of questions.
_UNLOGGED: Final = "SETTINGS log_queries = 0"


class _Click(NamedTuple):
    node: str
    day: int
    visitor: int
    seq: int
    link_number: int
    at_ms: int
    nonce: int


class ClickhouseVisitors:
    """The store in ClickHouse as it is asked about visitors. ``key`` is a secret of the installation."""

    def __init__(self, store: ClickhouseClickStore, key: bytes) -> None:
        self._store = store
        self._key = key

    def offsets(self) -> dict[str, int]:
        """Up to which byte each journal segment of this node is in the store."""
        return self._store.offsets()

    def find(self, order: VisitorOrder, /) -> FoundVisitor:
        """What there is under these addresses."""
        query = f"SELECT address, day, count() FROM clicks WHERE {_here(order)} GROUP BY address, day ORDER BY day {_UNLOGGED}"
        with self._store.turn() as session:
            return found_visitor(session.rows(query))

    def erase(self, order: VisitorOrder, /) -> int:
        """Erase; a click loses its address last of all, so that an order that was broken off finds what is left."""
        with self._store.turn() as session:
            clicks = [_Click._make(row) for row in session.rows(_its_clicks(order))]
            # One number for a visitor, whichever nodes its clicks came to.
            fresh = {key: randbits(VISITOR_BITS) or 1 for key in {(each.day, each.visitor) for each in clicks} if key[1]}
            for some in _portions(clicks):
                ids = {each.seq: self._id(each) for each in some if each.nonce}
                _renumber_goals(session, order.domain_id, {each: ids[each.seq] for each in some if each.nonce})
                _blank(session, some, ids, fresh)
        return len(clicks)

    def _id(self, click: _Click) -> int:
        """Another nonce for a click: always the same one, which nothing tells that is stored."""
        told = f"{click.node} {click.seq}".encode()
        return int.from_bytes(hmac.digest(self._key, b"erased click " + told, "sha256")[: NONCE_BITS // 8], "big") or 1


def _here(order: VisitorOrder) -> str:
    addresses = ", ".join(text(address) for address in order.addresses if address)
    return f"domain_id = {order.domain_id:d} AND address IN ({addresses})" if addresses else "false"


def _its_clicks(order: VisitorOrder) -> str:
    """Rows: what ``_Click`` says, of the clicks under these addresses and all others of the same visitors on the same days."""
    here = _here(order)
    visitors = f"SELECT day, visitor FROM clicks WHERE {here} AND visitor <> 0"
    return (
        'SELECT node, toUnixTimestamp(day) AS d, visitor, seq, link_number, toUnixTimestamp64Milli("at"), nonce FROM clicks '
        f"WHERE ({here}) OR (domain_id = {order.domain_id:d} AND visitor <> 0 AND (day, visitor) IN ({visitors})) "
        f"ORDER BY node, d, visitor, seq {_UNLOGGED}, distributed_product_mode = 'global'"
    )


def _portions(clicks: Sequence[_Click]) -> Iterator[list[_Click]]:
    """Clicks of one node, and of whole visitors, at a time."""
    for _, of_node in groupby(clicks, attrgetter("node")):
        some: list[_Click] = []
        for _, of_visitor in groupby(of_node, attrgetter("day", "visitor")):
            some += of_visitor
            if len(some) >= _AT_ONCE:
                yield some
                some = []
        if some:
            yield some


def _renumber_goals(session: ClickhouseSession, domain_id: int, ids: Mapping[_Click, int]) -> None:
    """Give the conversions of clicks other ids, the new ones before the old ones go."""
    clicks = list(ids)
    for start in range(0, len(clicks), _GOALS_AT_ONCE):
        some = clicks[start : start + _GOALS_AT_ONCE]
        told = ", ".join(
            f"({each.link_number}, fromUnixTimestamp64Milli(toInt64({each.at_ms}), 'UTC'), {each.nonce})" for each in some
        )
        condition = f"domain_id = {domain_id:d} AND (link_number, clicked_at, nonce) IN ({told})"
        fresh = {(each.link_number, each.at_ms, each.nonce): ids[each] for each in some}
        names = 'link_number, toUnixTimestamp64Milli(clicked_at), nonce, name, toUnixTimestamp64Milli("at"), value'
        rows = session.rows(f"SELECT {names} FROM conversions FINAL WHERE {condition}")
        if rows:
            goals = [
                Conversion(domain_id, link, _moment(clicked_ms), fresh[link, clicked_ms, nonce], name, _moment(at_ms), value)
                for link, clicked_ms, nonce, name, at_ms, value in rows
            ]
            session.insert("conversions", conversion_columns(goals))
            session.delete("conversions", condition)
            session.purge("conversions")


def _blank(
    session: ClickhouseSession, clicks: Sequence[_Click], ids: Mapping[int, int], fresh: Mapping[tuple[int, int], int]
) -> None:
    """Erase in one statement, which knows the clicks by their numbers alone."""
    node, visitors = clicks[0].node, [fresh.get((each.day, each.visitor), 0) for each in clicks]
    numbers, nonces = _array("UInt64", [each.seq for each in clicks]), [ids.get(each.seq, 0) for each in clicks]
    session.update(
        "clicks",
        f"address = '', query = '', referrer = '', user_agent = if(device = {text(PROGRAM)}, user_agent, ''), "
        f"visitor = transform(seq, {numbers}, {_array('Int64', visitors)}, visitor), "
        f"nonce = transform(seq, {numbers}, {_array('Int64', nonces)}, nonce)",
        f"node = {text(node)} AND has({numbers}, seq)",
    )


def _array(kind: str, numbers: Iterable[int]) -> str:
    return f"CAST([{', '.join(map(str, numbers))}] AS Array({kind}))"


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
