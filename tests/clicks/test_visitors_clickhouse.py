"""Visitors are erased from ClickHouse as from the embedded store; salts of days are kept there for all nodes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.columns import columns_of
from linnet.clicks.journal import JournalReader
from linnet.clicks.portions import Portion, Span
from linnet.clicks.salts import VisitorSalts
from linnet.clicks.salts_clickhouse import ClickhouseSalts
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.clicks.truth_clickhouse import ClickhouseTruth
from linnet.clicks.verification import Verification, verify
from linnet.clicks.visitors import ErasedVisitor, FoundVisitor, VisitorOrder, Visitors
from linnet.clicks.visitors_clickhouse import ClickhouseVisitors
from linnet.model.click import Click
from tests.clicks.builders import AS_IT_IS
from tests.clicks.clickhouse import Ask, address_of, opened
from tests.clicks.test_salts import DAY
from tests.clicks.test_visitors import AT, CLICKS, GOALS, ME, NEIGHBOUR, NETWORK, TELLING

NAMES = ", ".join(f'"{name}"' for name in Click._fields)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[ClickhouseClickStore]:
    made = opened(url, tmp_path)
    other = opened(url, tmp_path, "other")
    made.write_portions([Portion(columns_of(CLICKS[1:]), [Span("one", 0, 10)], GOALS)])
    other.write_portions([Portion(columns_of(CLICKS[:1]), [Span("two", 0, 10)])])
    yield made
    made.close()
    other.close()


def erase(store: ClickhouseClickStore, journal: Path, *addresses: str, domain_id: int = 1) -> int:
    visitors = Visitors(ClickhouseVisitors(store, b"key"), JournalReader(journal), patience_seconds=0)
    *_, last = visitors.erase(VisitorOrder(domain_id, addresses))
    assert isinstance(last, ErasedVisitor)
    return last.clicks


def stored(ask: Ask) -> list[dict[str, Any]]:
    rows = ask(f'SELECT {NAMES} FROM clicks ORDER BY domain_id, "at"')
    return [dict(zip(Click._fields, row, strict=True)) for row in rows]


def test_what_tells_of_a_visitor_goes_from_all_its_clicks_of_these_days(
    store: ClickhouseClickStore, ask: Ask, tmp_path: Path
) -> None:
    before = stored(ask)
    assert erase(store, tmp_path / "journal", ME) == 6
    changed = {}
    for old, new in zip(before, stored(ask), strict=True):
        fields = {name for name in old if old[name] != new[name]}
        if fields:
            changed[(old["at"] - before[0]["at"]) // timedelta(minutes=1) + 1] = fields, new
    assert sorted(changed) == [1, 2, 5, 7, 60 * 24, 60 * 25]
    assert changed[1][0] == changed[60 * 24][0] == TELLING | {"visitor", "nonce"}
    assert changed[60 * 25][0] == TELLING
    assert changed[7][0] == TELLING - {"user_agent"} | {"visitor", "nonce"}
    assert all(new[name] == "" for fields, new in changed.values() for name in fields & TELLING)
    assert (changed[60 * 25][1]["visitor"], changed[60 * 25][1]["nonce"]) == (0, 0)
    assert len({changed[minute][1]["visitor"] for minute in (2, 5, 7)}) == 1


def test_all_numbers_stay_and_verify(
    store: ClickhouseClickStore, ask: Ask, tmp_path: Path, url: str, sound: Callable[[], int]
) -> None:
    people = "SELECT domain_id, day, uniqExact(visitor), count() FROM clicks WHERE visitor <> 0 GROUP BY ALL ORDER BY ALL"
    goals = """SELECT count(), sum(value) FROM conversions FINAL
        WHERE (link_number, clicked_at, nonce) IN (SELECT link_number, "at", nonce FROM clicks WHERE nonce <> 0)"""
    before = ask(people), ask(goals)
    assert erase(store, tmp_path / "journal", ME, NETWORK) == 7
    assert (ask(people), ask(goals)) == before
    assert before[1] == [(4, 20.0)]
    assert ask("SELECT count() FROM conversions FINAL") == [(4,)]
    assert sound() == len(CLICKS)
    steps = list(verify(ClickhouseTruth(store, address_of(url), AS_IT_IS, "one"), Verification()))
    assert [each for step in steps for each in step.differences] == []
    assert erase(store, tmp_path / "journal", ME, NETWORK) == 0


def test_others_are_left_alone_and_found_by_their_addresses(store: ClickhouseClickStore, ask: Ask, tmp_path: Path) -> None:
    visitors = ClickhouseVisitors(store, b"key")
    found = visitors.find(VisitorOrder(1, (ME, NETWORK, "", "10.0.0.1")))
    assert found == FoundVisitor({ME: 5, NETWORK: 1}, (AT.date(), AT.date() + timedelta(days=1)))
    assert erase(store, tmp_path / "journal", ME) == 6
    kept = [(each["domain_id"], each["address"]) for each in stored(ask) if each["address"]]
    assert kept == [(1, NEIGHBOUR), (1, NETWORK), (1, NEIGHBOUR), (2, ME)]
    assert erase(store, tmp_path / "journal", "'; DROP TABLE clicks --") == erase(store, tmp_path / "journal") == 0


def test_nodes_agree_on_salts_which_are_gone_when_they_are_forgotten(
    store: ClickhouseClickStore, url: str, tmp_path: Path, ask: Ask
) -> None:
    # Of today, because the table itself lets go of what is older than it should ever hold.
    today = datetime.now(UTC).toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    noon, grace = today * DAY + DAY // 2, timedelta(days=2)
    other = opened(url, tmp_path, "other node")
    one, two = VisitorSalts(ClickhouseSalts(store), grace), VisitorSalts(ClickhouseSalts(other), grace)
    for salts in (one, two):
        salts.renew(noon)
    assert [one.of(today + day) for day in (0, 1, 2)] == [two.of(today + day) for day in (0, 1, 2)]
    assert len(one.of(today) or b"") == 32
    ClickhouseSalts(other).add({today + 2: bytes(32)})
    for salts in (one, two):
        salts.renew(noon + DAY)
        salts.renew(noon + 2 * DAY)
        assert salts.of(today + 2) == bytes(32)
        assert salts.of(today) is not None
    two.renew(noon + 3 * DAY)
    assert ask("SELECT toRelativeDayNum(min(day)) FROM visitor_salts") == [(today + 1,)]
    one.renew(noon + 3 * DAY)
    assert one.of(today) is None
    other.close()
