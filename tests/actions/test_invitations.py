"""Invitations: who makes them, who may accept them, and how often."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.context import Context
from linnet.actions.invitations import (
    LIFE,
    InvitationDraft,
    accept_invitation,
    create_invitation,
    find_invitation,
    join_with_account,
    list_invitations,
    withdraw_invitation,
)
from linnet.actions.sign_in import sign_in
from linnet.actions.teams import add_service_account, create_team, list_members, remove_member, save_member
from linnet.model.access import Actor, KeyKind, Role, Team
from linnet.model.audit import Event
from linnet.model.errors import (
    AlreadyMember,
    InvalidField,
    InvitationNotFound,
    NotAllowed,
    QuotaReached,
    TeamNotFound,
    UserTaken,
)
from tests.actions.conftest import House
from tests.support.moments import NOON

ACCOUNT = {"name": "Ada", "email": "ada@example.com", "password": "long enough"}


@pytest.fixture
def team(house: House) -> Team:
    """A team of the owner, at noon."""
    house.context = replace(house.context, now=lambda: NOON)
    return create_team(house.context, "Shop")


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def nobody(house: House) -> Context:
    """Who is not signed in."""
    return house.as_actor(Actor(user_id=0))


def invited(house: House, team: Team, **fields: Any) -> str:
    """The token of a new invitation of the owner."""
    token, _ = create_invitation(owner(house), team.id, InvitationDraft(**fields))
    return token


def somebody(house: House, email: str = "b@example.com") -> Context:
    return house.as_user(house.find_user(email) or house.add_user(email).id)


def members(house: House, team: Team) -> dict[str, tuple[Role, bool]]:
    found = list_members(owner(house), team.id)
    return {each.user.email: (each.membership.role, each.membership.own_links_only) for each in found}


def test_who_is_signed_in_becomes_what_the_invitation_says(house: House, team: Team):
    token = invited(house, team, role=Role.USER, own_links_only=True)
    assert accept_invitation(somebody(house), token) == team
    assert members(house, team)["b@example.com"] == (Role.USER, True)


def test_who_has_no_account_makes_one_and_signs_in_with_it(house: House, team: Team):
    user = join_with_account(nobody(house), invited(house, team, role=Role.READ_ONLY), **ACCOUNT)
    assert (user.email, user.name) == ("ada@example.com", "Ada")
    assert members(house, team)["ada@example.com"] == (Role.READ_ONLY, False)
    assert sign_in(house.database, "ada@example.com", "long enough") == user


def test_an_invitation_tells_what_it_offers_and_by_whom(house: House, team: Team):
    offer = find_invitation(nobody(house), invited(house, team, role=Role.ADMIN, email=" ada@example.com "))
    assert (offer.team, offer.inviter.email) == (team, "owner@example.com")
    assert (offer.invitation.role, offer.invitation.email) == (Role.ADMIN, "ada@example.com")
    assert offer.invitation.expires_at == NOON + LIFE


def test_an_invitation_is_used_once_unless_it_says_more(house: House, team: Team):
    once, twice = invited(house, team), invited(house, team, uses=2)
    accept_invitation(somebody(house), once)
    for email in ("c@example.com", "d@example.com"):
        with pytest.raises(InvitationNotFound):
            accept_invitation(somebody(house, email), once)
        accept_invitation(somebody(house, email), twice)
    with pytest.raises(InvitationNotFound):
        accept_invitation(somebody(house, "e@example.com"), twice)


def test_of_many_who_accept_at_once_as_many_come_in_as_may(house: House, team: Team):
    token = invited(house, team, uses=3)
    contexts = [somebody(house, f"u{number}@example.com") for number in range(8)]

    def outcome(context: Context) -> bool:
        try:
            return accept_invitation(context, token) == team
        except InvitationNotFound:
            return False

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, contexts))
    assert sum(outcomes) == 3
    assert len(members(house, team)) == 4


@pytest.mark.parametrize("end", ["expire", "withdraw", "remove inviter", "demote inviter"])
def test_an_invitation_that_is_over_is_accepted_by_nobody(house: House, team: Team, end: str):
    chief = house.add_user("chief@example.com")
    save_member(owner(house), team.id, chief.email, Role.ADMIN)
    token, invitation = create_invitation(house.as_user(chief.id), team.id, InvitationDraft(uses=5))
    if end == "expire":
        house.context = replace(house.context, now=lambda: NOON + LIFE)
    elif end == "withdraw":
        withdraw_invitation(owner(house), team.id, invitation.id)
    elif end == "remove inviter":
        remove_member(owner(house), team.id, chief.email)
    else:
        save_member(owner(house), team.id, chief.email, Role.USER)
    assert list_invitations(owner(house), team.id) == []
    for attempt in (
        lambda: find_invitation(nobody(house), token),
        lambda: accept_invitation(somebody(house), token),
        lambda: join_with_account(nobody(house), token, **ACCOUNT),
    ):
        with pytest.raises(InvitationNotFound):
            attempt()
    assert house.find_user("ada@example.com") is None


@pytest.mark.parametrize("token", ["", "x", "é" * 300, "\x00", "\ud800", "a" * 5000])
def test_what_is_no_token_is_answered_as_one_that_is_over(house: House, team: Team, token: str):
    for attempt in (find_invitation, accept_invitation):
        with pytest.raises(InvitationNotFound):
            attempt(somebody(house), token)


def test_an_invitation_to_an_address_is_accepted_by_it_alone_in_whatever_case(house: House, team: Team):
    token = invited(house, team, email="Ada@Example.com")
    with pytest.raises(NotAllowed):
        accept_invitation(somebody(house), token)
    with pytest.raises(NotAllowed):
        join_with_account(nobody(house), token, **ACCOUNT | {"email": "other@example.com"})
    assert house.find_user("other@example.com") is None
    join_with_account(nobody(house), token, **ACCOUNT)
    assert "ada@example.com" in members(house, team)


def test_who_has_an_account_is_told_to_sign_in_and_the_invitation_stays(house: House, team: Team):
    token = invited(house, team)
    with pytest.raises(UserTaken):
        join_with_account(nobody(house), token, **ACCOUNT | {"email": "OWNER@example.com"})
    assert find_invitation(nobody(house), token)


def test_a_member_cannot_accept_and_uses_nothing_up(house: House, team: Team):
    token = invited(house, team, role=Role.READ_ONLY)
    with pytest.raises(AlreadyMember):
        accept_invitation(owner(house), token)
    assert members(house, team)["owner@example.com"] == (Role.OWNER, False)
    assert find_invitation(nobody(house), token)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\x00"),
        ("name", "x" * 101),
        ("email", "nobody"),
        ("password", "short"),
        ("password", "x" * 1025),
    ],
)
def test_an_account_that_cannot_be_made_uses_nothing_up(house: House, team: Team, field: str, value: str):
    token = invited(house, team)
    with pytest.raises(InvalidField) as refused:
        join_with_account(nobody(house), token, **ACCOUNT | {field: value})
    assert refused.value.field == field
    assert find_invitation(nobody(house), token)


def test_keys_and_service_accounts_accept_nothing(house: House, team: Team):
    token = invited(house, team)
    other = create_team(owner(house), "Other")
    account = add_service_account(owner(house), other.id, "Robot", Role.ADMIN)
    for context in (
        house.as_user(account.user.id),
        house.as_user(somebody(house).actor.user_id, key_kind=KeyKind.SECRET),
        nobody(house),
    ):
        with pytest.raises(NotAllowed):
            accept_invitation(context, token)


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_users_and_readers_invite_nobody_and_see_no_invitations(house: House, team: Team, role: Role):
    token, invitation = create_invitation(owner(house), team.id, InvitationDraft())
    context = somebody(house)
    save_member(owner(house), team.id, "b@example.com", role)
    context = house.as_user(context.actor.user_id)
    for attempt in attempts(context, team.id, invitation.id):
        with pytest.raises(NotAllowed):
            attempt()
    assert find_invitation(nobody(house), token)


def test_invitations_of_foreign_teams_are_not_there(house: House, team: Team):
    _, invitation = create_invitation(owner(house), team.id, InvitationDraft())
    stranger = somebody(house)
    other = create_team(stranger, "Other")
    stranger = house.as_user(stranger.actor.user_id)
    for team_id in (team.id, 999, -1):
        for attempt in attempts(stranger, team_id, invitation.id):
            with pytest.raises(TeamNotFound):
                attempt()
    for invitation_id in (invitation.id, 999, -1, 10**30):
        with pytest.raises(InvitationNotFound):
            withdraw_invitation(stranger, other.id, invitation_id)


def test_only_owners_invite_owners_and_withdraw_that(house: House, team: Team):
    admin = somebody(house)
    save_member(owner(house), team.id, "b@example.com", Role.ADMIN)
    admin = house.as_user(admin.actor.user_id)
    with pytest.raises(NotAllowed):
        create_invitation(admin, team.id, InvitationDraft(role=Role.OWNER))
    token, invitation = create_invitation(owner(house), team.id, InvitationDraft(role=Role.OWNER))
    with pytest.raises(NotAllowed):
        withdraw_invitation(admin, team.id, invitation.id)
    accept_invitation(somebody(house, "c@example.com"), token)
    assert members(house, team)["c@example.com"] == (Role.OWNER, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"uses": 0}, "uses"),
        ({"uses": 101}, "uses"),
        ({"uses": 2, "email": "a@example.com"}, "uses"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@" + "x" * 300}, "email"),
        ({"role": Role.ADMIN, "own_links_only": True}, "ownLinksOnly"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(house: House, team: Team, fields: dict[str, Any], field: str):
    with pytest.raises(InvalidField) as refused:
        invited(house, team, **fields)
    assert refused.value.field == field


def test_a_team_has_a_bounded_number_of_open_invitations(house: House, team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.invitations.MAX_INVITATIONS", 2)
    used = invited(house, team)
    invited(house, team)
    with pytest.raises(QuotaReached):
        invited(house, team)
    accept_invitation(somebody(house), used)
    invited(house, team)
    house.context = replace(house.context, now=lambda: NOON + LIFE)
    invited(house, team)
    assert len(list_invitations(owner(house), team.id)) == 1


def test_a_full_team_takes_nobody_and_uses_nothing_up(house: House, team: Team, monkeypatch: pytest.MonkeyPatch):
    token = invited(house, team)
    monkeypatch.setattr("linnet.actions.teams.MAX_MEMBERS", 1)
    with pytest.raises(QuotaReached):
        join_with_account(nobody(house), token, **ACCOUNT)
    assert house.find_user("ada@example.com") is None
    assert find_invitation(nobody(house), token)


def test_the_audit_log_tells_everything_but_the_token(house: House, team: Team):
    token, invitation = create_invitation(owner(house), team.id, InvitationDraft(role=Role.ADMIN, uses=2))
    user = join_with_account(nobody(house), token, **ACCOUNT)
    withdraw_invitation(owner(house), team.id, invitation.id)
    with house.database.read() as work:
        found = work.audit.search(user_id=None, domain_ids=(), team_ids=(team.id,), limit=3)
        own = work.audit.search(user_id=user.id, domain_ids=(), team_ids=(), limit=3)
    assert [(each.event, each.user_id) for each in found] == [
        (Event.INVITATION_WITHDRAWN, house.domain.owner_id),
        (Event.INVITATION_ACCEPTED, user.id),
        (Event.INVITATION_CREATED, house.domain.owner_id),
    ]
    assert [each.event for each in own] == [Event.INVITATION_ACCEPTED, Event.USER_CREATED]
    assert token not in repr((found, own))


def attempts(context: Context, team_id: int, invitation_id: int) -> list[Callable[[], Any]]:
    """Everything that owners and admins do with invitations."""
    return [
        lambda: create_invitation(context, team_id, InvitationDraft()),
        lambda: list_invitations(context, team_id),
        lambda: withdraw_invitation(context, team_id, invitation_id),
    ]
