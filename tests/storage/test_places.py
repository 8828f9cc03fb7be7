"""Destinations by country and region, on both engines."""

from dataclasses import replace
from datetime import timedelta

from linnet.model.targeting import Place
from linnet.storage.database import Database
from tests.storage.builders import NOON, a_link, add_domain, add_link


def place(country: str, region: str = "", url: str = "https://example.com/") -> Place:
    return Place(country=country, region=region, original_url=url, created_at=NOON)


def test_places_are_kept_in_their_order_countries_apart_from_regions(database: Database) -> None:
    add_domain(database)
    link = add_link(database, a_link())
    with database.write() as work:
        saved = work.places.save(link.number, [place("US"), place("US", "CA"), place("DE")])
    assert [(each.country, each.region) for each in saved] == [("US", ""), ("US", "CA"), ("DE", "")]
    assert len({each.id for each in saved}) == 3
    with database.read() as work:
        assert work.places.search(link.number) == saved
        assert work.places.search(link.number, regions=False) == [saved[0], saved[2]]
        assert work.places.search(link.number, regions=True) == [saved[1]]
        assert len(work.places.search(link.number)) == 3
        assert work.places.search(99) == []


def test_a_place_that_a_link_has_is_replaced_in_its_place(database: Database) -> None:
    add_domain(database)
    link = add_link(database, a_link())
    later = NOON + timedelta(days=1)
    with database.write() as work:
        first, second = work.places.save(link.number, [place("US"), place("DE")])
        again = replace(place("US", url="https://example.com/new"), created_at=later)
        assert work.places.save(link.number, [again]) == [replace(again, id=first.id)]
        assert work.places.save(link.number, []) == []
    with database.read() as work:
        assert work.places.search(link.number) == [replace(again, id=first.id), second]


def test_a_removed_place_is_gone_and_a_removed_link_takes_its_places_along(database: Database) -> None:
    add_domain(database)
    link = add_link(database, a_link())
    with database.write() as work:
        work.places.save(link.number, [place("US"), place("US", "CA")])
        assert work.places.remove(link.number, "US", "")
        assert not work.places.remove(link.number, "US", "")
        assert [each.region for each in work.places.search(link.number)] == ["CA"]
        work.links.remove(link)
        assert work.places.search(link.number) == []
