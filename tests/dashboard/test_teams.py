"""Teams in the dashboard: who sees what of them, and who changes what."""

import html
from typing import Any

import pytest

from linnet.actions.invitations import InvitationDraft, create_invitation
from linnet.actions.team_settings import list_teams, require_second_factor
from linnet.actions.teams import add_service_account, list_members
from linnet.actions.transfers import transfer_domain
from linnet.model.access import Role, Team
from tests.dashboard.conftest import Site
from tests.dashboard.people import add_member, add_team, add_user, context_of, sign_in_as
from tests.dashboard.test_security import set_up
from tests.support.moments import NOON

HOSTILE = "<script>alert(1)</script>‮"


@pytest.fixture
def team(site: Site) -> Team:
    """A team of the owner, who is signed in."""
    made = add_team(site)
    site.enter()
    return made


def roles(site: Site, team: Team) -> dict[str, tuple[Role, bool]]:
    found = list_members(context_of(site), team.id)
    return {each.user.email: (each.membership.role, each.membership.own_links_only) for each in found}


def give_second_factor(site: Site, user_id: int) -> None:
    with site.database.write() as work:
        work.second_factors.add(user_id=user_id, sealed_secret=b"sealed", created_at=NOON)
        work.second_factors.confirm(user_id, NOON)


def test_a_team_is_created_and_shown(site: Site):
    site.enter()
    assert "You are in no team yet" in site.get("/dashboard/teams").text
    answer = site.post("/dashboard/teams", {"name": " Börse "})
    assert answer.status_code == 303
    page = site.get(answer.headers["location"]).text
    assert "Börse" in page
    assert "Invite its members now" in page
    assert "1 member" in site.get("/dashboard/teams").text


@pytest.mark.parametrize("name", ["", "a\x00b", HOSTILE * 500])
def test_a_name_that_no_team_can_have_is_refused_and_kept(site: Site, team: Team, name: str):
    for path in ("/dashboard/teams", f"/dashboard/teams/{team.id}/rename"):
        answer = site.post(path, {"name": name})
        assert answer.status_code == 400
        assert "This must have 1 to 100 characters" in answer.text
        assert "<script>alert" not in answer.text
        assert html.escape(name.strip()) in answer.text.replace("&#34;", "&quot;")
    assert [each.team.name for each in list_teams(context_of(site))] == ["Shop"]


def test_hostile_names_are_shown_as_text(site: Site, team: Team):
    assert site.post(f"/dashboard/teams/{team.id}/rename", {"name": HOSTILE}).status_code == 303
    for path in ("/dashboard/teams", f"/dashboard/teams/{team.id}"):
        page = site.get(path).text
        assert html.escape(HOSTILE) in page
        assert "<script>alert" not in page


def test_roles_are_changed_own_links_only_among_them(site: Site, team: Team):
    user = add_member(site, team, Role.READ_ONLY)
    for chosen, becomes in (("own_links", (Role.USER, True)), ("user", (Role.USER, False)), ("admin", (Role.ADMIN, False))):
        assert site.post(f"/dashboard/teams/{team.id}/members/{user.id}", {"role": chosen}).status_code == 303
        assert roles(site, team)["b@example.com"] == becomes
    answer = site.post(f"/dashboard/teams/{team.id}/members/{user.id}", {"role": "king"})
    assert (answer.status_code, "Choose a role" in answer.text) == (400, True)
    assert site.post(f"/dashboard/teams/{team.id}/members/999", {"role": "user"}).status_code == 404


def test_the_last_owner_is_told_why_it_stays(site: Site, team: Team):
    answer = site.post(f"/dashboard/teams/{team.id}/members/1", {"role": "user"})
    assert (answer.status_code, "A team needs an owner" in answer.text) == (403, True)
    assert site.post(f"/dashboard/teams/{team.id}/members/1/remove").status_code == 403
    assert site.post("/dashboard/teams/leave", {"team": str(team.id)}).status_code == 403
    assert roles(site, team) == {"owner@example.com": (Role.OWNER, False)}


def test_a_member_is_removed_and_leaves(site: Site, team: Team):
    first = add_member(site, team, Role.USER)
    second = add_member(site, team, Role.ADMIN, "c@example.com")
    assert site.post(f"/dashboard/teams/{team.id}/members/{first.id}/remove").status_code == 303
    sign_in_as(site, "c@example.com")
    answer = site.post("/dashboard/teams/leave", {"team": str(team.id)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/teams")
    assert roles(site, team) == {"owner@example.com": (Role.OWNER, False)}
    assert site.get(f"/dashboard/teams/{team.id}").status_code == 404
    assert second.id == 3


def test_a_service_account_is_made_counted_and_removed(site: Site, team: Team):
    here = f"/dashboard/teams/{team.id}"
    assert site.post(f"{here}/accounts", {"name": "Robot", "role": "own_links"}).status_code == 303
    (account,) = (each for each in list_members(context_of(site), team.id) if each.user.service)
    assert (account.membership.role, account.membership.own_links_only) == (Role.USER, True)
    assert f"/dashboard/keys/new?account={account.user.id}" in site.get(here).text
    for fields in ({"name": "Chief", "role": "owner"}, {"name": "", "role": "user"}, {"name": "x", "role": ""}):
        assert site.post(f"{here}/accounts", fields).status_code == 400
    assert site.post(f"{here}/members/{account.user.id}/remove").status_code == 303
    assert len(list_members(context_of(site), team.id)) == 1


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_users_and_readers_see_the_team_and_change_nothing(site: Site, team: Team, role: Role):
    transfer_domain(context_of(site), 1, team.id)
    add_member(site, team, role)
    _, invitation = create_invitation(context_of(site), team.id, InvitationDraft())
    sign_in_as(site, "b@example.com")
    page = site.get(f"/dashboard/teams/{team.id}").text
    assert "owner@example.com" in page
    assert "go.example" in page
    for absent in ("Invitations", "Service accounts", "/members/", "/rename", "/second-factor", "/delete"):
        assert absent not in page
    for path, fields in attempts(team, invitation.id):
        assert site.post(path, fields).status_code == 403, path


def test_a_foreign_team_is_answered_as_an_unknown_one(site: Site, team: Team):
    _, invitation = create_invitation(context_of(site), team.id, InvitationDraft())
    add_user(site, "b@example.com")
    sign_in_as(site, "b@example.com")
    unknown = Team(id=999, name="", created_at=NOON)
    for each in (team, unknown):
        assert site.get(f"/dashboard/teams/{each.id}").status_code == 404
        for path, fields in (*attempts(each, invitation.id), ("/dashboard/teams/leave", {"team": str(each.id)})):
            assert site.post(path, fields).status_code == 404, path
    assert "Shop" not in site.get("/dashboard/teams").text


def test_a_team_is_deleted_by_its_name_once_it_has_no_domains(site: Site, team: Team):
    here = f"/dashboard/teams/{team.id}"
    transfer_domain(context_of(site), 1, team.id)
    assert "Type the team" in html.unescape(site.post(f"{here}/delete", {"name": "shop"}).text)
    answer = site.post(f"{here}/delete", {"name": "Shop"})
    assert answer.status_code == 409
    assert "has domains yet (1)" in answer.text
    transfer_domain(context_of(site), 1, None)
    assert site.post(f"{here}/delete", {"name": "Shop"}).headers["location"] == "/dashboard/teams"
    assert list_teams(context_of(site)) == []


def test_an_admin_deletes_nothing_and_makes_no_owner(site: Site, team: Team):
    user = add_member(site, team, Role.ADMIN)
    sign_in_as(site, "b@example.com")
    here = f"/dashboard/teams/{team.id}"
    page = site.get(here).text
    assert "/delete" not in page
    assert '<option value="owner"' not in page
    assert site.post(f"{here}/delete", {"name": "Shop"}).status_code == 403
    assert site.post(f"{here}/members/{user.id}", {"role": "owner"}).status_code == 403
    assert site.post(f"{here}/members/1", {"role": "user"}).status_code == 403


def test_a_required_second_factor_closes_the_team_to_who_has_none(site: Site, team: Team):
    here = f"/dashboard/teams/{team.id}"
    answer = site.post(f"{here}/second-factor", {"required": "1"})
    assert (answer.status_code, "Set up a second factor for yourself first" in answer.text) == (403, True)
    give_second_factor(site, 1)
    assert site.post(f"{here}/second-factor", {"required": "1"}).status_code == 303
    add_member(site, team, Role.ADMIN)
    sign_in_as(site, "b@example.com")
    page = site.get("/dashboard/teams").text
    assert "Shop" in page
    assert "/dashboard/security" in page
    start = site.get("/dashboard").text
    assert "This team opens to members with a second factor alone." in start
    assert "Shop" in start
    answer = site.get(here)
    assert answer.status_code == 403
    assert "Set up a second factor" in answer.text
    assert "owner@example.com" not in answer.text
    assert site.post(f"{here}/rename", {"name": "Mine"}).status_code == 403
    assert site.post("/dashboard/teams/leave", {"team": str(team.id)}).status_code == 303


def test_it_opens_in_the_same_session_once_the_second_factor_is_set_up(site: Site, team: Team):
    here = f"/dashboard/teams/{team.id}"
    give_second_factor(site, 1)
    require_second_factor(context_of(site), team.id, True)
    add_member(site, team, Role.READ_ONLY)
    sign_in_as(site, "b@example.com")
    assert site.get(here).status_code == 403
    set_up(site)
    assert "owner@example.com" in site.get(here).text


def test_it_is_required_no_more_when_an_owner_says_so(site: Site, team: Team):
    here = f"/dashboard/teams/{team.id}"
    set_up(site)
    assert site.post(f"{here}/second-factor", {"required": "1"}).status_code == 303
    add_member(site, team, Role.READ_ONLY)
    assert "Require it no more" in site.get(here).text
    assert site.post(f"{here}/second-factor", {"required": "0"}).status_code == 303
    sign_in_as(site, "b@example.com")
    assert site.get(here).status_code == 200


def test_service_accounts_of_a_team_are_not_people_of_it(site: Site, team: Team):
    account = add_service_account(context_of(site), team.id, "Robot", Role.ADMIN)
    answer = site.post(f"/dashboard/teams/{team.id}/members/{account.user.id}", {"role": "owner"})
    assert answer.status_code == 400


def attempts(team: Team, invitation_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Everything on the page of a team that changes it."""
    here = f"/dashboard/teams/{team.id}"
    return [
        (f"{here}/rename", {"name": "Mine"}),
        (f"{here}/second-factor", {"required": "1"}),
        (f"{here}/delete", {"name": team.name}),
        (f"{here}/members/1", {"role": "user"}),
        (f"{here}/members/1/remove", {}),
        (f"{here}/accounts", {"name": "Robot", "role": "user"}),
        (f"{here}/invitations", {"role": "user"}),
        (f"{here}/invitations/{invitation_id}/withdraw", {}),
    ]
