"""Links removed, archived and copied, on each of the engines."""

import threading
import time
from dataclasses import replace

from linnet.actions.archiving import archive_links
from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.links import duplicate_link
from linnet.actions.removing import delete_link, delete_links
from linnet.model.link import LinkDraft
from linnet.storage.routes import DomainChange, RouteChange, RouteStore
from tests.actions.conftest import House
from tests.actions.test_links import at_once


def test_routes_of_removed_links_go_in_every_domain(house: House) -> None:
    house.add_domain("t.example")
    made = [house.create(path="a"), house.create(path="docs/*"), house.create(host="t.example", path="b")]
    store = RouteStore(house.database)
    before = store.last_sequence()
    assert delete_links(house.context, [each.link.id for each in made]) == []
    changes = store.changes_after(before, 100)
    gone = {(each.domain_id, each.path_key) for each in changes if isinstance(each, RouteChange) and each.route is None}
    assert gone == {(1, "a"), (1, "docs/*"), (2, "b")}
    (domain,) = [each.domain for each in changes if isinstance(each, DomainChange)]
    assert domain is not None
    assert domain.wildcard_depths == ()


def test_archiving_changes_no_route(house: House) -> None:
    link = house.create().link
    store = RouteStore(house.database)
    made = store.last_sequence()
    (before,) = store.changes_after(made - 1, 9)
    archive_links(house.context, [link.id])
    assert house.stored()[0].archived
    # Who searches links is told of it, by the same change log.
    (after,) = store.changes_after(made, 9)
    assert isinstance(before, RouteChange)
    assert isinstance(after, RouteChange)
    assert after.route == before.route
    assert after.route is not None


def test_calls_at_once_about_the_same_links_all_end_well(house: House) -> None:
    rows = [BulkRow(LinkDraft(original_url=f"https://example.com/{n}"), False) for n in range(40)]
    ids = [each.link.id for each in create_links_bulk(house.context, "go.example", rows)]  # type: ignore[union-attr]

    def work(number: int) -> object:
        asked = ids[::-1] if number % 2 else ids
        if number < 4:
            return archive_links(house.context, asked, archived=number % 2 == 0)
        return duplicate_link(house.context, asked[0])

    at_once(8, work)
    assert len(house.stored()) == 44
    delete_links(house.context, ids)
    assert len(house.stored()) == 4


def test_edges_forget_the_path_that_a_link_got_while_it_was_being_removed(house: House) -> None:
    link = house.create(path="old").link
    remover = threading.Thread(target=delete_link, args=(house.context, link.id))
    with house.database.write() as work:
        work.links.save(replace(link, path="new"), "new")
        work.changes.record(house.domain.id, "old")
        work.changes.record(house.domain.id, "new")
        remover.start()
        time.sleep(0.3)
    remover.join(20)
    assert house.stored() == []
    assert work.sequence is not None
    told = RouteStore(house.database).changes_after(work.sequence, 100)
    assert [(each.path_key, each.route) for each in told if isinstance(each, RouteChange)] == [("new", None)]
