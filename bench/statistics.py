"""Statistics of 50 million clicks of one domain beside four small ones: ``python -m bench.statistics``.

Every kind of question, the disk and memory that it takes, and what comes in while questions are asked.
"""

import argparse
import itertools
import json
import math
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from bench.clicks_made import BIG, DAYS, FIRST, make_clicks
from bench.ingest import Silent, raw_clicks, resident_mb, used_bytes
from bench.questions import SUBJECTS, Asked, Subject, ask, asked_of
from bench.support import Result, median, note, scratch, show, wait_for_quiet
from linnet.clicks.enrich import Enrichment
from linnet.clicks.journal import JournalReader, JournalWriter
from linnet.clicks.pipeline import Pipeline
from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.errors import StatisticsUnavailable
from linnet.statistics.duckdb_engine import DuckdbStatistics
from linnet.visitor.agent import agent_of
from linnet.visitor.geo import GeoLookup
from linnet.visitor.referrer import referrer_of

CLICKS: Final = 50_000_000
INGESTED: Final = 400_000
READERS: Final = 2
# Budget and stretch in milliseconds: of the big domain without filters, with them, and of everything smaller.
PLAIN, FILTERED, SMALLER = (100, 30), (500, 150), (60, 25)


class Timed(NamedTuple):
    """How long a question took, by the clock and by CPU time, in milliseconds."""

    subject: Subject
    asked: Asked
    walls: Sequence[float]
    cpus: Sequence[float]

    def budget(self) -> tuple[int, int]:
        if self.subject.domain_id != BIG or self.subject.link_number is not None:
            return SMALLER
        return FILTERED if self.asked.filtered else PLAIN

    def p95(self) -> float:
        return sorted(self.walls)[math.ceil(len(self.walls) * 0.95) - 1]


def time_questions(engine: DuckdbStatistics, rounds: int) -> list[Timed]:
    """Ask everything, each question a few times on end after one time that is not counted."""
    found = []
    for subject in SUBJECTS:
        note(subject.name)
        for asked in asked_of(subject):
            walls, cpus = list[float](), list[float]()
            with suppress(StatisticsUnavailable):
                ask(engine, asked.question)
                while len(walls) < rounds:
                    wall, cpu = time.perf_counter(), time.process_time()
                    ask(engine, asked.question)
                    walls.append((time.perf_counter() - wall) * 1e3)
                    cpus.append((time.process_time() - cpu) * 1e3)
            if not walls:
                note(f"{asked.name}: nobody would wait for the answer")
                walls, cpus = [math.inf], [math.inf]
            found.append(Timed(subject, asked, walls, cpus))
    return found


def show_questions(timed: Sequence[Timed]) -> None:
    """A table for each subject, in milliseconds."""
    for subject, group in itertools.groupby(timed, key=lambda each: each.subject):
        print(f"\n{subject.name}\n")
        print("| question | median | p95 | CPU | budget | stretch | |\n|---|---|---|---|---|---|---|")
        for each in group:
            budget, stretch = each.budget()
            verdict = Result("", each.p95(), "", budget, stretch).verdict()
            cells = [median(each.walls), each.p95(), median(each.cpus), budget, stretch]
            print(f"| {each.asked.name} | {' | '.join(f'{cell:,.0f}' for cell in cells)} | {verdict} |")
    sys.stdout.flush()


def worst(timed: Sequence[Timed]) -> list[Result]:
    """The greatest p95 of each kind that has a budget."""
    names = {PLAIN: "big domain, no filter", FILTERED: "big domain, filters", SMALLER: "a link or a small domain"}
    results = []
    for bounds, name in names.items():
        of_kind = [each for each in timed if each.budget() == bounds]
        met = sum(each.p95() <= bounds[0] for each in of_kind)
        slowest = max(of_kind, key=Timed.p95)
        what = f"{name}: p95 of the slowest ({slowest.asked.name}; {met} of {len(of_kind)} meet the budget)"
        results.append(Result(what, slowest.p95(), "ms", *bounds))
    return results


def ingest_beside_questions(store: DuckdbClickStore, engine: DuckdbStatistics) -> list[Result]:
    """Take in clicks of the day that is going on while readers ask at random, each without a pause."""
    geo = GeoLookup()
    enrichment = Enrichment((), agent_of, geo.place_of, referrer_of, geo.places_of, salt_of=lambda _: b"a salt for all days")
    with tempfile.TemporaryDirectory(prefix="linnet-bench-") as name:
        _fill(Path(name))
        pipeline, total = Pipeline(JournalReader(Path(name)), enrichment, store, Silent()), 0
        with _readers(engine) as answered:
            began = time.perf_counter()
            while taken := pipeline.run_once():
                total += taken
            seconds = time.perf_counter() - began
    assert total == INGESTED, total
    return [
        Result(f"clicks taken in while {READERS} readers ask", total / seconds, "/s"),
        Result("questions answered meanwhile", len(answered) / seconds, "/s"),
        Result("median of these questions", median(answered) * 1e3, "ms"),
    ]


@contextmanager
def _readers(engine: DuckdbStatistics) -> Iterator[list[float]]:
    """Threads that ask at random; how long each answer took."""
    every = [asked.question for subject in SUBJECTS for asked in asked_of(subject)]
    ended, answered = threading.Event(), list[float]()

    def read(chance: random.Random) -> None:
        while not ended.is_set():
            began = time.perf_counter()
            with suppress(StatisticsUnavailable):
                ask(engine, chance.choice(every))
            answered.append(time.perf_counter() - began)

    readers = [threading.Thread(target=read, args=(random.Random(number),)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        yield answered
    finally:
        ended.set()
        for reader in readers:
            reader.join()


def _fill(directory: Path) -> None:
    last = datetime.combine(FIRST + timedelta(days=DAYS - 1), datetime.min.time(), UTC)
    at_ms = int(last.timestamp() * 1000)
    writer = JournalWriter(directory, node=f"bench-{time.time_ns()}", fsync="never")
    clicks = iter(raw_clicks(INGESTED))
    for tick in iter(lambda: list(itertools.islice(clicks, 1000)), []):
        records = [click._replace(at_ms=at_ms + number) for number, click in enumerate(tick)]
        assert writer.append(records) == 0
        at_ms += len(tick)
    writer.close()


def made(directory: Path, clicks: int) -> dict[str, float]:
    """The store with so many clicks, made in a process of its own unless it is there from before; what that took."""
    marker = directory / "made.json"
    if not marker.exists():
        note(f"making {clicks:,} clicks; of 50 million, that takes some ten minutes")
        subprocess.run(
            [sys.executable, "-m", "bench.statistics", "--make", "--keep", str(directory), "--clicks", str(clicks)], check=True
        )
    found: dict[str, float] = json.loads(marker.read_text())
    return found


def make(directory: Path, clicks: int) -> None:
    """Make the store, and note what it took."""
    directory.mkdir(parents=True, exist_ok=True)
    store = DuckdbClickStore(directory / "clicks.duckdb", memory_mb=1024)
    began = time.perf_counter()
    ordering = make_clicks(store, clicks)
    with store.cursor() as connection:
        row = connection.execute("SELECT count(*) FROM clicks").fetchone()
    assert row
    store.close()
    told = {"clicks": row[0], "seconds": time.perf_counter() - began, "ordering_seconds": ordering}
    (directory / "made.json").write_text(json.dumps(told))


def measure(directory: Path, clicks: int, rounds: int) -> None:
    """Everything about a store."""
    told = made(directory, clicks)
    wait_for_quiet()
    before_mb = resident_mb()
    began = time.perf_counter()
    store = DuckdbClickStore(directory / "clicks.duckdb")
    opened = time.perf_counter() - began
    engine = DuckdbStatistics(store.cursor, store.clear_domain)
    timed = time_questions(engine, rounds)
    asked_mb, used, size = resident_mb(), used_bytes(store), (directory / "clicks.duckdb").stat().st_size
    beside = ingest_beside_questions(store, engine)
    store.close()
    show_questions(timed)
    show(
        f"Statistics of {told['clicks']:,.0f} clicks",
        [
            *worst(timed),
            Result("disk per click, with roll-ups", used / told["clicks"], "bytes", 60, 40),
            Result("the file, with what is free in it, per click", size / told["clicks"], "bytes"),
            Result("resident, before the store was opened", before_mb, "MB"),
            Result("resident, after all questions", asked_mb, "MB"),
            Result("opening the store", opened * 1e3, "ms"),
            Result("putting a day in order, with its visitors", told["ordering_seconds"] / DAYS, "s"),
            *beside,
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=CLICKS, help="of the big domain")
    parser.add_argument("--rounds", type=int, default=20, help="how often each question is asked")
    parser.add_argument("--keep", type=Path, help="keep the store in this directory, or use the one that is there")
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make(given.keep, given.clicks)
    elif given.keep is not None:
        measure(given.keep, given.clicks, given.rounds)
    else:
        with scratch() as directory:
            measure(directory, given.clicks, given.rounds)


if __name__ == "__main__":
    main()
