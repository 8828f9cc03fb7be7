"""The dashboard's pages, over a real database."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linnet.actions.context import Context
from linnet.actions.installation import initialise
from linnet.actions.sign_in import session_user
from linnet.dashboard.app import DashboardOptions, create_routers
from linnet.model.errors import StatisticsUnavailable
from linnet.model.statistics import Overview, Question, Totals
from linnet.storage import migrations
from linnet.storage.database import Database

PASSWORD = "correct horse"


class SevenClicks:
    """A statistics engine that knows of seven clicks, until it is told to be away."""

    away = False

    def overview(self, question: Question, /) -> Overview:
        if self.away:
            raise StatisticsUnavailable("away")
        return Overview(totals=Totals(clicks=7, human_clicks=5))

    def last_clicks(self, question: Question, /) -> list[Any]:
        return []


class Attempts:
    """Admits a number of attempts."""

    left = 100

    def __call__(self, name: str) -> bool:
        self.left -= 1
        return self.left >= 0


class Site:
    def __init__(self, client: TestClient[Any], database: Database, attempts: Attempts, engine: SevenClicks) -> None:
        self.client, self.database, self.attempts, self.engine = client, database, attempts, engine

    def sign_in(self, password: str = PASSWORD, email: str = "Owner@Example.com", **headers: str) -> Any:
        fields = {"email": email, "password": password}
        return self.client.post("/sign-in", data=fields, headers=headers, follow_redirects=False)

    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="(\w+)"', self.client.get("/").text)
        assert found is not None
        return found[1]

    def create(self, **fields: str) -> Any:
        body = {"domain": "go.example", "original_url": "https://example.com/", "path": "abc", "form_token": self.form_token()}
        return self.client.post("/dashboard/links", data=body | fields, follow_redirects=False)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    database = Database(f"sqlite:///{tmp_path / 'linnet.db'}")
    migrations.upgrade(database)
    initialise(database, email="owner@example.com", password=PASSWORD, hostname="go.example")
    attempts, engine = Attempts(), SevenClicks()
    options = DashboardOptions(
        session_key=b"k" * 32,
        make_context=lambda actor: Context(actor=actor, database=database, publish=lambda _: None, signing_key=b"k"),
        statistics=engine,
        admit=attempts,
        short_url=lambda domain, path: f"http://{domain.hostname}/{path}",
        find_user=lambda user_id: session_user(database, user_id),
    )
    with TestClient(Litestar(route_handlers=create_routers(options))) as client:
        yield Site(client, database, attempts, engine)
    database.close()


def test_who_is_not_signed_in_is_led_to_the_sign_in_page(site: Site):
    answer = site.client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_the_owner_signs_in_and_sees_domains_and_clicks(site: Site):
    answer = site.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = site.client.get("/").text
    assert "go.example" in page
    assert "7 clicks" in page


def test_the_page_is_there_when_statistics_are_not(site: Site):
    site.sign_in()
    site.engine.away = True
    answer = site.client.get("/")
    assert answer.status_code == 200
    assert "clicks in 30 days" not in answer.text


@pytest.mark.parametrize(("email", "password"), [("owner@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_address_look_the_same(site: Site, email: str, password: str):
    answer = site.sign_in(password, email)
    assert answer.status_code == 401
    assert "do not match" in answer.text
    assert "set-cookie" not in answer.headers


def test_attempts_are_limited_also_with_the_right_password(site: Site):
    site.attempts.left = 1
    assert site.sign_in().status_code == 429


def test_a_form_from_another_site_signs_nobody_in(site: Site):
    assert site.sign_in(Origin="https://evil.example").status_code == 403


def test_a_link_is_made_from_the_form(site: Site):
    site.sign_in()
    assert site.create().status_code == 303
    assert "http://go.example/abc" in site.client.get("/").text


def test_a_refused_link_keeps_what_was_typed_and_says_why(site: Site):
    site.sign_in()
    answer = site.create(original_url='javascript:"><script>alert(1)</script>')
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "originalURL must be an absolute" in answer.text
    assert "<script>" not in answer.text
    assert "javascript:&#34;&gt;" in answer.text


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_form_without_its_token_does_nothing(site: Site, token: str):
    site.sign_in()
    assert site.create(form_token=token).headers["location"] == "/sign-in"
    with site.database.read() as work:
        assert work.links.count(1) == 0


def test_signing_out_ends_the_session(site: Site):
    site.sign_in()
    site.client.post("/sign-out", data={"form_token": site.form_token()})
    assert site.client.get("/", follow_redirects=False).status_code == 303


def test_a_forged_or_damaged_cookie_is_nobody(site: Site):
    site.sign_in()
    value = site.client.cookies["linnet_session"].strip('"')
    for forged in (value[:-6] + "AAAAA=", "x", "", "é", "AAAA" * 20):
        site.client.cookies.clear()
        answer = site.client.get("/", headers={"cookie": f"linnet_session={forged}".encode()}, follow_redirects=False)
        assert answer.status_code == 303


def test_every_page_has_a_strict_policy(site: Site):
    for answer in (site.client.get("/sign-in"), (site.sign_in(), site.client.get("/"))[1]):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script" not in policy
        assert "<script" not in answer.text
        assert not re.search(r"\sstyle=|<style", answer.text)
