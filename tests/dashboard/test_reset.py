"""Another password for who forgot it, on the pages."""

from dataclasses import replace
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linnet.actions.password_resets import make_reset
from linnet.dashboard.app import create_routers
from linnet.model.access import Actor
from tests.dashboard.conftest import Site
from tests.dashboard.test_sign_in import enrol
from tests.support.installed import PASSWORD

OWNER = "owner@example.com"
NEW = "a new password"


def mailing(site: Site) -> TestClient[Any]:
    """The same dashboard where mail is sent."""
    options = replace(site.options, sends_mail=True)
    return TestClient(Litestar(route_handlers=create_routers(options)))


def link(site: Site) -> str:
    return make_reset(site.context_of(Actor(user_id=1)), OWNER).removeprefix("http://testserver.local")


def test_without_mail_the_page_says_how_the_administrator_makes_a_link(site: Site):
    assert "linnet user reset-password" in site.get("/reset").text
    assert site.client.post("/reset", data={"email": OWNER}).status_code == 200
    assert site.letters == []


def test_a_link_is_mailed_and_nobody_is_told_who_has_an_account(site: Site):
    client = mailing(site)
    answers = [client.post("/reset", data={"email": email}) for email in (OWNER, "nobody@example.com", "", "<b>@\u202e")]
    assert [answer.status_code for answer in answers] == [200] * 4
    pages = {answer.text for answer in answers}
    assert len(pages) == 1
    assert [letter.to for letter in site.letters] == [OWNER]
    address = next(word for word in site.letters[0].text.split() if "/reset/" in word)
    assert address.startswith("http://testserver.local/reset/")


def test_asking_is_throttled_alike_for_everybody(site: Site):
    client = mailing(site)
    for email in (OWNER, "nobody@example.com"):
        site.attempts.left = 1
        answer = client.post("/reset", data={"email": email})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")
        site.attempts.left = 100
    assert site.letters == []
    assert f"reset email {OWNER}" in site.attempts.names


def test_choosing_is_throttled_apart_from_asking_and_says_for_how_long(site: Site):
    address = link(site)
    site.client.post("/reset", data={"email": OWNER})
    asking = set(site.attempts.names)
    site.attempts.left = 0
    answer = site.client.post(address, data={"password": NEW})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")
    assert "try again in 3 minutes" in answer.text
    assert 'name="password"' in answer.text
    assert set(site.attempts.names) - asking
    site.attempts.left = 9
    assert site.client.post(address, data={"password": NEW}, follow_redirects=False).status_code == 303


def test_a_link_gives_another_password_and_works_once(site: Site):
    site.enter()
    address = link(site)
    assert OWNER in site.get(address).text
    answer = site.client.post(address, data={"password": NEW}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "is changed" in site.get("/sign-in").text
    assert site.get("/dashboard/overview").status_code == 303
    assert site.sign_in(PASSWORD).status_code == 401
    assert site.sign_in(NEW).status_code == 303
    for again in (site.get(address), site.client.post(address, data={"password": "another one"})):
        assert again.status_code == 404
        assert "was used" in again.text


def test_a_password_that_cannot_be_used_is_told_beside_its_field(site: Site):
    address = link(site)
    for password in ("short", "", "x" * 2000, "with\x00nul and more"):
        answer = site.client.post(address, data={"password": password})
        assert answer.status_code == 400
        assert 'id="password-error"' in answer.text
    assert site.client.post(address, data={"password": NEW}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("token", ["x", "%00", "%F0%9F", "a" * 5000, "<script>", "..%2F..%2F"])
def test_what_is_no_link_is_told_so(site: Site, token: str):
    for answer in (site.get(f"/reset/{token}"), site.client.post(f"/reset/{token}", data={"password": NEW})):
        assert answer.status_code == 404
        assert "<script>" not in answer.text


def test_a_new_password_does_not_do_without_the_second_factor(site: Site):
    enrol(site)
    site.client.post(link(site), data={"password": NEW})
    assert "authenticator app" in site.sign_in(NEW).text
    assert "linnet_session" not in site.client.cookies
