"""Windows that processes count in together."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.edge.rates import NodeRates

COUNT = """
import sys
from pathlib import Path
from linnet.edge.rates import NodeRates
rates = NodeRates(Path(sys.argv[1]))
print(sum(rates.keys.count("key 5", 60, now=100.0) <= 100 for _ in range(60)))
"""
ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from linnet.edge.rates import NodeRates
table = NodeRates(Path(sys.argv[1])).keys
def disk(size): resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
before = table.count("a", 60, now=0.0)
disk(0)
full = [table.count("a", 60, now=1.0) for _ in range(3)], table.window("a", now=1.0), table.count("a", 60, now=62.0)
disk(resource.RLIM_INFINITY)
after = table.count("a", 60, now=3.0), table.window("a", now=3.0)
print([before, full, after])
"""


@pytest.fixture
def rates(tmp_path: Path) -> Iterator[NodeRates]:
    opened = NodeRates(tmp_path / "rates", max_names=100)
    yield opened
    opened.close()


def run(script: str, directory: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE)


def test_processes_count_exactly_together(tmp_path: Path):
    processes = [run(COUNT, tmp_path / "rates") for _ in range(3)]
    assert sum(int(process.communicate(timeout=60)[0]) for process in processes) == 100


def test_a_window_opens_with_the_first_count_and_the_next_one_with_the_first_after_its_end(rates: NodeRates):
    table = rates.keys
    assert table.window("a", now=10.0) == (0, 10.0)
    assert [table.count("a", 5, now=now) for now in (10.5, 12.0, 15.4)] == [1, 2, 3]
    assert table.window("a", now=15.4) == (3, 15.5)
    assert table.window("a", now=15.5) == (0, 15.5)
    assert table.count("a", 5, now=15.5, times=4) == 4
    assert table.window("a", now=16.0) == (4, 20.5)


def test_names_and_tables_are_counted_apart(rates: NodeRates):
    assert [rates.keys.count("a", 5, now=1.0), rates.keys.count("b", 5, now=1.0), rates.addresses.count("a", 5, now=1.0)] == [
        1,
        1,
        1,
    ]


def test_windows_that_have_ended_are_forgotten_and_open_ones_are_not(rates: NodeRates):
    for number in range(50):
        rates.addresses.count(f"short {number}", 5, now=0.0)
        rates.keys.count(f"long {number}", 60, now=0.0)
    assert rates.forget_ended(now=10.0) == 50
    assert rates.forget_ended(now=10.0) == 0
    assert rates.keys.window("long 7", now=10.0) == (1, 60.0)


def test_a_full_table_forgets_everything_rather_than_grow(rates: NodeRates):
    for number in range(100):
        rates.addresses.count(f"address {number}", 60, now=0.0)
    assert rates.addresses.count("address 0", 60, now=1.0) == 2
    assert rates.addresses.count("one more", 60, now=1.0) == 1
    assert rates.addresses.window("address 0", now=1.0) == (0, 1.0)
    rates.keys.count("a", 60, now=0.0)
    assert rates.addresses.forget_all() == 1
    assert rates.keys.window("a", now=1.0)[0] == 1


def test_a_closed_window_begins_anew(rates: NodeRates):
    rates.keys.count("a", 60, now=0.0)
    rates.keys.forget("a")
    assert rates.keys.count("a", 60, now=1.0) == 1


def test_on_a_full_disk_a_process_counts_for_itself_until_there_is_room(tmp_path: Path):
    shown = run(ON_A_FULL_DISK, tmp_path / "rates").communicate(timeout=60)[0]
    assert shown.decode().strip() == "[1, ([1, 2, 3], (3, 61.0), 1), (2, (2, 60.0))]"


def test_what_is_given_back_was_not_counted(rates: NodeRates):
    table = rates.keys
    table.give_back("a", now=0.0)
    assert [table.count("a", 60, now=0.0) for _ in range(3)] == [1, 2, 3]
    table.give_back("a", now=1.0)
    assert table.window("a", now=1.0) == (2, 60.0)
    table.give_back("a", now=1.0)
    table.give_back("a", now=1.0)
    table.give_back("a", now=1.0)
    assert table.window("a", now=1.0) == (0, 1.0)
    assert rates.forget_ended(now=100.0) == 0
