"""CPU per redirect against nginx, latency, memory, start and the route index: ``python -m bench.redirect``.

nginx answers ``return 302`` with a buffered access log. Both have one worker, on core 0; the load comes from core 1. With
``--all`` there are more kinds of traffic, two workers and a proxy besides, and what ``bench.follower`` measures.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import follower
from bench.footprint import starts, touched, worker_memory
from bench.load import CLOSING, LOAD_CORE, MISSES, MIXED, PLAIN, PROXIED, PROXIED_RULES, RULES, SERVER_CORE, Target
from bench.nginx import nginx
from bench.rounds import Bench, Runs, table
from bench.seeding import shares
from bench.support import Result, installation, pinned_workers, scratch, show, timed_start
from tests.support.server import Server

BOTH_CORES = (SERVER_CORE, LOAD_CORE)
EVERY_TRAFFIC = (PLAIN, RULES, MISSES, MIXED, CLOSING)


def verdicts(full: Runs, paced: Runs) -> list[Result]:
    """The figures that have a budget: CPU against nginx for plain links, that of rules against these, and p99."""
    results = [Result(f"CPU against nginx, {PLAIN.name}", full.against_nginx(PLAIN), "×", 1.9, 1.5)]
    if RULES in full.linnet:
        results.append(Result(f"CPU of {RULES.name} against {PLAIN.name}", full.against(RULES, PLAIN), "×", 2))
    for kind in paced.linnet:
        share = paced.median(kind, "per_second") / full.median(kind, "per_second")
        results.append(Result(f"p99 at {share:.0%} of the maximum, {kind.name}", paced.median(kind, "p99"), "ms", 2, 1))
    return [*results, full.stolen()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="how long each run takes")
    parser.add_argument("--all", action="store_true", help="every kind of traffic, two workers, a proxy, and the follower")
    given = parser.parse_args()
    with scratch() as directory:
        server = installation(directory / "linnet", workers=1)
        try:
            show(f"Start, memory and route index, {given.links:,} links", starts(server, given.links))
            one_worker(server, directory / "nginx", given)
            if given.all:
                two_workers(server, directory / "nginx-2", given)
                behind_a_proxy(server, directory / "nginx-1", given)
        finally:
            server.stop()
    if given.all:
        follower.run(links=given.links, samples=100)


def one_worker(server: Server, directory: Path, given: argparse.Namespace) -> None:
    """Both on one core, at full load and at half of it; and what the worker holds when it has seen all pages."""
    kinds = EVERY_TRAFFIC if given.all else (PLAIN,)
    with nginx(directory, cores=[SERVER_CORE]) as (pids, port):
        bench = bench_of(server, pids, port, given)
        full = bench.full(kinds)
        paced = bench.paced(kinds, full)
    table(f"Redirects, one worker, {given.links:,} links", full, paced)
    show("Redirects, one worker", verdicts(full, paced))
    show("Memory after the load", touched(server, bench.ours, full.median(PLAIN, "per_second")))


def two_workers(server: Server, directory: Path, given: argparse.Namespace) -> None:
    """A worker on each core, which it shares with a thread of the load; nginx likewise."""
    kinds = (PLAIN, MIXED)
    restart(server, workers=2)
    with nginx(directory, cores=BOTH_CORES) as (pids, port):
        bench = replace(bench_of(server, pids, port, given), cores=BOTH_CORES)
        full = bench.full(kinds)
        paced = bench.paced(kinds, full)
    table("Redirects, two workers on two cores, which they share with the load", full, paced)
    memory = worker_memory(bench.ours.pids[0], "one of two, after the load")
    show("Redirects, two workers", [*verdicts(full, paced), *memory])


def behind_a_proxy(server: Server, directory: Path, given: argparse.Namespace) -> None:
    """Requests that a proxy passes on, each for another address, so that the place of none is remembered."""
    kinds = (PROXIED, PROXIED_RULES)
    server.environment["LINNET_TRUSTED_PROXIES"] = "127.0.0.0/8"
    restart(server, workers=1)
    with nginx(directory, cores=[SERVER_CORE]) as (pids, port):
        full = bench_of(server, pids, port, given).full(kinds)
    table("Redirects behind a proxy, one worker", full)
    ratio = Result("CPU of rules against plain links, addresses at random", full.against(PROXIED_RULES, PROXIED), "×", 2)
    show("Rules behind a proxy", [ratio, full.stolen()])


def restart(server: Server, *, workers: int) -> None:
    """Stop it, and start it with another number of workers or other settings."""
    server.stop()
    server.workers = workers
    timed_start(server)


def bench_of(server: Server, pids: Sequence[int], port: int, given: argparse.Namespace) -> Bench:
    """The running server's workers on as many cores as nginx's."""
    plain, ruled = shares(given.links)
    cores = BOTH_CORES[: server.workers]
    ours = Target(pinned_workers(server, cores, LOAD_CORE), server.port, server.host, plain, ruled)
    theirs = Target(pids, port, server.host, plain, ruled)
    return Bench(server, ours, theirs, given.rounds, given.seconds)


if __name__ == "__main__":
    main()
