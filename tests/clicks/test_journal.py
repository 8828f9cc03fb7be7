"""The journal: what was appended is read back once, whatever happens to the writer, the file or the disk."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnet.clicks.frames import FRAME_HEADER, MAX_FRAME_RECORDS, SEGMENT_HEADER
from linnet.clicks.journal import JournalReader, JournalWriter, Stretch
from linnet.model.click import RawClick
from tests.clicks.builders import raw_click


def everything(directory: Path) -> list[RawClick]:
    reader = JournalReader(directory)
    return [RawClick(*record) for segment in reader.segments() for record in reader.read(segment, 0, 1 << 30).records]


def only_segment(directory: Path) -> Path:
    (name,) = JournalReader(directory).segments()
    return directory / name


def read_all(directory: Path) -> Stretch:
    return JournalReader(directory).read(only_segment(directory).name, 0, 1 << 30)


def numbers(stretch: Stretch) -> list[int]:
    return [record[2] for record in stretch.records]


def three_frames(directory: Path) -> list[int]:
    """Write clicks 1, 2 and 3 in a frame each; returns where each frame ends."""
    writer, ends = JournalWriter(directory), []
    for number in (1, 2, 3):
        assert writer.append([raw_click(link_number=number)]) == 0
        ends.append(only_segment(directory).stat().st_size)
    writer.close()
    return ends


@pytest.mark.parametrize("fsync", ["always", "second", "never"])
def test_what_was_appended_is_read_back_in_order(tmp_path: Path, fsync: str) -> None:
    writer = JournalWriter(tmp_path, fsync=fsync)
    clicks = [raw_click(link_number=number, target=f"/é{number}") for number in range(100)]
    for start in range(0, 100, 7):
        assert writer.append(clicks[start : start + 7]) == 0
    writer.sync()
    assert everything(tmp_path) == clicks
    writer.close()
    assert everything(tmp_path) == clicks


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=50), min_size=7, max_size=7), number=st.integers(0, 2**63 - 1))
def test_any_record_comes_back_as_it_was(texts: list[str], number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("journal")
    method, hostname, target, peer, forwarded, agent, referrer = texts
    record = RawClick(1, 2, number, 302, method, hostname, target, peer, forwarded, agent, referrer, 3)
    writer = JournalWriter(directory)
    lost = writer.append([record])
    writer.close()
    assert everything(directory) == ([] if lost else [record])
    assert lost == 0 or not all(text.isprintable() or text.encode("utf-8", "replace") for text in texts)


def test_a_record_that_cannot_be_encoded_is_lost_alone_and_nothing_is_raised(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    assert writer.append([raw_click(target="/\ud800")]) == 1
    assert writer.append([raw_click(link_number=9)]) == 0
    writer.close()
    assert writer.lost == 1
    assert [record.link_number for record in everything(tmp_path)] == [9]


def test_a_long_tick_becomes_several_frames(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    clicks = [raw_click(link_number=number) for number in range(2 * MAX_FRAME_RECORDS + 1)]
    assert writer.append(clicks) == 0
    writer.close()
    assert everything(tmp_path) == clicks


def test_segments_and_their_directory_are_for_the_owners_eyes(tmp_path: Path) -> None:
    directory = tmp_path / "journal"
    writer = JournalWriter(directory)
    writer.append([raw_click()])
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_segment(directory).stat().st_mode) == 0o600
    writer.close()


def test_segments_are_closed_by_size_and_by_rotation_and_no_name_comes_twice(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, segment_bytes=4096)
    for number in range(100):
        writer.append([raw_click(link_number=number)])
    names = JournalReader(tmp_path).segments()
    assert len(names) > 3
    assert all((tmp_path / name).stat().st_size <= 4096 for name in names)
    writer.rotate()
    writer.rotate()
    writer.append([raw_click(link_number=100)])
    writer.close()
    assert len(JournalReader(tmp_path).segments()) == len(names) + 1
    assert [record.link_number for record in everything(tmp_path)] == list(range(101))


def test_a_reader_goes_on_where_it_was_and_is_told_when_a_segment_is_finished(tmp_path: Path) -> None:
    writer, reader = JournalWriter(tmp_path), JournalReader(tmp_path)
    writer.append([raw_click(link_number=1)])
    name = only_segment(tmp_path).name
    first = reader.read(name, 0, 100)
    assert (numbers(first), first.finished) == ([1], False)
    assert numbers(reader.read(name, first.offset, 100)) == []
    writer.append([raw_click(link_number=2)])
    second = reader.read(name, first.offset, 100)
    assert (numbers(second), second.finished) == ([2], False)
    writer.close()
    last = reader.read(name, second.offset, 100)
    assert (numbers(last), last.finished, last.offset) == ([], True, second.offset)


def test_a_reader_takes_no_more_frames_than_asked(tmp_path: Path) -> None:
    three_frames(tmp_path)
    reader, name = JournalReader(tmp_path), only_segment(tmp_path).name
    first = reader.read(name, 0, 2)
    assert (numbers(first), first.finished) == ([1, 2], False)
    rest = reader.read(name, first.offset, 2)
    assert (numbers(rest), rest.finished) == ([3], True)


def test_a_segment_that_is_gone_is_finished(tmp_path: Path) -> None:
    stretch = JournalReader(tmp_path).read("gone.clicks", 77, 10)
    assert (stretch.finished, stretch.offset, stretch.records) == (True, 77, [])


def test_the_torn_tail_of_a_killed_writer_is_left_out_without_being_counted(tmp_path: Path) -> None:
    ends = three_frames(tmp_path)
    whole = only_segment(tmp_path).read_bytes()
    for cut in range(ends[1] + 1, ends[2]):
        only_segment(tmp_path).write_bytes(whole[:cut])
        stretch = read_all(tmp_path)
        assert (numbers(stretch), stretch.unreadable, stretch.finished, stretch.offset) == ([1, 2], 0, True, cut)


def test_the_torn_tail_of_a_living_writer_is_waited_for(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.append([raw_click(link_number=1)])
    path = only_segment(tmp_path)
    end = path.stat().st_size
    with path.open("ab", buffering=0) as file:
        file.write(FRAME_HEADER.pack(500, 1) + b"half")
        stretch = read_all(tmp_path)
        assert (numbers(stretch), stretch.offset, stretch.finished) == ([1], end, False)
    writer.close()


@pytest.mark.parametrize("damaged", [0, 4, 8, 12, 60])
def test_a_corrupt_frame_is_skipped_and_counted(tmp_path: Path, damaged: int) -> None:
    ends = three_frames(tmp_path)
    content = bytearray(only_segment(tmp_path).read_bytes())
    content[ends[0] + damaged] ^= 0x55
    only_segment(tmp_path).write_bytes(content)
    stretch = read_all(tmp_path)
    assert (numbers(stretch), stretch.unreadable, stretch.finished) == ([1, 3], 1, True)


def test_a_corrupt_header_and_a_stretch_of_zeros_cost_only_what_they_cover(tmp_path: Path) -> None:
    ends = three_frames(tmp_path)
    content = only_segment(tmp_path).read_bytes()
    zeros = bytes(ends[1] - ends[0])
    only_segment(tmp_path).write_bytes(b"?" * len(SEGMENT_HEADER) + content[8 : ends[0]] + zeros + content[ends[1] :])
    stretch = read_all(tmp_path)
    assert (numbers(stretch), stretch.finished) == ([1, 3], True)
    assert stretch.unreadable >= 1


def test_a_long_corrupt_stretch_is_passed_in_bounded_steps(tmp_path: Path) -> None:
    ends = three_frames(tmp_path)
    content = only_segment(tmp_path).read_bytes()
    noise = os.urandom(1 << 20) * 40
    only_segment(tmp_path).write_bytes(content[: ends[0]] + noise + content[ends[0] :])
    stretch = read_all(tmp_path)
    assert (numbers(stretch), stretch.finished) == ([1, 2, 3], True)
    assert stretch.unreadable >= 1


@settings(max_examples=200, deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5), cut=st.integers(0, 10_000))
def test_no_damage_makes_a_reader_fail_or_stay(
    damage: list[tuple[int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    three_frames(directory)
    content = bytearray(only_segment(directory).read_bytes())
    for position, value in damage:
        content[position % len(content)] = value
    only_segment(directory).write_bytes(content[: len(content) - cut % len(content)])
    assert read_all(directory).finished


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from typing import Any
from linnet.clicks.journal import JournalWriter
from tests.clicks.builders import raw_click

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = JournalWriter(Path(sys.argv[1]), fsync=sys.argv[2])
kept = []

def fill(numbers):
    for number in numbers:
        if writer.append([raw_click(link_number=number)]) == 0:
            kept.append(number)

fill(range(5))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
fill(range(5, 20))
assert len(kept) < 20 and writer.lost == 20 - len(kept), (kept, writer.lost)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
fill(range(20, 30))
assert kept[-10:] == list(range(20, 30))
writer.close()
print(*kept)
"""


@pytest.mark.parametrize("fsync", ["always", "second"])
def test_a_full_disk_loses_what_is_counted_and_leaves_no_half_frame(tmp_path: Path, fsync: str) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), fsync]
    kept = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1].split()
    reader = JournalReader(tmp_path)
    stretches = [reader.read(name, 0, 1 << 30) for name in reader.segments()]
    assert [number for stretch in stretches for number in numbers(stretch)] == [int(number) for number in kept]
    assert all(stretch.finished and not stretch.unreadable for stretch in stretches)


def test_a_directory_that_cannot_be_written_loses_clicks_without_raising(tmp_path: Path) -> None:
    in_the_way = tmp_path / "journal"
    in_the_way.write_text("a file where the directory should be")
    writer = JournalWriter(in_the_way)
    assert writer.append([raw_click(), raw_click()]) == 2
    in_the_way.unlink()
    assert writer.append([raw_click()]) == 0
    writer.close()
    assert len(everything(in_the_way)) == 1


def test_forcing_to_disk_in_a_thread_disturbs_neither_appending_nor_rotation(tmp_path: Path) -> None:
    writer, ended = JournalWriter(tmp_path, segment_bytes=2000), threading.Event()

    def force() -> None:
        while not ended.is_set():
            writer.sync()

    thread = threading.Thread(target=force)
    thread.start()
    lost = sum(writer.append([raw_click(link_number=number)]) for number in range(2000))
    ended.set()
    thread.join()
    writer.close()
    assert (lost, writer.sync_failures) == (0, 0)
    assert [record.link_number for record in everything(tmp_path)] == list(range(2000))


def test_records_of_nodes_that_knew_no_languages_are_read(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    old: Any = tuple(raw_click(language="de"))[:12]
    assert writer.append([old, old]) == 0
    assert writer.append([raw_click(language="fr")]) == 0
    writer.close()
    assert [record.language for record in everything(tmp_path)] == ["", "", "fr"]
