"""The security page: password, second factor and recovery codes, sessions."""

import base64
import re
from typing import Any
from urllib.parse import unquote

import pyotp
import pytest
from litestar.testing import TestClient

from tests.dashboard.conftest import Site
from tests.dashboard.test_sign_in import later
from tests.support.codes import read_code
from tests.support.installed import PASSWORD

HERE = "/dashboard/security"
FACTOR = f"{HERE}/second-factor"
NEW = "a new password"


def codes_in(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", page.partition("<pre")[2].partition("</pre>")[0])


def set_up(site: Site) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the second factor on, on the pages."""
    assert site.post(FACTOR, {"password": PASSWORD}).headers["location"] == FACTOR
    page = site.get(FACTOR).text
    image = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert image is not None
    address = read_code(base64.b64decode(image[1]))
    assert address is not None
    app = pyotp.parse_uri(address)
    assert isinstance(app, pyotp.TOTP)
    typed = re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page)
    assert typed is not None
    assert typed[1].replace(" ", "") == app.secret
    shown = site.post(f"{FACTOR}/confirm", {"code": app.at(site.now())})
    codes = codes_in(shown.text)
    assert len(codes) == 10
    later(site, minutes=1)
    return app, codes


def other_browser(site: Site) -> TestClient[Any]:
    client = TestClient(site.client.app)
    client.post("/sign-in", data={"email": "owner@example.com", "password": PASSWORD}, headers={"user-agent": "Other/1"})
    return client


def test_the_second_factor_is_set_up_from_the_qr_code(site: Site):
    site.sign_in()
    app, codes = set_up(site)
    page = site.get(HERE).text
    assert "10 recovery codes are left" in page
    assert "Second factor</span>" in page
    assert not any(code in page for code in codes)
    assert site.get(FACTOR).headers["location"] == HERE
    site.post("/sign-out")
    site.sign_in()
    answer = site.client.post("/sign-in/code", data={"code": app.at(site.now())}, follow_redirects=False)
    assert answer.status_code == 303


def test_a_wrong_code_leaves_the_qr_code_as_it_was(site: Site):
    site.sign_in()
    site.post(FACTOR, {"password": PASSWORD})
    secret = re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', site.get(FACTOR).text)
    for code in ("", "abc", "000000000", "x" * 10_000):
        answer = site.post(f"{FACTOR}/confirm", {"code": code})
        assert answer.status_code == 400
        assert 'id="code-error"' in answer.text
        assert secret is not None
        assert secret[1] in answer.text


@pytest.mark.parametrize("path", ["", "/codes", "/off"])
def test_what_is_weighty_takes_the_password_again(site: Site, path: str):
    site.sign_in()
    if path:
        set_up(site)
    answer = site.post(FACTOR + path, {"password": "wrong", "code": "123456"})
    assert answer.status_code == 400
    assert "This is not your password." in answer.text
    site.attempts.left = 0
    answer = site.post(FACTOR + path, {"password": PASSWORD, "code": "123456"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")


def test_recovery_codes_are_renewed(site: Site):
    site.sign_in()
    app, former = set_up(site)
    shown = site.post(f"{FACTOR}/codes", {"password": PASSWORD, "code": app.at(site.now())})
    codes = codes_in(shown.text)
    assert len(codes) == 10
    assert not set(codes) & set(former)
    assert "The former ones work no more." in shown.text
    file = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download="([^"]+)"', shown.text)
    assert file is not None
    heading, _, *kept = unquote(file[1]).splitlines()
    assert kept == codes
    assert "owner@example.com" in heading


def test_the_second_factor_is_switched_off(site: Site):
    site.sign_in()
    _, codes = set_up(site)
    assert site.post(f"{FACTOR}/off", {"password": PASSWORD, "code": "wrong"}).status_code == 400
    assert site.post(f"{FACTOR}/off", {"password": PASSWORD, "code": codes[0]}).headers["location"] == HERE
    site.post("/sign-out")
    assert site.sign_in().status_code == 303


def test_changing_the_password_keeps_this_browser_and_ends_the_others(site: Site):
    site.sign_in()
    other = other_browser(site)
    before = site.client.cookies["linnet_session"]
    answer = site.post(f"{HERE}/password", {"current_password": PASSWORD, "new_password": NEW})
    assert answer.headers["location"] == HERE
    assert site.client.cookies["linnet_session"] != before
    assert site.get(HERE).status_code == 200
    assert other.get(HERE, follow_redirects=False).status_code == 303
    site.client.cookies.set("linnet_session", before)
    assert site.client.get(HERE, headers={"cookie": f"linnet_session={before}"}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", NEW, "current_password"), (PASSWORD, "short", "new_password"), ("", "", "current_password")],
)
def test_a_refused_password_is_told_beside_its_field(site: Site, current: str, new: str, field: str):
    site.sign_in()
    answer = site.post(f"{HERE}/password", {"current_password": current, "new_password": new})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert site.get(HERE).status_code == 200


def test_sessions_are_listed_and_revoked_and_the_next_request_is_refused(site: Site):
    site.sign_in()
    others = [other_browser(site) for _ in range(3)]
    page = site.get(HERE).text
    # Times stand as they are written, also among words that are written from the right.
    assert len(re.findall(r'<time [^>]* dir="ltr">\d', page)) == 8
    assert page.count("This one") == 1
    numbers = re.findall(r"/sessions/(\d+)/revoke", page)
    assert len(numbers) == 3
    assert site.post(f"{HERE}/sessions/{numbers[0]}/revoke").headers["location"] == HERE
    assert [client.get(HERE, follow_redirects=False).status_code for client in others] == [200, 200, 303]
    assert site.post(f"{HERE}/sessions/revoke-others").headers["location"] == HERE
    assert [client.get(HERE, follow_redirects=False).status_code for client in others] == [303] * 3
    assert site.get(HERE).status_code == 200


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999", "-1"])
def test_a_session_that_is_not_ones_own_is_not_there(site: Site, number: str):
    site.sign_in()
    assert site.post(f"{HERE}/sessions/{number}/revoke").status_code == 404
    assert site.post(f"{HERE}/identities/{number}/unlink").status_code == 404


def test_a_browser_says_of_itself_nothing_that_a_page_would_obey(site: Site):
    site.sign_in(User_Agent="<script>alert(1)</script>" + "x" * 5000)
    assert "<script>alert" not in site.get(HERE).text
