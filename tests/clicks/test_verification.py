"""Roll-ups held against raw clicks, and mended; clicks judged again by other rules."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.conversions import Conversion
from linnet.clicks.portions import Portion, Span
from linnet.clicks.schema import ROLLUP_KEYS
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Difference, JudgedDays, Rebuilding, Step, Verification, rebuild, verify
from linnet.model.click import Click
from linnet.visitor.agent import Judge, judge_by
from linnet.visitor.bots import BotRules, RuleFile, read_rules
from tests.clicks.builders import AS_IT_IS, AT, CHROME, click, rows, varied, write

DAY = timedelta(days=1)
FIRST = date(2026, 3, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    store = DuckdbClickStore(tmp_path / "clicks.duckdb", rules="one")
    yield store
    store.close()


def truth_of(store: DuckdbClickStore, rules: str = "one", judge: Judge = AS_IT_IS) -> DuckdbTruth:
    return DuckdbTruth(store, judge, rules)


def change(store: DuckdbClickStore, statement: str) -> None:
    with store.writing() as connection:
        connection.execute(statement)


def differences(store: DuckdbClickStore, domain_id: int | None = None) -> list[Difference]:
    return [each for step in verify(truth_of(store), Verification(domain_id)) for each in step.differences]


def mended(store: DuckdbClickStore, **order: Any) -> int:
    return sum(step.mended for step in rebuild(truth_of(store), Rebuilding(**order)))


def test_a_store_that_took_clicks_in_has_no_difference_merged_or_not(store: DuckdbClickStore):
    for _ in range(3):
        write(store, varied(400))
    steps = list(verify(truth_of(store), Verification()))
    assert {each for step in steps for each in step.differences} == set()
    days = [day for (day,) in rows(store, "SELECT DISTINCT day FROM clicks ORDER BY day")]
    assert len(days) > 2
    assert [step.day for step in steps if step.day] == days
    assert [step.done for step in steps] == [*range(1, len(days) + 2), len(days) + 1]
    assert {step.of for step in steps} == {len(days) + 1}
    store.merge_rollups()
    assert differences(store) == []


def test_a_roll_up_that_was_changed_is_told_exactly_and_mended(store: DuckdbClickStore):
    write(store, [click(country="DE", device="mobile", link_number=3), click(at=AT + DAY)])
    change(store, "UPDATE rollup_links SET clicks = 5 WHERE day = DATE '2026-03-01'")
    change(store, "DELETE FROM rollup_quarters WHERE day = DATE '2026-03-02'")
    change(store, "UPDATE rollup_values SET value = 'FR' WHERE dimension = 'country'")
    change(store, "INSERT INTO rollup_links VALUES (9, 1, DATE '2026-03-04', 1, 0, 0)")
    told = [(each.table, each.key, each.stored, each.right) for each in differences(store)]
    value = {"domain_id": 7, "dimension": "country", "detail": "", "day": "2026-03-01"}
    one, none = {"clicks": 1, "human_clicks": 1}, {"clicks": 0, "human_clicks": 0}
    assert told == [
        (
            "rollup_links",
            {"domain_id": 7, "link_number": 3, "day": "2026-03-01"},
            {"clicks": 5, "human_clicks": 1, "scans": 0},
            {"clicks": 1, "human_clicks": 1, "scans": 0},
        ),
        ("rollup_values", value | {"value": "DE"}, none, one),
        ("rollup_values", value | {"value": "FR"}, one, none),
        (
            "rollup_quarters",
            {"domain_id": 7, "day": "2026-03-02", "quarter": 48},
            {"clicks": 0, "human_clicks": 0, "scans": 0},
            {"clicks": 1, "human_clicks": 1, "scans": 0},
        ),
        (
            "rollup_links",
            {"domain_id": 9, "link_number": 1, "day": "2026-03-04"},
            {"clicks": 1, "human_clicks": 0, "scans": 0},
            {"clicks": 0, "human_clicks": 0, "scans": 0},
        ),
    ]
    assert differences(store, 9) == differences(store)[-1:]
    assert mended(store, domain_id=9) == 1
    assert mended(store, since=date(2026, 3, 2)) == 1
    assert mended(store) == 3
    assert differences(store) == []
    assert mended(store) == 0


@pytest.mark.parametrize("table", ROLLUP_KEYS)
def test_a_roll_up_that_is_lost_as_a_whole_is_made_anew(store: DuckdbClickStore, table: str):
    write(store, varied(500))
    store.merge_rollups()
    before = rows(store, f"FROM {table} ORDER BY ALL")
    change(store, f"DELETE FROM {table}")
    assert len(differences(store)) == len(before)
    assert mended(store) == len(before)
    assert rows(store, f"FROM {table} ORDER BY ALL") == before


def test_clicks_and_conversions_that_cannot_be_are_told(tmp_path: Path, store: DuckdbClickStore):
    write(store, [click(nonce=5, at=AT), click(nonce=5, at=AT), click(nonce=0), click(nonce=0), click(at=AT - DAY)])
    change(store, "UPDATE clicks SET quarter = 3 WHERE day = DATE '2026-02-28'")
    change(store, "INSERT INTO clearings VALUES (7, TIMESTAMP '2026-02-28 13:00:00')")
    goals = [Conversion(7, 3, AT, 0, "order", AT, 1.0), *(Conversion(7, 3, AT, 5, f"goal-{n}", AT, 0.0) for n in range(20))]
    store.write_portions([Portion(None, [Span("goals", 0, 10)], goals)])
    change(store, f"INSERT INTO conversions VALUES (7, 3, TIMESTAMP '{AT:%Y-%m-%d %H:%M}', 5, 'one more', now()::TIMESTAMP, 0)")
    sizes = {"goals": 9, "segment-0": 100}
    steps = list(verify(DuckdbTruth(store, AS_IT_IS, "one", sizes.get), Verification()))
    told = [each for step in steps for each in step.differences if not each.table.startswith("rollup_")]
    at = {"domain_id": 7, "link_number": 3, "at": "2026-03-01T12:00:00", "nonce": 5}
    clicked = {"domain_id": 7, "link_number": 3, "clicked_at": "2026-03-01T12:00:00"}
    assert told == [
        Difference(
            "clicks",
            at | {"at": "2026-02-28T12:00:00", "nonce": 0},
            {"day": "2026-02-28", "quarter": 3},
            {"day": "2026-02-28", "quarter": 48},
        ),
        Difference("clicks", at, {"rows": 2}, {"rows": 1}),
        Difference("ingest_offsets", {"segment": "goals"}, {"byte_offset": 10}, {"byte_offset": 9}),
        Difference("clicks", {"domain_id": 7}, {"rows_that_were_cleared": 1}, {"rows_that_were_cleared": 0}),
        Difference("conversions", clicked | {"nonce": 0}, {"rows": 1}, {"rows": 0}),
        Difference("conversions", clicked | {"nonce": 5}, {"rows": 21}, {"rows": 20}),
    ]


def test_many_differences_come_in_several_steps(store: DuckdbClickStore):
    write(store, [click(link_number=number) for number in range(1, 1202)])
    change(store, "DELETE FROM rollup_links")
    steps = [step for step in verify(truth_of(store), Verification()) if step.differences]
    assert [len(step.differences) for step in steps] == [500, 500, 201]
    assert [step.done for step in steps] == [0, 0, 1]


def test_clicks_that_come_meanwhile_make_no_difference(store: DuckdbClickStore):
    ended = threading.Event()

    def ingest() -> None:
        while not ended.is_set():
            write(store, varied(50))
            store.merge_rollups()

    write(store, varied(400))
    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        for _ in range(3):
            assert differences(store) == []
            assert mended(store) == 0
            change(store, "UPDATE rollup_links SET clicks = clicks + 1 WHERE domain_id = 2")
            assert mended(store) > 0
    finally:
        ended.set()
        thread.join()
    assert differences(store) == []
    assert rows(store, "SELECT count(*) FROM clicks") == rows(store, "SELECT sum(clicks)::BIGINT FROM rollup_links")


def test_days_remember_with_which_rules_their_clicks_were_judged(tmp_path: Path):
    for rules, days in (("", 1), ("one", 2), ("two", 3)):
        store = DuckdbClickStore(tmp_path / "c.duckdb", rules=rules)
        for number in range(days):
            write(store, [click(at=AT + number * DAY)])
        store.close()
    store = DuckdbClickStore(tmp_path / "c.duckdb")
    truth = truth_of(store, "two")
    assert truth.judged() == {FIRST: {"one", "two"}, FIRST + DAY: {"one", "two"}, FIRST + 2 * DAY: {"two"}}
    *_, last = verify(truth, Verification())
    assert (last.rules, last.older) == ("two", (JudgedDays("one", 2, FIRST, FIRST + DAY),))
    *_, last = verify(truth_of(store, "three"), Verification())
    assert [each.days for each in last.older] == [2, 3]
    store.close()


def test_days_from_before_rules_were_noted_are_told(tmp_path: Path):
    store = DuckdbClickStore(tmp_path / "c.duckdb")
    write(store, [click()])
    *_, last = verify(truth_of(store), Verification())
    assert last.older == (JudgedDays("", 1, FIRST, FIRST),)
    assert [step.reclassified for step in rebuild(truth_of(store), Rebuilding(reclassify=True))] == [0]
    *_, last = verify(truth_of(store), Verification())
    assert last.older == ()
    store.close()


def test_days_of_which_only_sums_are_kept_are_left_as_they_are(store: DuckdbClickStore):
    write(store, [click(), click(domain_id=8), click(at=AT + DAY)])
    with store.writing() as connection:
        connection.execute("DELETE FROM clicks WHERE domain_id = 7 AND day = DATE '2026-03-01'")
        connection.execute("INSERT INTO rolled_off VALUES (7, DATE '2026-03-02')")
    before = rows(store, "FROM rollup_links ORDER BY ALL")
    assert differences(store) == []
    steps = list(rebuild(truth_of(store, "two"), Rebuilding(reclassify=True)))
    assert [(step.day, step.mended) for step in steps] == [(FIRST, 0), (FIRST + DAY, 0)]
    assert rows(store, "FROM rollup_links ORDER BY ALL") == before
    change(store, "DELETE FROM clicks WHERE day = DATE '2026-03-01'")
    change(store, "INSERT INTO rolled_off VALUES (8, DATE '2026-03-02')")
    *_, last = verify(truth_of(store, "three"), Verification())
    assert last.older == (JudgedDays("two", 1, FIRST + DAY, FIRST + DAY),)
    assert [(step.day, step.mended) for step in rebuild(truth_of(store, "three"), Rebuilding())] == [(FIRST + DAY, 0)]
    assert rows(store, "FROM rollup_links ORDER BY ALL") == before


NEW_RULES = BotRules(RuleFile("1", read_rules(b"version = 1\n[[rules]]\nname = 'our robot'\nuser_agent = 'OurRobot'\n").rules))


def unjudged(**fields: Any) -> Click:
    """A click that was judged by rules which knew nothing."""
    return click(user_agent=CHROME, browser="Netscape", os="", device="desktop", **fields)


def test_reclassifying_judges_stored_clicks_by_the_rules_of_now(store: DuckdbClickStore):
    robot = f"{CHROME} OurRobot/1"
    write(
        store,
        [
            unjudged(),
            unjudged()._replace(user_agent=robot, human=True, country="DE"),
            unjudged(method="HEAD"),
            unjudged(status=403),
            unjudged(human=False, bot="a rule that is gone"),
            # As an import brings them along, or as they are stored of who asks not to be tracked: without a user agent.
            click(country="FR"),
            click(country="IT", browser="Safari", method="HEAD", human=False, bot="HEAD request"),
            click(country="US", device="bot", human=False, bot="no user agent"),
            unjudged(at=AT + DAY),
        ],
    )
    truth = truth_of(store, "two", judge_by(NEW_RULES))
    steps = list(rebuild(truth, Rebuilding(reclassify=True)))
    assert [(step.day, step.reclassified) for step in steps] == [(FIRST, 6), (FIRST + DAY, 1)]
    assert rows(store, "SELECT method, status, country, browser, os, device, human, bot FROM clicks ORDER BY ALL") == [
        ("GET", 302, "", "Chrome", "Windows", "desktop", True, ""),
        ("GET", 302, "", "Chrome", "Windows", "desktop", True, ""),
        ("GET", 302, "", "Chrome", "Windows", "desktop", True, ""),
        ("GET", 302, "DE", "OurRobot", "Windows", "bot", False, "our robot"),
        ("GET", 302, "FR", "", "", "", True, ""),
        ("GET", 302, "US", "", "", "bot", False, "empty user agent"),
        ("GET", 403, "", "Chrome", "Windows", "desktop", False, "locked page"),
        ("HEAD", 302, "", "Chrome", "Windows", "desktop", False, "HEAD request"),
        ("HEAD", 302, "IT", "Safari", "", "", False, "HEAD request"),
    ]
    assert [each for step in verify(truth, Verification()) for each in step.differences] == []
    assert rows(store, "SELECT sum(clicks)::INT, sum(human_clicks)::INT FROM rollup_links") == [(9, 4)]
    *_, last = verify(truth, Verification())
    assert last.older == ()


def test_reclassifying_goes_on_where_it_was_ended_and_may_be_of_one_domain(store: DuckdbClickStore):
    write(store, [unjudged(at=AT + number * DAY, domain_id=domain) for number in range(3) for domain in (7, 8)])
    truth = truth_of(store, "two", judge_by(NEW_RULES))
    work = rebuild(truth, Rebuilding(reclassify=True))
    assert next(work).reclassified == 2
    work.close()
    assert truth.judged()[FIRST] == {"two"}
    assert sum(step.reclassified for step in rebuild(truth, Rebuilding(domain_id=8, reclassify=True))) == 2
    assert truth.judged()[FIRST + DAY] == {"one", "two"}
    assert [step.reclassified for step in rebuild(truth, Rebuilding(reclassify=True))] == [0, 1, 1]
    assert [step.reclassified for step in rebuild(truth, Rebuilding(reclassify=True))] == [0, 0, 0]


def test_a_step_that_fails_changes_nothing(store: DuckdbClickStore):
    write(store, [unjudged()])

    def killed(*asked: Any) -> Any:
        raise RuntimeError("killed")

    change(store, "UPDATE rollup_links SET clicks = 9")
    before = rows(store, "FROM clicks")
    with pytest.raises(RuntimeError):
        next(rebuild(truth_of(store, "two", Judge(killed, killed)), Rebuilding(reclassify=True)))
    assert rows(store, "FROM clicks") == before
    assert truth_of(store).judged() == {FIRST: {"one"}}
    assert [each.table for each in differences(store)] == ["rollup_links"]
    assert isinstance(next(rebuild(truth_of(store, "two", judge_by(NEW_RULES)), Rebuilding(reclassify=True))), Step)
    assert differences(store) == []
