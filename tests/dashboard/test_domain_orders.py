"""What is done to a domain as a whole, from its pages."""

import pytest

from linnet.actions.removing import delete_link
from linnet.actions.sign_in import user_actor
from linnet.actions.teams import create_team
from linnet.model.access import Role
from tests.dashboard.conftest import Site
from tests.dashboard.people import browser_of, join


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    return site


def team_of(site: Site) -> int | None:
    with site.database.read() as work:
        found = work.domains.find(1)
    assert found is not None
    return found.team_id


def test_a_domain_goes_to_a_team_and_back(owner: Site):
    team = create_team(owner.context_of(user_actor(owner.database, 1)), "Shop <b>")
    assert "Shop &lt;b&gt;" in owner.get("/dashboard/domains/1/settings/team").text
    assert owner.post("/dashboard/domains/1/settings/team", {"team": str(team.id)}).status_code == 303
    assert team_of(owner) == team.id
    assert owner.post("/dashboard/domains/1/settings/team", {"team": "none"}).status_code == 303
    assert team_of(owner) is None


@pytest.mark.parametrize("team", ["", "999", "x" * 10_000, "-1"])
def test_a_team_that_is_none_is_refused_beside_the_field(owner: Site, team: str):
    create_team(owner.context_of(user_actor(owner.database, 1)), "Shop")
    answer = owner.post("/dashboard/domains/1/settings/team", {"team": team})
    assert answer.status_code == 400
    assert 'id="team-error"' in answer.text


def test_clicks_are_forgotten_once_the_name_was_typed(owner: Site):
    answer = owner.post("/dashboard/domains/1/clear", {"clear": "go.exampl"})
    assert answer.status_code == 400
    assert 'id="clear-error"' in answer.text
    assert 'value="go.exampl"' in answer.text
    assert owner.engine.cleared == []
    assert owner.post("/dashboard/domains/1/clear", {"clear": " Go.Example "}).status_code == 303
    assert owner.engine.cleared == [1]


def test_clicks_that_cannot_be_forgotten_now_are_a_page(owner: Site):
    owner.engine.away = True
    assert owner.post("/dashboard/domains/1/clear", {"clear": "go.example"}).status_code == 503


def test_an_empty_domain_is_removed_and_one_with_links_is_not(owner: Site):
    link = owner.add_link("a")
    assert "The domain has links still" in owner.get("/dashboard/domains/1/settings/danger").text
    assert owner.post("/dashboard/domains/1/remove", {"remove": "go.example"}).status_code == 409
    delete_link(owner.context_of(user_actor(owner.database, 1)), link.id)
    assert owner.post("/dashboard/domains/1/remove", {"remove": "other.example"}).status_code == 400
    answer = owner.post("/dashboard/domains/1/remove", {"remove": "go.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/domains")
    page = owner.get("/dashboard/domains").text
    assert "go.example was removed." in page
    assert owner.get("/dashboard/domains/1/settings").status_code == 404


def test_an_admin_is_told_that_removing_is_not_his_to_do(owner: Site):
    join(owner, "b@example.com", role=Role.ADMIN)
    with browser_of(owner, "b@example.com"):
        assert 'action="/dashboard/domains/1/remove"' not in owner.get("/dashboard/domains/1/settings/danger").text
        assert owner.post("/dashboard/domains/1/remove", {"remove": "go.example"}).status_code == 409
    assert team_of(owner) is not None


@pytest.mark.parametrize("address", ["", "nobody", "<b>", "x" * 10_000])
def test_what_is_no_address_is_refused_beside_the_field(owner: Site, address: str):
    answer = owner.post("/dashboard/domains/1/settings/privacy/visitor", {"address": address, "order": "erase"})
    assert answer.status_code == 400
    assert 'id="address-error"' in answer.text


@pytest.mark.parametrize("path", ["settings/team", "clear", "remove", "settings/privacy/visitor"])
def test_who_reads_only_orders_nothing(owner: Site, path: str):
    join(owner, "b@example.com")
    with browser_of(owner, "b@example.com"):
        assert owner.post(f"/dashboard/domains/1/{path}", {"clear": "go.example", "remove": "go.example"}).status_code == 403
    assert owner.engine.cleared == []
