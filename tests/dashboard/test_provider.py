"""Signing in with an account at a provider, on the pages."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linnet.dashboard.app import create_routers
from linnet.network.openid import OpenidClient, OpenidProvider
from tests.dashboard.conftest import Site
from tests.dashboard.test_sign_in import enrol, later
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, openid_provider

LEAVE, BACK, SECURITY = "/sign-in/provider", "/sign-in/provider/back", "/dashboard/security"


@pytest.fixture
def provider(site: Site) -> Iterator[Provider]:
    """A provider where the owner is known by the e-mail address of the account here."""
    with openid_provider() as running:
        running.person["email"] = "owner@example.com"
        use(site, running)
        yield running


def use(site: Site, provider: Provider, *, admits_new: bool = False) -> None:
    client = OpenidClient(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Keycloak")
    found = OpenidProvider(client, f"http://testserver.local{BACK}")
    options = replace(site.options, provider=found, admits_new=admits_new)
    site.client = TestClient(Litestar(route_handlers=create_routers(options)))


def leave(site: Site, provider: Provider, query: str = "") -> str:
    """Go to the provider; where it sends the browser back to."""
    answer = site.get(LEAVE + query)
    assert answer.status_code == 303
    back = urlsplit(provider.authorize(answer.headers["location"]))
    return f"{back.path}?{back.query}"


def there_and_back(site: Site, provider: Provider, query: str = "") -> Any:
    return site.get(leave(site, provider, query))


def linking(site: Site) -> str:
    """The query of the button that links an account."""
    found = re.search(rf'href="{LEAVE}(\?link=\w+)"', site.get(SECURITY).text)
    assert found is not None
    return found[1]


def test_a_known_address_signs_in_and_goes_on_to_the_page_that_was_asked_for(site: Site, provider: Provider):
    assert "Sign in with Keycloak" in site.get("/sign-in").text
    answer = there_and_back(site, provider, "?back=/dashboard/keys")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/keys")
    page = site.get(SECURITY).text
    assert provider.issuer in page
    assert "Second factor</span>" not in page


def test_a_form_of_a_lost_session_waits_for_who_signs_in_at_the_provider(site: Site, provider: Provider):
    typed = {"name": "Ann & <Ben>", "password": "hunter2"}
    page = site.client.post("/dashboard/settings/email", data=typed)
    assert page.status_code == 401
    assert 'href="/sign-in/provider" target="_blank"' in page.text
    assert "hunter2" not in page.text
    waiting = page.text.partition('action="/dashboard/settings/email"')[2].partition("</form>")[0]
    fields = [(name, html.unescape(value)) for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', waiting)]
    assert fields == [("name", "Ann & <Ben>"), ("password", "again")]
    there_and_back(site, provider)
    offered = site.client.post("/dashboard/settings/email", data=dict(fields))
    assert "Your form was kept" in offered.text
    assert 'name="name" value="Ann &amp; &lt;Ben&gt;"' in offered.text
    assert 'name="password" type="password"' in offered.text


def test_an_answer_is_taken_once_and_from_the_browser_that_left(site: Site, provider: Provider):
    address = leave(site, provider)
    site.client.cookies.clear()
    answer = site.get(address)
    assert answer.status_code == 401
    assert "began elsewhere" in answer.text
    address = leave(site, provider)
    assert site.get(address).status_code == 303
    site.client.cookies.delete("linnet_session")
    assert site.get(address).status_code == 401


def test_another_state_signs_nobody_in(site: Site, provider: Provider):
    answer = site.get(leave(site, provider).replace("state=", "state=x"))
    assert answer.status_code == 502
    assert "linnet_session" not in site.client.cookies


@pytest.mark.parametrize("query", ["", "?code=x", "?error=access_denied", "?state=%00&code=%00", "?iss=https://evil.example"])
def test_an_answer_to_no_question_signs_nobody_in(site: Site, provider: Provider, query: str):
    assert site.get(BACK + query).status_code == 401
    leave(site, provider)
    assert site.get(BACK + query).status_code == 502
    assert "linnet_session" not in site.client.cookies


def test_who_says_no_at_the_provider_is_back_at_the_sign_in_page(site: Site, provider: Provider):
    provider.refuses = True
    answer = there_and_back(site, provider)
    assert "Keycloak did not sign you in." in answer.text


@pytest.mark.parametrize(
    "person", [{"email": "nobody@example.com"}, {"email_verified": False}, {"email": "<script>alert(1)</script>@x"}]
)
def test_who_is_not_known_here_does_not_come_in(site: Site, provider: Provider, person: dict[str, Any]):
    provider.person |= person
    answer = there_and_back(site, provider)
    assert answer.status_code == 403
    assert "<script>" not in answer.text.replace('<script src="/static', "")
    assert "linnet_session" not in site.client.cookies


def test_who_is_not_known_comes_in_where_that_is_allowed(site: Site, provider: Provider):
    use(site, provider, admits_new=True)
    provider.person |= {"email": "new@example.com", "sub": "new-1"}
    assert there_and_back(site, provider).status_code == 303
    page = site.get(SECURITY).text
    assert "You have no password" in page


def test_who_has_no_password_chooses_one_soon_after_signing_in(site: Site, provider: Provider):
    use(site, provider, admits_new=True)
    provider.person |= {"email": "new@example.com", "sub": "new-1"}
    there_and_back(site, provider)
    later(site, minutes=16)
    assert site.post(f"{SECURITY}/password", {"new_password": "a long password"}).status_code == 403
    assert site.post(f"{SECURITY}/second-factor", {}).status_code == 403
    there_and_back(site, provider)
    assert site.post(f"{SECURITY}/password", {"new_password": "a long password"}).headers["location"] == SECURITY
    assert site.sign_in("a long password", "new@example.com").status_code == 303


def test_a_second_factor_here_is_asked_for_unless_there_was_one_there(site: Site, provider: Provider):
    _, codes = enrol(site)
    answer = there_and_back(site, provider)
    assert "authenticator app" in answer.text
    assert "linnet_session" not in site.client.cookies
    arrived = site.client.post("/sign-in/code", data={"code": codes[0]}, follow_redirects=False)
    assert arrived.status_code == 303
    site.client.cookies.clear()
    provider.lies = {"amr": ["pwd", "mfa"]}
    assert there_and_back(site, provider).status_code == 303
    assert "Second factor</span>" in site.get(SECURITY).text


def test_an_account_is_linked_by_who_is_signed_in_whatever_its_address(site: Site, provider: Provider):
    provider.person |= {"email": "private@example.net", "email_verified": False}
    site.enter()
    assert there_and_back(site, provider, linking(site)).headers["location"] == SECURITY
    assert "private@example.net" in site.get(SECURITY).text
    site.client.cookies.clear()
    assert there_and_back(site, provider).status_code == 303


def test_an_account_is_not_linked_to_who_signed_in_meanwhile(site: Site, provider: Provider):
    site.enter()
    address = leave(site, provider, linking(site))
    site.post("/sign-out")
    assert site.get(address).status_code == 403
    with site.database.read() as work:
        assert work.identities.search(1) == []


@pytest.mark.parametrize("query", ["?link=1", "?link=", "?link=%ED%A0%80"])
def test_no_other_site_has_somebody_link_an_account(site: Site, provider: Provider, query: str):
    site.enter()
    assert site.get(LEAVE + query).status_code == 403
    assert site.get(LEAVE + query.replace("=", f"={site.form_token()}", 1)).status_code == 403


def test_nobody_links_an_account_in_a_browser_that_was_left_open(site: Site, provider: Provider):
    site.enter()
    query = linking(site)
    later(site, minutes=20)
    answer = site.get(LEAVE + query)
    assert (answer.status_code, "sign in again" in answer.text) == (403, True)


def test_a_provider_that_is_away_is_told(site: Site, provider: Provider):
    provider.metadata = {"issuer": "https://other.example"}
    answer = site.get(LEAVE)
    assert answer.status_code == 502
    assert 'role="alert"' in answer.text


def test_without_a_provider_there_is_no_button_and_no_way(site: Site):
    assert "/sign-in/provider" not in site.get("/sign-in").text
    assert site.get(LEAVE).headers["location"] == "/sign-in"
    assert site.get(BACK).status_code == 401
