"""Clicks from the journal into the click store on one core, with enrichment and roll-ups: ``python -m bench.ingest``.

Each round is a process of its own on one core: a journal that is far behind, which is taken in with the pipeline's own bounds,
and journals that come in transactions of some size, as they do when clicks are taken in while they are made.
"""

import argparse
import cProfile
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
from contextlib import contextmanager
from ipaddress import ip_network
from itertools import accumulate
from pathlib import Path

from bench.support import Result, note, show, wait_for_quiet
from linnet.clicks.enrich import Enrichment
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.ordering import Ordering
from linnet.clicks.pipeline import PORTION_ROWS, TRANSACTION_ROWS, Pipeline
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
IDLE_ROUNDS = 50
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
LANGUAGES = ("en", "en", "en", "de", "es", "fr", "pt", "ja", "zh", "")
PROXY = "10.0.0.1"
# Rows of a transaction, and in how many of them the rate is measured.
BATCHES = {1_000: 150, 10_000: 50, 50_000: 20}
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


def raw_clicks(number: int, seed: int = 7, *, proxied: bool = False) -> Iterator[RawClick]:
    """Visits as the edge sees them, in the order of time; ``proxied``: all come by one proxy."""
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
            PROXY if proxied else address,
            address if proxied else "",
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


def fill_journal(directory: Path, number: int, *, proxied: bool = False) -> float:
    """Write ``number`` clicks as the edge does, tick by tick; returns the seconds spent in the journal."""
    writer = JournalWriter(directory, node="bench", fsync="never")
    clicks, spent = raw_clicks(number, proxied=proxied), 0.0
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


def work(directory: Path, *, batch: int | None, profile: bool) -> dict[str, float]:
    """Take the journal into a new store, in transactions of ``batch`` rows (None: as when it is far behind), then put the days
    in order that are over, and tell what it cost; meant to be the only thing that its process does."""
    store = DuckdbClickStore(directory / "clicks.duckdb")
    geo = GeoLookup()
    proxies = (ip_network(PROXY),)
    enrichment = Enrichment(
        proxies, agent_of, geo.place_of, referrer_of, geo.places_of, salt_of=lambda _: b"a salt for all days"
    )
    reader, rows = JournalReader(directory / "journal"), batch or PORTION_ROWS
    pipeline = Pipeline(reader, enrichment, store, Silent(), portion_rows=rows, transaction_rows=batch or TRANSACTION_ROWS)
    agent_of("warm")
    warm_mb = resident_mb()
    with profiled(profile), Stopwatch() as taking:
        total = 0
        while taken := pipeline.run_once():
            total += taken
    peak_mb, after_mb = peak_resident_mb(), resident_mb()
    with Stopwatch() as idling:
        for _ in range(IDLE_ROUNDS):
            pipeline.run_once()
    taken_bytes = used_bytes(store)
    with Stopwatch() as ordering:
        Ordering(store, quiet_seconds=0).work_off()
    stored = store.cursor().execute("SELECT count(*), (SELECT sum(clicks) FROM rollup_quarters) FROM clicks").fetchone()
    assert stored == (total, total), (stored, total)
    ordered_bytes = used_bytes(store)
    store.close()
    return {
        "clicks": total,
        "wall": taking.wall,
        "cpu": taking.cpu,
        "idle": idling.cpu / IDLE_ROUNDS,
        "ordering": ordering.cpu,
        "bytes": taken_bytes,
        "ordered_bytes": ordered_bytes,
        "warm_mb": warm_mb,
        "after_mb": after_mb,
        "peak_mb": peak_mb,
    }


class Stopwatch:
    """The seconds of a block: by the clock, and of CPU in all threads of this process."""

    def __enter__(self) -> "Stopwatch":
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


@contextmanager
def profiled(wanted: bool) -> Iterator[None]:
    """Print which functions the block spent its time in, if that is wanted."""
    if not wanted:
        yield
        return
    profiler = cProfile.Profile()
    with profiler:
        yield
    profiler.print_stats("tottime")


def used_bytes(store: DuckdbClickStore) -> int:
    """What the store needs of its file; the rest is free, and used next."""
    with store.cursor() as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT used_blocks * block_size FROM pragma_database_size()").fetchone()
    assert row
    return int(row[0])


def resident_mb() -> float:
    """The resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def peak_resident_mb() -> float:
    """The most that was resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(clicks: int, given: argparse.Namespace, batch: int | None = None) -> dict[str, float]:
    """One round in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="linnet-bench-", dir=os.environ.get("LINNET_BENCH_DIR")) as name:
        note(f"{clicks:,} clicks" + (f" in transactions of {batch:,}" if batch else ""))
        spent = fill_journal(Path(name) / "journal", clicks, proxied=given.proxied)
        command = [sys.executable, "-m", "bench.ingest", "--work", "--directory", name, "--core", str(given.core)]
        command += [*(["--batch", str(batch)] if batch else []), *(["--profile"] if given.profile else [])]
        run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *listing, last = run.stdout.strip().splitlines()
    print("\n".join(listing[:60]))
    return {"append": spent, **json.loads(last)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=2_000_000, help="of the journal that is far behind")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--proxied", action="store_true", help="all visits come by a trusted proxy")
    parser.add_argument("--behind", action="store_true", help="only the journal that is far behind")
    parser.add_argument("--profile", action="store_true", help="of the journal that is far behind alone")
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        os.sched_setaffinity(0, {given.core})
        print(json.dumps(work(given.directory, batch=given.batch, profile=given.profile)))
        return
    wait_for_quiet()
    behind = measured(given.clicks, given)
    clicks = behind["clicks"]
    show(
        f"Ingest of {given.clicks:,} clicks, one core",
        [
            Result("journal → store, by CPU time", clicks / behind["cpu"], "clicks/s", 100_000, 250_000, at_least=True),
            Result("journal → store, by the clock", clicks / behind["wall"], "clicks/s"),
            Result("putting days that are over in order, by CPU time", clicks / behind["ordering"], "clicks/s"),
            Result("disk per click, with roll-ups", behind["bytes"] / clicks, "bytes", 60, 40),
            Result("disk per click, days in order", behind["ordered_bytes"] / clicks, "bytes", 60, 40),
            Result("journal append, 12 records a tick", behind["append"] / (clicks / RECORDS_PER_TICK) * 1e6, "µs"),
            Result("a look at a journal without news", behind["idle"] * 1e6, "µs of CPU"),
            Result("resident: user-agent rules loaded", behind["warm_mb"], "MB"),
            Result("resident: after the last click", behind["after_mb"], "MB"),
            Result("resident: peak", behind["peak_mb"], "MB"),
        ],
    )
    if given.behind or given.profile:
        return
    print("\n| rows in a transaction | by CPU time | by the clock | a transaction | disk per click | resident, peak |")
    print("|---|---|---|---|---|---|")
    for batch, times in BATCHES.items():
        found = measured(batch * times, given, batch)
        rates = [f"{found['clicks'] / found[kind]:,.0f} /s" for kind in ("cpu", "wall")]
        each = f"{found['wall'] / found['clicks'] * batch * 1e3:.0f} ms"
        disk = f"{found['bytes'] / found['clicks']:.1f} bytes"
        print(f"| {batch:,} | {' | '.join(rates)} | {each} | {disk} | {found['peak_mb']:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
