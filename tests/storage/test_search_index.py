"""The search index beside a plain reading of the same links, on both engines: what is found, in which order, and when."""

import random
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from linnet.model.errors import SearchUnavailable
from linnet.model.link import Link
from linnet.model.search import LinkQuery, Order, Shown, fits
from linnet.storage import search_pages
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex
from linnet.storage.search_pages import Found, Place, count_labelled, count_links, search_links
from linnet.storage.search_terms import label
from tests.storage.builders import NOON, a_link, add_domain, add_link, add_user

HOST = "go.example.com"
WORDS = (
    "summer",
    "sale",
    "Größe",
    "東京タワー",
    "blue",
    "a1",
    "x",
    "100%",
    '"quoted"',
    "it's",
    "שלום",
    "🐦bird",
    "OR",
    "news_letter",
)
TAGS = ("blue", "Blue", "x", "summer sale", "東京", "a*b", 'say "no"')

# What would mean something to a query language, or nothing to anybody.
HOSTILE = (
    *('"', "''", '" OR "', "%", "_", "*", "summer*", "NEAR(a b)", "a AND", "NOT x", "^a", "path:summer", "-summer"),
    *("\\", "\x00", "\x02\x02s", "🐦", "\u202e", "שלום", "\ue000\ue001\ue002", "a" * 300, ") OR 1=1 --", "{}", "%s", "\ud800"),
)


class Searched:
    """A database with its index."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.index = SearchIndex(path)
        self.follower = SearchFollower(SearchFeed(database), self.index)

    def caught_up(self) -> None:
        while not self.follower.advance(5.0):
            pass

    def page(self, text: str = "", *, limit: int = 50, domain_id: int = 1, **options: Any) -> Found:
        asked = {name: options.pop(name) for name in tuple(options) if name in LinkQuery.__slots__}
        query = LinkQuery(text=text, **asked)
        return search_links(self.index, domain_id, HOST, query, limit=limit, **options)

    def numbers(self, text: str = "", **options: Any) -> list[int]:
        return [place.number for place in self.page(text, **options).places]

    def links(self) -> list[Link]:
        with self.database.read() as work:
            return work.links.find_many((), range(1, 3000))


@pytest.fixture
def searched(database: Database, tmp_path: Path) -> Iterator[Searched]:
    add_domain(database)
    opened = Searched(database, tmp_path / "search.db")
    yield opened
    opened.index.close()


def change(database: Database, link: Link, former: Link | None = None) -> None:
    with database.write() as work:
        work.links.save(link, link.path)
        work.changes.record_many(link.domain_id, (link.path, (former or link).path))


def remove(database: Database, link: Link) -> None:
    with database.write() as work:
        work.links.remove(link)
        work.changes.record(link.domain_id, link.path)


def some_links(count: int, seed: int = 1) -> list[Link]:
    """Links of which many have something in common, on a domain of two people."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words = chance.choices(WORDS, k=3)
        path = f"{chance.choice(words)}/{number:x}" if number % 3 else f"{number}"
        moment = NOON + timedelta(seconds=chance.randrange(count))
        made.append(
            a_link(
                path,
                id=f"lnk_1_{number}",
                owner_id=chance.choice((1, 1, 2)),
                original_url=f"https://{chance.choice(('www.a.example', 'B.example'))}/{words[1]}?id={number}",
                title=" ".join(words) if number % 2 else None,
                tags=tuple(dict.fromkeys(chance.choices(TAGS, k=number % 3))),
                folder_id=chance.choice((None, "f1", "f2")),
                archived=number % 7 == 0,
                created_at=moment,
                updated_at=moment + timedelta(hours=chance.randrange(9)),
            )
        )
    return made


def expected(links: list[Link], query: LinkQuery) -> list[int]:
    """What a plain reading finds."""
    found = [link for link in links if fits(query, link, HOST)]
    by_time = query.order in (Order.NEWEST, Order.OLDEST)
    keys: dict[Order, Any] = {Order.CHANGED: lambda link: (link.updated_at, link.number)}
    key = (lambda link: (link.created_at, link.number)) if by_time else keys.get(query.order, lambda link: link.path.encode())
    found.sort(key=key, reverse=query.order in (Order.NEWEST, Order.PATH_DOWN, Order.CHANGED))
    return [link.number for link in found]


QUERIES = (
    LinkQuery(),
    LinkQuery(shown=Shown.ALL),
    LinkQuery(shown=Shown.ARCHIVED),
    *(LinkQuery(text=word, shown=Shown.ALL) for word in WORDS),
    *(LinkQuery(tag=tag) for tag in TAGS),
    LinkQuery(text="SUMMER sale"),
    LinkQuery(text="größe GRÖSSE"),
    LinkQuery(text="https://www.a.example/summer"),
    LinkQuery(text="www.a.example id=1"),
    LinkQuery(text=f"https://{HOST}/summer/"),
    LinkQuery(text="b.ex", folder_id="f1"),
    LinkQuery(text="sal", folder_id="", owner_id=2),
    LinkQuery(owner_id=2, shown=Shown.ALL),
    LinkQuery(folder_id="f2", tag="blue"),
    LinkQuery(text="nowhere to be found"),
)


@pytest.mark.parametrize("walked", [True, False], ids=["few links fit", "many links fit"])
def test_every_query_finds_what_a_plain_reading_finds_in_every_order(
    searched: Searched, monkeypatch: pytest.MonkeyPatch, walked: bool
) -> None:
    add_user(searched.database, "second@example.com")
    for link in some_links(300):
        add_link(searched.database, link)
    if not walked:
        # As with a million links: more fit than are put in order, and some lie behind those that are gone through.
        monkeypatch.setattr(search_pages, "MANY", 20)
        monkeypatch.setattr(search_pages, "_WALKED", 40)
        monkeypatch.setattr(search_pages, "_SORTED_FIRST", 10)
    searched.caught_up()
    links = searched.links()
    for query in QUERIES:
        for order in (Order.NEWEST, Order.OLDEST, Order.PATH, Order.PATH_DOWN, Order.CHANGED):
            asked = replace(query, order=order)
            wanted = expected(links, asked)
            found, after = list[int](), None
            while True:
                page = search_links(searched.index, 1, HOST, asked, limit=17, after=after)
                found += [place.number for place in page.places]
                if not page.more:
                    break
                after = page.places[-1]
            assert found == wanted, asked
            if walked:
                assert (page.count, page.is_least) == (len(wanted), False), asked
            last = search_links(searched.index, 1, HOST, asked, limit=17, backwards=True)
            assert [place.number for place in last.places] == wanted[-17:], asked


def test_a_page_before_another_ends_where_that_one_begins(searched: Searched) -> None:
    for link in some_links(60):
        add_link(searched.database, replace(link, owner_id=1))
    searched.caught_up()
    first = searched.page(limit=20)
    second = searched.page(limit=20, after=first.places[-1])
    back = searched.page(limit=20, after=second.places[0], backwards=True)
    assert back.places == first.places
    assert not back.more


def test_changes_of_every_field_arrive(searched: Searched) -> None:
    link = add_link(searched.database, a_link("old", title="Before", tags=("red",)))
    searched.caught_up()
    changed = replace(
        link, path="new", title="After", tags=("green",), original_url="https://other.example/", folder_id="f9", archived=True
    )
    change(searched.database, changed, link)
    searched.caught_up()
    for gone in ("old", "before", "red", "example.com"):
        assert searched.numbers(gone, shown=Shown.ALL) == []
    for there in ("new", "after", "green", "other.example"):
        assert searched.numbers(there, shown=Shown.ALL) == [link.number]
    assert searched.numbers("new") == []
    assert searched.numbers(folder_id="f9", shown=Shown.ARCHIVED) == [link.number]
    assert count_links(searched.index, [1], Shown.ALL) == {1: 1}
    assert count_labelled(searched.index, 1, "tag", ["red", "green"]) == {"red": 0, "green": 1}


def test_paths_that_links_exchange_stay_apart(searched: Searched) -> None:
    first, second = add_link(searched.database, a_link("one")), add_link(searched.database, a_link("two"))
    searched.caught_up()
    with searched.database.write() as work:
        for link, path in ((first, "three"), (second, "one"), (first, "two")):
            work.links.save(replace(link, path=path), path)
        work.changes.record_many(1, ("one", "two", "three"))
    searched.caught_up()
    assert (searched.numbers("one"), searched.numbers("two"), searched.numbers("three")) == ([2], [1], [])


def test_removed_links_are_found_no_more_and_their_numbers_are_not_counted(searched: Searched) -> None:
    links = [add_link(searched.database, a_link(f"summer-{number}", id=f"lnk_1_{number}")) for number in range(5)]
    searched.caught_up()
    remove(searched.database, links[2])
    searched.caught_up()
    assert searched.numbers("summer") == [5, 4, 2, 1]
    assert searched.page().count == 4


@pytest.mark.parametrize(
    "text",
    HOSTILE,
    ids=range(len(HOSTILE)),
)
def test_a_hostile_text_is_only_a_text(searched: Searched, text: str) -> None:
    add_link(searched.database, a_link("summer"))
    add_link(searched.database, a_link("b", title='say % _ * " \\ 🐦 שלום'))
    searched.caught_up()
    query = LinkQuery(text=text)
    assert searched.numbers(text) == expected(searched.links(), query)


def test_a_title_cannot_pretend_to_belong_elsewhere(searched: Searched) -> None:
    other = add_domain(searched.database, hostname="other.example")
    add_link(searched.database, a_link("a", title=label("domain", other.id) + label("tag", "blue")))
    searched.caught_up()
    assert searched.numbers(domain_id=other.id) == []
    assert searched.numbers(tag="blue") == []


def test_links_of_a_domain_are_not_found_on_another(searched: Searched) -> None:
    other = add_domain(searched.database, hostname="other.example")
    add_link(searched.database, a_link("summer"))
    theirs = add_link(searched.database, a_link("summer", id="lnk_2_a", domain_id=other.id))
    searched.caught_up()
    assert searched.numbers("summer", domain_id=other.id) == [theirs.number]
    assert searched.page(domain_id=other.id).count == 1


def test_who_sees_some_links_finds_those_alone(searched: Searched) -> None:
    second = add_user(searched.database, "second@example.com")
    mine = add_link(searched.database, a_link("summer-mine", owner_id=second.id))
    permitted = add_link(searched.database, a_link("summer-permitted"))
    add_link(searched.database, a_link("summer-hidden"))
    with searched.database.write() as work:
        work.permissions.add(permitted.number, second.id, NOON)
        work.changes.record(1, permitted.path)
    searched.caught_up()
    page = searched.page("summer", visible_to=second.id)
    assert [place.number for place in page.places] == [permitted.number, mine.number]
    assert page.count == 2


def test_the_most_clicked_links_go_first_then_the_newest(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    for link in some_links(60):
        add_link(searched.database, replace(link, owner_id=1, archived=False))
    searched.caught_up()
    ranks = {7: 100, 30: 5, 12: 5, 999: 50}
    newest = [number for number in expected(searched.links(), LinkQuery()) if number not in ranks]
    for many in (10_000, 10):
        monkeypatch.setattr(search_pages, "MANY", many)
        found, after = list[int](), None
        while True:
            page = searched.page("example", order=Order.CLICKS, ranks=ranks, limit=8, after=after)
            found += [place.number for place in page.places]
            if not page.more:
                break
            after = page.places[-1]
        assert found == [7, 30, 12, *newest]


def test_an_index_that_is_lost_is_made_anew(searched: Searched, tmp_path: Path) -> None:
    for link in some_links(30):
        add_link(searched.database, replace(link, owner_id=1))
    searched.caught_up()
    before = searched.numbers("example")
    searched.index.discard()
    with pytest.raises(SearchUnavailable):
        searched.numbers("example")
    searched.caught_up()
    assert searched.numbers("example") == before
    assert before


def test_a_broken_index_is_thrown_away(searched: Searched, tmp_path: Path) -> None:
    link = add_link(searched.database, a_link("summer"))
    (tmp_path / "search.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(SearchUnavailable):
        searched.follower.advance(1.0)
    searched.caught_up()
    assert searched.numbers("summer") == [link.number]


def test_an_index_of_another_version_is_made_anew(searched: Searched, tmp_path: Path) -> None:
    link = add_link(searched.database, a_link("summer"))
    searched.caught_up()
    searched.index.close()
    with sqlite3.connect(tmp_path / "search.db") as connection:
        connection.execute("UPDATE state SET version = 0")
    connection.close()
    searched.caught_up()
    assert searched.numbers("summer") == [link.number]


def test_a_log_that_was_trimmed_past_the_index_has_it_made_anew(searched: Searched) -> None:
    add_link(searched.database, a_link("first"))
    searched.caught_up()
    for path in ("second", "third"):
        add_link(searched.database, a_link(path))
    RouteStore(searched.database).trim(timedelta(0), NOON + timedelta(days=40_000))
    searched.caught_up()
    assert searched.numbers() == [3, 2, 1]


def test_an_older_copy_of_the_database_has_the_index_made_anew(searched: Searched, tmp_path: Path) -> None:
    add_link(searched.database, a_link("first"))
    searched.caught_up()
    with searched.index.writing() as writer:
        assert writer is not None
        writer.followed_until(10_000)
    add_link(searched.database, a_link("second"))
    searched.caught_up()
    assert searched.numbers() == [2, 1]


def test_a_domain_that_is_gone_leaves_the_index(searched: Searched) -> None:
    other = add_domain(searched.database, hostname="other.example")
    links = [add_link(searched.database, a_link(f"p{number}", id=f"lnk_2_{number}", domain_id=other.id)) for number in range(3)]
    searched.caught_up()
    with searched.database.write() as work:
        work.changes.record_domain(other.id)
        for link in links:
            work.links.remove(link)
        work.connection.execute(text("DELETE FROM domains WHERE id = :id"), {"id": other.id})
    searched.caught_up()
    assert count_links(searched.index, [1, other.id], Shown.ALL) == {1: 0, other.id: 0}


def test_while_it_is_being_made_it_is_not_searched(searched: Searched) -> None:
    for link in some_links(600):
        add_link(searched.database, replace(link, owner_id=1))
    assert not searched.follower.advance(0)
    assert searched.index.sequence() is None
    assert 0 < searched.index.progress() < 1
    with pytest.raises(SearchUnavailable):
        searched.page()
    remove(searched.database, searched.links()[0])
    searched.caught_up()
    assert searched.page(shown=Shown.ALL).count == 599


def test_writers_and_followers_at_once_lose_nothing(searched: Searched, tmp_path: Path) -> None:
    followers = [searched, Searched(searched.database, tmp_path / "search.db")]
    ended = threading.Event()
    failures = list[BaseException]()

    def follow(one: Searched) -> None:
        while not ended.is_set():
            try:
                one.follower.advance(0.05)
                one.index.sequence()
            except BaseException as error:
                failures.append(error)
                return

    def write(name: str) -> None:
        try:
            for number in range(40):
                link = add_link(searched.database, a_link(f"{name}-{number}", id=f"lnk_1_{name}_{number}"))
                if number % 3 == 0:
                    change(searched.database, replace(link, title="renamed"))
                if number % 4 == 0:
                    remove(searched.database, link)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=follow, args=(one,)) for one in followers]
    writers = [threading.Thread(target=write, args=(name,)) for name in ("ann", "bob", "cat")]
    for thread in (*threads, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []
    searched.caught_up()
    assert searched.numbers(limit=500) == expected(searched.links(), LinkQuery())
    assert searched.numbers("renamed", limit=500) == expected(searched.links(), LinkQuery(text="renamed"))
    assert searched.page("ann-").count == 30


def test_a_place_that_nobody_gave_out_does_no_harm(searched: Searched) -> None:
    add_link(searched.database, a_link("a"))
    searched.caught_up()
    for order in Order:
        for place in (Place("no number", 1), Place(2**63 - 1, -(2**63)), Place(0, 0, True), Place("", 0)):
            if order is not Order.CLICKS or isinstance(place.key, int):
                searched.page(order=order, after=place, ranks={})
