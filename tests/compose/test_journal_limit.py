"""The bound of the journal: who is told when, and when clicks are taken again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.journal_size import JournalSize
from linnet.compose.journal_limit import JournalLimit
from tests.clicks.builders import raw_click


class Gauge:
    value = -1.0

    def set(self, value: float) -> None:
        self.value = value


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    opened = JournalWriter(tmp_path, segment_bytes=1_000)
    yield opened
    opened.close()


def limited(directory: Path, writer: JournalWriter, max_bytes: int) -> tuple[JournalLimit, Gauge, Gauge]:
    level, bound = Gauge(), Gauge()
    return JournalLimit(JournalSize(directory), writer, max_bytes, level, bound), level, bound


def events(limit: JournalLimit) -> list[Any]:
    with capture_logs() as lines:
        ends_its_segment = limit.look()
    assert ends_its_segment == any(line["event"] == "journal.full" for line in lines)
    return [line["event"] for line in lines]


def test_beyond_the_bound_nothing_is_taken_until_the_journal_is_shorter(tmp_path: Path, writer: JournalWriter) -> None:
    limit, level, bound = limited(tmp_path, writer, 10_000)
    told: list[tuple[str, int]] = []
    taken = 0
    while not writer.full:
        assert writer.append([raw_click()] * 3) == 0
        taken += 3
        told += [(event, int(level.value)) for event in events(limit)]
    assert [event for event, _ in told] == ["journal.filling", "journal.full"]
    assert 8_000 <= told[0][1] < 9_000 < 10_000 <= told[1][1] < 11_000
    assert bound.value == 10_000

    assert writer.append([raw_click()] * 4) == 4
    assert (writer.lost, events(limit)) == (4, [])
    reader = JournalReader(tmp_path)
    assert sum(len(reader.read(name, 0, 1_000).records) for name in reader.segments()) == taken

    reader.remove(reader.segments()[:1])
    if writer.full:
        reader.remove(reader.segments()[:1])
    assert events(limit) == ["journal.takes_clicks_again"]
    assert writer.append([raw_click()]) == 0
    reader.remove(reader.segments()[:6])
    assert events(limit) == []
    while writer.append([raw_click()]) == 0 and level.value < 9_000:
        told += [(event, 0) for event in events(limit)]
    assert told[-1] == ("journal.filling", 0)


def test_without_a_bound_everything_is_taken(tmp_path: Path, writer: JournalWriter) -> None:
    limit, level, bound = limited(tmp_path, writer, 0)
    for _ in range(100):
        assert writer.append([raw_click()] * 10) == 0
        assert events(limit) == []
    assert level.value > 100_000
    assert bound.value == 0
