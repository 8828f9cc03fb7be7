"""Benchmarks ask links that are there, and are what they are said to be."""

from pathlib import Path

from bench.seeding import PLAIN_LETTER, RULED_LETTER, add_links, destination, path, seed, shares
from linnet.actions.installation import initialise
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex, decode_route, domain_prefix, route_key
from linnet.model.route import Needs, Route
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore


def indexed(index: RouteIndex, domain_id: int, key: str) -> Route | None:
    view = index.view()
    record = view.record(route_key(domain_prefix(domain_id), key.encode()))
    view.close()
    return None if record is None else decode_route(record, domain_id)


def test_seeded_links_are_in_the_index_after_a_restore(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'linnet.db'}")
    migrations.upgrade(database)
    domain_id = initialise(database, email="a@example.com", password="correct horse", hostname="go.localhost").domain.id
    seed(database, domain_id, 1000)
    index = RouteIndex(tmp_path / "routes.mdb")
    follower = Follower(RouteStore(database), index)
    assert follower.follow(), "the change log is trimmed, so the index is made from the links"
    plain, ruled = shares(1000)
    for letter, count in ((PLAIN_LETTER, plain), (RULED_LETTER, ruled)):
        routes = [indexed(index, domain_id, path(letter, number)) for number in range(count)]
        assert [route.destination if route else None for route in routes] == [destination(number) for number in range(count)]
        assert len({route.link_number for route in routes if route}) == count
        needs = Needs.COUNTRY | Needs.DEVICE if letter == RULED_LETTER else Needs.NOTHING
        assert {route.needs for route in routes if route} == {needs}
    assert indexed(index, domain_id, path("m", 0)) is None

    add_links(database, domain_id, range(5000, 5002))
    follower.follow()
    assert indexed(index, domain_id, path(PLAIN_LETTER, 5001)) is not None
    with database.read() as work:
        found = work.destinations.find(domain_id, destination(7))
        assert found is not None
        assert found.path == path(PLAIN_LETTER, 7)
    index.close()
    database.close()
