"""What the measurements share: budgets, processes and their CPU time, and installations with many links."""

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.server import Server

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
    infos = [member.memory_full_info() for member in (process, *process.children(recursive=True))]
    return sum(info.rss for info in infos) / 1e6, sum(info.pss for info in infos) / 1e6


def own_megabytes(pid: int) -> tuple[float, float]:
    """The memory of one process: its own, and all that is resident, with the pages of files that it has mapped."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    own, resident = (int(status[name].split()[0]) * 1024 / 1e6 for name in ("RssAnon", "VmRSS"))
    return own, resident


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for one measurement; LINNET_BENCH_DIR says where, when /tmp is too small or slow.

    SIGTERM ends the block as an exception would, so that the servers that it started are stopped.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="linnet-bench-", dir=os.environ.get("LINNET_BENCH_DIR")) as directory:
        yield Path(directory)


def installation(directory: Path, *, workers: int, settings: Mapping[str, str] | None = None) -> Server:
    """A new installation that runs as it would for its owner: with compiled modules kept."""
    # The limits are counted, because that is part of the work, and too high to be reached.
    server = Server(directory, workers=workers, settings={"LINNET_RATE_LIMITS": "x1000", **(settings or {})})
    server.environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return server


def wait_for_quiet(*, busy: float = 0.15) -> None:
    """Wait until other work leaves the cores alone, for LINNET_BENCH_PATIENCE seconds (60); say so when it does not."""
    deadline = time.monotonic() + float(os.environ.get("LINNET_BENCH_PATIENCE", "60"))
    while (used := psutil.cpu_percent(1) / 100) > busy:
        if time.monotonic() > deadline:
            note(f"the machine is not quiet: {used:.0%} of its cores are in use, and figures will be too high")
            return


def timed_start(server: Server) -> float:
    """Start the server and return the seconds until it was ready: minutes, where an index of millions is to be built."""
    began = time.monotonic()
    server.start(seconds=1800)
    return time.monotonic() - began


def pinned_workers(server: Server, cores: Sequence[int], others: int) -> list[int]:
    """The web workers, each moved to one of these cores; everything else of the installation goes to the core ``others``."""
    web = [server.pid(f"web-{number}") for number in range(len(cores))]
    rest = [server.pid(name) for name in ("clicks", "supervisor")]
    for found, core in zip([*web, *rest], [*cores, others, others], strict=True):
        assert found is not None
        pin(found, core)
    return [found for found in web if found is not None]


@contextmanager
def held(server: Server) -> Iterator[None]:
    """The clicks worker stands still: it would take half of the load's core. Afterwards it takes in what has come meanwhile."""
    clicks = server.pid("clicks")
    assert clicks is not None
    os.kill(clicks, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(clicks, signal.SIGCONT)
        drain(server)


def drain(server: Server) -> None:
    """Wait until the journal is in the click store."""
    began, lag = time.monotonic(), 1.0
    while lag > 0 and time.monotonic() - began < 300:
        time.sleep(0.5)
        lag = server.metric("linnet_journal_lag_bytes")


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.0f}" if value == int(value) else f"{value:.2f}"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0] if models else 'unknown'}, Python {sys.version.split()[0]}"
