"""Who may do what."""

import pytest

from linnet.model.access import Action, Actor, KeyKind, Membership, Role, may, may_manage, may_with_link
from tests.storage.builders import a_domain

OWN = a_domain(id=1, owner_id=1)
SHARED = a_domain(id=2, owner_id=1, team_id=7)
EVERYTHING = {Action.READ, Action.READ_STATISTICS, Action.CREATE, Action.WRITE, Action.CONFIGURE}


def member(role: Role, **fields: object) -> Actor:
    return Actor(user_id=2, memberships=(Membership(team_id=7, user_id=2, role=role),), **fields)  # type: ignore[arg-type]


def allowed(actor: Actor, domain: object) -> set[Action]:
    return {action for action in EVERYTHING if may(actor, action, domain)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.OWNER, EVERYTHING),
        (Role.ADMIN, EVERYTHING),
        (Role.USER, EVERYTHING - {Action.CONFIGURE}),
        (Role.READ_ONLY, {Action.READ, Action.READ_STATISTICS}),
    ],
)
def test_a_role_says_what_a_member_may_do_in_the_teams_domains_and_in_no_others(role: Role, expected: set[Action]):
    assert allowed(member(role), SHARED) == expected
    assert allowed(member(role), OWN) == set()


def test_who_registered_a_domain_of_a_team_is_nobody_in_it_without_a_membership():
    assert allowed(Actor(user_id=1), SHARED) == set()
    assert allowed(Actor(user_id=1), OWN) == EVERYTHING


def test_a_key_reaches_no_further_than_its_restriction():
    assert allowed(Actor(user_id=1, only_domain_id=1), OWN) == EVERYTHING
    assert allowed(Actor(user_id=1, only_domain_id=2), OWN) == set()
    assert allowed(Actor(user_id=1, only_team_id=7), OWN) == set()
    assert allowed(member(Role.ADMIN, only_team_id=7), SHARED) == EVERYTHING
    assert allowed(member(Role.ADMIN, only_team_id=8), SHARED) == set()
    assert not may(Actor(user_id=1, only_domain_id=1), Action.CREATE_DOMAIN, None)
    assert may(member(Role.ADMIN, only_team_id=7), Action.CREATE_DOMAIN, None)
    assert not may(member(Role.USER, only_team_id=7), Action.CREATE_DOMAIN, None)
    assert may_manage(member(Role.ADMIN, only_team_id=7), 7)
    assert not may_manage(member(Role.ADMIN, only_domain_id=2), 7)


def test_a_public_key_reads_and_creates_and_no_more():
    assert allowed(Actor(user_id=1, key_kind=KeyKind.PUBLIC), OWN) == {Action.READ, Action.CREATE}
    assert not may(Actor(user_id=1, key_kind=KeyKind.PUBLIC), Action.CREATE_DOMAIN, None)
    assert not may_manage(member(Role.OWNER, key_kind=KeyKind.PUBLIC), 7)


def test_a_permission_lets_a_member_change_one_link_whatever_its_role():
    reader = member(Role.READ_ONLY)
    assert not may_with_link(reader, Action.WRITE, SHARED, link_owner_id=1, permitted=False)
    assert may_with_link(reader, Action.WRITE, SHARED, link_owner_id=1, permitted=True)
    assert not may_with_link(Actor(user_id=3), Action.READ, SHARED, link_owner_id=1, permitted=True)


def test_a_member_with_own_links_only_reaches_its_own_and_the_permitted_ones():
    narrowed = Actor(user_id=2, memberships=(Membership(team_id=7, user_id=2, role=Role.USER, own_links_only=True),))
    assert may_with_link(narrowed, Action.WRITE, SHARED, link_owner_id=2, permitted=False)
    assert not may_with_link(narrowed, Action.READ, SHARED, link_owner_id=1, permitted=False)
    assert may_with_link(narrowed, Action.READ, SHARED, link_owner_id=1, permitted=True)
