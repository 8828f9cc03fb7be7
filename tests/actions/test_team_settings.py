"""Teams as a whole: listed, renamed, left and ended."""

from collections.abc import Callable
from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.invitations import InvitationDraft, create_invitation, find_invitation
from linnet.actions.keys import KeyDraft, create_key
from linnet.actions.links import create_link
from linnet.actions.permissions import add_permission, list_permissions
from linnet.actions.team_settings import delete_team, domains_of_team, get_team, list_teams, rename_team
from linnet.actions.teams import add_service_account, create_team, leave_team, list_members, save_member
from linnet.actions.transfers import transfer_domain
from linnet.model.access import KeyKind, Role, Team
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, InvitationNotFound, NotAllowed, NotAuthenticated, TeamNotEmpty, TeamNotFound
from linnet.model.link import LinkDraft
from tests.actions.conftest import House


@pytest.fixture
def team(house: House) -> Team:
    """A team of the owner."""
    return create_team(house.context, "Shop")


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def member(house: House, team: Team, role: Role, email: str = "b@example.com") -> Context:
    user = house.add_user(email)
    save_member(owner(house), team.id, email, role)
    return house.as_user(user.id)


def test_teams_are_listed_with_what_is_in_them_and_what_one_is_there(house: House, team: Team):
    house.move_to(team)
    reader = member(house, team, Role.READ_ONLY)
    second = create_team(reader, "Mine")
    found = list_teams(house.as_user(reader.actor.user_id))
    assert [(each.team.id, each.membership.role, each.members, each.domains) for each in found] == [
        (team.id, Role.READ_ONLY, 2, 1),
        (second.id, Role.OWNER, 1, 0),
    ]
    assert list_teams(house.as_user(reader.actor.user_id, only_team_id=second.id)) == found[1:]
    assert list_teams(house.as_user(reader.actor.user_id, key_kind=KeyKind.PUBLIC)) == []
    assert get_team(reader, team.id) == found[0]
    assert [each.hostname for each in domains_of_team(reader, team.id)] == ["go.example"]


def test_a_foreign_team_is_not_there(house: House, team: Team):
    stranger = house.as_user(house.add_user("b@example.com").id)
    for team_id in (team.id, 999, -1, 10**30):
        for attempt in (*attempts(stranger, team_id), *readings(stranger, team_id)):
            with pytest.raises(TeamNotFound):
                attempt()
    assert list_teams(stranger) == []


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_users_and_readers_look_and_change_nothing(house: House, team: Team, role: Role):
    context = member(house, team, role)
    for reading in readings(context, team.id):
        reading()
    for attempt in attempts(context, team.id)[:-1]:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_team_is_renamed_with_a_name_that_it_can_have(house: House, team: Team):
    admin = member(house, team, Role.ADMIN)
    assert rename_team(admin, team.id, " Börse ").name == "Börse"
    assert get_team(owner(house), team.id).team.name == "Börse"
    for name in ("", "x" * 101, "a\x00b"):
        with pytest.raises(InvalidField):
            rename_team(admin, team.id, name)


def test_only_owners_end_a_team_and_only_one_without_domains(house: House, team: Team):
    admin = member(house, team, Role.ADMIN)
    house.move_to(team)
    with pytest.raises(NotAllowed):
        delete_team(admin, team.id)
    with pytest.raises(TeamNotEmpty):
        delete_team(owner(house), team.id)
    transfer_domain(owner(house), house.domain.id, None)
    delete_team(owner(house), team.id)
    assert list_teams(owner(house)) == []
    assert list_teams(house.as_user(admin.actor.user_id)) == []


def test_with_a_team_everything_ends_that_leads_into_it(house: House, team: Team):
    token, _ = create_invitation(owner(house), team.id, InvitationDraft())
    account = add_service_account(owner(house), team.id, "Robot", Role.ADMIN)
    of_account, _ = create_key(owner(house), KeyDraft(service_account_id=account.user.id))
    of_team, key = create_key(owner(house), KeyDraft(team_id=team.id))
    everywhere, _ = create_key(owner(house), KeyDraft())
    delete_team(owner(house), team.id)
    with pytest.raises(InvitationNotFound):
        find_invitation(house.context, token)
    for raw_key in (of_account, of_team):
        with pytest.raises(NotAuthenticated):
            house.as_key(raw_key)
    assert house.as_key(everywhere).actor.memberships == ()
    with house.database.read() as work:
        assert work.keys.get(key.id).revoked_at is not None
        (entry,) = work.audit.search(user_id=None, domain_ids=(), team_ids=(team.id,), limit=1)
    assert (entry.event, entry.details["name"]) == (Event.TEAM_DELETED, "Shop")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.USER, Role.READ_ONLY])
def test_members_leave_by_themselves_without_their_permissions(house: House, team: Team, role: Role):
    house.move_to(team)
    context = member(house, team, role)
    link = create_link(owner(house), "go.example", LinkDraft(original_url="https://example.com/")).link
    add_permission(owner(house), house.domain.id, link.id, context.actor.user_id)
    leave_team(context, team.id)
    assert len(list_members(owner(house), team.id)) == 1
    assert list_permissions(owner(house), house.domain.id, link.id) == []
    with pytest.raises(TeamNotFound):
        leave_team(context, team.id)


def test_the_last_owner_stays(house: House, team: Team):
    with pytest.raises(NotAllowed):
        leave_team(owner(house), team.id)
    second = member(house, team, Role.OWNER)
    leave_team(owner(house), team.id)
    with pytest.raises(NotAllowed):
        leave_team(second, team.id)


def test_keys_leave_no_team(house: House, team: Team):
    member(house, team, Role.OWNER)
    with pytest.raises(NotAllowed):
        leave_team(house.as_user(house.domain.owner_id, key_kind=KeyKind.SECRET), team.id)


def readings(context: Context, team_id: int) -> list[Callable[[], Any]]:
    """Everything that every member may see."""
    return [
        lambda: get_team(context, team_id),
        lambda: domains_of_team(context, team_id),
        lambda: list_members(context, team_id),
    ]


def attempts(context: Context, team_id: int) -> list[Callable[[], Any]]:
    """Everything that changes a team, what everybody may last."""
    return [
        lambda: rename_team(context, team_id, "Mine"),
        lambda: delete_team(context, team_id),
        lambda: leave_team(context, team_id),
    ]
