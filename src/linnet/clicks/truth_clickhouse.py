"""The click store in ClickHouse as it is compared with its raw clicks, and mended by the node that took them in."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers, dates and quoted texts)

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from linnet.clicks.clickhouse import connect, unavailability
from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, text
from linnet.clicks.clickhouse_session import ClickhouseSession
from linnet.clicks.closed_clickhouse import closed_check
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.truth_clickhouse_sql import (
    JUDGEABLE,
    click_checks,
    days,
    other_checks,
    rejudged,
    rollup_check,
    scope_of,
)
from linnet.clicks.truth_sql import ASKED, TOLD, Check, beyond_segments
from linnet.clicks.verification import Difference, Mended, Value
from linnet.visitor.agent import Judge

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

# How often a difference is looked at again before it is one, and how long is waited before: clicks and the sums of them become
# visible one after the other, those of other nodes at any time.
_LOOKS: Final = 3
_LOOK_SECONDS: Final = 0.4
_JUDGED_AT_ONCE: Final = 500
_SETTINGS: Final = {"log_comment": "linnet stats", "max_query_size": 1 << 24}


class ClickhouseTruth:
    """Days of the store in ClickHouse: those of all nodes are compared, those that ``store``'s node took in are mended.

    Of a day and table ``truth_clickhouse_sql.MOST`` differences at most are told. Raises StorageUnavailable.
    """

    def __init__(
        self,
        store: ClickhouseClickStore,
        address: ClickhouseAddress,
        judge: Judge,
        rules: str,
        size_of: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._store = store
        self._address = address
        self._judge = judge
        self._size_of = size_of
        self._rules = rules

    @property
    def rules(self) -> str:
        """The version of the rules by which clicks are judged now."""
        return self._rules

    def days(self, domain_id: int | None, /) -> Sequence[date]:
        """The UTC days of which there are clicks or roll-ups, the oldest first."""
        with self._turn() as session:
            whole = session.whole()
        return [day for (day,) in self._rows(days(f"{scope_of(domain_id)} AND {whole}"))]

    def differences(self, day: date, domain_id: int | None, /) -> Iterator[Difference]:
        """What is wrong in a day and stays so."""
        with self._turn() as session:
            scope = f"{scope_of(domain_id, day)} AND {session.whole()}"
        for check in (*(rollup_check(table, scope) for table in ROLLUP_KEYS), *click_checks(scope), closed_check(scope)):
            yield from self._lasting(check)

    def other_differences(self, domain_id: int | None, /) -> Iterator[Difference]:
        """What is wrong in what belongs to no day."""
        if domain_id is None:
            yield from beyond_segments(self._store.offsets(), self._size_of)
        for check in other_checks(scope_of(domain_id)):
            yield from self._lasting(check)

    def judged(self) -> Mapping[date, set[str]]:
        """With which rules this node judged the clicks of each day; days without a note are missing."""
        with self._turn() as session:
            return _judged(session)

    def mend(self, day: date, domain_id: int | None, /, *, reclassify: bool) -> Mended:
        """Make the roll-ups of this node's clicks of a day right; with ``reclassify`` those of clicks as they are judged now.
        Questions may meanwhile see clicks judged again in sums that are not mended yet."""
        with self._turn() as session:
            scope = f"{scope_of(domain_id, day)} AND node = {text(session.node)} AND {session.whole()}"
            clicks = self._reclassify(session, day, scope, whole=domain_id is None) if reclassify else 0
            checks = [rollup_check(table, scope) for table in ROLLUP_KEYS]
            keys = sum(int(session.rows(f"SELECT count() FROM ({check.query})")[0][0]) for check in checks)
            if keys:
                session.mend(scope)
            # Whose clicks were judged again, and what was counted wrongly, is counted anew.
            stale = len(session.rows(closed_check(f"{scope_of(domain_id, day)} AND {session.whole()}").query))
            if clicks or stale:
                session.delete("closed_visitors", scope_of(domain_id, day))
                keys += stale
        return Mended(keys, clicks)

    def _reclassify(self, session: ClickhouseSession, day: date, scope: str, *, whole: bool) -> int:
        names = ", ".join((*ASKED, *TOLD, "human"))
        found = session.rows(f"SELECT {names}, count() FROM clicks WHERE {scope} AND {JUDGEABLE} GROUP BY {names}")
        fresh: dict[tuple[str, str, int], tuple[str, ...]] = {}
        clicks = 0
        for user_agent, method, status, *told, count in found:
            judgement = self._judge(user_agent, method, status)
            if (*judgement, judgement[-1] == "") != tuple(told):
                fresh[user_agent, method, status] = judgement
                clicks += int(count)
        rows = list(fresh.items())
        for first in range(0, len(rows), _JUDGED_AT_ONCE):
            session.run(rejudged(session.deployment, scope, rows[first : first + _JUDGED_AT_ONCE]))
        former = _judged(session).get(day, set()) - {self._rules}
        session.note_rules({day: self._rules}, gone=False)
        if whole:
            for rules in former:
                session.note_rules({day: rules}, gone=True)
        return clicks

    def _lasting(self, check: Check) -> Iterator[Difference]:
        """What a check tells several times in the same way, the last time while this node takes nothing in."""
        lasting = self._looked(check)
        for look in range(1, _LOOKS):
            if not lasting:
                return
            time.sleep(_LOOK_SECONDS)
            if look < _LOOKS - 1:
                seen = self._looked(check)
            else:
                with self._turn():
                    seen = self._looked(check)
            lasting = {key: each for key, each in seen.items() if key in lasting and _gap(each) == _gap(lasting[key])}
        yield from lasting.values()

    def _looked(self, check: Check) -> dict[tuple[Value, ...], Difference]:
        return {tuple(each.key.values()): each for each in map(check.difference, self._rows(check.query))}

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with unavailability(), closing(self._client()) as client:
            return [tuple(row) for row in client.query(query).result_rows]

    def _client(self) -> "Client":
        # One of its own: the store's is used by one thread at a time, and its statements are waited for.
        return connect(self._address, settings=_SETTINGS)

    def _turn(self) -> Any:
        return self._store.turn()


def _judged(session: ClickhouseSession) -> dict[date, set[str]]:
    found: dict[date, set[str]] = {}
    query = (
        f"SELECT day, rules FROM judged WHERE node = {text(session.node)} GROUP BY day, rules HAVING NOT argMax(gone, noted)"
    )
    for day, rules in session.rows(query):
        found.setdefault(day, set()).add(rules)
    return found


def _gap(difference: Difference) -> list[Any]:
    """How far what is stored is from what is right: that stays, while both grow with the clicks that come."""
    pairs = zip(difference.stored.values(), difference.right.values(), strict=True)
    return [one if isinstance(one, str) or isinstance(other, str) else one - other for one, other in pairs]
