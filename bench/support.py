"""What the measurements share: budgets, processes and their CPU time, and installations with many links."""

import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from linnet.model.ids import new_link_id
from linnet.model.link import Link
from linnet.storage.database import Database
from tests.support.server import Server

_LINKS_AT_ONCE = 20_000
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Result:
    """One figure beside its budget; ``at_least`` for figures that should be high."""

    what: str
    measured: float
    unit: str
    budget: float | None = None
    stretch: float | None = None
    at_least: bool = False

    def verdict(self) -> str:
        if self.budget is None:
            return ""
        return "stretch" if self._meets(self.stretch) else "met" if self._meets(self.budget) else "MISSED"

    def _meets(self, bound: float | None) -> bool:
        if bound is None:
            return False
        return self.measured >= bound if self.at_least else self.measured <= bound


def show(title: str, results: Sequence[Result]) -> None:
    """Print the figures as a table that can be pasted into the documentation."""
    print(f"\n{title} ({_machine()})\n")
    print("| what | measured | budget | stretch | |\n|---|---|---|---|---|")
    for result in results:
        sign = "≥" if result.at_least else "≤"
        bounds = [
            f"{sign} {_figure(bound)} {result.unit}" if bound is not None else "" for bound in (result.budget, result.stretch)
        ]
        print(f"| {result.what} | {_figure(result.measured)} {result.unit} | {bounds[0]} | {bounds[1]} | {result.verdict()} |")
    sys.stdout.flush()


def note(text: str) -> None:
    """A line about what goes on, apart from the figures."""
    print(f"# {text}", file=sys.stderr, flush=True)


def cpu_seconds(pid: int) -> float:
    """The CPU time that all threads of a process have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def stolen_seconds() -> float:
    """The time, summed over all cores, that the hypervisor gave to other machines; 0 on real hardware."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / _TICKS_PER_SECOND


def pin(pid: int, core: int) -> None:
    """Move a process, with all its threads, to one core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), {core})


def memory_megabytes(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of a process and its descendants. Pages that processes share (the route index most of
    all) count once in the second, and once for each process in the first."""
    process = psutil.Process(pid)
    resident = proportional = 0.0
    for member in (process, *process.children(recursive=True)):
        info = member.memory_full_info()
        resident += info.rss / 1e6
        proportional += info.pss / 1e6
    return resident, proportional


def destination(number: int) -> str:
    """Where the seeded link of that number leads."""
    return f"https://example.com/some/landing/page/{number}"


def seed_links(server: Server, count: int) -> None:
    """Give the server, which must not run, links ``k0000000``, ``k0000001``... straight through the storage."""
    database = Database(f"sqlite:///{server.directory / 'linnet.db'}")
    chance = random.Random(7)
    now = datetime.now(UTC)
    for first in range(0, count, _LINKS_AT_ONCE):
        numbers = range(first, min(count, first + _LINKS_AT_ONCE))
        with database.write() as work:
            domain = work.domains.find(server.domain_id)
            assert domain is not None
            rows = [
                (
                    Link(
                        id=new_link_id(server.domain_id, chance),
                        number=0,
                        domain_id=server.domain_id,
                        owner_id=domain.owner_id,
                        path=f"k{number:07d}",
                        original_url=destination(number),
                        created_at=now,
                        updated_at=now,
                    ),
                    f"k{number:07d}",
                )
                for number in numbers
            ]
            work.links.add_many(rows)
            work.changes.record_many(server.domain_id, [key for _, key in rows])
    database.close()


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for one measurement; LINNET_BENCH_DIR says where, when /tmp is too small or slow.

    SIGTERM ends the block as an exception would, so that the servers that it started are stopped.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="linnet-bench-", dir=os.environ.get("LINNET_BENCH_DIR")) as directory:
        yield Path(directory)


def installation(directory: Path, *, workers: int) -> Server:
    """A new installation that runs as it would for its owner: with compiled modules kept."""
    # The limits are counted, because that is part of the work, and too high to be reached.
    server = Server(directory, workers=workers, settings={"LINNET_RATE_LIMITS": "x1000"})
    server.environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return server


def wait_for_quiet(*, busy: float = 0.15) -> None:
    """Wait until other work leaves the cores alone, for LINNET_BENCH_PATIENCE seconds (60); say so when it does not."""
    deadline = time.monotonic() + float(os.environ.get("LINNET_BENCH_PATIENCE", "60"))
    while (used := psutil.cpu_percent(1) / 100) > busy:
        if time.monotonic() > deadline:
            note(f"the machine is not quiet: {used:.0%} of its cores are in use, and figures will be too high")
            return


def timed_start(server: Server, prefix: tuple[str, ...] = ()) -> float:
    """Start the server and return the seconds until it was ready."""
    began = time.monotonic()
    server.start(prefix=prefix)
    return time.monotonic() - began


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.0f}" if value == int(value) else f"{value:.2f}"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0] if models else 'unknown'}, Python {sys.version.split()[0]}"
