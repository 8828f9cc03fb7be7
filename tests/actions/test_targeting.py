"""Targeting: what is checked, what the change log and the audit log are told, and loops through places; on both engines."""

from typing import Any

import pytest

from linnet.actions.links import duplicate_link, update_link
from linnet.actions.targeting import list_places, remove_place, save_places
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, PlaceNotFound
from linnet.model.link import LinkDraft
from linnet.model.route import RouteChange
from linnet.model.targeting import COUNTRIES, MAX_COUNTRIES, Place
from linnet.storage.routes import RouteStore
from linnet.visitor.regions import regions_of
from tests.actions.conftest import House


def place(where: str, url: str = "https://example.com/there") -> Place:
    country, _, region = where.partition("-")
    return Place(country=country, region=region, original_url=url)


def changed_paths(house: House, after: int) -> list[Any]:
    changes = RouteStore(house.database).changes_after(after, 100)
    return [change.path_key for change in changes if isinstance(change, RouteChange)]


def test_edges_and_the_audit_log_are_told_of_what_changed_and_of_nothing_else(house: House):
    link = house.create(path="Sale").link
    last = RouteStore(house.database).last_sequence()
    save_places(house.context, link.id, [place("US"), place("US-CA")])
    remove_place(house.context, link.id, "US")
    with pytest.raises(PlaceNotFound):
        remove_place(house.context, link.id, "US")
    with pytest.raises(InvalidField):
        save_places(house.context, link.id, [place("DE"), place("ZZ")])
    save_places(house.context, link.id, [])
    assert changed_paths(house, last) == ["sale", "sale"]
    assert house.published[-3:] == [last + 1, last + 2, None]
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=2)
    assert [(each.event, each.subject, each.details) for each in entries] == [
        (Event.TARGETING_CHANGED, link.id, {"removed": ["US"]}),
        (Event.TARGETING_CHANGED, link.id, {"saved": ["US", "US-CA"]}),
    ]
    left = list_places(house.context, link.id, regions=True).places
    assert [(each.country, each.region) for each in left] == [("US", "CA")]


def test_every_country_of_the_contract_and_each_of_its_regions_can_be_targeted(house: House):
    assert len(COUNTRIES) == MAX_COUNTRIES
    link = house.create(path="a").link
    assert len(save_places(house.context, link.id, [place(country) for country in COUNTRIES]).places) == 257
    codes = [f"{country}-{region}" for country in sorted(COUNTRIES) for region in regions_of(country)]
    assert len(codes) > 4000
    for start in range(0, 700, 350):
        save_places(house.context, link.id, [place(code) for code in codes[start : start + 350]])


@pytest.mark.parametrize("where", ["US", "US-CA"])
def test_a_place_that_leads_back_to_its_link_is_refused(house: House, where: str):
    link = house.create(path="a").link
    house.create("https://GO.example/A?x", path="b")
    for url in ("http://go.example/a", "https://go.example/b"):
        with pytest.raises(InvalidField, match=where) as refusal:
            save_places(house.context, link.id, [place("DE"), place(where, url)])
        assert refusal.value.field == "originalURL"
    assert list_places(house.context, link.id, regions="-" in where).places == []


def test_a_link_that_a_place_would_lead_back_to_is_refused(house: House):
    hub = house.create(path="hub").link
    save_places(house.context, hub.id, [place("US", "https://go.example/us"), place("US-CA", "https://go.example/ca")])
    for path in ("us", "ca"):
        with pytest.raises(InvalidField):
            house.create("https://go.example/hub", path=path)
        link = house.create("https://example.com/", path=path).link
        with pytest.raises(InvalidField):
            update_link(house.context, link.id, LinkDraft(original_url="https://go.example/hub"))
    with pytest.raises(InvalidField):
        update_link(house.context, hub.id, LinkDraft(path="ca"))


def test_places_of_two_links_that_lead_to_each_other_are_a_loop_only_where_they_meet(house: House):
    a, b = house.create(path="a").link, house.create(path="b").link
    save_places(house.context, a.id, [place("US", "https://go.example/b")])
    save_places(house.context, b.id, [place("DE", "https://go.example/a")])
    for where in ("US", "US-CA"):
        with pytest.raises(InvalidField):
            save_places(house.context, b.id, [place(where, "https://go.example/a")])
    save_places(house.context, a.id, [place("US-CA", "https://example.com/")])
    save_places(house.context, b.id, [place("US-CA", "https://go.example/a")])


def test_a_link_moved_or_copied_to_where_its_places_lead_is_refused(house: House):
    link = house.create(path="a").link
    save_places(house.context, link.id, [place("US", "https://go.example/free")])
    with pytest.raises(InvalidField):
        update_link(house.context, link.id, LinkDraft(path="free"))
    with pytest.raises(InvalidField):
        duplicate_link(house.context, link.id, path="free")
    copy, _ = duplicate_link(house.context, link.id, path="copy")
    places = list_places(house.context, copy.link.id, regions=False).places
    assert [each.original_url for each in places] == ["https://go.example/free"]


def test_many_ways_through_many_places_are_followed_within_a_bound(house: House):
    links = [house.create(path=f"p{number}").link for number in range(8)]
    for number, link in enumerate(links[:-1]):
        onward = [place(country, f"https://go.example/p{number + 1}") for country in sorted(COUNTRIES)]
        save_places(house.context, link.id, onward)
    with pytest.raises(InvalidField):
        save_places(house.context, links[-1].id, [place("US", "https://go.example/p0")])
    house.create("https://go.example/p0", path="far")
