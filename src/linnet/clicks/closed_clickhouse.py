"""Days that are over, whose visitors are counted once in ClickHouse and not with each question.

What was counted says of how many human clicks that was. When a click comes late the day has more than that, and questions count
its visitors from raw clicks, until they are counted anew. So nobody has to take anything back, and any node may count.
"""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import structlog

from linnet.clicks import clickhouse_sql as sql
from linnet.clicks.clickhouse import connect, unavailability
from linnet.clicks.clickhouse_address import ClickhouseAddress
from linnet.clicks.clickhouse_schema import Deployment
from linnet.clicks.truth_sql import Check
from linnet.model.errors import StorageUnavailable

# The visitors of fewer clicks are counted as fast as they are looked up.
LEAST_CLICKS: Final = 1_000
_AT_ONCE: Final = 500
# Clicks of older days come seldom, from imports and journals that were away for long: these days are looked at once an hour.
_LATE: Final = timedelta(days=10)
_ALL_SECONDS: Final = 3600.0
_GRACE: Final = timedelta(minutes=5)
_PAUSE_SECONDS: Final = 60.0
_FIRST: Final = date(1970, 1, 1)
_log = structlog.get_logger("linnet.clicks")

# In which quarter hour visitors came first, and in which last, as the embedded store has it; and the human clicks of those who
# came first then, whose sum is that of the day.
_SEEN: Final = """SELECT domain_id, day, visitor <> 0 AS known, min(quarter) AS first, max(quarter) AS last,
    toInt64(count()) AS made FROM clicks WHERE {scope} AND human GROUP BY domain_id, day, visitor"""
_COUNTED: Final = f"""SELECT domain_id, day, each.1 AS quarter, toInt64(sum(each.2)) AS first_seen,
    toInt64(sum(each.3)) AS last_seen, toInt64(sum(each.4)) AS human_clicks
    FROM ({_SEEN}) ARRAY JOIN [(first, known, 0, made), (last, 0, known, 0)] AS each
    GROUP BY domain_id, day, quarter"""
_LATEST: Final = """SELECT domain_id, day, max(closed_at) AS latest, argMax(made, closed_at) AS counted FROM
    (SELECT domain_id, day, closed_at, sum(human_clicks) AS made FROM closed_visitors WHERE {scope}
    GROUP BY domain_id, day, closed_at) GROUP BY domain_id, day"""
_SUMS: Final = (
    """SELECT domain_id, day, sum(human_clicks) AS current FROM rollup_quarters WHERE {scope} GROUP BY domain_id, day"""
)


def due(scope: str, least: int) -> str:
    """Rows: domain and day whose visitors are to be counted, of those within ``scope``, a condition on both; and whether they
    were counted before."""
    return f"""SELECT domain_id, day, latest > 0 FROM ({_SUMS.format(scope=scope)}) AS sums
        LEFT JOIN ({_LATEST.format(scope=scope)}) AS closed USING (domain_id, day)
        WHERE current >= {least:d} AND current <> counted ORDER BY day, domain_id LIMIT {_AT_ONCE}"""


def close_day(domain_id: int, day: date, closed_at: int) -> str:
    """The statement that counts the visitors of a domain's day, in one look at its clicks."""
    counted = _COUNTED.format(scope=_day(domain_id, day))
    names = "domain_id, day, quarter, first_seen, last_seen, human_clicks"
    return f"INSERT INTO closed_visitors ({names}, closed_at) SELECT {names}, {closed_at:d} FROM ({counted})"


def closed_check(scope: str) -> Check:
    """The quarter hours of closed days within ``scope`` for which visitors are counted wrongly."""
    valid = f"""SELECT domain_id, day, latest FROM ({_LATEST.format(scope=scope)}) AS closed
        INNER JOIN ({_SUMS.format(scope=scope)}) AS sums USING (domain_id, day) WHERE counted = current"""
    held = f"""SELECT domain_id, day, quarter, first_seen, last_seen FROM closed_visitors
        WHERE {scope} AND (domain_id, day, closed_at) GLOBAL IN ({valid})"""
    right = f"""SELECT domain_id, day, quarter, first_seen, last_seen FROM ({_COUNTED.format(scope=scope)})
        WHERE (domain_id, day) GLOBAL IN (SELECT domain_id, day FROM ({valid}))"""
    query = f"""SELECT domain_id, day, quarter, sum(held.1), sum(held.2), sum(proper.1), sum(proper.2) FROM (
            SELECT domain_id, day, quarter, (first_seen, last_seen) AS held, (toInt64(0), toInt64(0)) AS proper FROM ({held})
            UNION ALL SELECT domain_id, day, quarter, (toInt64(0), toInt64(0)), (first_seen, last_seen) FROM ({right}))
        GROUP BY domain_id, day, quarter HAVING sum(held.1) <> sum(proper.1) OR sum(held.2) <> sum(proper.2)
        ORDER BY domain_id, day, quarter LIMIT 10000"""
    return Check("closed_visitors", ("domain_id", "day", "quarter"), ("first_seen", "last_seen"), query)


def _day(domain_id: int, day: date) -> str:
    return f"domain_id = {domain_id:d} AND day = '{day.isoformat()}'"


class ClosedDays:
    """Counts the visitors of days that are over, of all domains; every node may do it at once."""

    def __init__(
        self,
        address: ClickhouseAddress,
        deployment: Deployment,
        *,
        least_clicks: int = LEAST_CLICKS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address = address
        self._deployment = deployment
        self._least = least_clicks
        self._now = now
        self._all_at = float("-inf")

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set."""
        while not ended.wait(_PAUSE_SECONDS):
            try:
                self.work_off(ended)
            except StorageUnavailable as error:
                _log.info("closing.waiting", error=error.message)

    def work_off(self, ended: threading.Event | None = None) -> int:
        """Count the visitors of all days that are over and not counted; returns how many days. Raises StorageUnavailable."""
        done = 0
        over = (self._now() - _GRACE).date()
        with unavailability(), closing(connect(self._address, settings={"log_comment": "linnet closing"})) as client:
            rolled_off = client.query("SELECT domain_id, max(before) FROM rolled_off GROUP BY domain_id").result_rows
            gone = {int(domain_id): before for domain_id, before in rolled_off}
            every = time.monotonic() - self._all_at > _ALL_SECONDS
            since = _FIRST if every else over - _LATE
            days = f"day >= '{since.isoformat()}' AND day < '{over.isoformat()}'"
            query = due(f"{days} AND {sql.whole(gone)}", self._least)
            former = f"{self._deployment.local('closed_visitors')}{self._deployment.on_cluster}"
            seen: set[tuple[Any, ...]] = set()
            # Each day once in a round: one in which clicks come in meanwhile is left to the next.
            while found := [row for row in client.query(query).result_rows if row[:2] not in seen]:
                for domain_id, day, again in found:
                    if ended is not None and ended.is_set():
                        return done
                    closed_at = time.time_ns() // 1000
                    client.command(close_day(domain_id, day, closed_at))
                    if again:
                        client.command(f"DELETE FROM {former} WHERE {_day(domain_id, day)} AND closed_at < {closed_at:d}")
                    seen.add((domain_id, day))
                    done += 1
        if every:
            self._all_at = time.monotonic()
        return done
