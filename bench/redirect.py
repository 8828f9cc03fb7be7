"""CPU per redirect against nginx, latency, memory and start, with a million links: ``python -m bench.redirect``.

nginx answers ``return 302`` with a buffered access log. Both have one worker, on core 0; the load comes from core 1.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.support import (
    Result,
    cpu_seconds,
    installation,
    median,
    memory_megabytes,
    note,
    pin,
    scratch,
    seed_links,
    show,
    stolen_seconds,
    timed_start,
    wait_for_quiet,
)
from tests.support.server import Server, free_port

SERVER_CORE, LOAD_CORE = 0, 1
MAXIMUM = "redirects per second on one core"
_SCRIPT = Path(__file__).with_name("browser.lua")
_RESULT = re.compile(r"RESULT requests=(\d+) microseconds=(\d+) p50=(\d+) p99=(\d+) p999=(\d+) max=(\d+) failed=(\d+)")
_NGINX = """
worker_processes 1; worker_cpu_affinity {mask}; daemon off; pid {directory}/pid; error_log {directory}/error.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log {directory}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 302 https://example.com/some/landing/page/1; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of wrk gave; latencies in milliseconds, CPU of the answering process in microseconds a request.

    ``stolen`` is the share of the cores' time that the hypervisor gave to others: where it is not near 0, all figures suffer.
    """

    per_second: float
    cpu_microseconds: float
    p50: float
    p99: float
    p999: float
    stolen: float


@dataclass(frozen=True, slots=True)
class Target:
    """Who answers: a process, on a port, for requests with this Host for one of so many links, whose paths begin with
    ``letter``; ``forwarded`` for requests that a proxy passes on for visitors of random addresses."""

    pid: int
    port: int
    host: str
    links: int
    letter: str = "k"
    forwarded: bool = False


def measure(target: Target, *, seconds: float, connections: int = 64, pause_ms: int = 0) -> Run:
    """Load the target from LOAD_CORE."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(_SCRIPT)]
    command += [f"http://127.0.0.1:{target.port}/", "--", target.host, str(target.links), str(pause_ms)]
    command += [target.letter, str(int(target.forwarded))]
    before, stolen = cpu_seconds(target.pid), stolen_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent, stolen = cpu_seconds(target.pid) - before, stolen_seconds() - stolen
    match = _RESULT.search(done.stdout)
    if match is None:
        raise SystemExit(f"wrk printed no result:\n{done.stdout}{done.stderr}")
    requests, microseconds, p50, p99, p999, _, failed = map(int, match.groups())
    if failed:
        raise SystemExit(f"{failed} of {requests} requests failed:\n{done.stdout}")
    return Run(
        requests / microseconds * 1e6,
        spent / requests * 1e6,
        p50 / 1000,
        p99 / 1000,
        p999 / 1000,
        stolen / seconds / (os.cpu_count() or 1),
    )


@contextmanager
def nginx(directory: Path) -> Iterator[tuple[int, int]]:
    """nginx on a port of its own: (worker's process, port)."""
    directory.mkdir()
    port = free_port()
    configuration = directory / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(_NGINX.format(directory=directory, port=port, mask="01", user=user))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL) as process:
        time.sleep(1)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
        worker = int(children[0])
        pin(worker, SERVER_CORE)
        try:
            yield worker, port
        finally:
            process.terminate()


def worker_of(server: Server) -> int:
    """The web worker, moved to its core; everything else of the installation goes to the other one."""
    found = {name: server.pid(name) for name in ("web-0", "clicks", "supervisor")}
    for name, number in found.items():
        assert number is not None
        pin(number, SERVER_CORE if name == "web-0" else LOAD_CORE)
    return found["web-0"] or 0


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


def compare(server: Server, ours: Target, theirs: Target, *, rounds: int, seconds: float) -> list[Result]:
    """Rounds of nginx and Linnet in turn, so that both see the same machine; the median of each figure."""
    nginx_runs: list[Run] = []
    runs: list[Run] = []
    measure(ours, seconds=3)
    for number in range(rounds):
        wait_for_quiet()
        nginx_runs.append(measure(theirs, seconds=seconds))
        with held(server):
            runs.append(measure(ours, seconds=seconds))
        note(f"round {number + 1}: nginx {nginx_runs[-1]}, Linnet {runs[-1]}")
    ratio = median(our.cpu_microseconds / their.cpu_microseconds for our, their in zip(runs, nginx_runs, strict=True))
    return [
        Result("nginx, CPU per redirect", median(run.cpu_microseconds for run in nginx_runs), "µs"),
        Result("nginx, redirects per second on one core", median(run.per_second for run in nginx_runs), "/s"),
        Result("CPU per redirect, click journalled", median(run.cpu_microseconds for run in runs), "µs"),
        Result("CPU per redirect against nginx", ratio, "×", 1.9, 1.5),
        Result(MAXIMUM, median(run.per_second for run in runs), "/s"),
        Result("redirect p50 at full load, 64 connections", median(run.p50 for run in runs), "ms"),
        Result("redirect p99 at full load, 64 connections", median(run.p99 for run in runs), "ms"),
        Result("time stolen by the hypervisor", median(run.stolen for run in (*runs, *nginx_runs)) * 100, "%"),
    ]


def paced(server: Server, ours: Target, theirs: Target, *, rate: float, rounds: int, seconds: float) -> list[Result]:
    """Latency at about ``rate`` from 200 connections that pause between their requests; nginx's shows what the machine adds."""
    connections = 200
    pause = max(1, round(connections / rate * 2 * 1000))
    nginx_runs: list[Run] = []
    runs: list[Run] = []
    for number in range(rounds):
        wait_for_quiet()
        nginx_runs.append(measure(theirs, seconds=seconds, connections=connections, pause_ms=pause))
        with held(server):
            runs.append(measure(ours, seconds=seconds, connections=connections, pause_ms=pause))
        note(f"paced, round {number + 1}: nginx {nginx_runs[-1]}, Linnet {runs[-1]}")
    share = f"at {median(run.per_second for run in runs) / (2 * rate):.0%} of the maximum rate"
    return [
        Result(f"redirect p50 {share}", median(run.p50 for run in runs), "ms"),
        Result(f"redirect p99 {share}", median(run.p99 for run in runs), "ms", 2, 1),
        Result(f"redirect p99.9 {share}", median(run.p999 for run in runs), "ms"),
        Result("nginx, p99 at the same rate", median(run.p99 for run in nginx_runs), "ms"),
    ]


def starts(server: Server, links: int) -> list[Result]:
    """How long a start takes, and what the idle installation holds in memory; leaves the server running."""
    began = time.monotonic()
    seed_links(server, links)
    note(f"made {links:,} links in {time.monotonic() - began:.1f} s; building the route index")
    first = timed_start(server)
    taken = []
    for _ in range(3):
        server.stop()
        wait_for_quiet()
        taken.append(timed_start(server))
    time.sleep(5)
    return [
        Result("start to ready", median(taken), "s", 3, 1),
        Result("first start after a restore, with the route index to build", first, "s"),
        *memory(server, "idle after the start", 400, 250),
    ]


def memory(server: Server, when: str, budget: float | None = None, stretch: float | None = None) -> list[Result]:
    """The memory of all processes of the installation."""
    supervisor = server.pid("supervisor")
    assert supervisor is not None
    resident, proportional = memory_megabytes(supervisor)
    return [
        Result(f"memory, {when} (shared pages once)", proportional, "MB", budget, stretch),
        Result(f"memory, {when} (sum of resident sizes)", resident, "MB"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    with scratch() as directory:
        server = installation(directory / "linnet", workers=1)
        try:
            began = starts(server, given.links)
            ours = Target(worker_of(server), server.port, server.host, given.links)
            with nginx(directory / "nginx") as (nginx_worker, nginx_port):
                theirs = Target(nginx_worker, nginx_port, server.host, given.links)
                results = compare(server, ours, theirs, rounds=given.rounds, seconds=given.seconds)
                rate = next(result.measured for result in results if result.what == MAXIMUM) / 2
                results += paced(server, ours, theirs, rate=rate, rounds=given.rounds, seconds=given.seconds)
            time.sleep(5)
            results += began + memory(server, "idle after the load: every page of the route index was used")
        finally:
            server.stop()
    show(f"Redirects, {given.links:,} links", results)


if __name__ == "__main__":
    main()
