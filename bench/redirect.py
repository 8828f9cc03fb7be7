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
    timed_start,
    wait_for_quiet,
)
from tests.support.server import Server, free_port

SERVER_CORE, LOAD_CORE = 0, 1
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
    """What one run of wrk gave; latencies in milliseconds, CPU of the answering process in microseconds a request."""

    per_second: float
    cpu_microseconds: float
    p50: float
    p99: float
    p999: float


def measure(pid: int, port: int, host: str, *, links: int, seconds: float, connections: int, pause_ms: int = 0) -> Run:
    """Load the server on ``port`` from LOAD_CORE, while ``pid`` answers."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(_SCRIPT)]
    command += [f"http://127.0.0.1:{port}/", "--", host, str(links), str(pause_ms)]
    before = cpu_seconds(pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent = cpu_seconds(pid) - before
    match = _RESULT.search(done.stdout)
    if match is None:
        raise SystemExit(f"wrk printed no result:\n{done.stdout}{done.stderr}")
    requests, microseconds, p50, p99, p999, _, failed = map(int, match.groups())
    if failed:
        raise SystemExit(f"{failed} of {requests} requests failed:\n{done.stdout}")
    return Run(requests / microseconds * 1e6, spent / requests * 1e6, p50 / 1000, p99 / 1000, p999 / 1000)


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
    worker, clicks, supervisor = server.pid("web-0"), server.pid("clicks"), server.pid("supervisor")
    assert worker is not None
    assert clicks is not None
    assert supervisor is not None
    pin(supervisor, LOAD_CORE)
    pin(clicks, LOAD_CORE)
    pin(worker, SERVER_CORE)
    return worker


@contextmanager
def held(pid: int) -> Iterator[None]:
    """A process that stands still: the clicks worker would otherwise take half of the load's core."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def compare(server: Server, directory: Path, *, links: int, rounds: int, seconds: float) -> list[Result]:
    """Rounds of nginx and Linnet in turn, so that both see the same machine; the median of each figure."""
    worker, clicks = worker_of(server), server.pid("clicks")
    assert clicks is not None
    theirs: list[Run] = []
    ours: list[Run] = []
    with nginx(directory / "nginx") as (nginx_worker, nginx_port):
        measure(worker, server.port, server.host, links=links, seconds=3, connections=64)
        for number in range(rounds):
            wait_for_quiet()
            theirs.append(measure(nginx_worker, nginx_port, server.host, links=links, seconds=seconds, connections=64))
            with held(clicks):
                ours.append(measure(worker, server.port, server.host, links=links, seconds=seconds, connections=64))
            note(f"round {number + 1}: nginx {theirs[-1]}, Linnet {ours[-1]}")
            drain(server)
    their_cpu, our_cpu = median(run.cpu_microseconds for run in theirs), median(run.cpu_microseconds for run in ours)
    ratio = median(our.cpu_microseconds / their.cpu_microseconds for our, their in zip(ours, theirs, strict=True))
    return [
        Result("nginx, CPU per redirect", their_cpu, "µs"),
        Result("nginx, redirects per second on one core", median(run.per_second for run in theirs), "/s"),
        Result("CPU per redirect, click journalled", our_cpu, "µs"),
        Result("CPU per redirect against nginx", ratio, "×", 1.9, 1.5),
        Result("redirects per second on one core", median(run.per_second for run in ours), "/s"),
        Result("redirect p50 at full load, 64 connections", median(run.p50 for run in ours), "ms"),
        Result("redirect p99 at full load, 64 connections", median(run.p99 for run in ours), "ms"),
    ]


def paced(server: Server, *, links: int, rate: float, seconds: float) -> list[Result]:
    """Latency at half of the maximum rate, from 200 connections that pause between their requests."""
    worker, clicks = worker_of(server), server.pid("clicks")
    assert clicks is not None
    connections = 200
    pause = max(1, round(connections / rate * 2 * 1000))
    runs = []
    for _ in range(3):
        wait_for_quiet()
        with held(clicks):
            runs.append(
                measure(worker, server.port, server.host, links=links, seconds=seconds, connections=connections, pause_ms=pause)
            )
    drain(server)
    busy = measure(worker, server.port, server.host, links=links, seconds=seconds, connections=connections, pause_ms=pause)
    drain(server)
    share = median(run.per_second for run in runs) / (2 * rate) * 100
    return [
        Result(f"redirect p50 at {share:.0f} % of the maximum rate", median(run.p50 for run in runs), "ms"),
        Result(f"redirect p99 at {share:.0f} % of the maximum rate", median(run.p99 for run in runs), "ms", 2, 1),
        Result(f"redirect p99.9 at {share:.0f} % of the maximum rate", median(run.p999 for run in runs), "ms"),
        Result("the same p99 while clicks are taken in on the load's core", busy.p99, "ms"),
    ]


def drain(server: Server) -> None:
    """Wait until the journal is in the click store."""
    began, lag = time.monotonic(), 1.0
    while lag > 0 and time.monotonic() - began < 300:
        time.sleep(0.5)
        lag = server.metric("linnet_journal_lag_bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    with scratch() as directory:
        server = installation(directory / "linnet", workers=1)
        note(f"making {given.links:,} links")
        began = time.monotonic()
        seed_links(server, given.links)
        note(f"made in {time.monotonic() - began:.1f} s; building the route index")
        note(f"first start, with the index to build: {timed_start(server):.1f} s")
        server.stop()
        starts = []
        for _ in range(3):
            wait_for_quiet()
            starts.append(timed_start(server))
            server.stop()
        server.start()
        time.sleep(5)
        supervisor = server.pid("supervisor")
        assert supervisor is not None
        resident, proportional = memory_megabytes(supervisor)
        results = compare(server, directory, links=given.links, rounds=given.rounds, seconds=given.seconds)
        half = next(result.measured for result in results if result.what.startswith("redirects per second")) / 2
        results += paced(server, links=given.links, rate=half, seconds=given.seconds)
        after, after_proportional = memory_megabytes(supervisor)
        server.stop()
    results += [
        Result("memory, idle (shared pages once)", proportional, "MB", 400, 250),
        Result("memory, idle (sum of resident sizes)", resident, "MB"),
        Result("memory after the load (shared pages once)", after_proportional, "MB"),
        Result("memory after the load (sum of resident sizes)", after, "MB"),
        Result("start to ready", median(starts), "s", 3, 1),
    ]
    show(f"Redirects, {given.links:,} links", results)


if __name__ == "__main__":
    main()
