"""The first start: an owner for who has the link, a domain, a link, and its key shown once."""

import html
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from linnet.actions.keys import Authenticator
from linnet.dashboard.app import create_routers
from linnet.storage.database import Database
from tests.dashboard.conftest import Site, open_site
from tests.support.installed import migrated

TOKEN = "t0ken"
OWNER = {"token": TOKEN, "name": "Ann", "email": "ann@example.com", "password": "long enough"}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Site]:
    """A dashboard of an installation that nobody owns."""
    file = tmp_path / "fresh.db"
    migrated(file).close()
    with open_site(file) as site:
        site.client = newcomer(site)
        yield site


def newcomer(site: Site) -> TestClient[Any]:
    """A browser that was never there."""
    options = replace(site.options, setup_token=TOKEN, reserved_hosts=frozenset({"links.example.com"}))
    return TestClient(Litestar(route_handlers=create_routers(options)))


def begin(site: Site, **fields: str) -> Any:
    return site.client.post("/welcome", data=OWNER | fields, follow_redirects=False)


def users(site: Site) -> list[str]:
    with site.database.read() as work:
        return [each.email for each in work.users.search()]


@pytest.mark.parametrize("token", ["", "wrong", "t0ke", "é", "x" * 10_000])
def test_a_stranger_who_comes_first_becomes_nobody(fresh: Site, token: str):
    shown = fresh.client.get("/welcome", params={"token": token})
    assert (shown.status_code, "not set up yet" in shown.text) == (401, True)
    assert begin(fresh, token=token).status_code == 401
    assert users(fresh) == []


def test_guesses_are_throttled(fresh: Site):
    fresh.attempts.left = 0
    answer = begin(fresh)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")
    assert users(fresh) == []


def test_every_way_in_leads_to_the_set_up(fresh: Site):
    assert fresh.get("/").headers["location"].startswith("/sign-in")
    assert fresh.get("/sign-in").headers["location"] == "/welcome"


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nobody"), ("email", "<b>@\u202e" + "x" * 10_000), ("password", "short"), ("name", "x" * 200)],
)
def test_a_refused_owner_is_told_beside_the_field_and_keeps_what_was_typed(fresh: Site, field: str, value: str):
    answer = begin(fresh, **{field: value})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "<b>" not in answer.text
    assert "long enough" not in answer.text
    if field != "email":
        assert 'value="ann@example.com"' in answer.text
    assert users(fresh) == []


def test_the_owner_goes_from_an_account_to_a_link_and_a_key(fresh: Site):
    answer = begin(fresh)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/welcome/domain")
    page = fresh.get("/dashboard/welcome/domain").text
    assert 'value="go.localhost"' in page
    answer = fresh.post("/dashboard/welcome/domain", {"hostname": "go.localhost"})
    assert answer.headers["location"].startswith("/dashboard/welcome/link")
    answer = fresh.post(
        "/dashboard/welcome/link", {"domain": "go.localhost", "originalURL": "https://example.com/", "path": "a"}
    )
    done = answer.headers["location"]
    assert done.startswith("/dashboard/welcome/done/lnk_")
    shown = html.unescape(fresh.get(done).text)
    assert "http://go.localhost/a" in shown
    key = re.search(r"authorization: (sk_\w+)", shown)
    assert key is not None
    assert Authenticator(fresh.database).actor_of(key[1]).user_id == 1
    assert key[1] not in str(dict(fresh.client.cookies))
    again = html.unescape(fresh.get(done).text)
    assert key[1] not in again
    assert "YOUR_SECRET_KEY" in again
    part = fresh.client.get(done.replace("/done/", "/clicks/"), headers={"HX-Request": "true"})
    assert re.sub(r"\s+", " ", re.sub("<[^>]*>", "", part.text)).strip() == "1 human click And 2 by bots, as curl is one."
    fresh.engine.away = True
    assert "cannot be counted" in fresh.client.get(done.replace("/done/", "/clicks/")).text


def test_the_link_of_the_first_start_makes_one_owner(fresh: Site):
    begin(fresh)
    fresh.client.cookies.clear()
    assert begin(fresh, email="eve@example.com").headers["location"] == "/sign-in"
    assert fresh.client.get("/welcome", params={"token": TOKEN}, follow_redirects=False).headers["location"] == "/sign-in"
    assert users(fresh) == ["ann@example.com"]


# SQLite has one writer at a time.
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_begin_at_once_one_is_the_owner(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with open_site(tmp_path / "unused.db", url=database.url) as site:
        now = site.now

        def slowly() -> Any:
            # In the transaction, behind the look at who is there.
            time.sleep(0.3)
            return now()

        monkeypatch.setattr(site, "now", slowly)

        def join(email: str) -> Any:
            return newcomer(site).post("/welcome", data=OWNER | {"email": email}, follow_redirects=False)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(join, ["ann@example.com", "eve@example.com"]))
        assert sorted(each.headers["location"] for each in answers) == ["/dashboard/welcome/domain", "/sign-in"]
        owner = next(
            email
            for answer, email in zip(answers, ["ann@example.com", "eve@example.com"], strict=True)
            if answer.headers["location"] != "/sign-in"
        )
        assert users(site) == [owner]
        assert [bool(answer.cookies) for answer in answers].count(True) == 1


@pytest.mark.parametrize("hostname", ["", "no dots", "links.example.com", "127.0.0.1", "<script>", "x" * 10_000])
def test_a_refused_domain_is_told_beside_its_field(fresh: Site, hostname: str):
    begin(fresh)
    answer = fresh.post("/dashboard/welcome/domain", {"hostname": hostname})
    assert answer.status_code == 400
    assert 'id="hostname-error"' in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "fields", [{"originalURL": "javascript:alert(1)"}, {"originalURL": ""}, {"path": "a" * 5000}, {"domain": "foreign.example"}]
)
def test_a_refused_link_is_told_and_makes_no_key(fresh: Site, fields: dict[str, str]):
    begin(fresh)
    assert fresh.get("/dashboard/welcome/link").headers["location"] == "/dashboard/welcome/domain"
    fresh.post("/dashboard/welcome/domain", {"hostname": "go.localhost"})
    sent = {"domain": "go.localhost", "originalURL": "https://example.com/", "path": "a"} | fields
    answer = fresh.post("/dashboard/welcome/link", sent)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    with fresh.database.read() as work:
        assert work.keys.count_live(1) == 0


def test_without_a_token_of_ours_nobody_is_let_in(fresh: Site):
    fresh.client = TestClient(Litestar(route_handlers=create_routers(replace(fresh.options, setup_token=""))))
    assert begin(fresh, token="").status_code == 401
    assert users(fresh) == []
