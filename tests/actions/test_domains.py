"""Domains: who sees which, and what may be registered; on each of the engines."""

from dataclasses import replace

import pytest

from linnet.actions.domains import create_domain, get_domain, list_domains
from linnet.model.access import Actor, KeyKind
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, DomainTaken, InvalidField, NotAllowed
from linnet.model.path import LinkType
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House
from tests.support.moments import NOON


def register(house: House, hostname: str, **fields: object) -> Domain:
    return create_domain(house.context, hostname, reserved=frozenset({"admin.example"}), **fields)  # type: ignore[arg-type]


def test_a_new_domain_is_its_creators_and_the_edge_hears_of_it(house: House) -> None:
    before = RouteStore(house.database).last_sequence()
    domain = register(house, " NEW.example. ", hide_referrer=True, link_type=LinkType.SECURE)
    assert (domain.hostname, domain.hide_referrer, domain.link_type) == ("new.example", True, LinkType.SECURE)
    assert get_domain(house.context, domain.id) == domain
    (change,) = RouteStore(house.database).changes_after(before, 10)
    assert house.published == [change.sequence]
    assert getattr(change, "hostname", None) == "new.example"


@pytest.mark.parametrize("hostname", ["GO.example", "go.example."])
def test_a_hostname_is_registered_once(house: House, hostname: str) -> None:
    with pytest.raises(DomainTaken):
        register(house, hostname)


def test_the_administrators_hosts_serve_no_links(house: House) -> None:
    with pytest.raises(InvalidField):
        register(house, "Admin.example")


def test_a_key_for_one_domain_sees_only_that_one_and_makes_no_others(house: House) -> None:
    other = house.add_domain("other.example")
    context = house.as_actor(Actor(user_id=house.domain.owner_id, key_kind=KeyKind.SECRET, only_domain_id=other.id))
    assert [each.id for each in list_domains(context)] == [other.id]
    assert list_domains(context, pattern="go") == []
    assert list_domains(context, offset=1) == []
    with pytest.raises(DomainNotFound):
        get_domain(context, house.domain.id)
    with pytest.raises(NotAllowed):
        create_domain(context, "new.example", reserved=frozenset())


def test_the_domains_of_another_owner_are_not_there(house: House) -> None:
    with house.database.write() as work:
        stranger = work.users.add(email="other@example.com", name=None, password_hash="x", created_at=NOON)
    context = house.as_actor(replace(house.context.actor, user_id=stranger.id))
    assert list(list_domains(context)) == []
    with pytest.raises(DomainNotFound):
        get_domain(context, house.domain.id)


@pytest.mark.parametrize("domain_id", [0, -1, 77, 2**31, 2**70])
def test_an_id_that_no_domain_has_is_not_found(house: House, domain_id: int) -> None:
    with pytest.raises(DomainNotFound):
        get_domain(house.context, domain_id)


@pytest.mark.parametrize(("limit", "offset", "field"), [(0, 0, "limit"), (301, 0, "limit"), (1, -1, "offset")])
def test_pages_have_bounds(house: House, limit: int, offset: int, field: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        list_domains(house.context, limit=limit, offset=offset)
    assert refusal.value.field == field
