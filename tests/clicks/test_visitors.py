"""Visitors are erased by their address: what tells of them is gone, and every number stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from linnet.clicks.columns import columns_of
from linnet.clicks.conversions import Conversion
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.portions import Portion, Span
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.clicks.truth_duckdb import DuckdbTruth
from linnet.clicks.verification import Verification, verify
from linnet.clicks.visitors import ErasedVisitor, FoundVisitor, VisitorOrder, Visitors
from linnet.clicks.visitors_duckdb import DuckdbVisitors
from linnet.clicks.withholding import PROGRAM
from linnet.model.click import Click
from linnet.model.errors import StatisticsUnavailable, StorageUnavailable
from linnet.model.statistics import Filter, Kind, Question
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.clicks.builders import click, pipeline_over, raw_click, rows

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME, NEIGHBOUR, NETWORK = "192.0.2.77", "192.0.2.78", "192.0.2.0"
TELLING = {"address", "query", "referrer", "user_agent"}


def visit(minute: int, address: str, visitor: int, **changes: Any) -> Click:
    fields = {
        "domain_id": 1,
        "link_number": 1 + minute % 3,
        "at": AT + timedelta(minutes=minute),
        "visitor": visitor,
        "nonce": 1000 + minute,
        "query": f"who={address}",
        "referrer": f"https://news.example/{address}",
        "referrer_host": "news.example",
        "user_agent": f"Firefox of {address}",
        "browser": "Firefox",
        "country": "DE",
        "city": "Berlin",
        "utm_source": "mail",
    }
    return click(address=address, **fields | changes)


CLICKS = [
    visit(1, ME, 71),
    visit(2, ME, 71),
    visit(3, NEIGHBOUR, 81),
    visit(4, NETWORK, 91),
    # The same visitor in the same day, when nothing was stored of addresses.
    visit(5, "", 71),
    visit(6, "", 55),
    visit(60 * 24, ME, 72),
    # Before visitors were told apart.
    visit(60 * 25, ME, 0, nonce=0),
    # The number is of another day.
    visit(60 * 26, NEIGHBOUR, 71),
    visit(7, ME, 71, human=False, bot="Googlebot", device=PROGRAM, user_agent="Googlebot/2.1"),
    visit(8, ME, 71, domain_id=2),
]
GOALS = [Conversion(1, each.link_number, each.at, each.nonce, "sale", each.at + timedelta(hours=1), 5.0) for each in CLICKS[:4]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckdbClickStore]:
    opened = DuckdbClickStore(tmp_path / "clicks.duckdb")
    opened.write_portions([Portion(columns_of(CLICKS), [Span("one", 0, 10)], GOALS)])
    yield opened
    opened.close()


def stored(store: DuckdbClickStore) -> list[dict[str, Any]]:
    names = Click._fields
    listed = ", ".join(f'"{name}"' for name in names)
    return [dict(zip(names, row, strict=True)) for row in rows(store, f'SELECT {listed} FROM clicks ORDER BY domain_id, "at"')]


def visitors_over(store: DuckdbClickStore, journal: Path, *, patience: float = 0) -> Visitors:
    return Visitors(DuckdbVisitors(store), JournalReader(journal), patience_seconds=patience)


def erase(store: DuckdbClickStore, journal: Path, *addresses: str, domain_id: int = 1) -> int:
    *_, last = visitors_over(store, journal).erase(VisitorOrder(domain_id, addresses))
    assert isinstance(last, ErasedVisitor)
    return last.clicks


def differences(store: DuckdbClickStore) -> list[Any]:
    steps = verify(DuckdbTruth(store, lambda *_: ("", "", "", "", ""), "one"), Verification())
    return [each for step in steps for each in step.differences]


def test_what_tells_of_a_visitor_goes_from_all_its_clicks_of_these_days(store: DuckdbClickStore, tmp_path: Path) -> None:
    before = stored(store)
    assert erase(store, tmp_path / "journal", ME) == 6
    after = stored(store)
    changed = {}
    for old, new in zip(before, after, strict=True):
        fields = {name for name in old if old[name] != new[name]}
        if fields:
            changed[(old["at"] - AT.replace(tzinfo=None)) // timedelta(minutes=1)] = fields, new
    assert sorted(changed) == [1, 2, 5, 7, 60 * 24, 60 * 25]
    assert changed[1][0] == changed[60 * 24][0] == TELLING | {"visitor", "nonce"}
    assert changed[60 * 25][0] == TELLING
    assert changed[7][0] == TELLING - {"user_agent"} | {"visitor", "nonce"}
    assert all(new[name] == "" for fields, new in changed.values() for name in fields & TELLING)
    numbers = [changed[minute][1]["visitor"] for minute in (1, 2, 5, 7)]
    assert len(set(numbers)) == 1
    assert numbers[0] not in (0, 71, changed[60 * 24][1]["visitor"])


def test_all_numbers_stay_and_verify(store: DuckdbClickStore, tmp_path: Path) -> None:
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    tops = ("country", "city", "browser", "referrer_host", "utm_source")
    questions = [
        Question(kind=Kind.OVERVIEW, domain_id=1, tops=tops, include=each)
        for each in ((), (Filter(column="goal_completed", values=("sale",)),), (Filter(column="human", values=(True,)),))
    ]
    people = "SELECT domain_id, day, count(DISTINCT visitor), count(*) FROM clicks WHERE visitor <> 0 GROUP BY ALL ORDER BY ALL"
    goals = "SELECT count(*) FROM converted WHERE goal_completed = 'sale'"
    before = [engine.overview(each) for each in questions], rows(store, people), rows(store, goals)
    erase(store, tmp_path / "journal", ME, NETWORK)
    assert ([engine.overview(each) for each in questions], rows(store, people), rows(store, goals)) == before
    assert before[2] == [(4,)]
    assert differences(store) == []
    assert erase(store, tmp_path / "journal", ME, NETWORK) == 0


def test_other_domains_and_networks_are_left_alone(store: DuckdbClickStore, tmp_path: Path) -> None:
    erase(store, tmp_path / "journal", ME)
    kept = [(each["domain_id"], each["address"]) for each in stored(store) if each["address"]]
    assert kept == [(1, NEIGHBOUR), (1, NETWORK), (1, NEIGHBOUR), (2, ME)]
    assert erase(store, tmp_path / "journal", ME, domain_id=2) == 1
    assert erase(store, tmp_path / "journal", "", domain_id=1) == erase(store, tmp_path / "journal", domain_id=1) == 0


def test_a_visitor_is_found_under_each_address(store: DuckdbClickStore, tmp_path: Path) -> None:
    order = VisitorOrder(1, (ME, NETWORK, "10.0.0.1", ""))
    (found,) = visitors_over(store, tmp_path / "journal").find(order)
    assert found == FoundVisitor({ME: 5, NETWORK: 1}, (AT.date(), AT.date() + timedelta(days=1)))


def test_clicks_that_nobody_takes_out_of_the_journal_are_a_refusal(store: DuckdbClickStore, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal")
    writer.append([raw_click(domain_id=1, peer=ME)])
    for order in (visitors_over(store, tmp_path / "journal").erase, visitors_over(store, tmp_path / "journal").find):
        with pytest.raises(StatisticsUnavailable, match="journal"):
            list(order(VisitorOrder(1, (ME,))))
    assert len([each for each in stored(store) if each["address"] == ME]) == 6
    writer.close()


def test_clicks_in_the_journal_are_waited_for_and_erased_too(store: DuckdbClickStore, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal")
    writer.append([raw_click(domain_id=1, peer="192.0.2.99")])
    pipeline = pipeline_over(tmp_path / "journal", store)
    work = visitors_over(store, tmp_path / "journal", patience=20).erase(VisitorOrder(1, (NETWORK,)))
    assert next(work) is None
    writer.append([raw_click(domain_id=1, peer="192.0.2.98")])
    pipeline.run_once()
    *_, last = work
    assert last == ErasedVisitor(3)
    writer.close()


class FailingStore:
    """A store that names what it was asked, as ClickHouse does."""

    def offsets(self) -> dict[str, int]:
        return {}

    def find(self, order: VisitorOrder) -> FoundVisitor:
        raise StorageUnavailable(f"ch.internal:8123 failed in scope SELECT address IN ('{order.addresses[0]}')")

    def erase(self, order: VisitorOrder) -> int:
        raise StorageUnavailable(f"ch.internal:8123 failed in scope SELECT address IN ('{order.addresses[0]}')")


def test_what_a_store_says_is_for_the_log_and_an_address_for_nobody(tmp_path: Path):
    visitors = Visitors(FailingStore(), JournalReader(tmp_path))
    for ask in (visitors.find, visitors.erase):
        with capture_logs() as told, pytest.raises(StatisticsUnavailable) as refused:
            list(ask(VisitorOrder(1, (ME,))))
        assert refused.value.message == "The click store cannot do it now; repeat the request later."
        assert "ch.internal" in told[0]["error"]
        assert ME not in str(told)
