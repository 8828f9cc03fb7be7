"""What is compared in the embedded store, as queries of what is stored otherwise than would be right; and what is the same of
every store."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from linnet.clicks.conversions import MAX_GOALS
from linnet.clicks.rolled_off import IS_WHOLE
from linnet.clicks.schema import ROLLUP_COUNTS, ROLLUP_KEYS
from linnet.clicks.staging import right_rows
from linnet.clicks.verification import Difference, Value

# What a click is judged by, and what a judgement tells, in ``Judge``'s order.
ASKED: Final = ("user_agent", "method", "status")
TOLD: Final = ("browser", "browser_version", "os", "device", "bot")
_QUARTER: Final = """(extract('hour' FROM "at") * 4 + extract('minute' FROM "at") // 15)"""


class Check(NamedTuple):
    """A query whose rows have the columns ``keys``, then those of ``told`` as they are stored, then as they should be."""

    table: str
    keys: tuple[str, ...]
    told: tuple[str, ...]
    query: str

    def difference(self, row: Sequence[Any]) -> Difference:
        """What a row of the query says."""
        values = [_value(each) for each in row]
        first, second = len(self.keys), len(self.keys) + len(self.told)
        return Difference(
            self.table,
            dict(zip(self.keys, values[:first], strict=True)),
            dict(zip(self.told, values[first:second], strict=True)),
            dict(zip(self.told, values[second:], strict=True)),
        )


def beyond_segments(offsets: Mapping[str, int], size_of: Callable[[str], int | None]) -> Iterator[Difference]:
    """Offsets behind the end of their segments, as far as ``size_of`` knows how long these are."""
    for segment, offset in sorted(offsets.items()):
        size = size_of(segment)
        if size is not None and offset > size:
            yield Difference("ingest_offsets", {"segment": segment}, {"byte_offset": offset}, {"byte_offset": size})


def scope_of(domain_id: int | None, day: date | None = None) -> str:
    """The condition on rows of clicks and roll-ups that they are a domain's and a day's (None: any), of which clicks
    were not deleted on purpose."""
    parts = [f"domain_id = {domain_id:d}"] if domain_id is not None else []
    parts += [f"day = DATE '{day.isoformat()}'", IS_WHOLE] if day is not None else []
    return " AND ".join(parts) or "true"


def rollup_check(table: str, scope: str) -> Check:
    """The keys of a roll-up whose counts are wrong. A key that is not there counts zero."""
    keys, counts = ", ".join(ROLLUP_KEYS[table]), ROLLUP_COUNTS[table]
    sums = ", ".join(f"sum({count}) AS {count}" for count in counts)
    names = ", ".join((*ROLLUP_KEYS[table], *counts))
    stored, right = ([f"coalesce({side}.{count}, 0)" for count in counts] for side in ("found", "told"))
    differ = " OR ".join(f"{one} <> {other}" for one, other in zip(stored, right, strict=True))
    query = f"""WITH told({names}) AS ({right_rows(table, scope)}),
        found AS (SELECT {keys}, {sums} FROM {table} WHERE {scope} GROUP BY ALL)
        SELECT {keys}, {", ".join([*stored, *right])} FROM found FULL JOIN told USING ({keys}) WHERE {differ} ORDER BY {keys}"""
    return Check(table, ROLLUP_KEYS[table], counts, query)


def click_checks(scope: str) -> Iterator[Check]:
    """Clicks with an id that another one has; and those whose day or quarter hour is not that of their moment."""
    keys = ("domain_id", "link_number", "at", "nonce")
    names = 'domain_id, link_number, "at", nonce'
    with_ids = f"SELECT {names}, count(*), 1 FROM clicks WHERE {scope} AND nonce <> 0 GROUP BY {names}"
    yield Check("clicks", keys, ("rows",), f"{with_ids} HAVING count(*) > 1 ORDER BY ALL")
    misplaced = f"""SELECT {names}, day, quarter, "at"::DATE, {_QUARTER} FROM clicks
        WHERE {scope} AND (day <> "at"::DATE OR quarter <> {_QUARTER}) ORDER BY ALL"""
    yield Check("clicks", keys, ("day", "quarter"), misplaced)


def other_checks(scope: str) -> Iterator[Check]:
    """Clicks and conversions that should have been cleared away; conversions of no click, and too many of one."""
    for table, moment in (("clicks", '"at"'), ("conversions", "clicked_at")):
        forgotten = f"SELECT domain_id, count(*), 0 FROM {table} JOIN clearings USING (domain_id) WHERE {scope}"
        query = f"{forgotten} AND {moment} < before GROUP BY domain_id ORDER BY domain_id"
        yield Check(table, ("domain_id",), ("rows_that_were_cleared",), query)
    keys = ("domain_id", "link_number", "clicked_at", "nonce")
    names = ", ".join(keys)
    one = f"SELECT {names}, count(*)"
    nobodys = f"{one}, 0 FROM conversions WHERE {scope} AND nonce = 0 GROUP BY {names} ORDER BY ALL"
    yield Check("conversions", keys, ("rows",), nobodys)
    many = f"{one}, {MAX_GOALS} FROM conversions WHERE {scope} GROUP BY {names} HAVING count(*) > {MAX_GOALS} ORDER BY ALL"
    yield Check("conversions", keys, ("rows",), many)


def _value(told: Any) -> Value:
    if isinstance(told, date | datetime):
        return told.isoformat()
    return told if isinstance(told, str | float) else int(told)
