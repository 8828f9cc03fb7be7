"""The same load on another shortener that runs here: ``python -m bench.peers --port 3000 --host go.test --pid PID``.

It must have the links ``k0000000``, ``k0000001``...; ``peers.md`` says how. All its processes get core 0, the load comes from
core 1, and nginx is measured in the same rounds.
"""

import argparse

import psutil

from bench.load import PLAIN, SERVER_CORE, Run, Target, measure
from bench.nginx import nginx
from bench.support import Result, median, note, pin, scratch, show, wait_for_quiet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="the other server")
    parser.add_argument("--port", type=int, required=True, help="where it listens on 127.0.0.1")
    parser.add_argument("--host", required=True, help="the Host header under which it has the links")
    parser.add_argument("--links", type=int, default=1_000)
    parser.add_argument("--pid", type=int, action="append", required=True, help="a process of it, its database's or cache's")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    pids = with_descendants(given.pid)
    for pid in pids:
        pin(pid, SERVER_CORE)
    target = Target(pids, given.port, given.host, given.links, 0)
    runs: list[Run] = []
    nginx_runs: list[Run] = []
    with scratch() as directory, nginx(directory / "nginx", cores=[SERVER_CORE]) as (workers, port):
        theirs = Target(workers, port, given.host, given.links, 0)
        for _ in range(given.rounds):
            wait_for_quiet()
            nginx_runs.append(measure(theirs, PLAIN, seconds=given.seconds))
            runs.append(measure(target, PLAIN, seconds=given.seconds))
            note(f"nginx {nginx_runs[-1]}; {given.name} {runs[-1]}")
    pairs = zip(runs, nginx_runs, strict=True)
    show(
        f"{given.name}, {given.links:,} links, {len(pids)} processes on one core",
        [
            Result("nginx, CPU per redirect", median(run.cpu_microseconds for run in nginx_runs), "µs"),
            Result("CPU per redirect", median(run.cpu_microseconds for run in runs), "µs"),
            Result("against nginx", median(run.cpu_microseconds / other.cpu_microseconds for run, other in pairs), "×"),
            Result("redirects per second", median(run.per_second for run in runs), "/s"),
            Result("p99 at full load, 64 connections", median(run.p99 for run in runs), "ms"),
        ],
    )


def with_descendants(pids: list[int]) -> list[int]:
    """These processes, and those that they started."""
    every = dict.fromkeys(pids)
    for pid in pids:
        every.update(dict.fromkeys(child.pid for child in psutil.Process(pid).children(recursive=True)))
    return list(every)


if __name__ == "__main__":
    main()
