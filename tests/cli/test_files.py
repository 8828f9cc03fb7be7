"""Files that commands write."""

import os
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from linnet.cli.files import write_parts
from linnet.model.errors import InvalidField, StatisticsUnavailable


def parts(*given: bytes, failure: Exception | None = None) -> Generator[bytes]:
    yield from given
    if failure is not None:
        raise failure


def test_a_file_is_for_its_owners_eyes_alone_and_replaces_the_one_before(tmp_path: Path):
    output = tmp_path / "clicks.csv"
    output.write_text("before")
    write_parts(parts(b"one", b"two"), output)
    assert output.read_bytes() == b"onetwo"
    assert output.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["clicks.csv"]


def test_of_what_fails_nothing_is_left_and_the_file_before_stays(tmp_path: Path):
    output = tmp_path / "clicks.csv"
    output.write_text("before")
    with pytest.raises(StatisticsUnavailable):
        write_parts(parts(b"one", failure=StatisticsUnavailable("not now")), output)
    assert output.read_text() == "before"
    assert os.listdir(tmp_path) == ["clicks.csv"]
    with pytest.raises(InvalidField, match="cannot be written"):
        write_parts(parts(b"one"), tmp_path / "nowhere" / "clicks.csv")


def test_no_link_that_others_laid_leads_the_file_elsewhere(tmp_path: Path):
    treasure, target = tmp_path / "treasure", tmp_path / "target.csv"
    treasure.write_text("kept")
    (tmp_path / "clicks.csv.part").symlink_to(treasure)
    (tmp_path / "clicks.csv").symlink_to(target)
    write_parts(parts(b"one"), tmp_path / "clicks.csv")
    assert treasure.read_text() == "kept"
    assert (tmp_path / "clicks.csv").is_symlink()
    assert target.read_bytes() == b"one"


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_parts(parts(b"one", b"two"), pipe)
    reader.join(10)
    assert read == [b"onetwo"]
    assert pipe.is_fifo()
    with pytest.raises(InvalidField, match="Is a directory"):
        write_parts(parts(b"one"), tmp_path)
