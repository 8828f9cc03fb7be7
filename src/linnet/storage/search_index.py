"""The search index of a node: a SQLite file with the texts of all links, made from the database and anew when it is lost."""

import os
import queue
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Final
from urllib.parse import quote

from linnet.model.errors import SearchUnavailable
from linnet.storage.search_terms import SearchedLink, columns, sampled_terms, split_labels

_VERSION: Final = 1
_CONNECTIONS: Final = 8
# How long a reader waits for what another process does to the file as a whole; writers do not wait at all.
_PATIENCE_SECONDS: Final = 1.0
# Of every so many links the terms are counted: enough to tell rare ones from frequent ones.
_SAMPLE: Final = 64
_COLUMNS: Final = "path, url, title, tags, short, domain, archived, creator, folder, labels"
_MARKS: Final = ", ".join("?" * 11)
# Without positions and copies in the index itself: it takes a quarter of the room, and texts are compared anyway.
_SCHEMA: Final = f"""
CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, sequence INTEGER NOT NULL,
  building INTEGER NOT NULL, built INTEGER NOT NULL, total INTEGER NOT NULL);
INSERT INTO state VALUES (1, {_VERSION}, 0, 1, 0, 0);
CREATE TABLE docs (number INTEGER PRIMARY KEY, domain INTEGER NOT NULL, path_key TEXT NOT NULL, created INTEGER NOT NULL,
  updated INTEGER NOT NULL);
CREATE UNIQUE INDEX docs_by_path ON docs (domain, path_key);
CREATE INDEX docs_by_created ON docs (domain, created, number);
CREATE INDEX docs_by_updated ON docs (domain, updated, number);
CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL, labels TEXT NOT NULL);
CREATE TABLE counts (domain INTEGER NOT NULL, label TEXT NOT NULL, links INTEGER NOT NULL,
  PRIMARY KEY (domain, label)) WITHOUT ROWID;
CREATE TABLE sampled (term TEXT PRIMARY KEY, links INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 ({_COLUMNS}, content = '', columnsize = 0, detail = none,
  tokenize = 'trigram case_sensitive 1');
"""  # noqa: S608
_PRAGMAS: Final = ("synchronous = NORMAL", "cache_size = -16000", "journal_size_limit = 33554432", "temp_store = MEMORY")
_NUMBER: Final = attrgetter("number")


class SearchIndex:
    """The file at ``path``. Shared by threads and processes: any number read, and one writes, while it gets the turn.

    SearchUnavailable where it cannot be used now; ``discard`` throws it away when it is broken.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.LifoQueue[tuple[tuple[int, int], sqlite3.Connection]] = queue.LifoQueue(_CONNECTIONS)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the index."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator["SearchWriter | None"]:
        """The turn to write, committed at the end; None when somebody else has it."""
        with self._connection() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                yield None
                return
            try:
                yield SearchWriter(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def sequence(self) -> int | None:
        """The number of the last change that is in the index; None while it is being made."""
        with self.reading() as connection:
            building, sequence = connection.execute("SELECT building, sequence FROM state").fetchone()
        return None if building else sequence

    def progress(self) -> float:
        """Which part of all links the index holds, while it is being made; 1 afterwards."""
        with self.reading() as connection:
            building, built, total = connection.execute("SELECT building, built, total FROM state").fetchone()
        return 1.0 if not building else min(built / total, 0.99) if total else 0.0

    def discard(self) -> None:
        """Remove the file. Who has it open finds a new one next time."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Close all idle connections."""
        while True:
            try:
                self._idle.get_nowait()[1].close()
            except queue.Empty:
                return

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            identity, connection = self._taken()
        except (OSError, sqlite3.Error) as error:
            raise _unavailable(error) from error
        try:
            yield connection
        except sqlite3.Error as error:
            connection.close()
            raise _unavailable(error) from error
        except BaseException:
            connection.close()
            raise
        try:
            self._idle.put_nowait((identity, connection))
        except queue.Full:
            connection.close()

    def _taken(self) -> tuple[tuple[int, int], sqlite3.Connection]:
        """A connection to the file that has our path now: it may have been discarded by another process."""
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        found = os.stat(self._path)
        identity = found.st_dev, found.st_ino
        while True:
            try:
                kept, connection = self._idle.get_nowait()
            except queue.Empty:
                return identity, self._opened()
            if kept == identity:
                return identity, connection
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw",
            uri=True,
            timeout=_PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            _prepare(connection)
            connection.execute("PRAGMA busy_timeout = 0")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def is_broken(error: BaseException | None) -> bool:
    """Whether the file itself is to blame: it is no index, or a part of it cannot be read."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _unavailable(error: Exception) -> SearchUnavailable:
    return SearchUnavailable(f"The search index cannot be used now ({error}).")


def _prepare(connection: sqlite3.Connection) -> None:
    """The tables of this version, empty where there were none or others."""
    if _version(connection) == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) != _VERSION:
        kept = "SELECT type, name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'words\\__%' ESCAPE '\\'"
        for _, name in connection.execute(f"{kept} AND name NOT LIKE 'sqlite_%'").fetchall():
            connection.execute(f'DROP TABLE "{name}"')
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'state'").fetchone()[0]:
        return 0
    with closing(connection.execute("SELECT * FROM state")) as rows:
        names = [name for name, *_ in rows.description]
        row = rows.fetchone()
    return int(dict(zip(names, row or (), strict=False)).get("version", 0))


class SearchWriter:
    """What the one who has the turn does to the index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT building, built, sequence FROM state").fetchone()
        self.is_building, self.built, self.sequence = bool(row[0]), row[1], row[2]

    def begin_building(self, sequence: int, total: int) -> None:
        """Empty the index; it is made from the links, of which there are about ``total``, and then from changes after
        ``sequence``."""
        for table in ("docs", "texts", "counts", "sampled"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608
        self._connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
        self._connection.execute("UPDATE state SET building = 1, built = 0, sequence = ?, total = ?", (sequence, total))
        self.is_building, self.built, self.sequence = True, 0, sequence

    def built_until(self, number: int) -> None:
        """All links with numbers up to this one are in the index."""
        self._connection.execute("UPDATE state SET built = ?", (number,))
        self.built = number

    def end_building(self) -> None:
        """All links are in the index; changes since the beginning follow."""
        self._connection.execute("UPDATE state SET building = 0")
        self.is_building = False

    def followed_until(self, sequence: int) -> None:
        """All changes up to this one are in the index."""
        self._connection.execute("UPDATE state SET sequence = ?", (sequence,))
        self.sequence = sequence

    def put(self, links: Sequence[SearchedLink], gone: Iterable[tuple[int, str]] = ()) -> None:
        """Put links in, in place of what was known of them and of what had their paths; and take out those that had the paths
        ``gone`` (domain and path key)."""
        rows = sorted(links, key=_NUMBER)
        stale = {number for link in rows if (number := self._at(link.domain_id, link.path_key)) is not None}
        stale |= {number for domain_id, path_key in gone if (number := self._at(domain_id, path_key)) is not None}
        self._remove(stale | {link.number for link in rows})
        texts = [(link.number, link.text(), link.labels()) for link in rows]
        self._connection.executemany(
            "INSERT INTO docs (number, domain, path_key, created, updated) VALUES (?, ?, ?, ?, ?)",
            [(each.number, each.domain_id, each.path_key, each.created_at, each.updated_at) for each in rows],
        )
        self._connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", texts)
        self._connection.executemany(
            f"INSERT INTO words (rowid, {_COLUMNS}) VALUES ({_MARKS})",  # noqa: S608
            [(number, *columns(text, labels)) for number, text, labels in texts],
        )
        self._count(((link.domain_id, labels) for link, (_, _, labels) in zip(rows, texts, strict=True)), 1)
        self._sample(texts)

    def remove_domain(self, domain_id: int, *, at_most: int) -> int:
        """Take out at most so many links of a domain; how many."""
        found = self._connection.execute("SELECT number FROM docs WHERE domain = ? LIMIT ?", (domain_id, at_most)).fetchall()
        self._remove({number for (number,) in found})
        return len(found)

    def _at(self, domain_id: int, path_key: str) -> int | None:
        found = self._connection.execute("SELECT number FROM docs WHERE domain = ? AND path_key = ?", (domain_id, path_key))
        row = found.fetchone()
        return None if row is None else row[0]

    def _remove(self, numbers: Iterable[int]) -> None:
        statement = (
            "SELECT docs.number, docs.domain, text, labels FROM docs JOIN texts ON texts.number = docs.number "
            "WHERE docs.number = ?"
        )
        found = [row for number in sorted(numbers) if (row := self._connection.execute(statement, (number,)).fetchone())]
        self._connection.executemany(
            f"INSERT INTO words (words, rowid, {_COLUMNS}) VALUES ('delete', {_MARKS})",  # noqa: S608
            [(number, *columns(text, labels)) for number, _, text, labels in found],
        )
        for table in ("docs", "texts"):
            self._connection.executemany(f"DELETE FROM {table} WHERE number = ?", [(row[0],) for row in found])  # noqa: S608
        self._count(((domain_id, labels) for _, domain_id, _, labels in found), -1)

    def _count(self, labelled: Iterable[tuple[int, str]], each: int) -> None:
        total = Counter[tuple[int, str]]()
        for domain_id, labels in labelled:
            for label in split_labels(labels):
                total[domain_id, label] += each
        self._connection.executemany(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET links = links + excluded.links",
            [(*place, count) for place, count in total.items()],
        )

    def _sample(self, texts: Iterable[tuple[int, str, str]]) -> None:
        counts = Counter[str]()
        for number, text, _ in texts:
            if number % _SAMPLE == 0:
                counts.update(sampled_terms(text))
        self._connection.executemany(
            "INSERT INTO sampled VALUES (?, ?) ON CONFLICT DO UPDATE SET links = links + excluded.links", list(counts.items())
        )
