"""What followers read: changes with the present state of their keys, and snapshots, on both engines."""

import gc
from dataclasses import replace
from datetime import datetime, timedelta

from linnet.model.grouping import Folder
from linnet.model.link import Link
from linnet.model.route import DomainChange, Needs, RouteChange, domain_route_of
from linnet.model.targeting import Place
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from tests.storage.builders import NOON, a_full_link, a_link, add_domain, add_link
from tests.support.routes import route_of

KINDS = (
    a_link("plain"),
    a_full_link("full"),
    a_link("expiring", expires_at=NOON, expired_url="https://example.com/größe"),
    a_link("docs/*", original_url="https://example.com/$1"),
    a_link("*", original_url="https://example.com/"),
    a_link("", original_url="https://bücher.example/ß?q=a b"),
    a_link("secret", original_url="shortsecure://abc?def"),
    a_link("limited", clicks_limit=3, redirect_type=301, skip_query=True),
    a_link("Ünïcode", id="lnk_1_unicode"),
)


def test_a_change_carries_the_route_that_its_key_has_now(database: Database) -> None:
    add_domain(database)
    links = [add_link(database, link) for link in KINDS]
    changes = RouteStore(database).changes_after(0, 100)
    assert [(change.path_key, change.route) for change in changes if isinstance(change, RouteChange)] == [
        (link.path, route_of(link)) for link in links
    ]


def test_a_route_has_from_folder_and_domain_what_the_link_does_not_say_itself(database: Database) -> None:
    domain = add_domain(database, cloaking=True, integration_ga="G-domain", integration_fb="f-domain", integration_tt="")
    folder = Folder(id="f1", domain_id=domain.id, owner_id=1, name="f", created_at=NOON, integration_ga="G-folder")
    with database.write() as work:
        work.folders.add(folder)
    plain = add_link(database, a_link("plain", cloaking=False, integration_ga="G-link"))
    filed = add_link(database, a_link("filed", folder_id="f1", title="Filed"))
    with database.write() as work:
        work.opengraph.save(filed.number, [("title", "Größe"), ("image", "https://example.com/a.png")])
    expected = [
        route_of(plain, tracking={"fb": "f-domain"}),
        route_of(
            replace(filed, cloaking=True),
            opengraph=(("title", "Größe"), ("image", "https://example.com/a.png")),
            tracking={"ga": "G-folder", "fb": "f-domain"},
        ),
    ]
    assert [route for _, _, route in RouteStore(database).snapshot()[2]] == expected
    changes = RouteStore(database).changes_after(0, 100)
    assert [change.route for change in changes if isinstance(change, RouteChange)] == expected


def test_all_routes_of_a_domain_can_be_recorded_at_once(database: Database) -> None:
    domain = add_domain(database)
    for path in "abc":
        add_link(database, a_link(path))
    before = RouteStore(database).last_sequence()
    with database.write() as work:
        work.changes.record_domain(domain.id)
        work.changes.record_all(domain.id)
    changes = RouteStore(database).changes_after(before, 100)
    assert [change.path_key for change in changes if isinstance(change, RouteChange)] == ["a", "b", "c"]
    assert work.sequence == changes[-1].sequence == RouteStore(database).last_sequence()


def add_places(database: Database, link: Link, *where: str) -> list[Place]:
    """Destinations of a link for places such as US-CA, without a change of its own."""
    parted = [name.partition("-") for name in where]
    places = [
        Place(country=country, region=region, original_url=f"https://example.com/{country}/ß", created_at=NOON)
        for country, _, region in parted
    ]
    with database.write() as work:
        return work.places.save(link.number, places)


def test_a_change_carries_the_destinations_by_place_that_the_link_has_now(database: Database) -> None:
    add_domain(database)
    links = [add_link(database, a_link(path)) for path in "abc"]
    first, last = add_places(database, links[0], "US-CA", "DE", "US"), add_places(database, links[2], "JP")
    changes = RouteStore(database).changes_after(0, 100)
    expected = [route_of(link, places) for link, places in zip(links, [first, [], last], strict=True)]
    assert [change.route for change in changes if isinstance(change, RouteChange)] == expected
    with database.write() as work:
        work.places.remove(links[2].number, "JP", "")
    (change,) = RouteStore(database).changes_after(changes[-2].sequence, 9)
    assert isinstance(change, RouteChange)
    assert change.route == route_of(links[2])


def test_a_snapshot_gives_each_link_its_own_destinations_by_place(database: Database) -> None:
    add_domain(database)
    links = [add_link(database, a_link(f"p{number}")) for number in range(40)]
    expected = [
        route_of(link, add_places(database, link, "US-CA", "DE", "FR") if number in (0, 7, 8, 39) else ())
        for number, link in enumerate(links)
    ]
    _, _, routes = RouteStore(database).snapshot()
    assert [route for _, _, route in routes] == expected


def test_a_snapshot_without_places_or_with_places_of_one_link_alone_is_whole(database: Database) -> None:
    add_domain(database)
    links = [add_link(database, a_link(path)) for path in "abc"]
    assert [route for _, _, route in RouteStore(database).snapshot()[2]] == [route_of(link) for link in links]
    places = add_places(database, links[1], "DE")
    assert [route.places for _, _, route in RouteStore(database).snapshot()[2]] == [
        None,
        route_of(links[1], places).places,
        None,
    ]


def test_a_removed_or_moved_link_leaves_no_route_behind(database: Database) -> None:
    add_domain(database)
    removed, moved = add_link(database, a_link("a")), add_link(database, a_link("b"))
    with database.write() as work:
        work.links.remove(removed)
        work.links.save(replace(moved, path="c"), "c")
        work.changes.record_many(1, ["a", "b", "c"])
    store = RouteStore(database)
    found = {change.path_key: change.route for change in store.changes_after(0, 100) if isinstance(change, RouteChange)}
    assert found["a"] is None
    assert found["b"] is None
    assert found["c"] == route_of(replace(moved, path="c"))


def test_a_domain_change_carries_the_domain_and_its_wildcard_depths(database: Database) -> None:
    one, two = add_domain(database, redirect_404="https://example.com/ü"), add_domain(database, hostname="two.example.com")
    add_link(database, a_link("a/b/*"))
    add_link(database, a_link("*"))
    with database.write() as work:
        for domain in (one, two):
            work.changes.record_domain(domain.id)
    first, second = (change for change in RouteStore(database).changes_after(0, 100) if isinstance(change, DomainChange))
    assert (first.hostname, first.domain) == (one.hostname, domain_route_of(one, (2, 0)))
    assert (second.hostname, second.domain) == (two.hostname, domain_route_of(two, ()))


def test_changes_come_in_order_and_no_more_than_asked_for(database: Database) -> None:
    add_domain(database)
    for path in "abcde":
        add_link(database, a_link(path))
    store = RouteStore(database)
    first = store.changes_after(0, 3)
    rest = store.changes_after(first[-1].sequence, 100)
    assert [change.path_key for change in (*first, *rest) if isinstance(change, RouteChange)] == list("abcde")
    assert rest[-1].sequence == store.last_sequence()
    assert store.changes_after(store.last_sequence(), 10) == []


def test_an_empty_log_has_no_first_number(database: Database) -> None:
    store = RouteStore(database)
    assert (store.first_sequence(), store.last_sequence()) == (None, 0)
    sequence, domains, routes = store.snapshot()
    assert (sequence, list(domains), list(routes)) == (0, [], [])


def test_a_snapshot_holds_everything(database: Database) -> None:
    one, two = add_domain(database), add_domain(database, hostname="two.example.com", case_sensitive=True)
    links = [add_link(database, link) for link in KINDS]
    links.append(add_link(database, a_link("plain", id="lnk_2_plain", domain_id=two.id)))
    store = RouteStore(database)
    sequence, domains, routes = store.snapshot()
    assert sequence == store.last_sequence()
    assert list(domains) == [domain_route_of(one, (1, 0)), domain_route_of(two, ())]
    assert sorted(routes, key=lambda entry: entry[2].link_number) == [
        (link.domain_id, link.path, route_of(link)) for link in links
    ]


def test_a_snapshot_shows_one_moment_whatever_is_written_while_it_is_read(database: Database) -> None:
    add_domain(database)
    add_link(database, a_link("before"))
    store = RouteStore(database)
    sequence, _, routes = store.snapshot()
    later = add_link(database, a_link("after"))
    assert [path_key for _, path_key, _ in routes] == ["before"]
    assert [change.path_key for change in store.changes_after(sequence, 9) if isinstance(change, RouteChange)] == [later.path]


def test_a_snapshot_that_nobody_reads_holds_no_connection(database: Database) -> None:
    add_domain(database)
    for _ in range(40):  # more than the pool has
        RouteStore(database).snapshot()
        gc.collect(1)
    add_link(database, a_link())


def test_trimming_forgets_old_changes_but_never_the_last(database: Database) -> None:
    add_domain(database)
    days = [NOON, NOON + timedelta(days=1), NOON + timedelta(days=2)]
    for day, path in zip(days, "abc", strict=True):
        add_link(at(database, day), a_link(path))
    store = RouteStore(database)
    last = store.last_sequence()
    assert store.trim(timedelta(hours=36), days[2]) == 1
    assert [change.path_key for change in store.changes_after(0, 9) if isinstance(change, RouteChange)] == ["b", "c"]
    assert store.trim(timedelta(0), days[2] + timedelta(days=9)) == 1
    assert (store.first_sequence(), store.last_sequence()) == (last, last)


def at(database: Database, moment: datetime) -> Database:
    """The same database, whose clock stands still."""
    return Database(database.url, now=lambda: moment)


def test_links_with_a_path_key_of_their_own_are_found_under_it(database: Database) -> None:
    add_domain(database)
    link: Link = a_link("MiXed")
    with database.write() as work:
        link = work.links.add(link, "mixed")
        work.changes.record(1, "mixed")
    (change,) = RouteStore(database).changes_after(0, 9)
    assert isinstance(change, RouteChange)
    assert (change.path_key, change.route) == ("mixed", route_of(link))


def test_routes_that_may_lead_to_our_own_domains_say_so(database: Database) -> None:
    add_domain(database, hostname="go.example")
    add_domain(database, hostname="waits.example", verified=False)
    own = [
        a_link("a", original_url="https://GO.example:8000/x"),
        a_link("b", original_url="https://waits.example/"),
        a_link("c", iphone_url="https://go.example/"),
        a_link("docs/*", original_url="https://$1/"),
    ]
    added = [add_link(database, link) for link in [*own, a_link("d", original_url="https://example.com/")]]
    placed = add_link(database, a_link("e"))
    with database.write() as work:
        work.places.save(placed.number, [Place(country="DE", region="", original_url="https://go.example/y", created_at=NOON)])
    expected = {link.number: True for link in added[:4]} | {added[4].number: False, placed.number: True}
    store = RouteStore(database)
    snapshot = {route.link_number: route for _, _, route in store.snapshot()[2]}
    changes = [each for each in store.changes_after(0, 99) if isinstance(each, RouteChange)]
    changed = {each.route.link_number: each.route for each in changes if each.route is not None}
    assert snapshot == changed
    assert {number: bool(route.needs & Needs.OWN_HOST) for number, route in snapshot.items()} == expected
