"""The click store in ClickHouse: rows, roll-ups and offsets agree, nothing is taken in twice, and being away loses nothing."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.clickhouse_schema import ROLLUP_KEYS, Deployment
from linnet.clicks.clickhouse_session import ClickhouseSession
from linnet.clicks.columns import columns_of
from linnet.clicks.conversions import MAX_GOALS, Conversion
from linnet.clicks.intent import IntentFile
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.native_block import block, click_columns
from linnet.clicks.portions import OffsetMismatch, Portion, Span
from linnet.clicks.store_clickhouse import ClickhouseClickStore
from linnet.model.click import Click
from linnet.model.errors import StorageUnavailable
from tests.clicks.builders import AT, AT_MS, Metrics, batch, click, pipeline_over, raw_click, varied
from tests.clicks.clickhouse import address_of, assert_sound, opened
from tests.support.clickhouse import ClickhouseServer, running_clickhouse
from tests.support.lossy import lossy_way

TICK = timedelta(milliseconds=1)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[ClickhouseClickStore]:
    made = opened(url, tmp_path)
    yield made
    made.close()


def test_a_click_comes_back_with_every_field(store: ClickhouseClickStore, ask: Any) -> None:
    at = datetime(2026, 3, 29, 23, 46, 1, 234000, tzinfo=UTC)
    texts = {name: f"{name} é\x00'\"" for name, kind in Click.__annotations__.items() if kind is str}
    told = click(**texts, at=at, human=False, link_number=2**62, domain_id=2**31 - 1, status=65535, scan=True)
    assert store.write([batch(told)]) == 1
    names = ", ".join(f'"{name}"' for name in Click._fields)
    assert ask(f"SELECT {names}, quarter, day FROM clicks") == [(*told._replace(at=at.replace(tzinfo=None)), 95, at.date())]


def test_roll_ups_and_offsets_go_along(store: ClickhouseClickStore, sound: Any, tmp_path: Path) -> None:
    assert store.write([batch(*varied(300), offset=10), batch(*varied(50), segment="two", offset=20)]) == 350
    assert store.offsets() == {"one": 10, "two": 20}
    assert sound() == 350
    assert not (tmp_path / "node.intent").exists()


def test_a_batch_that_is_stored_already_is_left_out(store: ClickhouseClickStore, sound: Any) -> None:
    assert store.write([batch(click(), offset=10)]) == 1
    assert store.write([batch(click(), offset=10), batch(click(), start=10, offset=30)]) == 1
    assert store.write([batch(start=30, offset=40)]) == 0
    with pytest.raises(OffsetMismatch):
        store.write([batch(click(), start=50, offset=60)])
    assert (store.offsets(), sound()) == ({"one": 40}, 2)


def test_another_process_goes_on_where_one_ended(url: str, tmp_path: Path, store: ClickhouseClickStore, sound: Any) -> None:
    store.write([batch(*varied(10), offset=10), batch(segment="two", offset=5)])
    store.forget(["two"])
    store.close()
    later = opened(url, tmp_path)
    assert later.offsets() == {"one": 10}
    later.write([batch(*varied(10), start=10, offset=20)])
    assert sound() == 20
    later.close()


def test_of_two_processes_of_a_node_the_later_one_writes(
    url: str, clickhouse_database: str, store: ClickhouseClickStore, sound: Any
) -> None:
    store.write([batch(click(), offset=10)])
    address = address_of(url)
    earlier, later = (ClickhouseSession(address, Deployment(clickhouse_database), "other") for _ in range(2))
    content = block(click_columns(columns_of([click()]).numbered_from(1), "other"))
    earlier.take_turn()
    earlier.insert_clicks(content, "first")
    later.take_turn()
    # So a block that a killed process sent is refused when it arrives after it was looked for.
    with pytest.raises(StorageUnavailable, match="later process"):
        earlier.insert_clicks(content, "first")
    # Other nodes do not mind.
    assert store.write([batch(click(), offset=20)]) == 1
    assert sound() == 3
    for each in (earlier, later):
        each.close()


def test_what_a_killed_process_had_begun_is_waited_for(url: str, tmp_path: Path, sound: Any) -> None:
    address = address_of(url)
    earlier = ClickhouseSession(address, Deployment(address.database), "node")
    earlier.take_turn()
    slow = """INSERT INTO clicks (node, seq, domain_id, day, "at") SELECT 'node', number + sleepEachRow(0.5), 7, '2026-03-01',
        '2026-03-01 00:00:00' FROM numbers(4) SETTINGS max_block_size = 1"""
    inserting = threading.Thread(target=earlier.run, args=(slow,))
    inserting.start()
    while not earlier.rows("SELECT 1 FROM system.processes WHERE query LIKE '%sleepEachRow(0.5)%' AND query LIKE 'INSERT%'"):
        time.sleep(0.01)
    began = time.monotonic()
    store = opened(url, tmp_path)
    assert store.offsets() == {}
    assert time.monotonic() - began > 1
    inserting.join(0.5)
    assert not inserting.is_alive()
    assert sound() == 4
    for each in (store, earlier):
        each.close()


def test_nodes_fill_the_same_tables_and_know_their_own_segments(
    url: str, tmp_path: Path, store: ClickhouseClickStore, sound: Any
) -> None:
    other = opened(url, tmp_path, "other")
    store.write([batch(*varied(100), offset=10)])
    other.write([batch(*varied(100), segment="two", offset=20)])
    assert (store.offsets(), other.offsets()) == ({"one": 10}, {"two": 20})
    assert sound() == 200
    other.close()


def conversion(name: str, *, at: datetime = AT, value: float = 1.0, nonce: int = 9, **changes: Any) -> Conversion:
    return Conversion(
        **({"domain_id": 7, "link_number": 3, "clicked_at": AT + TICK, "nonce": nonce} | changes), name=name, at=at, value=value
    )


def test_of_a_click_and_goal_the_first_conversion_counts_and_of_a_click_no_more_than_some(
    store: ClickhouseClickStore, ask: Any
) -> None:
    def convert(*conversions: Conversion) -> None:
        nonlocal offset
        store.write_portions([Portion(None, [Span("one", None, offset := offset + 1)], conversions)])

    offset = 0
    convert(conversion("bought", at=AT + 2 * TICK, value=2), conversion("bought", at=AT + TICK, value=3), conversion("seen"))
    convert(conversion("bought", at=AT, value=4), conversion("bought", nonce=10, value=5))
    assert ask("SELECT nonce, name, value FROM conversions FINAL ORDER BY ALL") == [
        (9, "bought", 3),
        (9, "seen", 1),
        (10, "bought", 5),
    ]
    convert(*[conversion(f"goal {number:02}") for number in range(50)])
    assert ask("SELECT count(), max(name) FROM conversions FINAL WHERE nonce = 9") == [(MAX_GOALS, "seen")]
    convert(*[conversion("many", nonce=number) for number in range(100, 2600)])
    assert ask("SELECT count() FROM conversions FINAL WHERE name = 'many'") == [(2500,)]


def test_a_domain_forgets_what_was_before_a_moment_and_what_comes_of_it_later(
    url: str, tmp_path: Path, store: ClickhouseClickStore, sound: Any, ask: Any
) -> None:
    before = AT + timedelta(minutes=13 * 100)
    store.write([batch(*varied(300), offset=10)])
    store.write_portions(
        [Portion(None, [Span("one", 10, 11)], [conversion("old", domain_id=2), conversion("other", domain_id=3)])]
    )
    store.clear_domain(2, before)
    # An earlier moment takes nothing back.
    store.clear_domain(2, before - timedelta(days=1))
    expected = [each for each in varied(300) if each.domain_id != 2 or each.at >= before]
    assert sound() == len(expected)
    assert ask("SELECT name FROM conversions FINAL") == [("other",)]
    for attempt in (store, opened(url, tmp_path)):
        offset = max(attempt.offsets().values())
        attempt.write(
            [batch(click(domain_id=2, at=before - TICK), click(domain_id=2, at=before), start=offset, offset=offset + 1)]
        )
        late = [conversion("late", domain_id=2, clicked_at=before - TICK)]
        attempt.write_portions([Portion(None, [Span("one", offset + 1, offset + 2)], late)])
        attempt.close()
    assert sound() == len(expected) + 2
    assert ask("SELECT name FROM conversions FINAL") == [("other",)]


def test_what_one_node_is_told_to_forget_all_forget(url: str, tmp_path: Path, store: ClickhouseClickStore, sound: Any) -> None:
    other = opened(url, tmp_path, "other")
    for each in (store, other):
        each.write([batch(*varied(60), offset=10)])
    store.clear_domain(2, AT + timedelta(minutes=13 * 30))
    other.merge_rollups_if_due()
    assert sound() == 2 * len([each for each in varied(60) if each.domain_id != 2 or each.at >= AT + timedelta(minutes=390)])
    other.close()


def test_an_intent_that_was_left_behind_is_brought_to_its_end(
    url: str, tmp_path: Path, store: ClickhouseClickStore, sound: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "node.intent"
    with monkeypatch.context() as killed:
        killed.setattr(IntentFile, "remove", lambda _: None)
        store.write([batch(*varied(400), offset=10)])
    left = file.read_bytes()
    for spoiled in (
        "SELECT 1",
        "DELETE FROM clicks WHERE seq % 3 = 0",
        "TRUNCATE TABLE clicks",
        "TRUNCATE TABLE rollup_values",
        "INSERT INTO rollup_links SELECT * FROM rollup_links WHERE link_number < 3",
        "TRUNCATE TABLE ingest_offsets",
    ):
        store.close()
        ask(spoiled)
        file.write_bytes(left)
        store = opened(url, tmp_path)
        assert store.offsets() == {"one": 10}
        assert sound() == 400, spoiled
        assert not file.exists()


def test_a_batch_that_nobody_understands_is_not_skipped(store: ClickhouseClickStore, tmp_path: Path) -> None:
    (tmp_path / "node.intent").write_bytes(b"\x03\0\0\0\0\0\0\0abc")
    with pytest.raises(StorageUnavailable, match=r"node\.intent cannot be understood"):
        store.offsets()


def test_while_clickhouse_is_away_the_journal_keeps_everything(tmp_path: Path) -> None:
    journal, metrics = tmp_path / "journal", Metrics()
    with running_clickhouse(tmp_path / "server") as server:
        store = opened(server.url("clicks"), tmp_path)
        pipeline = pipeline_over(journal, store, metrics)
        writer = JournalWriter(journal)

        def visits(number: int) -> None:
            writer.append([raw_click(link_number=each, at_ms=AT_MS + each) for each in range(number)])

        server.stop()
        visits(10)
        with pytest.raises(StorageUnavailable):
            pipeline.run_once()
        server.start()
        assert pipeline.run_once() == 10
        visits(20)
        server.kill()
        ended = threading.Event()
        working = threading.Thread(target=pipeline.run, args=(ended,))
        working.start()
        visits(30)
        writer.close()
        server.start()
        deadline = datetime.now(UTC) + timedelta(seconds=30)
        while JournalReader(journal).segments() and datetime.now(UTC) < deadline:
            ended.wait(0.05)
        ended.set()
        working.join()
        assert (JournalReader(journal).segments(), store.offsets(), metrics.stored.value) == ([], {}, 60)
        assert assert_sound(server, "clicks") == 60
        store.close()


def test_a_block_that_comes_twice_with_its_token_counts_once(
    url: str, store: ClickhouseClickStore, sound: Any, ask: Any
) -> None:
    """As on replicated tables, which the engine has not: with this setting others remember tokens, too."""
    store.offsets()
    for table in ("clicks", *ROLLUP_KEYS):
        ask(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 100")
    address = address_of(url)
    session = ClickhouseSession(address, Deployment(address.database, replicated=True), "other")
    blocks = [block(click_columns(columns_of([click()] * 3).numbered_from(first), "other")) for first in (1, 101)]
    for content, token in ((blocks[0], "first"), (blocks[0], "first"), (blocks[1], "second"), (blocks[0], "first")):
        session.insert_clicks(content, token)
    assert ask("SELECT count(), uniqExact(seq) FROM clicks") == [(6, 6)]
    assert ask("SELECT sum(clicks) FROM rollup_links") == [(6,)]
    assert sound() == 6
    session.close()


def test_lost_answers_lose_and_double_no_click(
    clickhouse_server: ClickhouseServer, clickhouse_database: str, tmp_path: Path, sound: Any, ask: Any
) -> None:
    chance = random.Random(25)
    with lossy_way(("127.0.0.1", clickhouse_server.port), lambda: chance.random() < 0.06) as way:
        store = opened(f"http://linnet:secret@127.0.0.1:{way.port}/{clickhouse_database}", tmp_path)
        offset = 0
        while offset < 50:
            with suppress(StorageUnavailable):
                store.write([batch(*varied(20), start=offset, offset=offset + 1)])
            with suppress(StorageUnavailable):
                offset = store.offsets().get("one", 0)
        store.close()
    assert way.lost > 10
    assert ask("SELECT count() FROM clicks WHERE link_number = 0") == [(3 * offset,)]
    assert sound() == 20 * offset
