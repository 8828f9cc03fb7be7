"""The file of the batch that is on its way to ClickHouse."""

from pathlib import Path

from linnet.clicks.columns import columns_of
from linnet.clicks.intent import Intent, IntentFile
from linnet.clicks.portions import Span
from tests.clicks.builders import click

ADDRESS = "192.0.2.77"


def intent_of(clicks: int) -> Intent:
    columns = columns_of([click(address=ADDRESS, query=f"n={number}") for number in range(clicks)])
    return Intent(clicks + 1, [Span("segment", 0, 100)], columns.numbered_from(1), [])


def test_an_open_intent_is_read_back_by_another_process(tmp_path: Path):
    written = intent_of(3)
    IntentFile(tmp_path / "batch").write(written)
    found = IntentFile(tmp_path / "batch").read()
    assert found is not None
    assert (found.next, found.spans) == (written.next, written.spans)
    assert found.columns is not None
    assert found.columns.own["seq"].tolist() == [1, 2, 3]
    assert (tmp_path / "batch").stat().st_mode & 0o777 == 0o600


def test_of_a_closed_intent_no_click_is_left_on_the_disk(tmp_path: Path):
    file = IntentFile(tmp_path / "batch")
    for clicks in (5_000, 1, 20):
        file.write(intent_of(clicks))
        assert ADDRESS.encode() in (tmp_path / "batch").read_bytes()
        file.remove()
        assert file.read() is None
        assert not any((tmp_path / "batch.spare").read_bytes())
    assert (tmp_path / "batch.spare").stat().st_size >= 16 << 20


def test_what_a_kill_left_of_a_closed_intent_is_gone_with_the_next(tmp_path: Path):
    file = IntentFile(tmp_path / "batch")
    file.write(intent_of(5_000))
    (tmp_path / "batch").rename(tmp_path / "batch.spare")
    file.write(intent_of(1))
    assert (tmp_path / "batch").read_bytes().count(ADDRESS.encode()) == 1
