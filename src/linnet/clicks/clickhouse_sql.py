"""The statements with which the click store in ClickHouse checks, mends and forgets."""

# ruff: noqa: S608 (all statements are made of this package's own names)

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from linnet.clicks.clickhouse_schema import CLICK_COLUMNS, ROLLUP_KEYS, SUMS, Deployment, rolled_up, text
from linnet.model.statistics import ALL_LINKS

# A condition on more values than these is left out: it narrows little, and would make the statement long.
_MAX_VALUES: Final = 2000


def next_turn(node: str, turn: int) -> str:
    """The statement after which only inserts of ``turn`` are taken from ``node``."""
    return f"INSERT INTO ingest_turns (node, turn) VALUES ({text(node)}, {turn:d})"


def in_turn(node: str, turn: int) -> str:
    """A condition that is true as long as ``node`` had no later turn, and otherwise an error: an insert of a process that was
    killed may reach the server after it was looked for."""
    latest = f"(SELECT max(turn) FROM ingest_turns WHERE node = {text(node)})"
    return f"throwIf({latest} > {turn:d}, 'a later process took over') = 0"


def insert_clicks(condition: str) -> str:
    """The statement that takes in a block of clicks, if ``condition`` holds ("": in any case)."""
    names = ", ".join(f'"{name}"' for name in CLICK_COLUMNS)
    if not condition:
        return f"INSERT INTO clicks ({names}) FORMAT Native\n"
    structure = text(", ".join(f'"{name}" {kind}' for name, kind in CLICK_COLUMNS.items()))
    return f"INSERT INTO clicks ({names}) SELECT {names} FROM input({structure}) WHERE {condition} FORMAT Native\n"


def running(comment: str, deployment: Deployment) -> str:
    """One row: how many statements with a comment still run, apart from this one and what it has others do."""
    processes = (
        f"clusterAllReplicas({text(deployment.cluster)}, system.processes)" if deployment.cluster else "system.processes"
    )
    others = "initial_query_id <> initialQueryID()"
    return f"SELECT count() FROM {processes} WHERE Settings['log_comment'] = {text(comment)} AND {others}"


def present(scope: str, first: int, last: int) -> str:
    """Rows: the numbers from ``first`` to ``last`` that clicks within ``scope`` have."""
    return f"SELECT seq FROM clicks WHERE {scope} AND seq BETWEEN {first:d} AND {last:d}"


def scope_of(node: str, days: Collection[date], domain_ids: Collection[int]) -> str:
    """A condition on what a node took in of these days and domains."""
    conditions = [f"node = {text(node)}"]
    if len(days) <= _MAX_VALUES:
        conditions.append(f"day IN ({_list(text(day.isoformat()) for day in sorted(days))})")
    if len(domain_ids) <= _MAX_VALUES:
        conditions.append(f"domain_id IN ({_list(f'{domain_id:d}' for domain_id in sorted(domain_ids))})")
    return " AND ".join(conditions)


def mend(table: str, scope: str, condition: str) -> str:
    """The statement that adds to a roll-up what it lacks of the clicks within ``scope``, and takes off what is too much."""
    keys = ", ".join([*ROLLUP_KEYS[table], "node"])
    sums = ", ".join(SUMS)
    right = f"SELECT {keys}, {sums} FROM ({rolled_up(table, 'clicks', scope)})"
    held = f"SELECT {keys}, {', '.join(f'-{name}' for name in SUMS)} FROM {table} WHERE {scope}"
    differences = ", ".join(f"sum({name}) AS more_{name}" for name in SUMS)
    differs = " OR ".join(f"more_{name} <> 0" for name in SUMS)
    return (
        f"INSERT INTO {table} ({keys}, {sums}) SELECT {keys}, {differences} FROM ({right} UNION ALL {held}) "
        f"WHERE {condition} GROUP BY {keys} HAVING {differs}"
    )


def whole(rolled_off: Mapping[int, date]) -> str:
    """A condition on clicks and roll-ups that the clicks of their domain and day were not deleted on purpose."""
    if not rolled_off:
        return "true"
    domain_ids, days = _list(map(str, rolled_off)), _list(f"toDate({text(day.isoformat())})" for day in rolled_off.values())
    return f"day >= transform(domain_id, [{domain_ids}], [{days}], toDate(0))"


def keep_visitors(domain_id: int, day: date) -> str:
    """The statement that counts the visitors of a domain's day, of each link and (as that of link -1) of all, by the quarter
    hour in which they came first and the one in which they came last. Once that is done, clicks that come late change it no
    more."""
    scope = f"domain_id = {domain_id:d} AND day = {text(day.isoformat())}"
    clicks = f"FROM clicks WHERE {scope} AND human AND visitor <> 0"
    seen = f"""SELECT link_number AS link, min(quarter) AS first, max(quarter) AS last {clicks} GROUP BY link, visitor
        UNION ALL SELECT toInt64({ALL_LINKS}) AS link, min(quarter) AS first, max(quarter) AS last {clicks} GROUP BY visitor"""
    return f"""INSERT INTO rolled_off_visitors (domain_id, link_number, day, quarter, first_seen, last_seen)
        SELECT {domain_id:d}, link, {text(day.isoformat())}, each.1, sum(each.2), sum(each.3)
        FROM ({seen}) ARRAY JOIN [(first, 1, 0), (last, 0, 1)] AS each
        WHERE (SELECT count() FROM rolled_off_visitors WHERE {scope}) = 0 GROUP BY link, each.1"""


def clearings(node: str) -> str:
    """Rows: domain, the moment before which it forgets, whether ``node`` has applied that; by domain."""
    applied = f"SELECT domain_id, max(before) AS done FROM clearings_applied WHERE node = {text(node)} GROUP BY domain_id"
    return f"""SELECT domain_id, moment, done >= moment
        FROM (SELECT domain_id, max(before) AS moment FROM clearings GROUP BY domain_id) AS told
        LEFT JOIN ({applied}) AS applied USING (domain_id) ORDER BY domain_id"""


def forgotten(domain_id: int, before: datetime) -> dict[str, str]:
    """For each table, the condition on what a domain forgets of it. Of a roll-up's last day a part may stay; it is mended."""
    moment, day = f"toDateTime64('{before:%Y-%m-%d %H:%M:%S.%f}', 6, 'UTC')", f"'{before:%Y-%m-%d}'"
    return {
        "clicks": f'domain_id = {domain_id:d} AND day <= {day} AND "at" < {moment}',
        "conversions": f"domain_id = {domain_id:d} AND clicked_at < {moment}",
        **dict.fromkeys([*ROLLUP_KEYS, "rolled_off_visitors"], f"domain_id = {domain_id:d} AND day < {day}"),
        "closed_visitors": f"domain_id = {domain_id:d} AND day <= {day}",
    }


def offsets(node: str) -> str:
    """Rows: segment, offset, whether it is gone, the next number when that was noted."""
    return f"""SELECT segment, argMax(byte_offset, next_seq), argMax(gone, next_seq), max(next_seq)
        FROM ingest_offsets WHERE node = {text(node)} GROUP BY segment"""


def goals(clicks: Iterable[tuple[int, int, int, int]]) -> str:
    """Rows: the goals of clicks, each told by domain, link, moment in milliseconds, and nonce."""
    told = _list(
        f"({domain}, {link}, fromUnixTimestamp64Milli(toInt64({at_ms}), 'UTC'), {nonce})"
        for domain, link, at_ms, nonce in clicks
    )
    return f"""SELECT domain_id, link_number, toUnixTimestamp64Milli(clicked_at), nonce, name FROM conversions
        WHERE (domain_id, link_number, clicked_at, nonce) IN ({told})"""


def _list(values: Iterable[Any]) -> str:
    return ", ".join(values)
