"""The embedded click store: rows, roll-ups and offsets move together, and nothing is taken in twice."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linnet.clicks.columns import columns_of
from linnet.clicks.portions import OffsetMismatch, Portion, Span
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Click
from linnet.model.errors import StorageUnavailable
from tests.clicks.builders import batch, click, rows, varied

UNIQUE_SUMS = "SELECT {keys}, sum(clicks), sum(human_clicks) FROM {table} GROUP BY {keys} ORDER BY ALL"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    opened = DuckdbClickStore(tmp_path / "clicks.duckdb")
    yield opened
    opened.close()


def test_a_click_comes_back_with_every_field_and_its_quarter_and_day(store: DuckdbClickStore) -> None:
    at = datetime(2026, 3, 29, 23, 46, 1, 234000, tzinfo=UTC)
    texts = {name: f"{name} é\x00'\"" for name, kind in Click.__annotations__.items() if kind is str}
    numbers = {"link_number": 2**62, "domain_id": 2**31 - 1, "status": 65535, "visitor": 2**40 - 1}
    stored = click(**texts, **numbers, at=at, human=False, scan=True)
    assert store.write([batch(stored)]) == 1
    (row,) = rows(store, "SELECT * FROM clicks")
    *fields, nonce, scan, language, visitor = stored._replace(at=at.replace(tzinfo=None))
    assert row == (*fields, 95, at.date(), nonce, scan, language, visitor, 0)


def test_a_store_from_before_scans_takes_them_and_has_none_of_older_clicks(tmp_path: Path) -> None:
    store = DuckdbClickStore(tmp_path / "old.duckdb")
    store.write([batch(click(path="/old"))])
    store.close()
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        connection.execute("DROP VIEW converted")
        connection.execute("ALTER TABLE clicks DROP COLUMN scan")
    store = DuckdbClickStore(tmp_path / "old.duckdb")
    store.write([batch(click(path="/new", scan=True), offset=200)])
    assert rows(store, "SELECT path, scan FROM converted ORDER BY path") == [("/new", True), ("/old", False)]
    store.close()


def test_a_store_of_the_first_format_gets_the_rollups_of_this_one(tmp_path: Path) -> None:
    store = DuckdbClickStore(tmp_path / "old.duckdb")
    store.write([batch(click(scan=True, region="BE", country="DE"))])
    store.close()
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        connection.execute("DROP TABLE store_format")
        connection.execute("ALTER TABLE rollup_quarters DROP COLUMN scans")
        connection.execute("ALTER TABLE rollup_links DROP COLUMN scans")
        connection.execute("DELETE FROM rollup_values WHERE dimension = 'region'")
    for _ in range(2):
        store = DuckdbClickStore(tmp_path / "old.duckdb")
        assert rows(store, "SELECT sum(scans), sum(clicks) FROM rollup_quarters") == [(1, 1)]
        assert rows(store, "SELECT value, detail, clicks FROM rollup_values WHERE dimension = 'region'") == [("BE", "DE", 1)]
        store.close()


def test_rows_and_rollups_agree_before_and_after_merging(store: DuckdbClickStore) -> None:
    for part in range(4):
        store.write([batch(*varied(150 + part), offset=100 + part)])
    for _ in range(2):
        total = "count(*)::HUGEINT, count(*) FILTER (human)::HUGEINT"
        for keys, table in (("domain_id, day, quarter", "rollup_quarters"), ("domain_id, link_number, day", "rollup_links")):
            scans = f"SELECT {keys}, count(*) FILTER (human AND scan)::HUGEINT FROM clicks GROUP BY ALL ORDER BY ALL"
            assert rows(store, f"SELECT {keys}, sum(scans) FROM {table} GROUP BY ALL ORDER BY ALL") == rows(store, scans)
        expected = rows(store, f"SELECT domain_id, day, quarter, {total} FROM clicks GROUP BY ALL ORDER BY ALL")
        assert rows(store, UNIQUE_SUMS.format(keys="domain_id, day, quarter", table="rollup_quarters")) == expected
        expected = rows(store, f"SELECT domain_id, link_number, day, {total} FROM clicks GROUP BY ALL ORDER BY ALL")
        assert rows(store, UNIQUE_SUMS.format(keys="domain_id, link_number, day", table="rollup_links")) == expected
        values = []
        for name in (
            "browser",
            "os",
            "device",
            "country",
            "region",
            "city",
            "language",
            "referrer_host",
            "social",
            "utm_source",
            "status",
        ):
            detail = {"city": "country || '/' || region", "region": "country"}.get(name, "''")
            values += rows(
                store,
                f"SELECT domain_id, '{name}', {name}::VARCHAR, {detail}, day, {total} FROM clicks"
                f" WHERE {name}::VARCHAR <> '' GROUP BY ALL",
            )
        keys = "domain_id, dimension, value, detail, day"
        assert rows(store, UNIQUE_SUMS.format(keys=keys, table="rollup_values")) == sorted(values)
        store.merge_rollups()
    assert rows(store, "SELECT count(*) FROM rollup_values") == [(len(values),)]


def test_a_batch_that_the_store_holds_already_changes_nothing(store: DuckdbClickStore) -> None:
    batches = [batch(click(), offset=50), batch(click(), click(), segment="two", offset=70)]
    assert [store.write(batches), store.write(batches)] == [3, 0]
    assert store.write([batch(click(), offset=49)]) == 0
    assert store.offsets() == {"one": 50, "two": 70}
    assert rows(store, "SELECT count(*), (SELECT sum(clicks) FROM rollup_links) FROM clicks") == [(3, 3)]


def test_a_batch_that_leaves_a_gap_is_refused_whole(store: DuckdbClickStore) -> None:
    store.write([batch(click(), offset=50, start=0)])
    with pytest.raises(OffsetMismatch):
        store.write([batch(click(), segment="two", offset=9), batch(click(), offset=90, start=60)])
    assert store.offsets() == {"one": 50}
    assert rows(store, "SELECT count(*) FROM clicks") == [(1,)]


def test_a_portion_that_cannot_be_made_leaves_nothing_of_those_before(store: DuckdbClickStore) -> None:
    def portions() -> Iterator[Portion]:
        yield Portion(columns_of(varied(50)), [Span("one", 0, 10)])
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        store.write_portions(portions())
    assert (store.offsets(), rows(store, "SELECT count(*) FROM clicks")) == ({}, [(0,)])
    assert store.write([batch(click())]) == 1


def test_rows_are_the_same_whether_they_bring_dictionaries_or_values(
    store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write([batch(*varied(60))])
    monkeypatch.setattr("linnet.clicks.store_duckdb._SPREAD_ROWS", 0)
    again = [each._replace(domain_id=each.domain_id + 10) for each in varied(60)]
    store.write([batch(*again, offset=200, start=100)])
    spread = rows(store, "FROM clicks WHERE domain_id < 10 ORDER BY ALL")
    assert len(spread) == 60
    joined = "SELECT * REPLACE (domain_id - 10 AS domain_id) FROM clicks WHERE domain_id > 10 ORDER BY ALL"
    assert rows(store, joined) == spread


@pytest.mark.parametrize("fails", [False, True])
def test_many_rows_are_inserted_by_one_thread_and_questions_get_theirs_back(
    store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr("linnet.clicks.store_duckdb._ONE_THREAD_ROWS", 40)
    threads: list[Any] = []

    def portions() -> Iterator[Portion]:
        for number in (39, 40, 1):
            threads.append(rows(store, "SELECT current_setting('threads')")[0][0])
            yield Portion(columns_of(varied(number)), [])
        threads.append(rows(store, "SELECT current_setting('threads')")[0][0])
        if fails:
            raise StorageUnavailable("no more")

    with contextlib.suppress(StorageUnavailable):
        store.write_portions(portions())
    assert (threads, rows(store, "SELECT current_setting('threads')")) == ([2, 2, 1, 1], [(2,)])
    assert rows(store, "SELECT count(*) FROM clicks") == [(0 if fails else 80,)]


def test_offsets_of_removed_segments_are_forgotten(store: DuckdbClickStore) -> None:
    store.write([batch(offset=50), batch(segment="two", offset=60)])
    store.forget(["one", "never heard of"])
    assert store.offsets() == {"two": 60}


def test_everything_is_there_after_the_store_was_opened_again(tmp_path: Path) -> None:
    for turn in range(3):
        store = DuckdbClickStore(tmp_path / "clicks.duckdb")
        assert store.offsets() == ({"one": 100 + turn - 1} if turn else {})
        store.write([batch(*varied(20), offset=100 + turn)])
        store.close()
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    store.merge_rollups()
    assert rows(store, "SELECT count(*), (SELECT sum(clicks) FROM rollup_quarters) FROM clicks") == [(60, 60)]
    store.close()


def test_rollups_are_merged_when_their_rows_have_piled_up(store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linnet.clicks.store_duckdb._MERGE_ROWS", 1000)
    merged = 0
    for turn in range(60):
        store.write([batch(*varied(30), offset=turn + 1)])
        merged += store.merge_rollups_if_due()
    assert 2 <= merged <= 30
    assert rows(store, "SELECT sum(clicks) FROM rollup_links") == [(1800,)]
    assert rows(store, "SELECT count(*) FROM rollup_values")[0][0] < 3000


def test_a_second_process_is_told_that_the_store_is_taken(tmp_path: Path, store: DuckdbClickStore) -> None:
    program = f"""
from pathlib import Path
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.errors import StorageUnavailable
try:
    DuckdbClickStore(Path({str(tmp_path / "clicks.duckdb")!r}))
except StorageUnavailable as refusal:
    print(refusal.message)
"""
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert told == "Another process has the click store clicks.duckdb open; only one can.\n"


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.errors import StorageUnavailable
from tests.clicks.builders import batch, varied

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
store = DuckdbClickStore(path)
store.write([batch(*varied(500), offset=1)])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
refused = 0
for offset in (2, 3):
    try:
        store.write([batch(*varied(500), offset=offset)])
    except StorageUnavailable:
        refused += 1
assert refused == 2, refused
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if sys.argv[2] == "stay":
    store.write([batch(*varied(500), offset=4)])
    store.close()
"""


@pytest.mark.parametrize("then", ["stay", "die"])
def test_a_full_disk_is_refused_and_takes_nothing_back(tmp_path: Path, then: str) -> None:
    path = tmp_path / "clicks.duckdb"
    subprocess.run([sys.executable, "-c", FULL_DISK, str(path), then], check=True)
    with duckdb.connect(str(path)) as connection:
        counted = connection.execute("SELECT count(*), (SELECT sum(clicks) FROM rollup_links) FROM clicks").fetchone()
        offset = connection.execute("SELECT byte_offset FROM ingest_offsets").fetchone()
    assert (counted, offset) == (((1000, 1000), (4,)) if then == "stay" else ((500, 500), (1,)))


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clicks.duckdb").write_bytes(b"something else" * 1000)
    with pytest.raises(StorageUnavailable):
        DuckdbClickStore(tmp_path / "clicks.duckdb")
