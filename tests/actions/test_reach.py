"""Teams that require a second factor: closed to people without one, in the dashboard and through their keys."""

from collections.abc import Callable
from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.domains import list_domains
from linnet.actions.invitations import InvitationDraft, accept_invitation, create_invitation
from linnet.actions.keys import KeyDraft, create_key
from linnet.actions.sign_in import user_actor
from linnet.actions.team_settings import domains_of_team, get_team, list_teams, rename_team, require_second_factor
from linnet.actions.teams import add_service_account, create_team, leave_team, list_members, remove_member, save_member
from linnet.actions.transfers import transfer_domain
from linnet.model.access import Role, Team
from linnet.model.errors import DomainNotFound, NotAllowed, SecondFactorNeeded, TeamNotFound
from tests.actions.conftest import House
from tests.support.moments import NOON


def give_second_factor(house: House, user_id: int) -> None:
    with house.database.write() as work:
        work.second_factors.add(user_id=user_id, sealed_secret=b"sealed", created_at=NOON)
        work.second_factors.confirm(user_id, NOON)


def signed_in(house: House, user_id: int, *, second_factor: bool) -> Context:
    return house.as_actor(user_actor(house.database, user_id, second_factor=second_factor))


def owner(house: House) -> Context:
    return signed_in(house, house.domain.owner_id, second_factor=True)


@pytest.fixture
def strict(house: House) -> Team:
    """A team that has ``go.example``, and requires a second factor, which its owner has."""
    team = create_team(house.context, "Vault")
    house.move_to(team)
    give_second_factor(house, house.domain.owner_id)
    return require_second_factor(owner(house), team.id, True)


def member(house: House, team: Team, role: Role = Role.ADMIN) -> int:
    user = house.add_user("b@example.com")
    save_member(owner(house), team.id, user.email, role)
    return user.id


def test_who_did_not_give_one_sees_that_there_is_the_team_and_no_more(house: House, strict: Team):
    context = signed_in(house, member(house, strict), second_factor=False)
    (found,) = list_teams(context)
    assert (found.team.name, found.locked, found.members, found.domains) == ("Vault", True, 0, 0)
    assert list_domains(context) == []
    for attempt in readings(context, strict.id):
        with pytest.raises(SecondFactorNeeded):
            attempt()
    with pytest.raises(DomainNotFound):
        transfer_domain(context, house.domain.id, None)


def test_who_gave_one_is_what_it_is(house: House, strict: Team):
    context = signed_in(house, member(house, strict), second_factor=True)
    assert [domain.id for domain in list_domains(context)] == [house.domain.id]
    assert [each.locked for each in list_teams(context)] == [False]
    for attempt in readings(context, strict.id):
        attempt()


def test_other_teams_stay_open(house: House, strict: Team):
    user_id = member(house, strict)
    easy = create_team(signed_in(house, user_id, second_factor=False), "Easy")
    context = signed_in(house, user_id, second_factor=False)
    assert [(each.team.name, each.locked) for each in list_teams(context)] == [("Vault", True), ("Easy", False)]
    assert get_team(context, easy.id).members == 1


def test_a_team_is_closed_from_the_next_request_on_and_opened_again(house: House):
    team = create_team(house.context, "Vault")
    house.move_to(team)
    user_id = member(house, team)
    assert list_domains(signed_in(house, user_id, second_factor=False))
    give_second_factor(house, house.domain.owner_id)
    require_second_factor(owner(house), team.id, True)
    assert list_domains(signed_in(house, user_id, second_factor=False)) == []
    require_second_factor(owner(house), team.id, False)
    assert list_domains(signed_in(house, user_id, second_factor=False))


def test_keys_of_people_reach_the_team_once_these_have_a_second_factor(house: House, strict: Team):
    user_id = member(house, strict)
    everywhere, _ = create_key(signed_in(house, user_id, second_factor=True), KeyDraft())
    of_domain, _ = create_key(signed_in(house, user_id, second_factor=True), KeyDraft(domain_id=house.domain.id))
    assert [list_domains(house.as_key(key)) for key in (everywhere, of_domain)] == [[], []]
    with house.database.write() as work:
        # Not confirmed, it does not count.
        work.second_factors.add(user_id=user_id, sealed_secret=b"sealed", created_at=NOON)
    assert list_domains(house.as_key(everywhere)) == []
    give_second_factor(house, user_id)
    assert [[each.id for each in list_domains(house.as_key(key))] for key in (everywhere, of_domain)] == [[house.domain.id]] * 2
    with house.database.write() as work:
        work.second_factors.remove(user_id)
    assert list_domains(house.as_key(everywhere)) == []


def test_service_accounts_are_not_people(house: House, strict: Team):
    account = add_service_account(owner(house), strict.id, "Robot", Role.USER)
    raw_key, _ = create_key(owner(house), KeyDraft(service_account_id=account.user.id))
    assert [each.id for each in list_domains(house.as_key(raw_key))] == [house.domain.id]


def test_nobody_locks_itself_out(house: House):
    team = create_team(house.context, "Vault")
    with pytest.raises(SecondFactorNeeded):
        require_second_factor(owner(house), team.id, True)
    assert not get_team(owner(house), team.id).team.require_second_factor


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_only_owners_and_admins_require_one(house: House, strict: Team, role: Role):
    context = signed_in(house, member(house, strict, role), second_factor=True)
    for required in (True, False):
        with pytest.raises(NotAllowed):
            require_second_factor(context, strict.id, required)


def test_who_is_locked_out_may_be_invited_and_removed_and_may_leave(house: House, strict: Team):
    stranger = house.add_user("c@example.com").id
    token, _ = create_invitation(owner(house), strict.id, InvitationDraft())
    accept_invitation(signed_in(house, stranger, second_factor=False), token)
    assert [each.locked for each in list_teams(signed_in(house, stranger, second_factor=False))] == [True]
    leave_team(signed_in(house, stranger, second_factor=False), strict.id)
    with pytest.raises(TeamNotFound):
        get_team(signed_in(house, stranger, second_factor=False), strict.id)
    member(house, strict)
    remove_member(owner(house), strict.id, "b@example.com")
    assert len(list_members(owner(house), strict.id)) == 1


def readings(context: Context, team_id: int) -> list[Callable[[], Any]]:
    return [
        lambda: get_team(context, team_id),
        lambda: domains_of_team(context, team_id),
        lambda: list_members(context, team_id),
        lambda: rename_team(context, team_id, "Vault"),
        lambda: create_invitation(context, team_id, InvitationDraft()),
    ]
