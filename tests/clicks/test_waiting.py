"""What of a journal is not in the store yet."""

from pathlib import Path

import pytest

from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.waiting import are_in, oldest_waiting_ms, waiting_segments
from tests.clicks.builders import AT_MS, raw_click


@pytest.fixture
def reader(tmp_path: Path) -> JournalReader:
    return JournalReader(tmp_path)


def test_nothing_waits_in_an_empty_journal(reader: JournalReader) -> None:
    assert oldest_waiting_ms(reader, {}) is None
    assert are_in(reader, {}, waiting_segments(reader, {}))


def test_the_oldest_of_all_segments_counts_and_what_is_taken_in_does_not(tmp_path: Path, reader: JournalReader) -> None:
    early, late = JournalWriter(tmp_path), JournalWriter(tmp_path)
    late.append([raw_click(at_ms=AT_MS + 9)])
    early.append([raw_click(at_ms=AT_MS + 5)])
    early.append([raw_click(at_ms=AT_MS + 7)])
    first, second = reader.segments()
    assert oldest_waiting_ms(reader, {}) == AT_MS + 5
    one_in = {first: reader.read(first, 0, 1).offset}
    assert oldest_waiting_ms(reader, one_in) == AT_MS + 7
    ends = waiting_segments(reader, one_in)
    assert set(ends) == {first, second}
    all_in = {name: reader.size(name) for name in (first, second)}
    assert oldest_waiting_ms(reader, all_in) is None
    assert not are_in(reader, one_in, ends)
    late.append([raw_click()])
    assert are_in(reader, all_in, ends)
    assert list(waiting_segments(reader, all_in)) == [second]
    reader.remove([first, second])
    assert are_in(reader, {}, ends)
    for writer in (early, late):
        writer.close()
