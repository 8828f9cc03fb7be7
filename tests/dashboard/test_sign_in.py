"""Signing in and out: what the cookie is worth, and when it is worth nothing any more."""

import re
import threading
from datetime import timedelta

import pyotp
import pytest

from linnet.actions.second_factor import begin_enrolment, confirm_enrolment
from linnet.model.access import Actor
from tests.dashboard.conftest import PROXY, Site
from tests.support.installed import PASSWORD

CODE = "/sign-in/code"


def enrol(site: Site) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the owner's second factor on."""
    context = site.context_of(Actor(user_id=1))
    app = pyotp.TOTP(begin_enrolment(context, PASSWORD).secret)
    return app, confirm_enrolment(context, app.at(site.now()))


def later(site: Site, **duration: float) -> None:
    site.later += timedelta(**duration)


def test_the_cookie_is_a_random_token_that_the_server_forgets_at_sign_out(site: Site):
    site.sign_in()
    token = site.client.cookies["linnet_session"]
    assert re.fullmatch(r"[\w-]{43}", token)
    site.post("/sign-out")
    site.client.cookies.set("linnet_session", token)
    assert site.get("/dashboard/overview").status_code == 303


def test_each_sign_in_brings_another_token_and_ends_the_browsers_former_one(site: Site):
    site.client.cookies.set("linnet_session", "planted-by-somebody-else")
    tokens = []
    for _ in range(2):
        site.sign_in()
        tokens.append(site.client.cookies.get("linnet_session", domain="testserver.local"))
    assert len({"planted-by-somebody-else", *tokens}) == 3
    site.client.cookies.clear()
    site.client.cookies.set("linnet_session", tokens[0])
    assert site.get("/dashboard/overview").status_code == 303


def test_while_too_many_passwords_are_looked_at_one_is_asked_to_come_again(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("linnet.actions.passwords._QUEUE", threading.Semaphore(0))
    answer = site.sign_in(back="/dashboard/keys", email="owner@example.com")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "try again in a moment" in answer.text
    assert 'value="owner@example.com"' in answer.text
    assert 'value="/dashboard/keys"' in answer.text
    assert "set-cookie" not in answer.headers
    monkeypatch.undo()
    assert site.sign_in().status_code == 303


def test_another_password_waits_for_its_turn_like_one_that_is_given(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.sign_in()
    token = site.form_token()
    monkeypatch.setattr("linnet.actions.passwords._QUEUE", threading.Semaphore(0))
    fields = {"form_token": token, "current_password": PASSWORD, "new_password": "another one"}
    answer = site.client.post("/dashboard/security/password", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    monkeypatch.undo()
    assert site.sign_in().status_code == 303


@pytest.mark.parametrize("back", ["/dashboard/\u20ac", "/dashboard/a\r\nX: y", "/dashboard?q=%20\U0001f600"])
def test_the_way_back_may_have_any_characters(site: Site, back: str):
    answer = site.sign_in(back=back)
    assert answer.status_code == 303
    assert answer.headers["location"].isascii()
    assert "x" not in answer.headers
    assert site.client.get("/sign-in", params={"back": back}, follow_redirects=False).status_code == 303


def test_who_has_a_network_of_ipv6_has_no_more_attempts_than_others(site: Site):
    for peer in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2"):
        site.peer = peer
        site.sign_in("wrong")
    assert {name for name in site.attempts.names if "address" in name} == {"sign-in address 2001:db8:1:2::/64"}


def test_over_tls_a_cookie_is_taken_under_the_name_alone_that_nobody_else_can_plant(site: Site):
    site.peer = PROXY
    answer = site.sign_in(X_Forwarded_Proto="https")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-linnet_session=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
    assert "Domain" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    site.client.cookies.clear()
    for name, status in (("linnet_session", 303), ("__Host-linnet_session", 200)):
        headers = {"cookie": f"{name}={token}", "x-forwarded-proto": "https"}
        assert site.client.get("/dashboard/overview", headers=headers, follow_redirects=False).status_code == status


def test_a_session_ends_after_fourteen_days(site: Site):
    site.sign_in()
    later(site, days=14)
    assert site.get("/dashboard/overview").status_code == 303


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "/dashboard\r\nX: y", "/dashboardx", "/sign-out"]
)
def test_the_way_back_leads_to_pages_of_ours(site: Site, back: str):
    assert site.sign_in(back=back).headers["location"] == "/dashboard"


def test_the_page_that_was_asked_for_comes_after_signing_in(site: Site):
    assert site.sign_in(back="/dashboard/links?page=2").headers["location"] == "/dashboard/links?page=2"


def test_with_a_second_factor_the_password_alone_opens_nothing(site: Site):
    app, _ = enrol(site)
    answer = site.sign_in(back="/dashboard/keys")
    assert answer.status_code == 200
    assert "authenticator app" in answer.text
    assert "linnet_session" not in site.client.cookies
    assert site.get("/dashboard/overview").status_code == 303
    later(site, minutes=1)
    fields = {"code": app.at(site.now()), "back": "/dashboard/keys"}
    arrived = site.client.post(CODE, data=fields, follow_redirects=False)
    assert (arrived.status_code, arrived.headers["location"]) == (303, "/dashboard/keys")
    assert site.get("/dashboard/overview").status_code == 200


def test_a_wrong_code_is_refused_and_said_so(site: Site):
    enrol(site)
    site.sign_in()
    for code in ("", "000000000", "abc", "x" * 10_000, "\u202e123456"):
        answer = site.client.post(CODE, data={"code": code}, follow_redirects=False)
        assert answer.status_code == 401
        assert "neither the app" in answer.text
    assert "linnet_session" not in site.client.cookies


def test_a_code_signs_in_once(site: Site):
    app, _ = enrol(site)
    later(site, minutes=1)
    code = app.at(site.now())
    for status in (303, 401):
        site.sign_in()
        assert site.client.post(CODE, data={"code": code}, follow_redirects=False).status_code == status
        site.client.cookies.clear()


def test_a_recovery_code_signs_in(site: Site):
    _, codes = enrol(site)
    site.sign_in()
    assert site.client.post(CODE, data={"code": codes[3].upper()}, follow_redirects=False).status_code == 303


def test_codes_are_throttled_by_whose_they_are(site: Site):
    enrol(site)
    site.sign_in()
    site.attempts.names.clear()
    site.client.post(CODE, data={"code": "1"})
    assert site.attempts.names == ["second factor address 192.0.2.1", "second factor of 1", "second factor of 1 in a day"]
    site.attempts.left = 0
    answer = site.client.post(CODE, data={"code": "1"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")
    assert "try again in 3 minutes" in answer.text


@pytest.mark.parametrize("ticket", ["", "x", "QUFB" * 20, None])
def test_nobody_begins_with_the_second_step(site: Site, ticket: str | None):
    _, codes = enrol(site)
    if ticket is not None:
        site.client.cookies.set("linnet_half_way", ticket)
    assert site.get(CODE).headers["location"] == "/sign-in"
    answer = site.client.post(CODE, data={"code": codes[0]}, follow_redirects=False)
    assert answer.status_code == 401
    assert "linnet_session" not in site.client.cookies


def test_a_session_cookie_is_no_ticket_and_a_notice_is_none_either(site: Site):
    enrol(site)
    site.sign_in()
    ticket = site.client.cookies["linnet_half_way"]
    site.client.cookies.clear()
    for name in ("linnet_session", "linnet_notice", "linnet_provider"):
        site.client.cookies.set(name, ticket)
    assert site.get("/dashboard/overview").status_code == 303


def test_the_second_step_is_over_after_ten_minutes(site: Site, monkeypatch: pytest.MonkeyPatch):
    _, codes = enrol(site)
    site.sign_in()
    ends = site.now().timestamp() + 601
    monkeypatch.setattr("linnet.dashboard.tickets.time.time", lambda: ends)
    assert site.client.post(CODE, data={"code": codes[0]}, follow_redirects=False).status_code == 401


def test_a_form_that_was_kept_survives_the_second_step(site: Site):
    _, codes = enrol(site)
    kept = '["/dashboard/links", [["title", "Kept"]], []]'
    page = site.sign_in(kept=kept).text
    assert "&#34;Kept&#34;" in page
    answer = site.client.post(CODE, data={"code": codes[0], "kept": kept}, follow_redirects=False)
    assert 'name="title" value="Kept"' in answer.text
    assert "go.example" in answer.text
