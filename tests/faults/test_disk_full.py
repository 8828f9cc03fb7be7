"""A full disk: visitors are redirected all the same, writes are refused, and what is lost is counted."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.load import Load
from tests.support.server import Server, running_server

DROPPED = ("linnet_clicks_dropped_total", 'reason="journal_full"')
DISK_BYTES = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Disk:
    """A server whose disk can be filled and emptied; ``restarts`` tells whether a worker can be started on it meanwhile."""

    server: Server
    fill: Callable[[], None]
    empty: Callable[[], None]
    restarts: bool


@pytest.fixture(params=["small disk", "file size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """A file system of its own, where that may be mounted; and everywhere, processes that may not let a file grow."""
    if request.param == "small disk":
        with _small_disk(tmp_path / "disk") as directory, running_server(directory / "linnet") as server:
            filler = directory / "filler"
            yield Disk(server, lambda: _fill(filler), filler.unlink, restarts=True)
    else:
        with running_server(tmp_path / "linnet") as server:
            yield Disk(server, lambda: _limit(server, 0), lambda: _limit(server, resource.RLIM_INFINITY), restarts=False)


@contextlib.contextmanager
def _small_disk(directory: Path) -> Iterator[Path]:
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own takes the right to mount one")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def _fill(filler: Path) -> None:
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def _limit(server: Server, size: int) -> None:
    for name in server.process_names():
        number = server.pid(name)
        assert number is not None
        resource.prlimit(number, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_redirects_go_on_and_losses_are_counted(disk: Disk):
    server = disk.server
    link = server.create("full")
    server.create("limited", clicksLimit=1_000_000)
    visits = 20
    for _ in range(visits):
        assert server.visit("/limited").status == 302
    before = server.metric(*DROPPED)
    disk.fill()
    with Load(server, ["/full", "/limited"]).running() as outcomes:
        draft = {"domain": server.domain, "originalURL": "https://example.com/", "path": "no-room"}
        refused = server.api("POST", "/links", draft)
        time.sleep(1.5)
    assert outcomes.wrong == {}, str(outcomes)
    assert not outcomes.cut, f"{outcomes}\n{server.log_tail()}"
    assert len(outcomes.answered) > 100, str(outcomes)
    visits += len(outcomes.answered)
    assert refused.status == 503, refused
    assert {"success": False, "statusCode": 503}.items() <= refused.json.items()
    assert refused.json["message"]
    server.wait(lambda: server.metric(*DROPPED) > before, "the losses in the metrics", seconds=5)

    disk.empty()
    server.create("room-again")
    for _ in range(10):
        assert server.visit("/room-again").status == 302
        assert server.visit("/full").status == 302
        visits += 2
    server.wait(server.answers_questions, "an answer about statistics")

    def accounted() -> bool:
        return server.domain_clicks() + server.metric(*DROPPED) - before == visits

    # Every visit is in the statistics or among the losses.
    server.wait(accounted, f"{visits} visits to be stored or counted as lost", seconds=10)
    assert server.link_clicks(link["idString"]) >= 10


def test_limits_are_held_by_each_worker_for_itself(tmp_path: Path):
    with running_server(tmp_path / "linnet", workers=2, settings={"LINNET_RATE_LIMITS": "general=5/60"}) as server:
        assert server.api("GET", "/api/domains").headers["x-ratelimit-remaining"] == "4"
        _limit(server, 0)
        answers = [server.api("GET", "/api/domains").status for _ in range(40)]
        assert set(answers) == {200, 429}
        assert 5 <= answers.count(200) <= 10
        _limit(server, resource.RLIM_INFINITY)
        assert [server.api("GET", "/api/domains").status for _ in range(5)].count(200) <= 4


# A process that may not write any file cannot start; a full disk is another thing.
@pytest.mark.parametrize("disk", ["small disk"], indirect=True)
def test_a_worker_that_dies_on_a_full_disk_comes_back(disk: Disk):
    server = disk.server
    server.create("full")
    disk.fill()
    with Load(server, ["/full"]).running() as outcomes:
        for name in ("web-0", "web-1"):
            former = server.pid(name)
            assert server.kill(name)
            server.wait_until_replaced(name, former)
        before = len(outcomes.answered)
        server.wait(lambda: len(outcomes.answered) > before + 200, "redirects by the new workers")
    assert outcomes.wrong == {}, str(outcomes)
    disk.empty()
    server.wait(lambda: server.request("GET", "/health/ready").status == 200, "readiness")
    server.create("room-again")
    assert server.visit("/room-again").status == 302
