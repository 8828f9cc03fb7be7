"""The dashboard's start page and its sign-in: what they show, and whom they refuse."""

import re

import pytest

from linnet.actions import users
from linnet.dashboard.render import beside
from linnet.model.access import Actor, Role
from tests.dashboard.conftest import PROXY, Site
from tests.dashboard.people import browser_of, join
from tests.support.installed import PASSWORD


def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(site: Site):
    answer = site.get("/dashboard?all=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?back=%2Fdashboard%3Fall%3D1")
    page = site.get(answer.headers["location"]).text
    assert 'name="back" value="/dashboard?all=1"' in page
    assert site.sign_in(back="/dashboard?all=1").headers["location"] == "/dashboard?all=1"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/dashboard\\@evil.example", "/dashboard\nx: y", "x"]
)
def test_the_way_back_leads_nowhere_else(site: Site, back: str):
    assert site.sign_in(back=back).headers["location"] == "/dashboard"


def test_the_owner_signs_in_and_sees_domains_and_clicks(site: Site):
    answer = site.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = site.get("/dashboard/overview").text
    assert "go.example" in page
    assert "7 human clicks in 30 days" in page


def test_the_page_is_there_when_statistics_are_not(site: Site):
    site.sign_in()
    site.engine.away = True
    answer = site.get("/dashboard/overview")
    assert answer.status_code == 200
    assert "human clicks in 30 days" not in answer.text


@pytest.mark.parametrize(("email", "password"), [("owner@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", "")])
def test_a_wrong_password_and_an_unknown_address_look_the_same(site: Site, email: str, password: str):
    answer = site.sign_in(password, email)
    assert answer.status_code == 401
    assert "do not match" in answer.text
    assert "set-cookie" not in answer.headers


def test_attempts_are_limited_also_with_the_right_password(site: Site):
    site.attempts.left = 1
    answer = site.sign_in()
    assert answer.status_code == 429
    assert "Please try again in 3 minutes." in answer.text


def test_signing_out_ends_the_session(site: Site):
    site.sign_in()
    site.post("/sign-out")
    assert site.get("/dashboard/overview").status_code == 303


def test_a_forged_or_damaged_cookie_is_nobody(site: Site):
    site.sign_in()
    value = site.client.cookies["linnet_session"].strip('"')
    for forged in (value[:-6] + "AAAAA=", "x", "", "é", "AAAA" * 20):
        site.client.cookies.clear()
        answer = site.client.get("/", headers={"cookie": f"linnet_session={forged}".encode()}, follow_redirects=False)
        assert answer.status_code == 303
        assert "sign-in" in answer.headers["location"]


def test_every_page_has_a_strict_policy(site: Site):
    for answer in (site.get("/sign-in"), (site.sign_in(), site.get("/dashboard/overview"))[1]):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"\sstyle=|<style|<script>|\son\w+=", answer.text)


def test_the_latest_links_of_all_domains_are_shown_with_their_clicks(site: Site):
    site.add_domain("other.example")
    site.sign_in()
    for domain, path in (("go.example", "first"), ("other.example", "second"), ("go.example", "third")):
        site.add_link(path, hostname=domain, url=f"https://example.com/{path}")
    page = site.get("/dashboard/overview").text
    assert re.findall(r'dir="auto">(http://[^<]+)</a>', page) == [
        "http://go.example/third",
        "http://other.example/second",
        "http://go.example/first",
    ]
    assert page.count("1 human click<") == 3


def test_a_database_that_is_gone_gives_a_page_that_says_so(site: Site):
    site.sign_in()
    site.file.rename(site.file.with_suffix(".away"))
    answer = site.get("/dashboard/overview")
    assert answer.status_code == 503
    assert "text/html" in answer.headers["content-type"]
    assert "Links go on redirecting" in answer.text
    site.file.with_suffix(".away").rename(site.file)
    assert site.get("/dashboard/overview").status_code == 200


def test_the_cookie_is_for_tls_alone_when_a_trusted_proxy_ends_tls(site: Site):
    assert "Secure" not in site.sign_in(X_Forwarded_Proto="https").headers["set-cookie"]
    site.peer = PROXY
    assert "Secure" in site.sign_in(X_Forwarded_Proto="https").headers["set-cookie"]


def test_attempts_are_counted_by_the_visitor_behind_a_trusted_proxy(site: Site):
    site.sign_in(X_Forwarded_For="203.0.113.9")
    site.peer = PROXY
    site.sign_in(X_Forwarded_For="203.0.113.9")
    assert [name for name in site.attempts.names if "address" in name] == [
        "sign-in address 192.0.2.1",
        "sign-in address 203.0.113.9",
    ]
    assert set(site.attempts.names[1::2]) == {"sign-in email owner@example.com"}


def test_the_way_on_after_a_form_is_not_kept_by_caches(site: Site):
    assert site.sign_in().headers["cache-control"] == "no-store"


def test_a_session_ends_when_the_password_changes(site: Site):
    site.sign_in()
    users.set_password(site.context_of(Actor(user_id=1)), "owner@example.com", "another password")
    assert site.get("/dashboard/overview").status_code == 303


def test_pasted_addresses_become_links_of_a_domain_in_which_one_may_make_them(site: Site):
    site.sign_in()
    maker = 'data-paste-to="/dashboard/domains/1/links/new"'
    assert maker in site.get("/dashboard/teams").text
    assert maker in site.get("/dashboard/domains/1/settings").text
    join(site, "reader@example.com", role=Role.READ_ONLY)
    with browser_of(site, "reader@example.com"):
        assert "data-paste-to" not in site.get("/dashboard/teams").text
        assert "data-paste-to" not in site.get("/dashboard/domains/1/links").text


@pytest.mark.parametrize(
    ("message", "name", "told"),
    [
        ("email must be an e-mail address.", "email", "This must be an e-mail address."),
        ("pageTexts.notFound is longer than 9 characters.", "pageTexts.notFound", "This is longer than 9 characters."),
        ("image must be a URL.", "og.image", "This must be a URL."),
        ("This is not your password.", "password", "This is not your password."),
        ("names must differ.", "name", "names must differ."),
    ],
)
def test_a_refusal_beside_a_field_does_not_call_it_by_its_name_in_the_api(message: str, name: str, told: str):
    assert beside(message, name) == told


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/sign-in", "email"),
        ("/reset", ""),
        ("/dashboard/domains/new", "hostname"),
        ("/dashboard/welcome/domain", "hostname"),
        ("/dashboard/welcome/link", "originalURL"),
        ("/dashboard/overview", ""),
    ],
)
def test_pages_with_one_thing_to_type_begin_there(site: Site, path: str, field: str):
    if path.startswith("/dashboard"):
        site.sign_in()
    page = site.get(path).text
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', page) == [field][: bool(field)]


def test_who_mistyped_the_password_goes_on_with_that(site: Site):
    page = site.sign_in("wrong").text
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', page) == ["password"]
