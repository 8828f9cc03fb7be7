"""The embedded store as it is compared with its raw clicks, and mended."""

# ruff: noqa: S608 (all statements are made of this package's own names, of numbers and of dates)

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import duckdb
import numpy as np

from linnet.clicks.columns import text_column
from linnet.clicks.judged import judged, note
from linnet.clicks.rolled_off import IS_WHOLE
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.staging import right_rows
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_sql import ASKED, TOLD, Check, beyond_segments, click_checks, other_checks, rollup_check, scope_of
from linnet.clicks.verification import Difference, Mended
from linnet.model.errors import StorageUnavailable
from linnet.visitor.agent import Judge

_FETCHED: Final = 1000
_JUDGED_AT_ONCE: Final = 10_000
# Where no user agent is stored of what was no program by its user agent, it was withheld or never known: what was told of it
# then cannot be told again.
_JUDGEABLE: Final = "(clicks.user_agent <> '' OR clicks.device = 'bot')"


class DuckdbTruth:
    """Days of the embedded store. ``rules`` is the version of those that ``judge`` goes by; ``size_of`` tells how many bytes of
    a journal segment there are (None: no such file). Raises StorageUnavailable."""

    def __init__(
        self, store: DuckdbClickStore, judge: Judge, rules: str, size_of: Callable[[str], int | None] = lambda _: None
    ) -> None:
        self._store = store
        self._judge = judge
        self._size_of = size_of
        self._rules = rules

    @property
    def rules(self) -> str:
        """The version of the rules by which clicks are judged now."""
        return self._rules

    def days(self, domain_id: int | None, /) -> Sequence[date]:
        """The UTC days of which there are clicks or roll-ups, the oldest first."""
        scope = f"{scope_of(domain_id)} AND {IS_WHOLE}"
        tables = ("clicks", *ROLLUP_KEYS)
        every = " UNION ".join(f"SELECT DISTINCT day FROM {table} WHERE {scope}" for table in tables)
        with self._reading() as connection:
            return [day for (day,) in connection.execute(f"{every} ORDER BY day").fetchall()]

    def differences(self, day: date, domain_id: int | None, /) -> Iterator[Difference]:
        """What is wrong in a day, in one state of the store: roll-ups, and clicks that are not what a click can be."""
        scope = scope_of(domain_id, day)
        with self._reading() as connection:
            for check in (*(rollup_check(table, scope) for table in ROLLUP_KEYS), *click_checks(scope)):
                yield from _found(connection, check)

    def other_differences(self, domain_id: int | None, /) -> Iterator[Difference]:
        """Offsets behind the end of their segments, clicks and conversions that should have been cleared away, and conversions
        that no click can have."""
        with self._reading() as connection:
            if domain_id is None:
                offsets = connection.execute("SELECT segment, byte_offset FROM ingest_offsets").fetchall()
                yield from beyond_segments(dict(offsets), self._size_of)
            for check in other_checks(scope_of(domain_id)):
                yield from _found(connection, check)

    def judged(self) -> Mapping[date, set[str]]:
        """With which rules the clicks of each day were judged: none where nobody noted it. Days without clicks are missing."""
        with self._reading() as connection:
            return judged(connection)

    def mend(self, day: date, domain_id: int | None, /, *, reclassify: bool) -> Mended:
        """Make the roll-ups of a day right, in one transaction; with ``reclassify`` those of clicks as they are judged now."""
        scope, keys, clicks = scope_of(domain_id, day), 0, 0
        with _refused(), self._store.writing() as connection:
            if reclassify:
                clicks = self._reclassify(connection, scope)
                if domain_id is None:
                    connection.execute(f"DELETE FROM judged WHERE day = DATE '{day}'")
                note(connection, {day}, self._rules)
            for table in ROLLUP_KEYS:
                wrong = connection.execute(f"SELECT count(*) FROM ({rollup_check(table, scope).query})").fetchone()
                if wrong and wrong[0]:
                    keys += int(wrong[0])
                    connection.execute(f"DELETE FROM {table} WHERE {scope}")
                    connection.execute(f"INSERT INTO {table} {right_rows(table, scope)}")
        return Mended(keys, clicks)

    def _reclassify(self, connection: duckdb.DuckDBPyConnection, scope: str) -> int:
        """Change what the rules of now tell otherwise; returns how many clicks that were."""
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE rejudged (user_agent VARCHAR, method VARCHAR, status USMALLINT, "
            "browser VARCHAR, browser_version VARCHAR, os VARCHAR, device VARCHAR, bot VARCHAR)"
        )
        for rows in self._rejudged(scope):
            columns = {
                name: text_column(values) if name != "status" else np.array(values, dtype=np.uint16)
                for name, values in zip((*ASKED, *TOLD), zip(*rows, strict=True), strict=True)
            }
            connection.register("staged_rejudged", columns)
            connection.execute("INSERT INTO rejudged SELECT * FROM staged_rejudged")
            connection.unregister("staged_rejudged")
        same = " AND ".join(f"clicks.{name} = told.{name}" for name in ASKED)
        setting = ", ".join(f"{name} = told.{name}" for name in TOLD)
        changed = " OR ".join(f"clicks.{name} <> told.{name}" for name in TOLD)
        updated = connection.execute(
            f"""UPDATE clicks SET {setting}, human = (told.bot = '') FROM (SELECT DISTINCT * FROM rejudged) AS told
            WHERE {scope} AND {_JUDGEABLE} AND {same} AND ({changed} OR clicks.human <> (told.bot = ''))"""
        ).fetchone()
        connection.execute("DROP TABLE rejudged")
        return int(updated[0]) if updated else 0

    def _rejudged(self, scope: str) -> Iterator[list[tuple[Any, ...]]]:
        """What was asked, and what that tells now, where it is stored otherwise; some at a time."""
        names = ", ".join((*ASKED, *TOLD, "human"))
        with self._reading() as connection:
            # What a transaction that writes would see, too: nobody else writes meanwhile.
            stored = connection.execute(f"SELECT DISTINCT {names} FROM clicks WHERE {scope} AND {_JUDGEABLE}")
            while rows := stored.fetchmany(_JUDGED_AT_ONCE):
                fresh = []
                for user_agent, method, status, *told in rows:
                    judgement = self._judge(user_agent, method, status)
                    if (*judgement, judgement[-1] == "") != tuple(told):
                        fresh.append((user_agent, method, status, *judgement))
                if fresh:
                    yield fresh

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with _refused(), self._store.cursor() as connection:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise StorageUnavailable(f"The click store cannot be compared or mended now: {error}") from error


def _found(connection: duckdb.DuckDBPyConnection, check: Check) -> Iterator[Difference]:
    asked = connection.execute(check.query)
    while rows := asked.fetchmany(_FETCHED):
        yield from map(check.difference, rows)
