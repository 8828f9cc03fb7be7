"""Teams: who changes them, and what stays true of them."""

from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.domains import list_domains
from linnet.actions.sign_in import find_person, sign_in
from linnet.actions.teams import (
    Member,
    add_service_account,
    create_team,
    list_members,
    remove_member,
    save_member,
    team_named,
)
from linnet.actions.users import NO_PASSWORD
from linnet.model.access import KeyKind, Role, Team
from linnet.model.audit import Event
from linnet.model.errors import (
    InvalidField,
    NotAllowed,
    QuotaReached,
    TeamNotFound,
    UserNotFound,
)
from tests.actions.conftest import House


@pytest.fixture
def team(house: House) -> Team:
    """A team of the owner."""
    return create_team(house.context, "Shop")


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def member(house: House, team: Team, role: Role, email: str = "b@example.com", **fields: Any) -> Context:
    user = house.add_user(email)
    save_member(owner(house), team.id, email, role, **fields)
    return house.as_user(user.id)


def roles(house: House, team: Team) -> dict[str, Role]:
    return {each.user.email: each.membership.role for each in list_members(owner(house), team.id)}


def test_who_creates_a_team_is_its_owner(house: House, team: Team):
    assert roles(house, team) == {"owner@example.com": Role.OWNER}


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb", "\x00"])
def test_a_team_has_a_bounded_name(house: House, name: str):
    with pytest.raises(InvalidField):
        create_team(house.context, name)


def test_restricted_and_public_keys_create_no_teams(house: House, team: Team):
    for fields in ({"only_domain_id": house.domain.id}, {"only_team_id": team.id}, {"key_kind": KeyKind.PUBLIC}):
        with pytest.raises(NotAllowed):
            create_team(house.as_user(house.domain.owner_id, **fields), "Other")


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_users_and_readers_see_members_and_change_none(house: House, team: Team, role: Role):
    context = member(house, team, role)
    house.add_user("c@example.com")
    assert len(list_members(context, team.id)) == 2
    for attempt in (
        lambda: save_member(context, team.id, "c@example.com", Role.USER),
        lambda: remove_member(context, team.id, "owner@example.com"),
        lambda: add_service_account(context, team.id, "Robot", Role.USER),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_team_of_others_is_unknown(house: House, team: Team):
    stranger = house.as_user(house.add_user("b@example.com").id)
    for team_id in (team.id, 999, -1):
        for attempt in (
            lambda team_id=team_id: list_members(stranger, team_id),
            lambda team_id=team_id: save_member(stranger, team_id, "b@example.com", Role.OWNER),
            lambda team_id=team_id: remove_member(stranger, team_id, "owner@example.com"),
            lambda team_id=team_id: add_service_account(stranger, team_id, "Robot", Role.ADMIN),
        ):
            with pytest.raises(TeamNotFound):
                attempt()


def test_an_admin_neither_makes_nor_unmakes_owners(house: House, team: Team):
    admin = member(house, team, Role.ADMIN)
    save_member(admin, team.id, house.add_user("c@example.com").email, Role.ADMIN)
    for email, role in (("c@example.com", Role.OWNER), ("owner@example.com", Role.USER)):
        with pytest.raises(NotAllowed):
            save_member(admin, team.id, email, role)
    with pytest.raises(NotAllowed):
        remove_member(admin, team.id, "owner@example.com")


def test_a_team_keeps_an_owner(house: House, team: Team):
    for attempt in (
        lambda: save_member(owner(house), team.id, "owner@example.com", Role.ADMIN),
        lambda: remove_member(owner(house), team.id, "owner@example.com"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    second = member(house, team, Role.OWNER)
    remove_member(second, team.id, "owner@example.com")
    assert {each.membership.role for each in list_members(second, team.id)} == {Role.OWNER}


def test_own_links_only_narrows_the_role_user_and_no_other(house: House, team: Team):
    context = member(house, team, Role.USER, own_links_only=True)
    assert context.actor.memberships[0].own_links_only
    with pytest.raises(InvalidField):
        save_member(owner(house), team.id, "b@example.com", Role.ADMIN, own_links_only=True)


def test_who_has_no_account_becomes_no_member(house: House, team: Team):
    with pytest.raises(UserNotFound):
        save_member(owner(house), team.id, "nobody@example.com", Role.USER)
    with pytest.raises(UserNotFound):
        remove_member(owner(house), team.id, "nobody@example.com")


def test_teams_and_users_have_a_bounded_number_of_each_other(house: House, team: Team, monkeypatch: pytest.MonkeyPatch):
    house.add_user("b@example.com")
    monkeypatch.setattr("linnet.actions.teams.MAX_MEMBERS", 1)
    with pytest.raises(QuotaReached):
        save_member(owner(house), team.id, "b@example.com", Role.USER)
    with pytest.raises(QuotaReached):
        add_service_account(owner(house), team.id, "Robot", Role.USER)
    monkeypatch.setattr("linnet.actions.teams.MAX_TEAMS", 1)
    with pytest.raises(QuotaReached):
        create_team(house.context, "Second")


@pytest.fixture
def account(house: House, team: Team) -> Member:
    return add_service_account(owner(house), team.id, "Röbot & Söhne", Role.USER)


def test_a_service_account_has_an_address_that_no_mail_reaches(account: Member):
    assert account.user.service
    assert account.user.name == "Röbot & Söhne"
    assert account.user.email.startswith("r-bot-s-hne-")
    assert account.user.email.endswith("@service.invalid")


@pytest.mark.parametrize("password", ["", NO_PASSWORD, "nobody has this password"])
def test_nobody_signs_in_as_a_service_account(house: House, account: Member, password: str):
    assert sign_in(house.database, account.user.email, password) is None
    assert find_person(house.database, account.user.id) is None


def test_a_service_account_stays_in_its_team_and_owns_none(house: House, team: Team, account: Member):
    other = create_team(house.context, "Other")
    with pytest.raises(UserNotFound):
        save_member(owner(house), other.id, account.user.email, Role.USER)
    for attempt in (
        lambda: save_member(owner(house), team.id, account.user.email, Role.OWNER),
        lambda: add_service_account(owner(house), team.id, "Chief", Role.OWNER),
    ):
        with pytest.raises(InvalidField):
            attempt()
    with pytest.raises(NotAllowed):
        create_team(house.as_user(account.user.id), "Mine")


def test_the_domains_of_a_team_are_its_members_and_of_nobody_else(house: House, team: Team):
    context = member(house, team, Role.USER)
    assert list_domains(context) == []
    moved = house.move_to(team)
    assert [domain.id for domain in list_domains(context)] == [moved.id]
    remove_member(owner(house), team.id, "b@example.com")
    assert list_domains(house.as_user(context.actor.user_id)) == []


def test_a_move_is_noted_for_the_team_that_gets_a_domain_and_for_the_one_that_loses_it(house: House, team: Team):
    other = create_team(owner(house), "Other")
    house.move_to(team)
    house.move_to(other)
    with house.database.read() as work:
        noted = [
            len(
                [
                    entry
                    for entry in work.audit.search(user_id=None, domain_ids=(), team_ids=(each,), limit=20)
                    if entry.domain_id
                ]
            )
            for each in (team.id, other.id)
        ]
    assert noted == [2, 1]


def test_what_happens_in_a_team_is_in_its_audit_log(house: House, team: Team):
    member(house, team, Role.USER)
    save_member(owner(house), team.id, "b@example.com", Role.ADMIN)
    remove_member(owner(house), team.id, "b@example.com")
    add_service_account(owner(house), team.id, "Robot", Role.USER)
    with house.database.read() as work:
        found = work.audit.search(user_id=None, domain_ids=(), team_ids=(team.id,), limit=20)
    assert [entry.event for entry in reversed(found)] == [
        Event.TEAM_CREATED,
        Event.MEMBER_ADDED,
        Event.MEMBER_CHANGED,
        Event.MEMBER_REMOVED,
        Event.MEMBER_ADDED,
    ]


def test_a_team_is_found_by_number_or_by_a_name_that_it_has_alone(house: House, team: Team):
    second = create_team(owner(house), "Shop")
    third = create_team(owner(house), "2026")
    with house.database.read() as work:
        assert team_named(work, str(second.id)) == second
        assert team_named(work, "2026") == third
        for name in ("Shop", "Nobody", "\x00", "9" * 30):
            with pytest.raises(TeamNotFound):
                team_named(work, name)
