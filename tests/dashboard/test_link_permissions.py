"""Permissions for a link in the dashboard."""

import pytest

from linnet.actions.permissions import list_permissions
from linnet.actions.transfers import transfer_domain
from linnet.model.access import Role, Team
from linnet.model.link import Link
from tests.dashboard.conftest import Site
from tests.dashboard.people import add_member, add_team, add_user, context_of, sign_in_as


@pytest.fixture
def link(site: Site) -> Link:
    """A link of the owner, who is signed in; its domain is in no team."""
    site.enter()
    return site.add_link("sale", title="<b>Sale</b>‮")


@pytest.fixture
def team(site: Site, link: Link) -> Team:
    """The team of the link's domain."""
    made = add_team(site)
    transfer_domain(context_of(site), 1, made.id)
    return made


def permitted(site: Site, link: Link) -> list[int]:
    return [each.user_id for each in list_permissions(context_of(site), 1, link.id)]


def test_a_link_without_a_team_is_said_to_be_ones_own(site: Site, link: Link):
    page = site.get(f"/dashboard/links/{link.id}/permissions").text
    assert "This link is yours alone" in page
    assert "<b>Sale" not in page


def test_a_permission_is_given_and_taken_back(site: Site, link: Link, team: Team):
    user = add_member(site, team, Role.USER, own_links_only=True)
    here = f"/dashboard/links/{link.id}/permissions"
    assert "Does not see it" in site.get(here).text
    assert site.post(f"{here}/{user.id}").headers["location"] == here
    assert permitted(site, link) == [user.id]
    assert "by a permission" in site.get(here).text
    sign_in_as(site, "b@example.com")
    assert "by a permission" in site.get(here).text
    sign_in_as(site, "owner@example.com")
    assert site.post(f"{here}/{user.id}/remove").headers["location"] == here
    assert permitted(site, link) == []
    assert site.post(f"{here}/{user.id}/remove").status_code == 404


def test_roles_are_told_apart(site: Site, link: Link, team: Team):
    add_member(site, team, Role.READ_ONLY)
    page = site.get(f"/dashboard/links/{link.id}/permissions").text
    assert "Sees it, by its role" in page
    assert "Sees and changes it, by its role" in page
    assert "made it" in page


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_who_neither_made_the_link_nor_manages_the_team_decides_nothing(site: Site, link: Link, team: Team, role: Role):
    user = add_member(site, team, role)
    sign_in_as(site, "b@example.com")
    here = f"/dashboard/links/{link.id}/permissions"
    assert "Let see and change" not in site.get(here).text
    assert site.post(f"{here}/{user.id}").status_code == 403
    assert site.post(f"{here}/{user.id}/remove").status_code == 403
    assert permitted(site, link) == []


def test_foreign_links_are_not_there(site: Site, link: Link, team: Team):
    user = add_user(site, "b@example.com")
    sign_in_as(site, "b@example.com")
    for link_id in (link.id, "lnk_9_unknown", "999", "x" * 3000):
        here = f"/dashboard/links/{link_id}/permissions"
        assert site.get(here).status_code == 404
        assert site.post(f"{here}/{user.id}").status_code == 404


def test_only_members_are_permitted(site: Site, link: Link, team: Team):
    stranger = add_user(site, "b@example.com")
    for user_id in (stranger.id, 999, 10**15):
        assert site.post(f"/dashboard/links/{link.id}/permissions/{user_id}").status_code == 404
    assert permitted(site, link) == []
