"""Counters shared by processes."""

import subprocess
import sys
from pathlib import Path

from linnet.edge.counters import NodeCounters

CLAIM = """
import sys
from pathlib import Path
from linnet.edge.counters import NodeCounters
counters = NodeCounters(Path(sys.argv[1]))
print(sum(counters.claim_click(5, 100) < 100 for _ in range(60)))
"""


def test_a_limit_is_reached_exactly_across_processes(tmp_path: Path):
    processes = [
        subprocess.Popen([sys.executable, "-c", CLAIM, str(tmp_path / "counters")], stdout=subprocess.PIPE) for _ in range(3)
    ]
    admitted = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(admitted) == 100


def test_counts_survive_a_restart(tmp_path: Path):
    first = NodeCounters(tmp_path)
    assert [first.claim_click(5, 2) for _ in range(3)] == [0, 1, 2]
    first.close()
    second = NodeCounters(tmp_path)
    assert second.claim_click(5, 2) == 2
    assert second.claim_click(6, 2) == 0
    second.close()


def test_who_made_too_many_attempts_is_told_when_the_next_window_opens(tmp_path: Path):
    counters = NodeCounters(tmp_path)
    waits = [counters.admit("ann", limit=2, window_seconds=300, now=now) for now in (600.0, 600.5, 601.0, 899.9, 900.0)]
    assert waits == [0, 0, 299, 1, 0]
    assert counters.admit("ben", limit=2, window_seconds=300, now=601.0) == 0
    counters.close()
