"""Folders, OpenGraph tags and permissions, on both engines."""

from dataclasses import fields

from linnet.model.grouping import Folder
from linnet.storage.database import Database
from tests.storage.builders import NOON, a_domain, a_link, add_domain, add_link, add_user


def a_folder(folder_id: str, **values: object) -> Folder:
    known: dict[str, object] = {"id": folder_id, "domain_id": 1, "owner_id": 1, "name": folder_id, "created_at": NOON}
    return Folder(**known | values)  # type: ignore[arg-type]


def test_a_folder_is_found_in_its_domain_exactly_as_it_was_added(database: Database) -> None:
    add_domain(database)
    numbers = {"logo_width": 1, "logo_height": 2, "redirect_type": 301, "expires_at_days": 3}
    texts = {field.name: field.name for field in fields(Folder)[5:] if field.name not in numbers}
    full = a_folder("full", **texts, **numbers)
    with database.write() as work:
        work.folders.add(full)
    with database.read() as work:
        assert work.folders.find(1, "full") == full
        for domain_id, folder_id in [(2, "full"), (1, "other"), (1, "a\0"), (1, "\ud800")]:
            assert work.folders.find(domain_id, folder_id) is None


def test_the_folders_of_a_domain_are_listed_by_name_and_counted(database: Database) -> None:
    add_domain(database)
    with database.write() as work:
        work.domains.add(a_domain(hostname="other.example.com"))
        for name in ("b", "a", "c"):
            work.folders.add(a_folder(name, logo_url="data:" + name * 5))
        work.folders.add(a_folder("x", domain_id=2))
    with database.read() as work:
        assert [folder.name for folder in work.folders.search(1)] == ["a", "b", "c"]
        assert (work.folders.count(1), work.folders.count(2), work.folders.count(3)) == (3, 1, 0)
        assert (work.folders.logo_size(1), work.folders.logo_size(2)) == (30, 0)


def test_opengraph_tags_are_replaced_as_a_whole_and_keep_their_order(database: Database) -> None:
    add_domain(database)
    link = add_link(database, a_link())
    first = (("title", "Größe"), ("locale:alternate", "de_DE"), ("locale:alternate", "fr_FR"))
    with database.write() as work:
        work.opengraph.save(link.number, first)
        assert work.opengraph.search(link.number) == first
        work.opengraph.save(link.number, [("image", "https://example.com/a.png")])
        assert work.opengraph.search(link.number) == (("image", "https://example.com/a.png"),)
        work.opengraph.save(link.number, [])
        assert work.opengraph.search(link.number) == ()


def test_a_permission_is_there_once_until_it_is_removed(database: Database) -> None:
    add_domain(database)
    other = add_user(database, "other@example.com")
    link, second = add_link(database, a_link("a")), add_link(database, a_link("b"))
    with database.write() as work:
        given = work.permissions.add(link.number, other.id, NOON)
        assert work.permissions.add(link.number, other.id, NOON) == given
        assert work.permissions.search(link.number) == [given]
        assert work.permissions.find(link.number, other.id) == given
        assert work.permissions.permitted(other.id, [second.number, link.number]) == {link.number}
        assert work.permissions.permitted(1, [link.number]) == set()
        for user_id in (1, -1, 10**30):
            assert work.permissions.find(link.number, user_id) is None
            assert not work.permissions.remove(link.number, user_id)
        assert work.permissions.remove(link.number, other.id)
        assert not work.permissions.remove(link.number, other.id)
        assert work.permissions.search(link.number) == []
