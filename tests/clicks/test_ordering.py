"""Days that are over come into the order of links, with their visitors counted, whatever is killed when."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linnet.clicks.ordering import Ordering
from linnet.clicks.retention_duckdb import DuckdbRetention
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.verification import Verification, verify
from linnet.model.click import Click
from tests.clicks.builders import AT, click, rows, write
from tests.clicks.test_exactly_once import kill, started, wait_for_growth
from tests.clicks.test_verification import truth_of

KILLS = int(os.environ.get("LINNET_KILLS", "12"))
DAY = timedelta(days=1)
LATER = AT + 30 * DAY
MIDNIGHT = AT.replace(hour=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    opened = DuckdbClickStore(tmp_path / "clicks.duckdb")
    yield opened
    opened.close()


def ordering_of(store: DuckdbClickStore, *, now: datetime = LATER, quiet_seconds: float = 0, **options: int) -> Ordering:
    return Ordering(store, quiet_seconds=quiet_seconds, now=lambda: now, **{"run_rows": 1, **options})


def put_in_order(store: DuckdbClickStore, **options: int) -> None:
    ordering_of(store, **options).work_off()


def shuffled(number: int, seed: int = 1) -> list[Click]:
    """Clicks of three domains and two days in the order of their times, the links at random."""
    chance = random.Random(seed)
    return [
        click(
            domain_id=chance.randint(1, 3),
            link_number=chance.randint(0, 40),
            at=MIDNIGHT + 2 * DAY * index / number,
            human=chance.random() < 0.8,
            scan=chance.random() < 0.1,
            visitor=chance.randint(0, 60),
            path=f"/{index}",
        )
        for index in range(number)
    ]


def differences(store: DuckdbClickStore) -> list[object]:
    return [each for step in verify(truth_of(store), Verification()) for each in step.differences]


CONTENT = "SELECT * EXCLUDE tier FROM clicks ORDER BY ALL"
IN_PLACE = 'SELECT domain_id, link_number, "at" FROM clicks WHERE day IN (SELECT unnest(?::DATE[])) ORDER BY rowid'


def places(store: DuckdbClickStore, *days: date) -> list[tuple[Any, ...]]:
    with store.cursor() as cursor:
        return cursor.execute(IN_PLACE, [list(days)]).fetchall()


def visitors(clicks: list[Click]) -> dict[tuple[int, date], int]:
    """By domain and day, counted naively."""
    met = {(each.domain_id, each.at.date(), each.visitor) for each in clicks if each.human and each.visitor}
    return dict(Counter((domain_id, day) for domain_id, day, _ in met))


@pytest.mark.parametrize("piece_rows", [500_000, 100, 7])
@pytest.mark.parametrize("run_rows", [1, 700])
def test_days_that_are_over_lie_in_the_order_of_links_and_lose_nothing(store: DuckdbClickStore, piece_rows: int, run_rows: int):
    made = shuffled(1000)
    for part in range(4):
        write(store, made[part * 250 : (part + 1) * 250])
    before = rows(store, CONTENT)
    assert places(store, AT.date()) != sorted(places(store, AT.date()))
    put_in_order(store, piece_rows=piece_rows, run_rows=run_rows)
    assert rows(store, CONTENT) == before
    days = [[AT.date()], [(AT + DAY).date()]] if run_rows == 1 else [[AT.date(), (AT + DAY).date()]]
    for run in days:
        assert len(places(store, *run)) == 500 * len(run)
        assert places(store, *run) == sorted(places(store, *run))
    assert rows(store, "SELECT DISTINCT tier FROM clicks") == [(1,)]
    assert rows(store, "FROM open_days") == []


def test_visitors_are_counted_when_their_day_closes(store: DuckdbClickStore):
    made = shuffled(1500)
    write(store, made)
    assert rows(store, "FROM rollup_visitors") == []
    put_in_order(store)
    for counted in ("first_seen", "last_seen"):
        found = rows(store, f"SELECT domain_id, day, sum({counted})::BIGINT FROM rollup_visitors GROUP BY ALL")
        assert {(domain_id, day): number for domain_id, day, number in found} == visitors(made)
    met = {(each.domain_id, each.link_number, each.at.date(), each.visitor) for each in made if each.human and each.visitor}
    by_link = Counter(key[:3] for key in met)
    assert {tuple(row[:3]): row[3] for row in rows(store, "FROM rollup_link_visitors")} == by_link
    assert differences(store) == []


def test_a_day_stays_open_until_it_is_over_and_no_click_of_it_came_for_a_while(store: DuckdbClickStore):
    write(store, shuffled(100))
    first, second = AT.date(), (AT + DAY).date()
    for closed, ordering in (
        ([], ordering_of(store, quiet_seconds=30)),
        ([], ordering_of(store, now=MIDNIGHT + DAY + timedelta(minutes=4))),
        ([first], ordering_of(store, now=MIDNIGHT + DAY + timedelta(minutes=6))),
        ([first, second], ordering_of(store)),
    ):
        ordering.close_days()
        assert rows(store, "SELECT DISTINCT day FROM rollup_visitors ORDER BY day") == [(day,) for day in closed]
        ordering.move_runs()
        assert rows(store, "SELECT DISTINCT day FROM clicks WHERE tier = 1 ORDER BY day") == [(day,) for day in closed]


def test_few_clicks_wait_for_others_before_they_are_moved(store: DuckdbClickStore):
    write(store, shuffled(100))
    put_in_order(store, run_rows=101)
    assert rows(store, "SELECT DISTINCT tier FROM clicks") == [(0,)]
    assert rows(store, "FROM open_days") == []
    write(store, [click(at=AT + 9 * DAY), click(at=AT + 40 * DAY)])
    put_in_order(store, run_rows=101)
    assert rows(store, "SELECT tier, count(*) FROM clicks GROUP BY tier ORDER BY tier") == [(0, 1), (1, 101)]


def test_a_late_click_opens_its_day_of_its_domain_alone_and_the_next_round_closes_it(store: DuckdbClickStore):
    made = shuffled(600)
    write(store, made)
    put_in_order(store)
    late = [click(domain_id=2, link_number=3, at=AT, visitor=999), click(domain_id=2, link_number=1, at=AT, visitor=998)]
    write(store, late)
    assert rows(store, "FROM open_days") == [(2, AT.date())]
    counted = "SELECT DISTINCT domain_id, day FROM {} ORDER BY ALL"
    days = [(domain_id, (AT + number * DAY).date()) for domain_id in (1, 2, 3) for number in (0, 1)]
    for table in ("rollup_visitors", "rollup_link_visitors"):
        assert rows(store, counted.format(table)) == [day for day in days if day != (2, AT.date())]
    assert differences(store) == []
    put_in_order(store)
    found = rows(store, "SELECT domain_id, day, sum(first_seen)::BIGINT FROM rollup_visitors GROUP BY ALL")
    assert {(domain_id, day): number for domain_id, day, number in found} == visitors(made + late)
    assert rows(store, "SELECT count(*), min(tier) FROM clicks") == [(602, 1)]
    assert differences(store) == []


def test_clicks_that_come_between_the_pieces_of_a_run_are_moved_with_it(store: DuckdbClickStore):
    write(store, shuffled(400))
    ordering, pieces = ordering_of(store, piece_rows=50), 1
    run = ordering.next_run()
    assert run == (AT.date(), AT.date())
    while not ordering.move_piece(run):
        pieces += 1
        if pieces == 3:
            write(store, [click(domain_id=1, link_number=0, at=MIDNIGHT)])
    assert pieces >= 4
    assert rows(store, f"SELECT count(*), min(tier) FROM clicks WHERE day = DATE '{AT:%Y-%m-%d}'") == [(201, 1)]


def test_clearing_a_domain_counts_its_visitors_anew(store: DuckdbClickStore):
    made = shuffled(600)
    write(store, made)
    put_in_order(store)
    moment = MIDNIGHT + timedelta(hours=30)
    store.clear_domain(1, moment)
    kept = [each for each in made if each.domain_id != 1 or each.at >= moment]
    found = rows(store, "SELECT domain_id, day, sum(last_seen)::BIGINT FROM rollup_visitors GROUP BY ALL")
    assert {(domain_id, day): number for domain_id, day, number in found} == visitors(kept)
    assert differences(store) == []


def test_visitors_of_days_whose_clicks_are_gone_stay_counted_whatever_comes_late(store: DuckdbClickStore):
    made = shuffled(600)
    write(store, made)
    DuckdbRetention(store).roll_off(1, AT.date())
    write(store, [click(domain_id=1, at=AT, visitor=999), click(domain_id=1, at=AT + DAY, visitor=999)])
    assert rows(store, f"FROM open_days WHERE domain_id = 1 AND day = DATE '{AT:%Y-%m-%d}'") == []
    put_in_order(store)
    found = rows(store, "SELECT domain_id, day, sum(first_seen)::BIGINT FROM rollup_visitors GROUP BY ALL")
    expected = visitors([*made, click(domain_id=1, at=AT + DAY, visitor=999)])
    assert {(domain_id, day): number for domain_id, day, number in found} == expected
    assert differences(store) == []


def test_a_store_from_before_the_order_is_brought_into_it(tmp_path: Path):
    store, made = DuckdbClickStore(tmp_path / "old.duckdb"), shuffled(300)
    write(store, made)
    store.close()
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        connection.execute("DROP VIEW converted")
        connection.execute("ALTER TABLE clicks DROP COLUMN tier")
        for table in ("open_days", "rollup_visitors", "rollup_link_visitors", "store_format"):
            connection.execute(f"DROP TABLE {table}")
    store = DuckdbClickStore(tmp_path / "old.duckdb")
    assert rows(store, "SELECT count(*) FROM open_days") == [(6,)]
    put_in_order(store)
    found = rows(store, "SELECT domain_id, day, sum(first_seen)::BIGINT FROM rollup_visitors GROUP BY ALL")
    assert {(domain_id, day): number for domain_id, day, number in found} == visitors(made)
    store.close()


WORKER = """
import itertools, os, sys
from datetime import timedelta
from pathlib import Path
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch
from tests.clicks.test_ordering import ordering_of, shuffled

store = DuckdbClickStore(Path(sys.argv[1]))
progress = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
ordering = ordering_of(store, piece_rows=150)
for number in itertools.count(store.offsets().get("one", 0)):
    # Every batch has clicks of two days that were closed, and opens them again.
    store.write([Batch(segment="one", start=number, offset=number + 1, clicks=shuffled(400, seed=number))])
    ordering.close_days()
    os.write(progress, b".")
    while (run := ordering.next_run()) is not None:
        while not ordering.move_piece(run):
            os.write(progress, b".")
        os.write(progress, b".")
"""


def test_no_click_is_lost_or_doubled_and_no_visitor_miscounted_whenever_ordering_is_killed(tmp_path: Path):
    chance, path, progress = random.Random(5), tmp_path / "clicks.duckdb", tmp_path / "progress"
    for _ in range(KILLS):
        worker = started(WORKER, path, progress)
        wait_for_growth(progress, worker)
        time.sleep(chance.uniform(0, 0.5))
        kill(worker)
    store = DuckdbClickStore(path)
    written = store.offsets()["one"]
    made = [each for number in range(written) for each in shuffled(400, seed=number)]
    expected = Counter((each.domain_id, each.link_number, each.at.replace(tzinfo=None), each.path) for each in made)
    assert Counter(rows(store, 'SELECT domain_id, link_number, "at", path FROM clicks')) == expected
    assert differences(store) == []
    put_in_order(store)
    found = rows(store, "SELECT domain_id, day, sum(first_seen)::BIGINT FROM rollup_visitors GROUP BY ALL")
    assert {(domain_id, day): number for domain_id, day, number in found} == visitors(made)
    assert differences(store) == []
    store.close()


MANY_DAYS = """
import sys
from pathlib import Path
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.store_duckdb import DuckdbClickStore
from tests.clicks.builders import write
from tests.clicks.test_ordering import DAY, put_in_order, shuffled

path = Path(sys.argv[1])
store = DuckdbClickStore(path)
for number in range(12):
    day = [each._replace(at=each.at + number * DAY) for each in shuffled(20_000, seed=number)]
    for part in range(0, len(day), 5000):
        write(store, day[part : part + 5000])
    if sys.argv[2] == "ordered":
        put_in_order(store, run_rows=int(sys.argv[3]))
store.close()
print(path.stat().st_size)
"""


@pytest.mark.parametrize("run_rows", [1, 50_000])
def test_the_file_does_not_grow_by_being_put_in_order(tmp_path: Path, run_rows: int):
    sizes = {}
    for name in ("ordered", "as-it-came"):
        command = [sys.executable, "-c", MANY_DAYS, str(tmp_path / name), name, str(run_rows)]
        told = subprocess.run(command, check=True, capture_output=True)
        sizes[name] = int(told.stdout.split()[-1])
    # Some room is needed to move clicks; what they leave is used again.
    assert sizes["ordered"] < sizes["as-it-came"] * 2 + (4 << 20)


def test_questions_are_answered_from_one_state_while_days_are_put_in_order(store: DuckdbClickStore):
    made = shuffled(2000)
    write(store, made)
    ended, wrong = threading.Event(), list[Any]()

    def ask() -> None:
        while not ended.is_set():
            found = rows(store, "SELECT count(*), count(DISTINCT path), sum(visitor)::BIGINT FROM clicks")
            if found != [(2000, 2000, sum(each.visitor for each in made))]:
                wrong.append(found)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        put_in_order(store, piece_rows=20)
    finally:
        ended.set()
        asking.join()
    assert wrong == []
    assert rows(store, "SELECT min(tier) FROM clicks") == [(1,)]


def test_the_worker_of_a_server_closes_days_by_itself(store: DuckdbClickStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.clicks.ordering._PAUSE_SECONDS", 0.05)
    write(store, [click(at=datetime.now(UTC) - 3 * DAY, visitor=4)])
    ended = threading.Event()
    worker = threading.Thread(target=Ordering(store, quiet_seconds=0.2).run, args=(ended,))
    worker.start()
    deadline = time.monotonic() + 20
    while not rows(store, "FROM rollup_visitors") and time.monotonic() < deadline:
        time.sleep(0.05)
    ended.set()
    worker.join()
    assert rows(store, "SELECT first_seen, last_seen FROM rollup_visitors ORDER BY ALL") == [(1, 1)]


def test_roll_ups_lie_in_the_order_of_their_keys_when_there_are_enough_rows(store: DuckdbClickStore):
    write(store, shuffled(300))
    write(store, [each._replace(country="DE", browser="Firefox", os="Linux") for each in shuffled(300, seed=2)])
    right = {table: rows(store, f"SELECT {', '.join(keys)} FROM {table}") for table, keys in ROLLUP_KEYS.items()}
    assert right["rollup_values"] != sorted(right["rollup_values"])
    put_in_order(store, run_rows=10_000)
    assert rows(store, "FROM rollups_ordered") == []
    put_in_order(store, run_rows=len(set(right["rollup_values"])))
    for table, keys in ROLLUP_KEYS.items():
        found = rows(store, f"SELECT {', '.join(keys)} FROM {table} ORDER BY rowid")
        assert found == sorted(set(found)), table
        assert found
    assert ordering_of(store).next_rollups() is None
    assert differences(store) == []
    write(store, [click(at=AT), click(at=AT + 3 * DAY)])
    put_in_order(store)
    assert rows(store, "FROM rollups_ordered") == [((AT + 3 * DAY).date(),)]
    assert differences(store) == []
