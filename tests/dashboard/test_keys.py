"""Integrations & API: keys that are made, shown once, listed and revoked."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linnet.actions.keys import Authenticator, KeyDraft, create_key, list_keys
from linnet.actions.teams import add_service_account
from linnet.actions.transfers import transfer_domain
from linnet.model.access import KeyKind, Role
from linnet.model.errors import NotAuthenticated
from tests.dashboard.conftest import Site
from tests.dashboard.people import add_team, add_user, context_of, sign_in_as

KEY = re.compile(r"[sp]k_[0-9A-Za-z]{43}")


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def create(site: Site, **fields: Any) -> Any:
    return site.post("/dashboard/keys/new", {"kind": "secret", "reach": "all"} | fields)


def shown(answer: Any) -> str:
    """The key on the page that shows it."""
    found = set(KEY.findall(html.unescape(answer.text)))
    assert answer.status_code == 200
    assert len(found) == 1
    return str(found.pop())


def test_a_new_key_is_shown_once_and_works(owner: Site):
    answer = create(owner, description="Newsletter")
    raw_key = shown(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers
    actor = Authenticator(owner.database).actor_of(raw_key)
    assert (actor.user_id, actor.key_kind, actor.only_domain_id, actor.only_team_id) == (1, KeyKind.SECRET, None, None)
    page = owner.get("/dashboard/keys").text
    assert "Newsletter" in page
    assert raw_key[:8] in page
    assert raw_key not in page


def test_a_public_key_of_a_domain_with_an_end_is_what_was_asked(owner: Site):
    answer = create(owner, kind="public", reach="domain", hostname="GO.example", expires="30")
    actor = Authenticator(owner.database).actor_of(shown(answer))
    assert (actor.key_kind, actor.only_domain_id) == (KeyKind.PUBLIC, 1)
    key = list_keys(context_of(owner)).keys[-1]
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - datetime.now(UTC) < timedelta(days=31)
    assert "/links/public" in answer.text


def test_a_key_may_end_with_a_day(owner: Site):
    shown(create(owner, expires="on", expires_on="2099-12-31"))
    assert list_keys(context_of(owner)).keys[-1].expires_at == datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_key_of_a_team_and_one_of_its_service_account(owner: Site):
    team = add_team(owner)
    account = add_service_account(context_of(owner), team.id, "Robot", Role.USER).user
    actor = Authenticator(owner.database).actor_of(shown(create(owner, reach="team", team=str(team.id))))
    assert (actor.user_id, actor.only_team_id) == (1, team.id)
    assert "Robot (Shop)" in owner.get(f"/dashboard/keys/new?account={account.id}").text
    actor = Authenticator(owner.database).actor_of(shown(create(owner, account=str(account.id))))
    assert (actor.user_id, actor.only_team_id) == (account.id, team.id)
    page = owner.get("/dashboard/keys").text
    assert "Robot" in page
    assert "service account" in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": ""}, "Choose what kind of key"),
        ({"kind": "king"}, "Choose what kind of key"),
        ({"reach": "moon"}, "Choose what the key reaches"),
        ({"reach": "domain"}, "Name the domain"),
        ({"reach": "domain", "hostname": "other.example"}, "There is no domain"),
        ({"reach": "domain", "hostname": "\u202ex" * 5000}, "There is no domain"),
        ({"reach": "team"}, "Choose the team"),
        ({"reach": "team", "team": "99"}, "There is no team 99"),
        ({"reach": "team", "team": "9" * 15}, "There is no team"),
        ({"account": "99"}, "There is no service account 99"),
        ({"account": "1"}, "There is no service account 1"),
        ({"description": "x" * 10_000}, "at most 200 characters"),
        ({"description": "a\x00b"}, "control characters"),
        ({"expires": "on", "expires_on": ""}, "Give the last day"),
        ({"expires": "on", "expires_on": "9999-12-31T"}, "must be a day such as"),
        ({"expires": "on", "expires_on": "2001-01-01"}, "in the future"),
    ],
)
def test_what_cannot_be_made_is_said_beside_the_field_and_what_was_typed_stays(owner: Site, fields: dict[str, str], told: str):
    before = len(list_keys(context_of(owner)).keys)
    answer = create(owner, **{"description": "<b>‮kept</b>"} | fields)
    assert answer.status_code == 400
    assert told in html.unescape(answer.text)
    assert html.escape(fields.get("description", "<b>‮kept</b>")) in answer.text.replace("&#34;", "&quot;")
    assert "<b>" not in answer.text
    assert len(list_keys(context_of(owner)).keys) == before


def test_foreign_domains_and_teams_are_refused_as_unknown_ones(owner: Site):
    stranger = add_user(owner, "b@example.com")
    theirs = add_team(owner, "Theirs")
    sign_in_as(owner, "b@example.com")
    for fields in ({"reach": "domain", "hostname": "go.example"}, {"reach": "team", "team": str(theirs.id)}):
        assert create(owner, **fields).status_code == 400
    assert list_keys(context_of(owner, stranger.id)).keys == []
    page = owner.get("/dashboard/keys/new").text
    assert "go.example" not in page
    assert "Theirs" not in page


def test_a_revoked_key_works_no_more_and_stays_in_the_list(owner: Site):
    raw_key = shown(create(owner, description="Old"))
    key = list_keys(context_of(owner)).keys[-1]
    answer = owner.post(f"/dashboard/keys/{key.id}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/keys")
    with pytest.raises(NotAuthenticated):
        Authenticator(owner.database).actor_of(raw_key)
    page = owner.get("/dashboard/keys").text
    assert "The key is revoked" in page
    assert "Old" in page
    assert f"/dashboard/keys/{key.id}/revoke" not in page


def test_keys_of_others_are_neither_listed_nor_revoked(owner: Site):
    stranger = add_user(owner, "b@example.com")
    raw_key, key = create_key(context_of(owner, stranger.id), KeyDraft(description="Theirs"))
    assert "Theirs" not in owner.get("/dashboard/keys").text
    assert owner.post(f"/dashboard/keys/{key.id}/revoke").status_code == 404
    assert owner.post("/dashboard/keys/999999999999/revoke").status_code == 404
    assert Authenticator(owner.database).actor_of(raw_key).user_id == stranger.id


def test_a_domain_or_team_that_is_gone_for_the_owner_of_a_key_is_not_named(owner: Site):
    team = add_team(owner)
    stranger = add_user(owner, "b@example.com")
    create_key(context_of(owner), KeyDraft(domain_id=1, description="Narrow"))
    transfer_domain(context_of(owner), 1, team.id)
    with owner.database.write() as work:
        work.teams.remove_member(team.id, 1)
    page = owner.get("/dashboard/keys").text
    assert "a domain that is not yours any more" in page
    assert stranger.id == 2


def test_samples_have_the_readers_own_domain_and_this_servers_address(owner: Site):
    page = html.unescape(owner.get("/dashboard/keys").text)
    assert '"domain": "go.example"' in page
    assert "curl http://testserver.local/links" in page
    assert 'baseUrl: "http://testserver.local"' in page
    assert "/reference" in page
    sign_in_as(owner, add_user(owner, "b@example.com").email)
    page = html.unescape(owner.get("/dashboard/keys?domain=go.example").text)
    assert "go.example.com" in page
    assert '"go.example"' not in page


def test_many_keys_are_listed_in_pages(owner: Site):
    for number in range(160):
        create_key(context_of(owner), KeyDraft(description=f"Key {number:03}"))
    page = owner.get("/dashboard/keys").text
    (more,) = re.findall(r'href="(/dashboard/keys\?after=\d+)"', page)
    assert "Key 159" not in page
    assert "Key 159" in owner.get(more).text
    for after in ("-1", "x", "9" * 14, "9" * 40):
        assert owner.get(f"/dashboard/keys?after={after}").status_code == 200
