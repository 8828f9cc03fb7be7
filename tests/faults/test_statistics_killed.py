"""The clicks worker is killed while it takes clicks in, merges roll-ups, puts days in order and judges history again, also on a
full disk; and the statistics are those of the clicks, each of which is there once."""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from linnet.clicks.frames import SEGMENT_SUFFIX
from linnet.clicks.verification import Difference, Rebuilding, Step, Verification
from linnet.model.errors import Refusal
from linnet.model.statistics import Kind, Question
from linnet.statistics.remote import RemoteStatistics
from tests.support.server import Server
from tests.support.stored import stored_numbers

# Each takes a second or two, which it takes a worker to begin anew.
KILLS = int(os.environ.get("LINNET_KILLS", "5"))
DISK_BYTES = max(96, 3 * KILLS) << 20

# Clicks of several days, links, domains and agents, and which of them the journal took.
VISITORS = """
import os, random, sys, time
from pathlib import Path
from linnet.clicks.journal import JournalWriter
from linnet.model.click import ClickFlag
from tests.clicks.builders import CHROME, raw_click

DAY_MS = 86_400_000
AGENTS = [CHROME.replace("120", str(major)) for major in range(80, 140)] + ["Googlebot/2.1", "", "curl/8"]
chance = random.Random(1)
acknowledged = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
writer = JournalWriter(Path(sys.argv[1]), segment_bytes=400_000)
today = int(time.time() * 1000) // DAY_MS
number = 0

def visit(number):
    day = today - chance.choice([0, 0, 0, 1, 2, 5])
    return raw_click(
        at_ms=day * DAY_MS + chance.randrange(DAY_MS),
        domain_id=chance.choice([1, 1, 1, 2, 3]),
        link_number=chance.randrange(20_000),
        status=chance.choice([302, 302, 302, 403, 404]),
        method=chance.choice(["GET", "GET", "GET", "HEAD"]),
        target=f"/abc?n={number}",
        peer=f"81.2.69.{chance.randrange(256)}",
        user_agent=chance.choice(AGENTS),
        flags=(number + 1) << ClickFlag.NONCE_SHIFT,
    )

while not os.path.exists(sys.argv[3]):
    time.sleep(0.005)
    tick = range(number, number + 16)
    number += 16
    if writer.append([visit(each) for each in tick]) == 0:
        os.write(acknowledged, "".join(f"{each}\\n" for each in tick).encode())
writer.close()
"""


# The clicks worker, which puts days in order all the time and by small pieces, and tells visitors of days long past apart.
WORKER = """
from datetime import timedelta
from linnet.clicks import ordering
from linnet.clicks.salts import VisitorSalts

ordering._PAUSE_SECONDS = 0.05
ordering.Ordering.__init__.__kwdefaults__.update(piece_rows=3000, quiet_seconds=0.0)
VisitorSalts.__init__.__defaults__ = (timedelta(days=7),)

from linnet.compose.worker import main

main(["clicks"])
"""


class Worker:
    """The clicks worker of an installation without a server; its rules for bots are others with each start."""

    def __init__(self, installation: Server, directory: Path) -> None:
        self._environment = installation.environment
        self._rules = directory / "rules.toml"
        self._log = directory / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> None:
        self._starts += 1
        rule = f"[[rules]]\nname = 'turn {self._starts % 5}'\nuser_agent = 'Chrome/1[012]{self._starts % 5}'\n"
        self._rules.write_text(f"version = {self._starts % 5}\n{rule}")
        command = [sys.executable, "-c", WORKER]
        environment = self._environment | {"LINNET_BOT_RULES": str(self._rules)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def limit_files(self, size: int) -> None:
        """Let no file grow beyond so many bytes."""
        if self.alive:
            assert self._process is not None
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, number: int) -> int | None:
        """End it by a signal; returns its exit code."""
        if self._process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        return self._process.wait(60)

    def days_put_in_order(self) -> int:
        """How often it put a day in order."""
        return self._log.read_text(errors="replace").count("ordering.closed")

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]


class Orders:
    """Somebody who has the statistics verified and rebuilt all the time."""

    def __init__(self, socket: Path) -> None:
        self.differences: list[Difference] = []
        self.verified = self.rebuilt = self.reclassified = 0
        self._remote = RemoteStatistics(socket)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Orders":
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def ready(self, worker: Worker) -> bool:
        """Wait until a worker answers; False when it ends before."""
        while worker.alive:
            with contextlib.suppress(Refusal):
                for _ in self._remote.stream("verify", Verification(domain_id=0), Step):
                    return True
            time.sleep(0.02)
        return False

    def see_more_clicks(self, worker: Worker) -> None:
        """Wait until the worker has taken more clicks in."""
        before, deadline = self._clicks(), time.monotonic() + 60
        while worker.alive and self._clicks() <= before:
            assert time.monotonic() < deadline, worker.log_tail()
            time.sleep(0.02)

    def _clicks(self) -> int:
        with contextlib.suppress(Refusal):
            return self._remote.overview(Question(kind=Kind.OVERVIEW, domain_id=1)).totals.clicks
        return 0

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            # The worker may be gone at any moment, and the disk full.
            with contextlib.suppress(Refusal):
                for step in self._remote.stream("rebuild", Rebuilding(reclassify=True), Step):
                    self.reclassified += step.reclassified
                self.rebuilt += 1
            with contextlib.suppress(Refusal):
                for step in self._remote.stream("verify", Verification(), Step):
                    self.differences += step.differences
                self.verified += 1


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own where that may be mounted, which is then filled now and then; a mere directory elsewhere."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    mounted = os.geteuid() == 0 and not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        yield directory
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(directory)], check=True)


def test_no_kill_and_no_full_disk_makes_the_statistics_wrong(disk: Path, tmp_path: Path):
    chance = random.Random(KILLS)
    installation = Server(disk / "linnet")
    worker = Worker(installation, tmp_path)
    told, ended = tmp_path / "acknowledged", tmp_path / "ended"
    visitors = subprocess.Popen([sys.executable, "-c", VISITORS, str(disk / "linnet" / "journal"), str(told), str(ended)])
    full = 0
    try:
        with Orders(disk / "linnet" / "run" / "statistics.sock") as orders:
            for number in range(KILLS):
                worker.start()
                # Now and then it is killed while it begins, or before it has got something done.
                if number % 7 == 6:
                    time.sleep(chance.uniform(0.3, 1.5))
                elif orders.ready(worker):
                    if number % 2 == 0:
                        orders.see_more_clicks(worker)
                    time.sleep(chance.uniform(0, 0.4))
                if number % 3 == 1:
                    full += 1
                    fill_and_kill(worker, disk, chance)
                else:
                    worker.end(signal.SIGKILL)
            ended.touch()
            visitors.wait(60)
            worker.start()
            assert orders.ready(worker), worker.log_tail()
            wait_until_taken_in(disk / "linnet" / "journal", worker)
            rounds = orders.verified
            while orders.verified < rounds + 2:
                assert worker.alive, worker.log_tail()
                time.sleep(0.05)
        assert worker.end(signal.SIGTERM) == 0, worker.log_tail()
    finally:
        ended.touch()
        visitors.kill()
        worker.end(signal.SIGKILL)
    assert orders.differences == []
    assert orders.reclassified > 0
    assert worker.days_put_in_order() > 3
    assert full == KILLS // 3 + (KILLS % 3 == 2)
    expect_right_statistics(installation, disk / "linnet", told)


def fill_and_kill(worker: Worker, disk: Path, chance: random.Random) -> None:
    """Let the disk be full for a while, in which the worker is killed; it may have ended by itself."""
    filler = disk / "filler"
    if os.path.ismount(disk) and chance.random() < 0.7:
        with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * (1 << 16))
    else:
        worker.limit_files(chance.choice([0, 1 << 20, 8 << 20]))
    time.sleep(chance.uniform(0.1, 0.8))
    worker.end(signal.SIGKILL)
    filler.unlink(missing_ok=True)


def wait_until_taken_in(journal: Path, worker: Worker) -> None:
    """Wait until every segment is in the store and deleted."""
    deadline = time.monotonic() + 60
    while any(entry.name.endswith(SEGMENT_SUFFIX) for entry in journal.iterdir()):
        assert worker.alive, worker.log_tail()
        assert time.monotonic() < deadline, f"left in the journal: {sorted(journal.iterdir())}; {worker.log_tail()}"
        time.sleep(0.1)


def expect_right_statistics(installation: Server, directory: Path, told: Path) -> None:
    verified = json.loads(installation.run("stats", "verify", "--json").stdout)
    assert verified["differences"] == 0
    assert verified["days"] == 4
    stored, acknowledged = stored_numbers(directory), Counter(int(line) for line in told.read_text().splitlines())
    with duckdb.connect(str(directory / "clicks.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT day) FROM rollup_visitors").fetchall()[0][0] > 0
    assert len(acknowledged) > 200 * KILLS, "too little load to prove anything"
    assert set(stored.values()) == {1}
    assert not acknowledged - stored, "acknowledged, but not stored"
    # What the journal took while the disk was full, and nobody was told of.
    assert len(stored - acknowledged) <= 16 * KILLS
