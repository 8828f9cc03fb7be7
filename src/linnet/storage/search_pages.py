"""Pages of links from the search index, in any order, behind any place.

The terms of the index say which links may be meant. Where they are few, they are put in order and compared one after the other.
Where they are many, links are gone through in the order that is asked for until a page is full, which takes a few steps just
because so many fit. Where that fails, because all that fit lie far behind, the many are put in order after all.
"""

import json
import sqlite3
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from linnet.model.errors import SearchUnavailable
from linnet.model.search import NO_FOLDER, SHORTEST, LinkQuery, Order, Shown, search_words
from linnet.storage.search_index import SearchIndex
from linnet.storage.search_terms import MOST_TERMS, archived_label, contains, expression, label, terms_of

# So many are counted, and put in order without a second thought.
MANY: Final = 10_000
_WALKED: Final = 10_000
_COMPARED: Final = 500
_SORTED_FIRST: Final = 2_000


class Place(NamedTuple):
    """Where a link stands in an order: by what it is sorted by, and its number. ``unranked`` links come behind all that were
    clicked lately, where those go first."""

    key: int | str
    number: int
    unranked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The places of a page's links. ``more`` follow. ``count`` links fit in all, or (``is_least``) more than that;
    ``is_about``: not all of them were compared."""

    places: Sequence[Place]
    more: bool
    count: int
    is_least: bool = False
    is_about: bool = False


class _Sorting(NamedTuple):
    column: str
    by: str
    descending: bool


_SORTINGS: Final = {
    Order.NEWEST: _Sorting("created", "docs_by_created", True),
    Order.OLDEST: _Sorting("created", "docs_by_created", False),
    Order.PATH: _Sorting("path_key", "docs_by_path", False),
    Order.PATH_DOWN: _Sorting("path_key", "docs_by_path", True),
    Order.CHANGED: _Sorting("updated", "docs_by_updated", True),
    Order.CLICKS: _Sorting("created", "docs_by_created", True),
}


def search_links(
    index: SearchIndex,
    domain_id: int,
    hostname: str,
    query: LinkQuery,
    *,
    limit: int,
    after: Place | None = None,
    backwards: bool = False,
    visible_to: int | None = None,
    ranks: Mapping[int, int] | None = None,
) -> Found:
    """A page of a domain's links. ``backwards`` goes from the end of the order (or from ``after``) towards its beginning, and
    gives the page in the right order still. ``ranks`` are the clicks of the links that have some, for ``Order.CLICKS``, which
    is not gone through backwards.

    SearchUnavailable while the index is being made.
    """
    with index.reading() as connection:
        if connection.execute("SELECT building FROM state").fetchone()[0]:
            raise SearchUnavailable("The search index is being made.")
        page = _Page(connection, domain_id, hostname, query, visible_to)
        if query.order is Order.CLICKS:
            places = page.ranked(ranks or {}, after)
        else:
            places = page.sorted(_turned(_SORTINGS[query.order], backwards), after)
        taken = list(islice(places, limit + 1))
        count, is_least, is_about = page.counted()
    more, taken = len(taken) > limit, taken[:limit]
    if backwards:
        taken.reverse()
    return Found(places=taken, more=more, count=count, is_least=is_least, is_about=is_about)


def count_labelled(index: SearchIndex, domain_id: int, kind: str, values: Sequence[int | str]) -> dict[int | str, int]:
    """How many links of a domain, archived or not, have each of these tags ("tag"), or are in each of these folders ("folder"),
    in the order of ``values``."""
    with index.reading() as connection:
        found = _counts(connection, [domain_id], [label(kind, value) for value in values])
    return {value: found.get((domain_id, label(kind, value)), 0) for value in values}


def count_links(index: SearchIndex, domain_ids: Sequence[int], shown: Shown) -> dict[int, int]:
    """How many links each of these domains has."""
    kinds = _archived_labels(shown)
    with index.reading() as connection:
        found = _counts(connection, domain_ids, kinds)
    return {domain_id: sum(found.get((domain_id, kind), 0) for kind in kinds) for domain_id in domain_ids}


def _archived_labels(shown: Shown) -> list[str]:
    each = [archived_label(kind) for kind in (Shown.ACTIVE, Shown.ARCHIVED) if shown in (kind, Shown.ALL)]
    return [label for label in each if label is not None]


def _counts(connection: sqlite3.Connection, domain_ids: Sequence[int], labels: Sequence[str]) -> dict[tuple[int, str], int]:
    statement = (
        "SELECT counts.domain, counts.label, counts.links FROM json_each(?) AS domains CROSS JOIN json_each(?) AS labels "
        "CROSS JOIN counts ON counts.domain = domains.value AND counts.label = labels.value"
    )
    rows = connection.execute(statement, (json.dumps(domain_ids), json.dumps(labels)))
    return {(domain_id, label): links for domain_id, label, links in rows}


def _turned(sorting: _Sorting, backwards: bool) -> _Sorting:
    return sorting._replace(descending=sorting.descending is not backwards)


@dataclass(slots=True)
class _Page:
    """One question on one state of the index."""

    connection: sqlite3.Connection
    domain_id: int
    hostname: str
    query: LinkQuery
    visible_to: int | None
    words: tuple[str, ...] = field(init=False)
    labels: list[str] = field(init=False)
    match: str = field(init=False)
    few: list[int] | None = field(init=False)

    def __post_init__(self) -> None:
        self.words = search_words(self.query.text, self.hostname)
        self.labels = self._labels()
        self.match = expression([*self._terms(), *self.labels])
        self.few = self._few() if self.words or len(self.labels) > 1 + (self.query.shown is not Shown.ALL) else None

    def sorted(self, sorting: _Sorting, after: Place | None, *, without: Collection[int] = ()) -> Iterator[Place]:
        """The places of all that fit, in an order, behind a place."""
        if self.few is not None and len(self.few) <= MANY:
            yield from self._fitting(self._ordered(sorting, after, "json_each(?)", (json.dumps(self.few),)), without)
            return
        last = yield from self._walk(sorting, after, without)
        if last is not None:
            yield from self._all(sorting, last, without)

    def ranked(self, ranks: Mapping[int, int], after: Place | None) -> Iterator[Place]:
        """The places of all that fit: the most clicked ones first, then the newest."""
        if after is None or not after.unranked:
            few = set(self.few) if self.few is not None and len(self.few) <= MANY else None
            behind = (-int(after.key), -after.number) if after is not None else None
            places = sorted((-clicks, -number) for number, clicks in ranks.items() if few is None or number in few)
            found = (Place(-clicks, -number) for clicks, number in places if behind is None or (clicks, number) > behind)
            yield from self._fitting(found, ())
            after = None
        for place in self.sorted(_SORTINGS[Order.NEWEST], after, without=ranks.keys()):
            yield place._replace(unranked=True)

    def counted(self) -> tuple[int, bool, bool]:
        """How many fit, whether that is the least, and whether it is not quite sure."""
        if self.few is None:
            found = _counts(self.connection, [self.domain_id], _archived_labels(self.query.shown))
            return sum(found.values()), False, False
        if len(self.few) > MANY:
            return MANY, True, False
        if all(len(word) <= SHORTEST for word in self.words):
            return len(self.few), False, False
        if len(self.few) <= _COMPARED:
            return sum(1 for number in self.few if self._fits(number)), False, False
        return len(self.few), False, True

    def _labels(self) -> list[str]:
        """What the links are filed under, the rarest presumably first."""
        query = self.query
        found = []
        if query.tag is not None:
            found.append(label("tag", query.tag))
        if query.folder_id is not None:
            found.append(label("folder", "" if query.folder_id == NO_FOLDER else query.folder_id))
        if self.visible_to is not None:
            found.append(label("visible", self.visible_to))
        if query.owner_id is not None:
            found.append(label("creator", query.owner_id))
        archived = archived_label(query.shown)
        return [*found, label("domain", self.domain_id), *([archived] if archived is not None else [])]

    def _terms(self) -> list[str]:
        """The rarest terms of each word, the rarest first."""
        by_word = [terms_of(word) for word in self.words]
        wanted = json.dumps([term for terms in by_word for term in terms])
        rows = self.connection.execute(
            "SELECT term, links FROM sampled WHERE term IN (SELECT value FROM json_each(?))", (wanted,)
        )
        counts: dict[str, int] = dict(rows.fetchall())
        chosen = {term for terms in by_word for term in sorted(terms, key=lambda term: counts.get(term, 0))[:MOST_TERMS]}
        return sorted(chosen, key=lambda term: (counts.get(term, 0), term))

    def _few(self) -> list[int]:
        """The numbers of the links that may fit, as far as one more than MANY."""
        rows = self.connection.execute("SELECT rowid FROM words WHERE words MATCH ? LIMIT ?", (self.match, MANY + 1))
        return [number for (number,) in rows]

    def _ordered(self, sorting: _Sorting, after: Place | None, source: str, given: tuple[str, ...]) -> Iterator[Place]:
        """The places of links whose numbers ``source`` gives, in order: a first portion without sorting all of them."""
        number = "value" if source.startswith("json_each") else "rowid"
        condition, bound = _behind(sorting, after)
        statement = (
            f"SELECT docs.{sorting.column}, docs.number FROM {source} AS source "  # noqa: S608
            f"CROSS JOIN docs ON docs.number = source.{number} "
            f"WHERE docs.domain = ?{condition} ORDER BY {_order(sorting)} LIMIT ? OFFSET ?"
        )
        for limit, offset in ((_SORTED_FIRST, 0), (-1, _SORTED_FIRST)):
            rows = self.connection.execute(statement, (*given, self.domain_id, *bound, limit, offset))
            last = 0
            for last, (key, number_found) in enumerate(rows, 1):  # noqa: B007
                yield Place(key, number_found)
            if last < limit:
                return

    def _all(self, sorting: _Sorting, after: Place | None, without: Collection[int]) -> Iterator[Place]:
        source = "(SELECT rowid FROM words WHERE words MATCH ?)"
        yield from self._fitting(self._ordered(sorting, after, source, (self.match,)), without)

    def _walk(self, sorting: _Sorting, after: Place | None, without: Collection[int]) -> Generator[Place, None, Place | None]:
        """Those that fit among the next links of the order; returns where it gave up, or None at the end of the order."""
        condition, bound = _behind(sorting, after)
        rows = self.connection.execute(
            f"SELECT docs.{sorting.column}, docs.number, text, labels FROM docs INDEXED BY {sorting.by} "  # noqa: S608
            f"CROSS JOIN texts ON texts.number = docs.number WHERE docs.domain = ?{condition} "
            f"ORDER BY {_order(sorting)} LIMIT ?",
            (self.domain_id, *bound, _WALKED),
        )
        last, seen = None, 0
        for seen, (key, number, text, labels) in enumerate(rows, 1):  # noqa: B007
            last = Place(key, number)
            if self._matches(text, labels) and number not in without:
                yield last
        return last if seen == _WALKED else None

    def _fitting(self, places: Iterator[Place], without: Collection[int]) -> Iterator[Place]:
        return (place for place in places if place.number not in without and self._fits(place.number))

    def _fits(self, number: int) -> bool:
        row = self.connection.execute("SELECT text, labels FROM texts WHERE number = ?", (number,)).fetchone()
        return row is not None and self._matches(*row)

    def _matches(self, text: str, labels: str) -> bool:
        return all(each in labels for each in self.labels) and contains(text, self.words)


def _order(sorting: _Sorting) -> str:
    way = " DESC" if sorting.descending else ""
    # Paths are unique in a domain.
    return f"docs.path_key{way}" if sorting.column == "path_key" else f"docs.{sorting.column}{way}, docs.number{way}"


def _behind(sorting: _Sorting, after: Place | None) -> tuple[str, tuple[int | str, ...]]:
    """The condition for what stands behind a place, with its values."""
    if after is None:
        return "", ()
    sign = "<" if sorting.descending else ">"
    if sorting.column == "path_key":
        return f" AND docs.path_key {sign} ?", (after.key,)
    return f" AND (docs.{sorting.column}, docs.number) {sign} (?, ?)", (after.key, after.number)
