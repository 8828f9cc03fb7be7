"""Tags across a domain, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from linnet.model.grouping import Folder
from linnet.storage.database import Database
from tests.storage.builders import NOON, a_domain, a_link, add_domain, add_link, add_user


def test_the_tags_of_a_domain_are_listed_once_and_sorted(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.domains.add(a_domain(hostname="other.example.com"))
    for number in range(30):
        add_link(database, a_link(f"p{number}", tags=("zebra", f"t{number % 3}", "Ärger")))
    add_link(database, a_link("elsewhere", domain_id=2, tags=("foreign",)))
    with database.read() as work:
        assert work.tags.search(1, limit=100) == ["t0", "t1", "t2", "zebra", "Ärger"]
        assert work.tags.search(2, limit=100) == ["foreign"]
        assert work.tags.search(3, limit=100) == []
        assert len(work.tags.search(1, limit=2)) == 2


def test_tags_and_folders_of_many_links_are_told_at_once(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.domains.add(a_domain(hostname="other.example.com"))
        work.folders.add(Folder(id="f", domain_id=1, owner_id=1, name="F", created_at=NOON))
    tagged = add_link(database, a_link("a", tags=("x", "y"), folder_id="f"))
    plain = add_link(database, a_link("b"))
    foreign = add_link(database, a_link("c", domain_id=2, tags=("x",)))
    numbers = [tagged.number, plain.number, foreign.number, 999]
    with database.read() as work:
        assert sorted(work.tags.of_links(1, numbers)) == [(tagged.number, "x"), (tagged.number, "y")]
        assert work.folders.of_links(1, numbers) == {tagged.number: "f"}
        assert work.tags.of_links(1, []) == []


def test_a_user_who_is_narrowed_sees_the_tags_of_its_own_and_permitted_links(database: Database) -> None:
    add_domain(database)
    other = add_user(database, "other@example.com")
    add_link(database, a_link("theirs", tags=("secret", "both")))
    permitted = add_link(database, a_link("permitted", tags=("permitted",)))
    add_link(database, a_link("own", owner_id=other.id, tags=("own", "both")))
    with database.write() as work:
        work.permissions.add(permitted.number, other.id, NOON)
    with database.read() as work:
        assert work.tags.search(1, limit=100, visible_to=other.id) == ["both", "own", "permitted"]
        assert work.tags.search(1, limit=100, visible_to=99) == []


def test_a_tag_goes_behind_those_that_links_have_and_marks_them_as_changed(database: Database) -> None:
    add_domain(database)
    tagged = [add_link(database, a_link("a", tags=("one", "two"))), add_link(database, a_link("b"))]
    untouched = add_link(database, a_link("c", tags=("one",)))
    later = NOON + timedelta(hours=1)
    with database.write() as work:
        work.tags.append("new", tagged, later)
        work.tags.append("nothing", [], later)
    with database.read() as work:
        found = work.links.find_many([link.id for link in tagged])
        assert [(link.tags, link.updated_at) for link in found] == [(("one", "two", "new"), later), (("new",), later)]
        assert work.links.find(untouched.id) == untouched


@pytest.mark.parametrize("hold", [False, True])
def test_many_links_are_found_by_ids_and_numbers_each_once_in_the_order_of_their_numbers(
    database: Database, hold: bool
) -> None:
    add_domain(database)
    a, b, c = (add_link(database, a_link(path, tags=(path,))) for path in "abc")
    ids = [c.id, a.id, a.id, "lnk_1_unknown", "lnk_\0", "lnk_\ud800"]
    with database.write() as work:
        assert work.links.find_many(ids, [b.number, a.number, -1, 2**63, 10**30], hold=hold) == [a, b, c]
        assert work.links.find_many([], hold=hold) == []
        assert work.links.find(a.id, hold=hold) == work.links.find_by_number(a.number, hold=hold) == a


def test_the_numbers_of_links_with_a_tag_in_a_folder_and_their_paths_are_found_for_many_at_once(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.domains.add(a_domain(hostname="other.example.com"))
        folder = Folder(id="f1", domain_id=1, owner_id=1, name="Spring", created_at=NOON)
        work.folders.add(folder)
        work.folders.add(replace(folder, id="f2", domain_id=2))
    a = add_link(database, a_link("a", tags=("one", "two"), folder_id="f1"))
    b = add_link(database, a_link("b", tags=("two",), folder_id="f1"))
    c = add_link(database, a_link("c"))
    elsewhere = add_link(database, a_link("d", domain_id=2, tags=("two",), folder_id="f2"))
    with database.read() as work:
        assert sorted(work.tags.link_numbers(1, ["one", "two", "none", "\0", "\ud800"], limit=10)) == [a.number, b.number]
        assert work.tags.link_numbers(1, [], limit=10) == []
        assert len(work.tags.link_numbers(1, ["two"], limit=1)) == 1
        assert sorted(work.folders.link_numbers(1, {"f1", "f2"}, limit=10)) == [a.number, b.number]
        assert work.folders.link_numbers(1, set(), limit=10) == []
        assert (work.folders.names(1), work.folders.names(3)) == ({"f1": "Spring"}, {})
        assert work.links.paths(1, {a.number, c.number, elsewhere.number, 10**9}) == {a.number: "a", c.number: "c"}
