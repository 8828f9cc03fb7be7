"""Salts of days: there before they are needed, the same for a whole day, and gone for good afterwards."""

import stat
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from linnet.clicks.salts import MAX_DAYS_KEPT, SaltFile, VisitorSalts
from linnet.model.errors import StorageUnavailable

DAY = 86_400_000
HOUR = DAY // 24
TODAY = 20_000
NOON = TODAY * DAY + DAY // 2


def days_of(salts: VisitorSalts) -> list[int]:
    return [day for day in range(TODAY - 40, TODAY + 60) if salts.of(day) is not None]


@pytest.fixture
def file(tmp_path: Path) -> SaltFile:
    return SaltFile(tmp_path / "salts")


def test_a_new_installation_has_salts_of_the_days_that_a_journal_may_hold_and_of_the_next(file: SaltFile) -> None:
    salts = VisitorSalts(file)
    salts.renew(NOON, lambda: (TODAY - 30) * DAY)
    assert days_of(salts) == list(range(TODAY - MAX_DAYS_KEPT, TODAY + 3))
    assert len({salts.of(day) for day in days_of(salts)}) == MAX_DAYS_KEPT + 3
    assert all(len(salts.of(day) or b"") == 32 for day in days_of(salts))


def test_salts_stay_what_they_are_over_restarts_and_when_their_day_begins(file: SaltFile) -> None:
    first, second = VisitorSalts(file), VisitorSalts(file)
    first.renew(NOON)
    tomorrow = first.of(TODAY + 1)
    for hours in range(36):
        second.renew(NOON + hours * HOUR)
        assert second.of(TODAY + 1) == tomorrow
    assert second.of(TODAY + 3) is not None


def test_a_day_is_forgotten_when_it_is_over_and_its_clicks_are_in(file: SaltFile) -> None:
    salts = VisitorSalts(file, grace=timedelta(hours=1))
    salts.renew(NOON)
    midnight = (TODAY + 1) * DAY
    salts.renew(midnight + HOUR - 1)
    assert days_of(salts)[0] == TODAY
    salts.renew(midnight + HOUR, lambda: midnight - 1)
    assert days_of(salts)[0] == TODAY
    salts.renew(midnight + HOUR + 1, lambda: midnight)
    assert days_of(salts)[0] == TODAY + 1
    assert min(file.read()) == TODAY + 1


def test_what_was_forgotten_is_not_made_again(file: SaltFile) -> None:
    salts = VisitorSalts(file)
    salts.renew(NOON)
    salts.renew(NOON + 2 * DAY)
    salts.renew(NOON + 2 * DAY, lambda: NOON)
    assert days_of(salts)[0] == TODAY + 2
    restarted = VisitorSalts(file)
    restarted.renew(NOON + 2 * DAY, lambda: NOON)
    assert restarted.of(TODAY) is None


def test_a_journal_that_is_far_behind_keeps_salts_within_a_bound(file: SaltFile) -> None:
    salts = VisitorSalts(file)
    salts.renew(NOON)
    kept = salts.of(TODAY)
    salts.renew(NOON + 7 * DAY, lambda: NOON)
    assert salts.of(TODAY) == kept
    salts.renew(NOON + 9 * DAY, lambda: NOON)
    assert days_of(salts)[0] == TODAY + 1
    assert len(file.read()) == MAX_DAYS_KEPT + 3


def test_after_a_long_pause_the_days_that_were_never_counted_get_salts(file: SaltFile) -> None:
    VisitorSalts(file).renew(NOON)
    salts = VisitorSalts(file)
    salts.renew(NOON + 20 * DAY, lambda: NOON + 18 * DAY)
    assert days_of(salts) == [TODAY + day for day in (18, 19, 20, 21, 22)]


def test_forgotten_bytes_are_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "salts"
    salts = VisitorSalts(SaltFile(path))
    salts.renew(NOON)
    old, new = salts.of(TODAY) or b"", salts.of(TODAY + 1) or b""
    assert old in path.read_bytes()
    salts.renew(NOON + DAY)
    assert old not in path.read_bytes()
    assert new in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file = SaltFile(path)
    file.forget(file.read())
    assert not any(path.read_bytes())


def test_a_damaged_slot_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "salts"
    file = SaltFile(path)
    file.add({TODAY: bytes(32), TODAY + 1: b"x" * 32, TODAY + 5: b"y" * 32})
    assert file.read() == {TODAY: bytes(32), TODAY + 1: b"x" * 32, TODAY + 5: b"y" * 32}
    content = bytearray(path.read_bytes())
    content[TODAY % 32 * 64 + 20] ^= 1
    path.write_bytes(content[:-1] + b"torn")
    assert set(file.read()) == {TODAY + 1, TODAY + 5}


def test_where_salts_cannot_be_kept_those_that_are_known_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    salts = VisitorSalts(SaltFile(folder / "salts"))
    salts.renew(NOON)
    (folder / "salts").unlink()
    (folder / "salts").mkdir()
    with pytest.raises(StorageUnavailable):
        salts.renew(NOON)
    assert salts.of(TODAY) is not None


class Full(SaltFile):
    """On a disk that takes nothing."""

    def add(self, salts: Mapping[int, bytes]) -> None:
        raise StorageUnavailable("full")


def test_clicks_wait_for_salts_that_cannot_be_made_and_not_for_those_that_are_gone(tmp_path: Path) -> None:
    VisitorSalts(SaltFile(tmp_path / "salts")).renew(NOON)
    salts = VisitorSalts(Full(tmp_path / "salts"))
    with pytest.raises(StorageUnavailable):
        salts.of(TODAY)
    with pytest.raises(StorageUnavailable):
        salts.renew(NOON + DAY, lambda: NOON)
    assert salts.of(TODAY + 2) is not None
    assert salts.of(TODAY - 1) is salts.of(TODAY + 4) is None
    with pytest.raises(StorageUnavailable):
        salts.of(TODAY + 3)


class Shared:
    """A store that several nodes write to at once: of several salts of a day, the least counts."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, bytes]] = []

    def read(self) -> dict[int, bytes]:
        return {day: min(salt for other, salt in self.rows if other == day) for day, _ in self.rows}

    def add(self, salts: Mapping[int, bytes]) -> None:
        self.rows += salts.items()

    def forget(self, days: Iterable[int]) -> None:
        self.rows = [row for row in self.rows if row[0] not in list(days)]


def test_nodes_agree_on_the_salt_of_a_day_that_begins_and_keep_it_through_the_day() -> None:
    shared = Shared()
    one, other = VisitorSalts(shared), VisitorSalts(shared)
    one.renew(NOON)
    shared.add({TODAY + 2: bytes(32)})
    one.renew(NOON + 1)
    other.renew(NOON + 1)
    assert one.of(TODAY + 2) == other.of(TODAY + 2) == bytes(32)
    today = one.of(TODAY)
    shared.add({TODAY: bytes(32)})
    one.renew(NOON + 2)
    assert one.of(TODAY) == today
