"""Domains that change hands: who moves them, and what comes along."""

from dataclasses import replace

import pytest

from linnet.actions.context import Context
from linnet.actions.domains import list_domains
from linnet.actions.folders import create_folder, list_folders
from linnet.actions.keys import KeyDraft, create_key
from linnet.actions.link_queries import get_link
from linnet.actions.links import create_link
from linnet.actions.permissions import add_permission, list_permissions
from linnet.actions.teams import create_team, remove_member, save_member
from linnet.actions.transfers import transfer_destinations, transfer_domain
from linnet.model.access import KeyKind, Role, Team
from linnet.model.audit import Event
from linnet.model.errors import DomainNotFound, NotAllowed, TeamNotFound
from linnet.model.link import LinkDraft
from linnet.model.route import RouteChange
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


@pytest.fixture
def team(house: House) -> Team:
    """A team of the owner."""
    return create_team(house.context, "Shop")


def owner(house: House) -> Context:
    return house.as_user(house.domain.owner_id)


def joined(house: House, team: Team, role: Role, email: str = "b@example.com") -> Context:
    """The context of a member of a team of the owner."""
    user_id = house.find_user(email) or house.add_user(email).id
    save_member(owner(house), team.id, email, role)
    return house.as_user(user_id)


def test_a_domain_goes_to_a_team_and_back_with_everything_in_it(house: House, team: Team):
    link = house.create(path="a").link
    create_folder(house.context, house.domain.id, "Spring", {})
    member = joined(house, team, Role.READ_ONLY)
    moved = transfer_domain(owner(house), house.domain.id, team.id)
    assert (moved.team_id, moved.owner_id) == (team.id, house.domain.owner_id)
    assert get_link(member, link.id).link == link
    assert [folder.name for folder in list_folders(member, house.domain.id)] == ["Spring"]
    assert transfer_domain(owner(house), house.domain.id, None).team_id is None
    assert list_domains(member) == []


def test_edges_are_told_and_the_route_stays(house: House, team: Team):
    published = len(house.published)
    transfer_domain(owner(house), house.domain.id, team.id)
    assert len(house.published) == published + 1
    assert house.published[-1] is not None


def test_both_teams_read_in_their_log_where_a_domain_went(house: House, team: Team):
    other = create_team(owner(house), "Other")
    transfer_domain(owner(house), house.domain.id, team.id)
    transfer_domain(owner(house), house.domain.id, other.id)
    with house.database.read() as work:
        found = work.audit.search(user_id=None, domain_ids=(), team_ids=(team.id,), limit=1)
        gained = work.audit.search(user_id=None, domain_ids=(), team_ids=(other.id,), limit=1)
    assert [(each.event, each.details) for each in (*found, *gained)] == [
        (Event.DOMAIN_TRANSFERRED, {"from": team.id, "to": other.id})
    ] * 2


def test_nothing_happens_where_the_domain_is_there_already(house: House, team: Team):
    house.move_to(team)
    published = len(house.published)
    assert transfer_domain(owner(house), house.domain.id, team.id).team_id == team.id
    assert house.published[published:] == [None]


@pytest.mark.parametrize("role", list(Role))
def test_out_of_a_team_a_domain_goes_by_who_registered_it_alone(house: House, team: Team, role: Role):
    house.move_to(team)
    context = joined(house, team, role)
    with pytest.raises(NotAllowed):
        transfer_domain(context, house.domain.id, None)
    for key in ({"only_team_id": team.id}, {"only_domain_id": house.domain.id}):
        with pytest.raises(NotAllowed):
            transfer_domain(house.as_user(house.domain.owner_id, **key), house.domain.id, None)


def test_an_admin_cannot_carry_a_domain_away_to_a_team_of_its_own(house: House, team: Team):
    house.move_to(team)
    admin = joined(house, team, Role.ADMIN)
    own = create_team(admin, "Mine")
    admin = house.as_user(admin.actor.user_id)
    with pytest.raises(NotAllowed):
        transfer_domain(admin, house.domain.id, own.id)
    assert transfer_destinations(admin, house.domain.id).teams == ()


def test_a_team_that_the_actor_does_not_manage_is_none_to_move_to(house: House, team: Team):
    stranger = house.as_user(house.add_user("c@example.com").id)
    theirs = create_team(stranger, "Theirs")
    save_member(house.as_user(stranger.actor.user_id), theirs.id, "owner@example.com", Role.USER)
    for team_id in (theirs.id, 999, -1):
        with pytest.raises(TeamNotFound):
            transfer_domain(owner(house), house.domain.id, team_id)
    with pytest.raises(DomainNotFound):
        transfer_domain(stranger, house.domain.id, theirs.id)
    with pytest.raises(DomainNotFound):
        transfer_destinations(stranger, house.domain.id)


def test_destinations_are_the_teams_that_would_be_accepted(house: House, team: Team):
    other = create_team(owner(house), "Other")
    found = transfer_destinations(owner(house), house.domain.id)
    assert ([each.id for each in found.teams], found.back) == ([team.id, other.id], False)
    house.move_to(team)
    found = transfer_destinations(owner(house), house.domain.id)
    assert ([each.id for each in found.teams], found.back) == ([other.id], True)


def test_permissions_end_with_the_transfer_but_for_who_is_in_both_teams(house: House, team: Team):
    other = create_team(owner(house), "Other")
    house.move_to(team)
    link = create_link(owner(house), "go.example", LinkDraft(original_url="https://example.com/")).link
    leaving = joined(house, team, Role.READ_ONLY, "b@example.com").actor.user_id
    staying = joined(house, team, Role.READ_ONLY, "c@example.com").actor.user_id
    joined(house, other, Role.READ_ONLY, "c@example.com")
    for user_id in (leaving, staying):
        add_permission(owner(house), house.domain.id, link.id, user_id)
    transfer_domain(owner(house), house.domain.id, other.id)
    assert [each.user_id for each in list_permissions(owner(house), house.domain.id, link.id)] == [staying]
    transfer_domain(owner(house), house.domain.id, None)
    assert list_permissions(owner(house), house.domain.id, link.id) == []


def test_who_leaves_a_team_has_no_permissions_when_it_comes_again(house: House, team: Team):
    house.move_to(team)
    link = create_link(owner(house), "go.example", LinkDraft(original_url="https://example.com/")).link
    elsewhere = house.add_domain("other.example", team_id=create_team(owner(house), "Other").id)
    kept = create_link(owner(house), "other.example", LinkDraft(original_url="https://example.com/")).link
    user_id = joined(house, team, Role.READ_ONLY).actor.user_id
    save_member(owner(house), elsewhere.team_id or 0, "b@example.com", Role.READ_ONLY)
    add_permission(owner(house), house.domain.id, link.id, user_id)
    add_permission(owner(house), elsewhere.id, kept.id, user_id)
    remove_member(owner(house), team.id, "b@example.com")
    joined(house, team, Role.READ_ONLY)
    assert list_permissions(owner(house), house.domain.id, link.id) == []
    assert [each.user_id for each in list_permissions(owner(house), elsewhere.id, kept.id)] == [user_id]


def test_search_indexes_are_told_of_links_that_lose_their_permissions(house: House, team: Team):
    house.move_to(team)
    links = [
        create_link(owner(house), "go.example", LinkDraft(original_url=f"https://example.com/{path}", path=path)).link
        for path in ("a", "b", "c")
    ]
    user_id = joined(house, team, Role.READ_ONLY).actor.user_id
    for link in links[:2]:
        add_permission(owner(house), house.domain.id, link.id, user_id)
    last = RouteStore(house.database).last_sequence()
    remove_member(owner(house), team.id, "b@example.com")
    told = RouteStore(house.database).changes_after(last, 10)
    assert [each.path_key for each in told if isinstance(each, RouteChange)] == ["a", "b"]
    assert house.published[-1] == told[-1].sequence


def test_keys_reach_a_domain_as_far_as_its_team_and_their_restrictions_do(house: House, team: Team):
    other = create_team(owner(house), "Other")
    house.move_to(team)
    everywhere, _ = create_key(owner(house), KeyDraft())
    of_team, _ = create_key(owner(house), KeyDraft(team_id=team.id))
    of_domain, _ = create_key(owner(house), KeyDraft(domain_id=house.domain.id))
    transfer_domain(owner(house), house.domain.id, other.id)
    reached = [[domain.id for domain in list_domains(house.as_key(key))] for key in (everywhere, of_team, of_domain)]
    assert reached == [[house.domain.id], [], [house.domain.id]]


def test_public_keys_move_nothing(house: House, team: Team):
    public = replace(owner(house), actor=replace(owner(house).actor, key_kind=KeyKind.PUBLIC))
    with pytest.raises(NotAllowed):
        transfer_domain(public, house.domain.id, team.id)
