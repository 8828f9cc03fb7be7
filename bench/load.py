"""What is asked of a server, and what a run of it gave: wrk, with the requests of ``browser.lua``."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.support import cpu_seconds, stolen_seconds

SERVER_CORE, LOAD_CORE = 0, 1
FULL_CONNECTIONS, PACED_CONNECTIONS = 64, 200
# How far the share of refused requests may be from the share of paths without a link that were asked for.
_TOLERANCE = 0.02
_SCRIPT = Path(__file__).with_name("browser.lua")
_RESULT = re.compile(r"RESULT requests=(\d+) microseconds=(\d+) p50=(\d+) p99=(\d+) p999=(\d+) refused=(\d+) failed=(\d+)")


@dataclass(frozen=True, slots=True)
class Traffic:
    """A mix of requests, in percent: for plain links, for links with rules by country and device, and, what is left of a
    hundred, for paths without a link. ``forwarded`` by a proxy for visitors of random addresses; ``closing`` the connection
    after each request; every ``step``-th link in turn instead of random ones."""

    name: str
    plain: int = 0
    rules: int = 0
    forwarded: bool = False
    closing: bool = False
    step: int = 0

    @property
    def missing(self) -> float:
        """The share of paths without a link."""
        return 1 - (self.plain + self.rules) / 100


PLAIN = Traffic("plain links", plain=100)
RULES = Traffic("country and device rules", rules=100)
MISSES = Traffic("paths without a link")
MIXED = Traffic("mixed (80 % plain, 15 % rules, 5 % misses)", plain=80, rules=15)
CLOSING = Traffic("plain links, a connection each", plain=100, closing=True)
PROXIED = Traffic("plain links, behind a proxy", plain=100, forwarded=True)
PROXIED_RULES = Traffic("country and device rules, behind a proxy, addresses at random", rules=100, forwarded=True)


@dataclass(frozen=True, slots=True)
class Target:
    """Who answers: processes, on a port, for requests with this Host. It has so many plain links, and so many with rules."""

    pids: Sequence[int]
    port: int
    host: str
    links: int
    ruled: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of wrk gave; latencies in milliseconds, CPU of all answering processes in microseconds a request.

    ``busy`` is how many cores the answering processes used. ``stolen`` is the share of the machine's time that the hypervisor
    gave to others: where it is not near 0, all figures suffer.
    """

    requests: int
    per_second: float
    cpu_microseconds: float
    p50: float
    p99: float
    p999: float
    busy: float
    stolen: float

    def __str__(self) -> str:
        return (
            f"{self.cpu_microseconds:.1f} µs, {self.per_second:,.0f} /s, p99 {self.p99:.2f} ms, "
            f"{self.busy:.0%} of a core, {self.stolen:.0%} stolen"
        )


def measure(
    target: Target, traffic: Traffic, *, seconds: float, cores: Sequence[int] = (LOAD_CORE,), per_second: float = 0
) -> Run:
    """Load the target from these cores: as much as it takes, or at about ``per_second`` from connections that pause."""
    connections = PACED_CONNECTIONS if per_second else FULL_CONNECTIONS
    pause_ms = max(1, round(connections / per_second * 2 * 1000)) if per_second else 0
    command = ["taskset", "-c", ",".join(map(str, cores)), "wrk", f"-t{len(cores)}", f"-c{connections}", f"-d{seconds:.0f}s"]
    command += ["-s", str(_SCRIPT), f"http://127.0.0.1:{target.port}/", "--", *arguments(target, traffic, pause_ms)]
    before, stolen = _spent(target), stolen_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spent, stolen = _spent(target) - before, stolen_seconds() - stolen
    match = _RESULT.search(done.stdout)
    if match is None:
        raise SystemExit(f"wrk printed no result:\n{done.stdout}{done.stderr}")
    requests, microseconds, p50, p99, p999, refused, failed = map(int, match.groups())
    if failed or abs(refused / requests - traffic.missing) > _TOLERANCE:
        raise SystemExit(f"Of {requests} requests for {traffic.name}, {failed} failed, {refused} were refused:\n{done.stdout}")
    return Run(
        requests,
        requests / microseconds * 1e6,
        spent / requests * 1e6,
        p50 / 1000,
        p99 / 1000,
        p999 / 1000,
        spent / seconds,
        stolen / seconds / (os.cpu_count() or 1),
    )


def arguments(target: Target, traffic: Traffic, pause_ms: int = 0) -> list[str]:
    """What ``browser.lua`` is told."""
    given = {
        "host": target.host,
        "links": target.links,
        "ruled": target.ruled,
        "plain": traffic.plain,
        "rules": traffic.rules,
        "step": traffic.step,
        "pause": pause_ms,
        "forwarded": int(traffic.forwarded),
        "close": int(traffic.closing),
    }
    return [f"{name}={value}" for name, value in given.items()]


def _spent(target: Target) -> float:
    return sum(map(cpu_seconds, target.pids))
