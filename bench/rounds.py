"""Rounds of nginx and Linnet in turn, so that both see the same machine, and the medians of what they gave."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.load import CLOSING, LOAD_CORE, PLAIN, Run, Target, Traffic, measure
from bench.support import Result, held, median, note, wait_for_quiet
from tests.support.server import Server

_WARM_UP_SECONDS = 2


@dataclass
class Runs:
    """The runs of each kind of traffic, with those of nginx in the same rounds."""

    linnet: dict[Traffic, list[Run]] = field(default_factory=dict)
    nginx: dict[Traffic, list[Run]] = field(default_factory=dict)

    def median(self, traffic: Traffic, figure: str) -> float:
        """The median of one figure of Linnet's runs."""
        return median(getattr(run, figure) for run in self.linnet[traffic])

    def against_nginx(self, traffic: Traffic) -> float:
        """CPU per redirect, as a multiple of nginx's in the same round."""
        pairs = zip(self.linnet[traffic], self.nginx[_like(traffic)], strict=True)
        return median(ours.cpu_microseconds / theirs.cpu_microseconds for ours, theirs in pairs)

    def against(self, traffic: Traffic, other: Traffic) -> float:
        """CPU per redirect, as a multiple of that of another kind of traffic in the same round."""
        pairs = zip(self.linnet[traffic], self.linnet[other], strict=True)
        return median(one.cpu_microseconds / another.cpu_microseconds for one, another in pairs)

    def stolen(self) -> Result:
        """The time that the hypervisor took in the runs."""
        every = [run.stolen for runs in (*self.linnet.values(), *self.nginx.values()) for run in runs]
        return Result("time stolen by the hypervisor", median(every) * 100, "%")


def table(title: str, full: Runs, paced: Runs | None = None) -> None:
    """Print a row for each kind of traffic, with nginx's before those that it is compared with: medians of full load, and
    latencies at about half of it, which say beside nginx's what the machine adds."""
    heads = ("traffic", "CPU a request", "against nginx", "at the most", "at half of that: p50", "p99", "p99.9")
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    shown = set()
    for traffic in full.linnet:
        like = _like(traffic)
        if like not in shown:
            shown.add(like)
            _row(f"nginx, {like.name}", full.nginx[like], "", paced.nginx[like] if paced else [])
        ratio = f"{full.against_nginx(traffic):.2f} ×"
        _row(traffic.name, full.linnet[traffic], ratio, paced.linnet[traffic] if paced else [])


def _row(name: str, runs: Sequence[Run], ratio: str, paced: Sequence[Run]) -> None:
    cost, rate = median(run.cpu_microseconds for run in runs), median(run.per_second for run in runs)
    cells = [name, f"{cost:.1f} µs", ratio, f"{rate:,.0f} /s"]
    for figure in ("p50", "p99", "p999"):
        cells.append(f"{median(getattr(run, figure) for run in paced):.2f} ms" if paced else "")
    print(f"| {' | '.join(cells)} |", flush=True)


@dataclass(frozen=True, slots=True)
class Bench:
    """Both servers, the cores that the load comes from, and how many rounds of how many seconds are measured."""

    server: Server
    ours: Target
    theirs: Target
    rounds: int
    seconds: float
    cores: Sequence[int] = (LOAD_CORE,)

    def full(self, kinds: Sequence[Traffic]) -> Runs:
        """Each kind at the most that the server takes from 64 connections."""
        with held(self.server):
            for traffic in kinds:
                measure(self.ours, traffic, seconds=_WARM_UP_SECONDS, cores=self.cores)
        return self._measure(kinds, {})

    def paced(self, kinds: Sequence[Traffic], full: Runs) -> Runs:
        """Each kind at about half of its maximum rate, from 200 connections that pause."""
        return self._measure(kinds, {traffic: full.median(traffic, "per_second") / 2 for traffic in kinds})

    def _measure(self, kinds: Sequence[Traffic], rates: dict[Traffic, float]) -> Runs:
        runs = Runs()
        for number in range(self.rounds):
            wait_for_quiet()
            with held(self.server):
                for traffic in kinds:
                    of_nginx = runs.nginx.setdefault(_like(traffic), [])
                    if len(of_nginx) == number:
                        of_nginx.append(self._run(self.theirs, _like(traffic), rates.get(traffic, 0)))
                    runs.linnet.setdefault(traffic, []).append(self._run(self.ours, traffic, rates.get(traffic, 0)))
        return runs

    def _run(self, target: Target, traffic: Traffic, rate: float) -> Run:
        run = measure(target, traffic, seconds=self.seconds, cores=self.cores, per_second=rate)
        who = "nginx" if target is self.theirs else "Linnet"
        note(f"{who}, {traffic.name}, {f'at {rate:,.0f} /s' if rate else 'full'}: {run}")
        return run


def _like(traffic: Traffic) -> Traffic:
    """What nginx is asked for beside it: it knows no links, and only the connections can differ."""
    return CLOSING if traffic.closing else PLAIN
