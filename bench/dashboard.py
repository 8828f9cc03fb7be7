"""Pages of the dashboard at a million links of one domain: ``python -m bench.dashboard``.

How long the server takes for each, and how much a browser loads for it. ``--keep DIR`` keeps the installation, or uses the one
that is there.
"""

import argparse
import gzip
import http.client
import json
import math
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from bench.support import Result, drain, installation, median, note, scratch, show, timed_start, wait_for_quiet
from linnet.model.ids import new_link_id
from linnet.model.link import Link
from linnet.storage.columns import moment
from linnet.storage.database import Database, utc_now
from linnet.storage.search_index import SearchIndex
from tests.support.server import DOMAIN, EMAIL, PASSWORD, Server

LINKS: Final = 1_000_000
CLICKS: Final = 20_000
_AT_ONCE: Final = 20_000
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_SYLLABLES: Final = "ba be di do fa fi ga ku la lo ma me ni no pa po ra re sa so ta ti va zu".split()
_ASSET: Final = re.compile(r'(?:href|src)="(/static/[^"]+)"')
TABLE: Final = "/dashboard/domains/{domain}/links"


@dataclass(frozen=True, slots=True)
class Timed:
    """A page: its name, its address ({domain} and {link} are put in), and how slow it may be, in milliseconds."""

    name: str
    address: str
    budget: float = 50.0


def searched(name: str, **query: str) -> Timed:
    """A page of the table."""
    return Timed(name, f"{TABLE}?{urlencode(query)}")


# Add pages here: each is asked for as often as the others, in turn.
PAGES: Final = (
    Timed("links, newest first", TABLE),
    searched("links, oldest first", sort="oldest"),
    searched("links by path", sort="path"),
    searched("links by path, downwards", sort="path-down"),
    searched("links, last changed first", sort="changed"),
    searched("links, most clicks first", sort="clicks"),
    searched("links, the last page", last="1"),
    searched("links by path, the last page", sort="path", last="1"),
    searched("archived links", show="archived"),
    searched("search: a word of many links", q="{frequent}"),
    searched("search: a path", q="{path}"),
    searched("search: a whole destination", q="{url}"),
    searched("search: two words", q="{frequent} {rare}"),
    searched("search: nothing is found", q="nothing like it"),
    searched("search: a part of all links", q="example"),
    searched("search: two letters", q="ba"),
    searched("search by path order: a word of many links", q="{frequent}", sort="path"),
    searched("search by clicks: a word of many links", q="{frequent}", sort="clicks"),
    searched("a folder", folder="{folder}"),
    searched("a tag", tag="{tag}"),
    searched("a tag, a folder and a word, by path", tag="{tag}", folder="{folder}", q="{frequent}", sort="path"),
    Timed("folders", "/dashboard/domains/{domain}/folders"),
    Timed("tags", "/dashboard/domains/{domain}/tags"),
    Timed("overview of all domains", "/dashboard/overview"),
    Timed("edit a link", "/dashboard/links/{link}"),
)


class Words:
    """Made-up words, some frequent and most rare, the same in each run."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        self.words = ["".join(self.chance.choices(_SYLLABLES, k=self.chance.randrange(2, 5))) for _ in range(5000)]
        self.hosts = [f"www.{self.word()}.example" for _ in range(2000)]
        self.tags = [f"{self.word()}{number}" for number in range(400)]

    def word(self) -> str:
        """A word; the first ones most often (Zipf)."""
        return self.words[min(int(self.chance.paretovariate(0.7)) - 1, len(self.words) - 1)]


def seed(database: Database, domain_id: int, count: int) -> None:
    """Links of a domain that nobody uses yet, of two years, with titles, tags, folders, and a tenth of them archived."""
    words, now = Words(), utc_now()
    step = 2 * 365 * 86_400_000_000 // count
    begin = int(now.timestamp() * 1e6) - step * count
    made_at = iter(range(begin, begin + step * count, step))
    for first in range(0, count, _AT_ONCE):
        rows = [_link(words, domain_id, number, next(made_at)) for number in range(first, min(first + _AT_ONCE, count))]
        with database.write() as work:
            work.links.add_many([(link, link.path) for link in rows])


def _link(words: Words, domain_id: int, number: int, made_at: int) -> Link:
    chance = words.chance
    path = f"{words.word()}-{number:x}" if number % 3 else f"{number:07x}"
    at = moment(made_at)
    return Link(
        id=new_link_id(domain_id, chance),
        number=0,
        domain_id=domain_id,
        owner_id=1,
        path=path,
        original_url=f"https://{chance.choice(words.hosts)}/{words.word()}/{words.word()}?utm_source=mail&id={number}",
        created_at=at,
        updated_at=moment(made_at + chance.randrange(10**12)),
        title=" ".join(words.word() for _ in range(chance.randrange(2, 7))) if number % 2 else None,
        tags=tuple(dict.fromkeys(chance.choices(words.tags, k=number % 3))),
        folder_id=f"folder-{number % 50}" if number % 4 == 0 else None,
        archived=number % 10 == 0,
    )


@dataclass(slots=True)
class Visitor:
    """A browser that is signed in."""

    server: Server
    connection: http.client.HTTPConnection
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> bytes:
        """The body of a page, compressed where the server compresses it."""
        return self._ask("GET", address)

    def sign_in(self) -> None:
        """Begin a session."""
        body = urlencode({"email": EMAIL, "password": PASSWORD})
        self._ask("POST", "/sign-in", body, expected=303)

    def _ask(self, method: str, address: str, body: str | None = None, *, expected: int = 200) -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        assert response.status == expected, (address, response.status, content[:300])
        for cookie in response.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return content


@contextmanager
def signed_in(server: Server) -> Iterator[Visitor]:
    """A browser at a running server."""
    host, _, port = server.base_url.partition("//")[2].partition(":")
    with closing(http.client.HTTPConnection(host, int(port))) as connection:
        visitor = Visitor(server, connection)
        visitor.sign_in()
        yield visitor


def prepare(server: Server, links: int, clicks: int) -> None:
    """Fill an installation, and wait until its search index is made and its clicks are stored."""
    database = Database(server.database_url)
    began = time.monotonic()
    seed(database, server.domain_id, links)
    database.close()
    note(f"made {links:,} links in {time.monotonic() - began:.0f} s")
    note(f"ready after {timed_start(server):.0f} s, with a route index to build")
    began, index = time.monotonic(), SearchIndex(server.directory / "search.db")
    while index.sequence() is None:
        time.sleep(0.5)
    index.close()
    note(f"the search index was made in {time.monotonic() - began:.0f} s")
    visit(server, clicks)


def visit(server: Server, clicks: int) -> None:
    """Clicks on some of the links, most on a few of them."""
    chance = random.Random(2)
    database = Database(server.database_url)
    with database.read() as work:
        paths = [link.path for link in work.links.find_many((), range(1, 3000))]
    database.close()
    host, _, port = server.base_url.partition("//")[2].partition(":")
    with closing(http.client.HTTPConnection(host, int(port))) as connection:
        for _ in range(clicks):
            path = paths[min(int(chance.paretovariate(0.6)) - 1, len(paths) - 1)]
            connection.request("GET", f"/{path}", headers={"Host": f"{DOMAIN}:{port}", "User-Agent": _AGENT})
            connection.getresponse().read()
    drain(server)


def addresses(server: Server, pages: Sequence[Timed]) -> list[tuple[Timed, Callable[[], str]]]:
    """Each page with what gives its address, another one each time where the page is about a link."""
    database, chance = Database(server.database_url), random.Random(3)
    with database.read() as work:
        highest = work.links.find_many((), [1])[0].number + LINKS
        samples = work.links.find_many((), [chance.randrange(1, highest) for _ in range(500)])
    database.close()
    words = Words()

    def address(page: Timed) -> str:
        link = chance.choice(samples)
        values = {
            "domain": str(server.domain_id),
            "link": link.id,
            "path": link.path,
            "url": link.original_url,
            "frequent": words.words[chance.randrange(20)],
            "rare": words.words[chance.randrange(500, 5000)],
            "folder": f"folder-{chance.randrange(12) * 4}",
            "tag": chance.choice(words.tags),
        }
        whole = page.address
        for name, value in values.items():
            quoted = urlencode({"": value})[1:]
            whole = whole.replace(f"{{{name}}}", value).replace(f"%7B{name}%7D", quoted)
        return whole

    return [(page, partial(address, page)) for page in pages]


def measure(server: Server, rounds: int, pages: Sequence[Timed] = PAGES) -> None:
    """Ask for every page in turn, and print how long it took and what it weighs."""
    asked = addresses(server, pages)
    times: dict[str, list[float]] = {page.name: [] for page, _ in asked}
    weights: dict[str, int] = {}
    with signed_in(server) as visitor:
        for page, address in asked:
            weights[page.name] = weight(visitor, address())
        wait_for_quiet()
        for _ in range(rounds):
            for page, address in asked:
                where = address()
                began = time.perf_counter()
                visitor.get(where)
                times[page.name].append((time.perf_counter() - began) * 1e3)
    print("\n| page | median | p95 | budget | loaded | |\n|---|---|---|---|---|---|")
    every = [each for page in times.values() for each in page]
    for page, _ in asked:
        p95 = percentile(times[page.name])
        cells = (
            f"{median(times[page.name]):.1f} ms",
            f"{p95:.1f} ms",
            f"{page.budget:.0f} ms",
            f"{weights[page.name] / 1000:.0f} kB",
        )
        print(f"| {page.name} | {' | '.join(cells)} | {Result('', p95, 'ms', page.budget).verdict()} |")
    size = sum(path.stat().st_size for path in server.directory.glob("search.db*"))
    show(
        f"Pages of the dashboard, {LINKS:,} links",
        [
            Result("p95 of all pages together", percentile(every), "ms", 50, 25),
            Result("most that a page loads, compressed", max(weights.values()) / 1000, "kB", 300),
            Result("the search index", size / 1e6, "MB"),
        ],
    )


def weight(visitor: Visitor, address: str) -> int:
    """The bytes of a page with its style sheets and scripts, as they are transferred (compressed where a proxy or we do it)."""
    body = visitor.get(address)
    text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    assets = set(_ASSET.findall(text.decode()))
    return len(gzip.compress(text)) + sum(len(visitor.get(asset)) for asset in assets)


def percentile(values: Sequence[float], part: float = 0.95) -> float:
    """The value that so many are not above."""
    return sorted(values)[math.ceil(len(values) * part) - 1]


class Kept(Server):
    """An installation that is there from before."""

    def _install(self) -> Any:
        return json.loads((self.directory.parent / "installed.json").read_text())


def run(directory: Path, links: int, clicks: int, rounds: int) -> None:
    """Make the installation unless it is there, and measure its pages."""
    marker = directory / "installed.json"
    place = directory / "linnet"
    server = Kept(place, workers=1) if marker.exists() else installation(place, workers=1)
    try:
        if marker.exists():
            timed_start(server)
        else:
            prepare(server, links, clicks)
            marker.write_text(
                json.dumps({"domain": server.domain, "domainId": server.domain_id, "secretKey": "", "publicKey": ""})
            )
        measure(server, rounds)
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=LINKS)
    parser.add_argument("--clicks", type=int, default=CLICKS)
    parser.add_argument("--rounds", type=int, default=30, help="how often each page is asked for")
    parser.add_argument("--keep", type=Path, help="keep the installation in this directory, or use the one that is there")
    given = parser.parse_args()
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
        run(given.keep, given.links, given.clicks, given.rounds)
    else:
        with scratch() as directory:
            run(directory, given.links, given.clicks, given.rounds)


if __name__ == "__main__":
    main()
