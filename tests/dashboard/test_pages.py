"""The dashboard's pages: what they show, and whom they refuse."""

import re
import sqlite3

import pytest

from tests.dashboard.conftest import PASSWORD, PROXY, Site


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
    assert "7 clicks in 30 days" in page


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


def test_the_latest_links_of_all_domains_are_shown_with_their_clicks(site: Site):
    site.add_domain("other.example")
    site.sign_in()
    for domain, path in (("go.example", "first"), ("other.example", "second"), ("go.example", "third")):
        site.create(domain=domain, path=path, original_url=f"https://example.com/{path}")
    page = site.client.get("/").text
    assert re.findall(r'href="(http://[^"]+)"', page) == [
        "http://go.example/third",
        "http://other.example/second",
        "http://go.example/first",
    ]
    assert page.count("1 click<") == 3


def test_a_taken_path_is_refused_on_the_page(site: Site):
    site.sign_in()
    site.create()
    answer = site.create(original_url="https://example.com/another")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_database_that_is_gone_gives_a_page_that_says_so(site: Site):
    site.sign_in()
    site.file.rename(site.file.with_suffix(".away"))
    answer = site.client.get("/")
    assert answer.status_code == 503
    assert "text/html" in answer.headers["content-type"]
    assert "Links go on redirecting" in answer.text
    site.file.with_suffix(".away").rename(site.file)
    assert site.client.get("/").status_code == 200


@pytest.mark.parametrize("body", [b"x" * 70_000, b"&".join([b"a=1"] * 200), b"\xff\xfe=%ff"])
def test_a_form_that_is_none_of_ours_does_nothing(site: Site, body: bytes):
    site.sign_in()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert site.client.post("/dashboard/links", content=body, headers=headers, follow_redirects=False).status_code == 303
    assert site.client.post("/sign-in", content=body, headers=headers, follow_redirects=False).status_code == 401


def test_the_cookie_is_for_tls_alone_when_a_trusted_proxy_ends_tls(site: Site):
    assert "Secure" not in site.sign_in(X_Forwarded_Proto="https").headers["set-cookie"]
    site.peer = PROXY
    assert "Secure" in site.sign_in(X_Forwarded_Proto="https").headers["set-cookie"]
    page = site.client.get("https://testserver.local/", headers={"x-forwarded-proto": "https"}).text
    assert "curl https://testserver.local/links" in page


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
    with sqlite3.connect(site.file) as connection:
        connection.execute("UPDATE users SET password_hash = 'another'")
    assert site.client.get("/", follow_redirects=False).status_code == 303
