"""Domains that are removed for good, on each of the engines."""

from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.domain_removal import remove_domain
from linnet.actions.domains import create_domain, list_domains
from linnet.actions.folders import create_folder
from linnet.actions.keys import KeyDraft, create_key
from linnet.actions.removing import delete_link
from linnet.actions.restoring import restore_link
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Role
from linnet.model.audit import Event
from linnet.model.errors import (
    DomainInUse,
    DomainNotFound,
    InvalidField,
    LinkNotFound,
    NotAllowed,
    NotAuthenticated,
    StatisticsUnavailable,
)
from linnet.model.statistics import Clearing
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


class Engine:
    """Forgets clicks, unless it is away."""

    def __init__(self) -> None:
        self.cleared: list[int] = []
        self.away = False

    def clear(self, clearing: Clearing) -> None:
        if self.away:
            raise StatisticsUnavailable("away")
        self.cleared.append(clearing.domain_id)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def remove(context: Context, engine: Engine, house: House, typed: str = "go.example") -> None:
    statistics: Any = engine
    remove_domain(context, statistics, house.domain.id, typed)


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def test_an_empty_domain_goes_with_everything_that_named_it(house: House, engine: Engine):
    link = house.create(path="a").link
    create_folder(house.context, house.domain.id, "Spring", {})
    raw_key, _ = create_key(owner(house), KeyDraft(domain_id=house.domain.id))
    delete_link(house.context, link.id)
    before = RouteStore(house.database).last_sequence()
    remove(owner(house), engine, house)
    assert list_domains(owner(house)) == []
    assert engine.cleared == [house.domain.id]
    (change,) = RouteStore(house.database).changes_after(before, 10)
    assert (getattr(change, "hostname", ""), getattr(change, "domain", "")) == ("go.example", None)
    with pytest.raises(LinkNotFound):
        restore_link(owner(house), link.id)
    with pytest.raises(NotAuthenticated):
        house.as_key(raw_key)
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=1)
    assert [(each.event, each.details) for each in entries] == [(Event.DOMAIN_DELETED, {"hostname": "go.example"})]


def test_its_hostname_is_free_then_and_gets_another_number(house: House, engine: Engine):
    remove(owner(house), engine, house)
    again = create_domain(owner(house), "go.example", reserved=frozenset())
    assert again.id != house.domain.id


def test_a_domain_with_links_stays(house: House, engine: Engine):
    house.create(path="a")
    with pytest.raises(DomainInUse):
        remove(owner(house), engine, house)
    assert engine.cleared == []
    assert [each.id for each in list_domains(owner(house))] == [house.domain.id]


@pytest.mark.parametrize("typed", ["", "go.exampl", "go.example.com", "http://go.example"])
def test_the_name_must_be_typed(house: House, engine: Engine, typed: str):
    with pytest.raises(InvalidField) as refusal:
        remove(owner(house), engine, house, typed)
    assert refusal.value.field == "hostname"


def test_nothing_is_removed_while_clicks_cannot_be_forgotten(house: House, engine: Engine):
    engine.away = True
    with pytest.raises(StatisticsUnavailable):
        remove(owner(house), engine, house)
    assert [each.id for each in list_domains(owner(house))] == [house.domain.id]


def test_an_admin_of_its_team_does_not_remove_it_and_another_owner_does(house: House, engine: Engine):
    team = create_team(owner(house), "Shop")
    house.move_to(team)
    for email, role in (("admin@example.com", Role.ADMIN), ("other@example.com", Role.OWNER)):
        house.add_user(email)
        save_member(owner(house), team.id, email, role)
    admin, other = (house.as_user(house.find_user(email) or 0) for email in ("admin@example.com", "other@example.com"))
    with pytest.raises(NotAllowed):
        remove(admin, engine, house)
    remove(other, engine, house)


def test_who_does_not_see_a_domain_is_told_that_there_is_none(house: House, engine: Engine):
    stranger = house.as_user(house.add_user("b@example.com").id)
    with pytest.raises(DomainNotFound):
        remove(stranger, engine, house)


def test_a_key_of_this_domain_alone_does_not_remove_it(house: House, engine: Engine):
    raw_key, _ = create_key(owner(house), KeyDraft(domain_id=house.domain.id))
    with pytest.raises(NotAllowed):
        remove(house.as_key(raw_key), engine, house)
