"""The size of a journal is that of its files, whoever writes and removes them."""

from pathlib import Path

from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.journal_size import JournalSize
from tests.clicks.builders import raw_click


def bytes_of(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("*"))


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert JournalSize(tmp_path / "journal").bytes() == 0


def test_the_size_follows_what_several_writers_do(tmp_path: Path) -> None:
    size = JournalSize(tmp_path)
    writers = [JournalWriter(tmp_path, segment_bytes=3_000) for _ in range(3)]
    seen = {0}
    for turn in range(60):
        for writer in writers[: 1 + turn % 3]:
            writer.append([raw_click(target=f"/{turn}")] * 5)
        assert size.bytes() == bytes_of(tmp_path)
        seen.add(size.bytes())
    assert len(seen) == 61
    segments = JournalReader(tmp_path).segments()
    assert len(segments) > 6
    JournalReader(tmp_path).remove(segments[1::2])
    assert 0 < size.bytes() == bytes_of(tmp_path)
    for writer in writers:
        writer.close()
    JournalReader(tmp_path).remove(segments)
    assert size.bytes() == bytes_of(tmp_path)


def test_drafts_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a-1-1-00-000001.clicks.draft").write_bytes(b"LinnetJ1")
    assert JournalSize(tmp_path).bytes() == 0
