"""Links in the database, on both engines."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.model.errors import LinkNotFound, PathTaken
from linnet.model.link import Link
from linnet.storage.database import Database
from linnet.storage.links import Position
from linnet.storage.unit_of_work import UnitOfWork
from tests.storage.builders import NOON, a_full_link, a_link, add_domain, add_user


@pytest.fixture
def work(database: Database) -> Iterator[UnitOfWork]:
    add_domain(database)
    add_domain(database, hostname="two.example.com")
    with database.write() as work:
        yield work


def added(work: UnitOfWork, *wanted: Link) -> list[Link]:
    return [work.links.add(link, link.path.lower()) for link in wanted]


def test_a_link_comes_back_exactly_as_it_was_added(work: UnitOfWork) -> None:
    plain, full = added(work, a_link(), a_full_link())
    assert full == replace(a_full_link(), number=full.number)
    assert work.links.find(plain.id) == plain
    assert work.links.find(full.id) == full
    assert work.links.find_by_number(full.number) == full
    assert work.links.find_by_path(1, "full") == full


def test_flags_come_back_as_bools(work: UnitOfWork) -> None:
    added(work, a_full_link())
    found = work.links.find("lnk_1_full")
    assert found is not None
    assert (found.archived, found.skip_query, found.cloaking, found.password_contact) == (True, True, False, True)
    assert all(type(flag) is bool for flag in (found.archived, found.skip_query, found.cloaking, found.password_contact))


def test_numbers_grow_and_a_removed_link_takes_its_number_with_it(work: UnitOfWork) -> None:
    first, second = added(work, a_link("a"), a_link("b", tags=("x",)))
    work.links.remove(second)
    (third,) = added(work, a_link("c"))
    assert first.number < second.number < third.number
    assert work.links.find(second.id) is None


def test_a_taken_path_is_refused_with_the_other_links_id_and_the_work_goes_on(work: UnitOfWork) -> None:
    added(work, a_link("a", id="lnk_1_first"))
    with pytest.raises(PathTaken) as refusal:
        added(work, a_link("a", id="lnk_1_second"))
    assert refusal.value.link_id == "lnk_1_first"
    (other,) = added(work, a_link("b"))
    assert work.links.find_by_path(1, "b") == other


def test_the_same_path_is_free_on_another_domain(work: UnitOfWork) -> None:
    added(work, a_link("a"), a_link("a", id="lnk_2_a", domain_id=2))
    one, two = work.links.find_by_path(1, "a"), work.links.find_by_path(2, "a")
    assert one is not None
    assert two is not None
    assert (one.id, two.id) == ("lnk_1_a", "lnk_2_a")


def test_saving_stores_every_field_and_the_new_path(work: UnitOfWork) -> None:
    (link,) = added(work, a_link("a", tags=("old", "older")))
    changed = replace(a_full_link("new"), id=link.id, number=link.number)
    work.links.save(changed, "new")
    assert work.links.find(link.id) == changed
    assert work.links.find_by_path(1, "a") is None
    work.links.save(link, "a")
    assert work.links.find_by_path(1, "a") == link


def test_saving_under_a_taken_path_is_refused_and_the_work_goes_on(work: UnitOfWork) -> None:
    link, _ = added(work, a_link("a"), a_link("b"))
    with pytest.raises(PathTaken) as refusal:
        work.links.save(replace(link, path="b"), "b")
    assert refusal.value.link_id == "lnk_1_b"
    assert work.links.find(link.id) == link


def test_saving_or_removing_a_link_that_is_gone_is_refused(work: UnitOfWork) -> None:
    (link,) = added(work, a_link())
    work.links.remove(link)
    with pytest.raises(LinkNotFound):
        work.links.remove(link)
    with pytest.raises(LinkNotFound):
        work.links.save(link, "a")


def test_the_oldest_link_with_a_destination_is_found(work: UnitOfWork) -> None:
    url = "https://example.com/ü?x=1"
    first, _, elsewhere = added(
        work,
        a_link("a", original_url=url, archived=True),
        a_link("b", original_url=url),
        a_link("c", id="lnk_2_c", domain_id=2, original_url=url),
    )
    assert work.destinations.find(1, url) == first
    assert work.destinations.find(2, url) == elsewhere
    assert work.destinations.find(1, url + "&") is None


@pytest.mark.parametrize("words", ["a\0b", "\ud800"])
def test_what_no_text_column_can_hold_is_not_found(work: UnitOfWork, words: str) -> None:
    assert work.links.find(words) is None
    assert work.links.find_by_path(1, words) is None
    assert work.destinations.find(1, words) is None
    assert work.links.paths_taken(1, [words]) == set()
    assert work.destinations.find_many(1, [words]) == {}


def test_many_links_are_added_in_order_with_their_tags(work: UnitOfWork) -> None:
    wanted = [a_link(f"p{i}", tags=("x", f"t{i}") if i % 3 == 0 else (), title="t" if i % 2 else None) for i in range(500)]
    many = work.links.add_many([(link, link.path) for link in wanted])
    assert [replace(link, number=0) for link in many] == wanted
    assert [link.number for link in many] == sorted({link.number for link in many})
    found = work.links.find_by_paths(1, [link.path for link in wanted])
    assert [found[link.path] for link in wanted] == many
    assert work.links.add_many([]) == []


def test_numbers_asked_for_beforehand_are_kept(work: UnitOfWork) -> None:
    numbers = [*work.links.next_numbers(2), *work.links.next_numbers(1)]
    assert len(set(numbers)) == 3
    many = work.links.add_many([(a_link(f"p{n}", number=n), f"p{n}") for n in numbers])
    assert [link.number for link in many] == numbers
    (later,) = added(work, a_link("later"))
    assert later.number > max(numbers)


def test_many_links_with_a_taken_path_among_them_are_refused(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        added(work, a_link("b"))
    with pytest.raises(PathTaken) as refusal, database.write() as work:
        work.links.add_many([(a_link(path, id=f"lnk_1_new{path}"), path) for path in "abc"])
    assert refusal.value.link_id == "lnk_1_b"
    with database.read() as work:
        assert work.links.count(1) == 1


def test_taken_paths_and_known_destinations_are_found_in_bulk(work: UnitOfWork) -> None:
    first, _ = added(work, a_link("a", original_url="https://one.example/"), a_link("b", original_url="https://one.example/"))
    keys = ["a", "b", *(f"free{i}" for i in range(2_000))]
    assert work.links.paths_taken(1, keys) == {"a", "b"}
    assert work.links.paths_taken(2, keys) == set()
    assert work.links.paths_taken(1, []) == set()
    assert work.destinations.find_many(1, ["https://one.example/", "https://two.example/"]) == {"https://one.example/": first}


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_hold_every_link_once_in_order(work: UnitOfWork, newest_first: bool) -> None:
    many = [a_link(f"p{i}", created_at=NOON + timedelta(seconds=i // 3), tags=(f"t{i}",)) for i in range(10)]
    wanted = added(work, *many)
    seen: list[Link] = []
    after: Position | None = None
    for _ in range(4):
        page = work.links.search(1, limit=3, after=after, newest_first=newest_first)
        seen += page.links
        after = page.next
    assert after is None
    assert seen == (wanted[::-1] if newest_first else wanted)


def test_the_last_page_is_known_as_such_when_it_is_full(work: UnitOfWork) -> None:
    added(work, a_link("a"), a_link("b"))
    assert work.links.search(1, limit=2).next is None


def test_searches_narrow_by_creation_and_folder(work: UnitOfWork) -> None:
    later = NOON + timedelta(hours=1)
    old, new = added(work, a_link("a"), a_link("b", created_at=later, folder_id="f"))
    assert work.links.search(1, limit=9, created_from=later).links == [new]
    assert work.links.search(1, limit=9, created_until=later).links == [old]
    assert work.links.search(1, limit=9, folder_id="f").links == [new]
    assert work.links.search(2, limit=9).links == []
    assert (work.links.count(1), work.links.count(1, created_from=later), work.links.count(1, created_until=later)) == (2, 1, 1)


def test_a_position_that_no_link_can_have_is_borne(work: UnitOfWork) -> None:
    (link,) = added(work, a_link("a"))
    for number, seen in ((10**30, [link]), (-(10**30), [])):
        assert work.links.search(1, limit=9, after=Position(NOON, number)).links == seen
    assert work.links.find_by_number(10**30) is None
    assert work.links.search(1, limit=9, folder_id="\ud800").links == []


def test_the_depths_of_wildcard_links_are_known(work: UnitOfWork) -> None:
    assert work.links.wildcard_depths(1) == ()
    deep, *_ = added(work, a_link("a/b/*"), a_link("*"), a_link("c/*"), a_link("d/*"), a_link("plain"))
    assert work.links.wildcard_depths(1) == (2, 1, 0)
    work.links.save(replace(deep, path="deep"), "deep")
    assert work.links.wildcard_depths(1) == (1, 0)


class TestManyAtOnce:
    def test_links_are_archived_and_taken_back_by_their_numbers(self, work: UnitOfWork) -> None:
        first, second, third = added(work, a_link("a"), a_link("b", tags=("x",)), a_link("c"))
        later = NOON + timedelta(days=1)
        work.links.set_archived([first.number, second.number, 99], archived=True, at=later)
        assert work.links.find(second.id) == replace(second, archived=True, updated_at=later)
        assert work.links.find(third.id) == third
        work.links.set_archived([second.number], archived=False, at=NOON)
        assert work.links.find(second.id) == second
        work.links.set_archived([], archived=True, at=later)

    def test_links_are_removed_by_their_numbers_with_their_tags(self, work: UnitOfWork) -> None:
        first, second, third = added(work, a_link("a", tags=("x",)), a_link("b"), a_link("c", tags=("y",)))
        work.links.remove_many([first.number, second.number, 99])
        assert work.links.search(1, limit=10).links == [third]
        (again,) = added(work, a_link("a"))
        assert again.tags == ()
        assert again.number > third.number


def test_an_owners_links_are_counted_over_its_domains_and_no_further_than_asked(database: Database) -> None:
    add_domain(database)
    add_domain(database, hostname="two.example.com")
    other = add_user(database, "other@example.com")
    theirs = add_domain(database, hostname="three.example.com", owner_id=other.id)
    with database.write() as work:
        added(work, a_link("a"), a_link("b"), a_link("c", id="lnk_2_c", domain_id=2))
        added(work, a_link("d", id="lnk_3_d", domain_id=theirs.id))
        assert work.links.count_of_owner(1, at_most=100) == 3
        assert work.links.count_of_owner(1, at_most=2) == 2
        assert work.links.count_of_owner(other.id, at_most=100) == 1
        assert work.links.count_of_owner(99, at_most=100) == 0


def test_a_search_by_id_keeps_to_the_domain_and_to_what_can_be_stored(work: UnitOfWork) -> None:
    first, _ = added(work, a_link("a"), a_link("b"))
    assert work.links.search(1, limit=10, link_id=first.id).links == [first]
    assert work.links.search(2, limit=10, link_id=first.id).links == []
    assert work.links.search(1, limit=10, link_id="\0").links == []
