"""Installations with many links: at the speed of SQLite for millions, or through the storage on either engine.

Plain links are ``k0000000``, ``k0000001``..., those with rules ``t0000000``...; they are numbered in another order than that of
their paths, as people's links are.
"""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from linnet.model.ids import base62, new_link_id
from linnet.model.link import Link
from linnet.model.targeting import Place
from linnet.storage.database import Database
from linnet.storage.link_rows import url_hash
from linnet.storage.link_tables import link_places, links
from linnet.storage.unit_of_work import UnitOfWork

PLAIN_LETTER, RULED_LETTER = "k", "t"
# One link in ten has rules.
_RULED_SHARE = 10
_LINKS_AT_ONCE = 20_000
_ROWS_AT_ONCE = 1_000_000
# A prime, and no divisor of any number of links: it brings them into an order that looks like none.
_STRIDE = 2_654_435_761
_LANDING = "https://example.com/some/landing/page/"


def destination(number: int) -> str:
    """Where the seeded link of that number leads."""
    return f"{_LANDING}{number}"


def path(letter: str, number: int) -> str:
    """The path of a seeded link; ``browser.lua`` asks for the same."""
    return f"{letter}{number:07d}"


def shares(count: int) -> tuple[int, int]:
    """How many of so many links are plain, and how many have rules."""
    return count - count // _RULED_SHARE, count // _RULED_SHARE


def seed(database: Database, domain_id: int, count: int) -> None:
    """Fill a SQLite database that nobody else uses with ``count`` links besides one sample of each kind.

    The change log is trimmed, as after a quiet week, so that an index that holds nothing is made from the links.
    """
    samples = _add_samples(database, domain_id)
    database.close()
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.create_function("url_hash", 1, url_hash, deterministic=True)
        connection.executescript("PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA cache_size = -1000000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'links' AND type = 'index'"
        ).fetchall()
        indexes = [(name, sql) for name, sql in indexes if sql is not None]
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for sample, number in zip(samples, shares(count), strict=True):
            _copy(connection, sample, number)
        for _, sql in indexes:
            connection.execute(sql)
        connection.executescript(
            "DELETE FROM changes WHERE sequence < (SELECT max(sequence) FROM changes); PRAGMA journal_mode = wal"
        )


def add_links(database: Database, domain_id: int, numbers: range) -> None:
    """Plain links of these numbers, through the storage: for PostgreSQL, and for changes that are to be followed."""
    chance = random.Random(numbers.start)
    for first in range(0, len(numbers), _LINKS_AT_ONCE):
        with database.write() as work:
            sample = _sample(work, domain_id)
            rows = []
            for number in numbers[first : first + _LINKS_AT_ONCE]:
                key = path(PLAIN_LETTER, number)
                made = replace(sample, id=new_link_id(domain_id, chance), path=key, original_url=destination(number))
                rows.append((made, key))
            work.links.add_many(rows)
            work.changes.record_many(domain_id, [key for _, key in rows])


def _add_samples(database: Database, domain_id: int) -> list[Link]:
    with database.write() as work:
        plain = _sample(work, domain_id)
        ruled = replace(plain, id=_link_id(domain_id, RULED_LETTER), path=RULED_LETTER)
        ruled = replace(ruled, iphone_url=f"{_LANDING}apple", android_url=f"{_LANDING}android")
        samples = [work.links.add(link, link.path) for link in (plain, ruled)]
        place = Place(country="DE", region="", original_url=f"{_LANDING}de", created_at=plain.created_at)
        work.places.save(samples[1].number, [place])
        work.changes.record_many(domain_id, [link.path for link in samples])
    return samples


def _sample(work: UnitOfWork, domain_id: int) -> Link:
    now = datetime.now(UTC)
    domain = work.domains.find(domain_id)
    assert domain is not None
    return Link(
        id=_link_id(domain_id, PLAIN_LETTER),
        number=0,
        domain_id=domain_id,
        owner_id=domain.owner_id,
        path=PLAIN_LETTER,
        original_url=_LANDING,
        created_at=now,
        updated_at=now,
    )


def _link_id(domain_id: int, letter: str) -> str:
    return f"lnk_{base62(domain_id)}_{letter}{0:020d}"


def _copy(connection: sqlite3.Connection, sample: Link, count: int) -> None:
    """``count`` links like the sample, with its places; ids are counted in the order of the rows, paths in another."""
    counted = {
        "id": f"'{sample.id[:-20]}' || printf('%020d', i + 1)",
        "path": f"'{sample.path}' || printf('%07d', p)",
        "path_key": f"'{sample.path}' || printf('%07d', p)",
        "original_url": f"'{_LANDING}' || p",
        "url_hash": f"url_hash('{_LANDING}' || p)",
    }
    columns = [column.name for column in links.columns if column.name != "number"]
    last = connection.execute("SELECT max(number) FROM links").fetchone()[0]
    connection.execute("DROP TABLE IF EXISTS temp.sample")
    connection.execute(f"CREATE TEMP TABLE sample AS SELECT * FROM links WHERE number = {sample.number}")
    for first in range(0, count, _ROWS_AT_ONCE):
        end = min(count, first + _ROWS_AT_ONCE)
        connection.execute(
            f"""
            INSERT INTO links ({", ".join(columns)})
            WITH RECURSIVE
              counted(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM counted WHERE i + 1 < {end}),
              placed AS (SELECT i, i * {_STRIDE} % {count} AS p FROM counted)
            SELECT {", ".join(counted.get(name, name) for name in columns)} FROM placed, temp.sample
            """
        )
    columns = [column.name for column in link_places.columns if column.name not in ("id", "link_number")]
    connection.execute(
        f"""
        INSERT INTO link_places (link_number, {", ".join(columns)})
        SELECT links.number, {", ".join(f"sample.{name}" for name in columns)} FROM links, link_places AS sample
        WHERE sample.link_number = {sample.number} AND links.number > {last}
        """
    )
