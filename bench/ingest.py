"""Clicks from the journal into the click store on one core, with enrichment and roll-ups: ``python -m bench.ingest``."""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from bench.support import Result, note, show
from linnet.clicks.enrich import Enrichment
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.pipeline import Pipeline
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import RawClick
from linnet.visitor.agent import agent_of
from linnet.visitor.geo import GeoLookup
from linnet.visitor.referrer import referrer_of

BEGIN_MS = 1_760_000_000_000
SPAN_MS = 3 * 86_400_000
DOMAINS = 20
LINKS = 100_000
VISITORS_PER_CLICK = 0.4
NETWORKS = 20_000
RECORDS_PER_TICK = 12
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "curl/8.5.0",
    "",
)
SITES = (
    "https://www.facebook.com/",
    "https://t.co/",
    "https://www.google.com/",
    "https://www.linkedin.com/",
    "https://www.reddit.com/",
)
LANGUAGES = ("en", "en", "en", "de", "de", "fr", "es", "pt", "ja", "")
CAMPAIGNS = ("spring", "newsletter-12", "launch", "black friday", "retarget")


class Skewed:
    """Numbers from 0 on, each drawn in proportion to 1 / (n + 1) ** ``exponent``."""

    def __init__(self, size: int, exponent: float) -> None:
        self._sums = list(accumulate(1 / (number + 1) ** exponent for number in range(size)))

    def draw(self, chance: random.Random) -> int:
        return bisect(self._sums, chance.random() * self._sums[-1])


def user_agents(chance: random.Random) -> list[str]:
    """Some two thousand browsers as they are seen: few versions of desktop browsers, many phones."""
    agents = []
    for version in range(118, 132):
        safari = "AppleWebKit/537.36 (KHTML, like Gecko)"
        for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"):
            agents.append(f"Mozilla/5.0 ({system}) {safari} Chrome/{version}.0.0.0 Safari/537.36")
            agents.append(f"Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0")
            agents.append(f"Mozilla/5.0 ({system}) {safari} Chrome/{version}.0.0.0 Safari/537.36 Edg/{version}.0.0.0")
        for _ in range(120):
            phone = f"Linux; Android {chance.randint(9, 15)}; SM-{chance.choice('AGSMN')}{chance.randint(100, 999)}B"
            agents.append(f"Mozilla/5.0 ({phone}) {safari} Chrome/{version}.0.0.0 Mobile Safari/537.36")
    for release in range(12, 18):
        for minor in range(6):
            phone = f"iPhone; CPU iPhone OS {release}_{minor} like Mac OS X"
            engine = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
            agents.append(f"Mozilla/5.0 ({phone}) {engine} Version/{release}.{minor} Mobile/15E148 Safari/604.1")
    chance.shuffle(agents)
    return agents


def raw_clicks(number: int, seed: int = 7) -> Iterator[RawClick]:
    """Visits as the edge sees them, in the order of time."""
    chance = random.Random(seed)
    links, agents = Skewed(LINKS, 1.0), user_agents(chance)
    popular = Skewed(len(agents), 0.8)
    networks = [_network(chance) for _ in range(NETWORKS)]
    busy = Skewed(NETWORKS, 0.9)
    visitors = [
        (_address(networks[busy.draw(chance)], chance), agents[popular.draw(chance)])
        for _ in range(max(1, int(number * VISITORS_PER_CLICK)))
    ]
    blogs = [f"https://blog{n}.example{n % 40}.com/post/{n * 7919}" for n in range(3000)]
    for index in range(number):
        address, agent = chance.choice(visitors)
        if chance.random() < 0.08:
            agent = chance.choice(BOTS)
        link = links.draw(chance)
        source = chance.random()
        referrer = "" if source < 0.4 else chance.choice(SITES) if source < 0.8 else chance.choice(blogs)
        target = f"/{link * 2654435761 % 0xFFFFFF:x}"
        if chance.random() < 0.1:
            target += (
                f"?utm_source={chance.choice(('mail', 'x', 'ads'))}&utm_campaign={chance.choice(CAMPAIGNS).replace(' ', '%20')}"
            )
        elif chance.random() < 0.02:
            target += f"?fbclid=IwAR{chance.getrandbits(96):x}"
        domain = link % DOMAINS
        yield RawClick(
            BEGIN_MS + index * SPAN_MS // number,
            1000 + domain,
            link + 1,
            302,
            "GET",
            f"go{domain}.example.com",
            target,
            address,
            "",
            agent,
            referrer,
            1,
            chance.choice(LANGUAGES),
        )


def _network(chance: random.Random) -> str:
    """The first bits of a provider's network: a /20 of IPv4, or for a fifth of them a /40 of IPv6."""
    if chance.random() < 0.2:
        return f"2a02:{chance.randrange(0x800, 0x8FF):x}:{chance.getrandbits(8):x}"
    return f"{chance.randrange(2, 220)}.{chance.randrange(256)}.{chance.randrange(16)}"


def _address(network: str, chance: random.Random) -> str:
    if ":" in network:
        return f"{network}{chance.getrandbits(8):02x}:{chance.getrandbits(16) | 1:x}::1"
    first, second, third = network.split(".")
    return f"{first}.{second}.{int(third) * 16 + chance.randrange(16)}.{chance.randrange(256)}"


def fill_journal(directory: Path, number: int) -> float:
    """Write ``number`` clicks as the edge does, tick by tick; returns the seconds spent in the journal."""
    writer = JournalWriter(directory, node="bench", fsync="never")
    clicks, spent = raw_clicks(number), 0.0
    while tick := [tuple(click) for _, click in zip(range(RECORDS_PER_TICK), clicks, strict=False)]:
        began = time.perf_counter()
        lost = writer.append(tick)  # type: ignore[arg-type]
        spent += time.perf_counter() - began
        assert not lost
    writer.close()
    return spent


class Silent:
    """Metrics that nobody reads."""

    def __getattr__(self, name: str) -> "Silent":
        return self

    def __call__(self, *_: object) -> None:
        pass


def work(directory: Path, *, profile: bool) -> dict[str, float]:
    """Take the journal into a new store and tell what it cost; meant to be the only thing that its process does."""
    before_mb = resident_mb()
    store = DuckdbClickStore(directory / "clicks.duckdb")
    idle_mb = resident_mb()
    geo = GeoLookup()
    enrichment = Enrichment((), agent_of, geo.place_of, referrer_of, geo.places_of, salt_of=lambda _: b"a salt for all days")
    pipeline = Pipeline(JournalReader(directory / "journal"), enrichment, store, Silent())
    agent_of("warm")
    warm_mb = resident_mb()
    if profile:
        import cProfile

        profiler = cProfile.Profile()
        profiler.enable()
    wall, cpu = time.perf_counter(), time.process_time()
    total = 0
    while taken := pipeline.run_once():
        total += taken
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if profile:
        profiler.disable()
        profiler.print_stats("tottime")
    after_mb = resident_mb()
    stored = store.cursor().execute("SELECT count(*), (SELECT sum(clicks) FROM rollup_quarters) FROM clicks").fetchone()
    assert stored == (total, total), (stored, total)
    store.close()
    size = sum(file.stat().st_size for file in directory.glob("clicks.duckdb*"))
    return {
        "clicks": total,
        "wall": wall,
        "cpu": cpu,
        "bytes": size,
        "before_mb": before_mb,
        "idle_mb": idle_mb,
        "warm_mb": warm_mb,
        "after_mb": after_mb,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def resident_mb() -> float:
    """The resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=2_000_000)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--directory", type=Path, help="a journal made before, which is used up")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        os.sched_setaffinity(0, {given.core})
        print(json.dumps(work(given.directory, profile=given.profile)))
        return
    with tempfile.TemporaryDirectory(prefix="linnet-bench-") as name:
        directory = Path(name)
        note(f"writing {given.clicks:,} clicks into a journal")
        spent = fill_journal(directory / "journal", given.clicks)
        command = [sys.executable, "-m", "bench.ingest", "--work", "--directory", name, "--core", str(given.core)]
        run = subprocess.run(
            [*command, *(["--profile"] if given.profile else [])], check=True, stdout=subprocess.PIPE, text=True
        )
    *listing, last = run.stdout.strip().splitlines()
    print("\n".join(listing[:60]))
    result = json.loads(last)
    show(
        f"Ingest of {given.clicks:,} clicks, one core",
        [
            Result(
                "journal → store, by CPU time", result["clicks"] / result["cpu"], "clicks/s", 100_000, 250_000, at_least=True
            ),
            Result("journal → store, by the clock", result["clicks"] / result["wall"], "clicks/s"),
            Result("disk per click, with roll-ups", result["bytes"] / result["clicks"], "bytes", 60, 40),
            Result("journal append, 12 records a tick", spent / (given.clicks / RECORDS_PER_TICK) * 1e6, "µs"),
            Result("resident: store open, before any click", result["idle_mb"], "MB"),
            Result("resident: user-agent rules loaded", result["warm_mb"], "MB"),
            Result("resident: after the last click", result["after_mb"], "MB"),
            Result("resident: peak", result["peak_mb"], "MB"),
        ],
    )


if __name__ == "__main__":
    main()
