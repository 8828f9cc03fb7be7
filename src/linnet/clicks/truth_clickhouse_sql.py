"""What is compared in ClickHouse, as queries of what is stored otherwise than would be right; and judging clicks again."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers, dates and quoted texts)

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, SUMS, Deployment, rolled_up, text
from linnet.clicks.conversions import MAX_GOALS
from linnet.clicks.truth_sql import TOLD, Check

MOST: Final = 10_000
# As in the embedded store: what was withheld or never known cannot be judged again.
JUDGEABLE: Final = "(user_agent <> '' OR device = 'bot')"
_QUARTER: Final = 'toHour("at") * 4 + intDiv(toMinute("at"), 15)'


def scope_of(domain_id: int | None, day: date | None = None) -> str:
    """The condition on rows of clicks and roll-ups that they are a domain's and a day's (None: any)."""
    parts = [f"domain_id = {domain_id:d}"] if domain_id is not None else []
    parts += [f"day = toDate('{day.isoformat()}')"] if day is not None else []
    return " AND ".join(parts) or "true"


def days(scope: str) -> str:
    """Rows: the days of which there are clicks or sums."""
    tables = ("clicks", *ROLLUP_KEYS)
    every = " UNION ALL ".join(f"SELECT DISTINCT day FROM {table} WHERE {scope}" for table in tables)
    return f"SELECT DISTINCT day FROM ({every}) ORDER BY day"


def rollup_check(table: str, scope: str) -> Check:
    """The keys of a roll-up, with the node that counted, whose counts are wrong. A key that is not there counts zero."""
    keys = (*ROLLUP_KEYS[table], "node")
    names, sums = ", ".join(keys), ", ".join(SUMS)
    zeros = ", ".join(["0"] * len(SUMS))
    held = ", ".join(f"sum(held_{name})" for name in SUMS)
    right = ", ".join(f"sum(right_{name})" for name in SUMS)
    as_held = ", ".join([*(f"{name} AS held_{name}" for name in SUMS), *(f"toInt64(0) AS right_{name}" for name in SUMS)])
    differ = " OR ".join(f"sum(held_{name}) <> sum(right_{name})" for name in SUMS)
    query = f"""SELECT {names}, {held}, {right} FROM (
            SELECT {names}, {as_held} FROM {table} WHERE {scope}
            UNION ALL SELECT {names}, {zeros}, {sums} FROM ({rolled_up(table, "clicks", scope)}))
        GROUP BY {names} HAVING {differ} ORDER BY {names} LIMIT {MOST}"""
    return Check(table, keys, tuple(SUMS), query)


def click_checks(scope: str) -> Iterator[Check]:
    """Clicks with a number or an id that another one has; and those whose day or quarter hour is not that of their moment."""
    numbers = f"SELECT node, seq, count(), 1 FROM clicks WHERE {scope} GROUP BY node, seq HAVING count() > 1"
    yield Check("clicks", ("node", "seq"), ("rows",), f"{numbers} ORDER BY node, seq LIMIT {MOST}")
    keys = ("domain_id", "link_number", "at", "nonce")
    names = 'domain_id, link_number, "at", nonce'
    with_ids = f"SELECT {names}, count(), 1 FROM clicks WHERE {scope} AND nonce <> 0 GROUP BY {names} HAVING count() > 1"
    yield Check("clicks", keys, ("rows",), f"{with_ids} ORDER BY {names} LIMIT {MOST}")
    misplaced = f"""SELECT {names}, day, quarter, toDate("at"), {_QUARTER} FROM clicks
        WHERE {scope} AND (day <> toDate("at") OR quarter <> {_QUARTER}) ORDER BY {names} LIMIT {MOST}"""
    yield Check("clicks", keys, ("day", "quarter"), misplaced)


def other_checks(scope: str) -> Iterator[Check]:
    """Clicks and conversions that should have been cleared away; conversions of no click, and too many of one."""
    cleared = "(SELECT domain_id, max(before) AS moment FROM clearings GROUP BY domain_id) AS told"
    for table, at in (("clicks", '"at"'), ("conversions", "clicked_at")):
        forgotten = f"SELECT domain_id, count(), 0 FROM {table} INNER JOIN {cleared} USING (domain_id)"
        query = f"{forgotten} WHERE {scope} AND {at} < moment GROUP BY domain_id ORDER BY domain_id LIMIT {MOST}"
        yield Check(table, ("domain_id",), ("rows_that_were_cleared",), query)
    keys = ("domain_id", "link_number", "clicked_at", "nonce")
    names = ", ".join(keys)
    ordered = f"ORDER BY {names} LIMIT {MOST}"
    nobodys = f"SELECT {names}, count(), 0 FROM conversions WHERE {scope} AND nonce = 0 GROUP BY {names} {ordered}"
    yield Check("conversions", keys, ("rows",), nobodys)
    many = f"SELECT {names}, uniqExact(name) AS goals, {MAX_GOALS} FROM conversions WHERE {scope} GROUP BY {names}"
    yield Check("conversions", keys, ("rows",), f"{many} HAVING goals > {MAX_GOALS} {ordered}")


def rejudged(deployment: Deployment, scope: str, rows: Sequence[tuple[tuple[str, str, int], tuple[str, ...]]]) -> str:
    """The statement that has clicks within ``scope`` told as ``rows`` say: what was asked, and what that tells."""
    asked = "concat(user_agent, '\\n', method, '\\n', toString(status))"
    keys = _list(f"{user_agent}\n{method}\n{status}" for (user_agent, method, status), _ in rows)
    place = f"indexOf({keys}, {asked})"
    told = zip(*(judgement for _, judgement in rows), strict=True)
    setting = [f"{name} = {_list(values)}[{place}]" for name, values in zip(TOLD, told, strict=True)]
    people = ", ".join("true" if judgement[-1] == "" else "false" for _, judgement in rows)
    setting.append(f"human = [{people}][{place}]")
    return (
        f"ALTER TABLE {deployment.local('clicks')}{deployment.on_cluster} UPDATE {', '.join(setting)} "
        f"WHERE {scope} AND {JUDGEABLE} AND has({keys}, {asked}) SETTINGS mutations_sync = 2, max_query_size = 16777216"
    )


def _list(values: Iterable[str]) -> str:
    # A statement with a NUL in it would be taken for two.
    return f"[{', '.join(text(value) for value in values)}]".replace("\x00", "\\0")
