"""How fast changes get into the route index, and how soon after its commit a link redirects: ``python -m bench.follower``.

Another node is a second server on the same database, with a data directory of its own.
"""

import argparse
import http.client
import random
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from bench.seeding import PLAIN_LETTER, add_links, path, seed, shares
from bench.support import Result, installation, median, note, scratch, show, timed_start, wait_for_quiet
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from tests.support import postgres
from tests.support.server import Server

BACKLOG = 100_000
SINGLES = 1_000
POSTGRESQL_LINKS = 100_000
_CHANGES_AT_ONCE = 10_000
_ROUNDS = 3
# Far behind the seeded ones.
_NEW = 5_000_000


def run(*, links: int, samples: int) -> None:
    """Measure and show everything, on SQLite and on PostgreSQL where that is installed."""
    programs = postgres.programs()
    with scratch() as directory:
        with closing(_Node(installation(directory / "sqlite", workers=2))) as node:
            seed(node.database, node.server.domain_id, links)
            results = throughput(node, links, "SQLite")
            results += delays(node, directory / "sqlite-2", samples, "SQLite")
        if programs is None:
            note("PostgreSQL is not installed")
        else:
            with postgres.running_server(programs) as database:
                settings = {"LINNET_DATABASE_URL": database.url(database.new_database("template1"))}
                with closing(_Node(installation(directory / "postgresql", workers=2, settings=settings))) as node:
                    count = min(links, POSTGRESQL_LINKS)
                    add_links(node.database, node.server.domain_id, range(count))
                    _analyse(node.database)
                    results += throughput(node, count, "PostgreSQL")
                    results += delays(node, directory / "postgresql-2", samples, "PostgreSQL")
    show(f"The follower, {links:,} links", results)


class _Node:
    """An installation that does not run yet, with its database open."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.database = Database(server.database_url)

    def close(self) -> None:
        self.database.close()
        self.server.stop()


def throughput(node: _Node, links: int, engine: str) -> list[Result]:
    """Changes of links at random into an index of so many: many at once, and each right after its commit."""
    index = RouteIndex(node.server.directory / "routes.mdb")
    follower = Follower(RouteStore(node.database), index)
    began = time.monotonic()
    follower.follow()
    filled = links / (time.monotonic() - began)
    chance = random.Random(7)
    rates = []
    for _ in range(_ROUNDS):
        wait_for_quiet()
        backlog = min(BACKLOG, links // 2)
        changed = chance.sample(range(shares(links)[0]), backlog)
        for first in range(0, backlog, _CHANGES_AT_ONCE):
            _change(node, changed[first : first + _CHANGES_AT_ONCE])
        began = time.monotonic()
        follower.follow()
        rates.append(backlog / (time.monotonic() - began))
    singles = []
    for number in chance.sample(range(shares(links)[0]), min(SINGLES, links // 2)):
        sequence = _change(node, [number])
        began = time.monotonic()
        follower.catch_up(sequence)
        singles.append((time.monotonic() - began) * 1000)
    index.close()
    where = f"{engine}, {links:,} links"
    return [
        Result(f"routes into an empty index, {where}", filled, "/s", at_least=True),
        Result(f"changes from the log into the index, {where}", median(rates), "/s", at_least=True),
        Result(f"one change, from its commit into the index, p50, {where}", median(singles), "ms"),
        Result(f"one change, from its commit into the index, p99, {where}", _percentile(singles, 0.99), "ms"),
    ]


def delays(node: _Node, directory: Path, samples: int, engine: str) -> list[Result]:
    """New links on the node that made them, when its response has come, and on another node, after the commit."""
    first = node.server
    other = Server(directory, workers=1, joins=first)
    try:
        timed_start(first)
        timed_start(other)
        wait_for_quiet()
        late = sum(first.visit(f"/{first.create()['path']}").status != 302 for _ in range(samples))
        waits = [_wait_of(node, other, number) for number in range(samples)]
    finally:
        other.stop()
        first.stop()
    return [
        Result(f"links of {samples} that did not redirect when the response had come, {engine}", late, "", 0),
        Result(f"from the commit to the redirect on another node, p50, {engine}", median(waits), "ms"),
        Result(f"from the commit to the redirect on another node, p99, {engine}", _percentile(waits, 0.99), "ms", 1000),
    ]


def _wait_of(node: _Node, other: Server, number: int) -> float:
    """The milliseconds from the commit of a new link until the other node redirects; committed at any time of its loop."""
    time.sleep(random.uniform(0, 0.3))
    target = f"/{path(PLAIN_LETTER, _NEW + number)}"
    with closing(http.client.HTTPConnection("127.0.0.1", other.port, timeout=10)) as connection:
        connection.connect()
        add_links(node.database, node.server.domain_id, range(_NEW + number, _NEW + number + 1))
        began = time.monotonic()
        while time.monotonic() - began < 10:
            connection.request("GET", target, headers={"Host": other.host})
            response = connection.getresponse()
            response.read()
            if response.status == 302:
                return (time.monotonic() - began) * 1000
            time.sleep(0.001)
    raise SystemExit(f"The other node did not redirect in 10 s. Its log ends with:\n{other.log_tail()}")


def _analyse(database: Database) -> None:
    """What PostgreSQL does by itself within a minute: until then it takes tables for small, and reads them whole."""
    with database.connect(writing=True) as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _change(node: _Node, numbers: Sequence[int]) -> int | None:
    """Note changes of links; the last one's number."""
    with node.database.write() as work:
        work.changes.record_many(node.server.domain_id, [path(PLAIN_LETTER, number) for number in numbers])
    return work.sequence


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=100, help="new links, on the same node and on another")
    given = parser.parse_args()
    run(links=given.links, samples=given.samples)


if __name__ == "__main__":
    main()
