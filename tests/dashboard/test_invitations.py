"""Invitations in the dashboard: a link that is shown once, and what it leads to."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.invitations import InvitationDraft, create_invitation, list_invitations
from linnet.actions.teams import list_members
from linnet.model.access import Role, Team
from linnet.network.mail import Letter, Mail
from tests.dashboard.conftest import Site
from tests.dashboard.people import add_team, add_user, context_of, sign_in_as
from tests.support.installed import PASSWORD

ACCOUNT = {"name": "Ada", "email": "ada@example.com", "password": "long enough"}


@pytest.fixture
def team(site: Site) -> Team:
    """A team of the owner, who is signed in."""
    made = add_team(site)
    site.enter()
    return made


def invite(site: Site, team: Team, **fields: str) -> Any:
    return site.post(f"/dashboard/teams/{team.id}/invitations", {"role": "user"} | fields)


def token_of(answer: Any) -> str:
    assert answer.status_code == 200
    (token,) = re.findall(r"http://testserver\.local/invitation/(\w{43})<", answer.text)
    return str(token)


def invited(site: Site, team: Team, **fields: Any) -> str:
    token, _ = create_invitation(context_of(site), team.id, InvitationDraft(**fields))
    return token


def members(site: Site, team: Team) -> dict[str, Role]:
    return {each.user.email: each.membership.role for each in list_members(context_of(site), team.id)}


def test_the_link_is_shown_once_and_the_invitation_listed(site: Site, team: Team):
    answer = invite(site, team, role="own_links", email="ada@example.com")
    token = token_of(answer)
    assert answer.headers["cache-control"] == "no-store"
    page = site.get(f"/dashboard/teams/{team.id}").text
    assert "ada@example.com" in page
    assert token not in page
    (invitation,) = list_invitations(context_of(site), team.id)
    assert (invitation.role, invitation.own_links_only, invitation.uses_left) == (Role.USER, True, 1)


def test_it_is_mailed_to_the_address_that_it_names_where_mail_is_sent(site: Site, team: Team):
    letters: list[Letter] = []

    def post(letter: Letter) -> bool:
        letters.append(letter)
        return True

    make = site.options.make_context
    object.__setattr__(site.options, "make_context", lambda actor: replace(make(actor), send_mail=post))
    assert "on its way" not in invite(site, team).text
    answer = invite(site, team, email="ada@example.com")
    assert "on its way to ada@example.com" in answer.text
    (letter,) = letters
    assert isinstance(letter, Mail)
    assert letter.to == "ada@example.com"
    assert f"http://testserver.local/invitation/{token_of(answer)}\n" in letter.text
    site.attempts.left = 0
    answer = invite(site, team, email="bob@example.com")
    assert token_of(answer)
    assert "on its way" not in answer.text
    assert len(letters) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"role": ""}, "Choose a role"),
        ({"email": "<b>nobody"}, "must be an e-mail address"),
        ({"email": "a@" + "x" * 10_000}, "must be an e-mail address"),
        ({"uses": "0"}, "uses must be between 1 and 100"),
        ({"uses": "101"}, "uses must be between 1 and 100"),
        ({"uses": "many"}, "uses must be between 1 and 100"),
        ({"uses": "2", "email": "ada@example.com"}, "uses must be 1"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused_and_kept(site: Site, team: Team, fields: dict[str, str], told: str):
    answer = invite(site, team, **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert html.escape(fields.get("email", "")) in answer.text
    assert "<b>" not in answer.text
    assert list_invitations(context_of(site), team.id) == []


def test_a_withdrawn_invitation_leads_nowhere(site: Site, team: Team):
    token = invited(site, team)
    (invitation,) = list_invitations(context_of(site), team.id)
    assert site.post(f"/dashboard/teams/{team.id}/invitations/{invitation.id}/withdraw").status_code == 303
    assert site.post(f"/dashboard/teams/{team.id}/invitations/{invitation.id}/withdraw").status_code == 404
    site.client.cookies.clear()
    assert site.get(f"/invitation/{token}").status_code == 404


def test_who_has_no_account_makes_one_and_is_signed_in(site: Site, team: Team):
    token = invited(site, team, role=Role.READ_ONLY)
    site.client.cookies.clear()
    page = site.get(f"/invitation/{token}").text
    assert "Shop" in page
    assert "owner@example.com" in page
    assert "Read-only" in page
    answer = join(site, token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/teams")
    assert members(site, team)["ada@example.com"] is Role.READ_ONLY
    assert "Shop" in site.get("/dashboard/teams").text


def test_who_has_an_account_signs_in_and_joins(site: Site, team: Team):
    token = invited(site, team)
    add_user(site, "b@example.com")
    site.client.cookies.clear()
    assert f"/sign-in?back=/dashboard/invitation/{token}" in site.get(f"/invitation/{token}").text
    assert site.sign_in(email="b@example.com", back=f"/dashboard/invitation/{token}").headers["location"].endswith(token)
    assert site.get(f"/invitation/{token}").headers["location"] == f"/dashboard/invitation/{token}"
    assert "Join the team" in site.get(f"/dashboard/invitation/{token}").text
    assert "b@example.com" not in members(site, team)
    assert site.post(f"/dashboard/invitation/{token}").headers["location"] == f"/dashboard/teams/{team.id}"
    assert members(site, team)["b@example.com"] is Role.USER
    assert site.get(f"/dashboard/invitation/{token}").status_code == 404


def test_a_member_is_told_that_it_is_one(site: Site, team: Team):
    token = invited(site, team)
    assert site.post(f"/dashboard/invitation/{token}").headers["location"] == "/dashboard/teams"
    assert "member of Shop already" in site.get("/dashboard/teams").text


def test_another_address_is_refused_whoever_sends_it(site: Site, team: Team):
    token = invited(site, team, email="ada@example.com")
    add_user(site, "b@example.com")
    sign_in_as(site, "b@example.com")
    answer = site.post(f"/dashboard/invitation/{token}")
    assert (answer.status_code, "meant for ada@example.com alone" in answer.text) == (403, True)
    site.client.cookies.clear()
    assert join(site, token, email="c@example.com").status_code == 403
    assert join(site, token).status_code == 303


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"name": ""}, 400, "This must have"),
        ({"name": "<i>" * 4000}, 400, "This must have"),
        ({"email": "nobody"}, 400, "must be an e-mail address"),
        ({"email": "owner@example.com"}, 409, "There is an account for owner@example.com already"),
        ({"password": "short"}, 400, "This must have"),
        ({"password": "x" * 10_000}, 400, "This must have"),
    ],
)
def test_an_account_that_cannot_be_made_is_told_why_and_no_password_comes_back(
    site: Site, team: Team, fields: dict[str, str], status: int, told: str
):
    token = invited(site, team)
    site.client.cookies.clear()
    answer = join(site, token, **fields)
    assert answer.status_code == status
    assert told in answer.text
    assert html.escape(fields.get("name", "Ada")) in answer.text
    assert "<i>" not in answer.text
    assert "long enough" not in answer.text
    assert join(site, token).status_code == 303


def test_guesses_are_bounded(site: Site, team: Team):
    token = invited(site, team)
    site.client.cookies.clear()
    site.attempts.left = 0
    answer = join(site, token)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")
    assert members(site, team) == {"owner@example.com": Role.OWNER}


def test_forms_of_other_sites_make_no_accounts(site: Site, team: Team):
    token = invited(site, team)
    site.client.cookies.clear()
    answer = site.client.post(f"/invitation/{token}", data=ACCOUNT, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    sign_in_as(site, add_user(site, "b@example.com").email)
    answer = site.client.post(f"/dashboard/invitation/{token}", data={}, follow_redirects=False)
    assert answer.status_code == 200
    assert "b@example.com" not in members(site, team)


@pytest.mark.parametrize("token", ["x", "%00", "%ED%A0%80", "%E2%82%AC", "a%0D%0AX:%20y", "a" * 2000])
def test_what_is_no_invitation_is_not_there(site: Site, team: Team, token: str):
    assert site.get(f"/dashboard/invitation/{token}").status_code == 404
    assert site.post(f"/dashboard/invitation/{token}").status_code == 404
    led = site.get(f"/invitation/{token}")
    assert (led.status_code, led.headers["location"].isascii(), "x" in led.headers) == (303, True, False)
    site.client.cookies.clear()
    assert site.get(f"/invitation/{token}").status_code == 404
    assert join(site, token).status_code == 404
    assert PASSWORD


def join(site: Site, token: str, **fields: str) -> Any:
    return site.client.post(f"/invitation/{token}", data=ACCOUNT | fields, follow_redirects=False)
