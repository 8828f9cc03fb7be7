"""Cookies over TLS: all of them are for this host alone, and none is taken from elsewhere."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from linnet.dashboard.cookies import signed, unsigned
from tests.dashboard.conftest import PROXY, Site
from tests.dashboard.test_statistics import DOMAIN, Counted, counted
from tests.support.installed import PASSWORD

__all__ = ["counted"]
KEY = b"k" * 32


@dataclass
class Browser:
    """Speaks TLS to a trusted proxy, and keeps the cookies that it is given: ``lines`` are how they came."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Any:
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"X-Forwarded-Proto": "https", "Cookie": told}
        answer = self.site.client.request(method, path, data=fields, headers=headers, follow_redirects=False)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            self.lines[name] = line
        return answer

    def post(self, path: str, fields: dict[str, str]) -> Any:
        found = re.search(r'name="form_token" value="(\w+)"', self.ask("GET", "/dashboard/overview").text)
        assert found is not None
        return self.ask("POST", path, fields | {"form_token": found[1]})


@pytest.fixture
def browser(counted: Counted) -> Browser:
    """A browser in which somebody signed in."""
    counted.site.client.cookies.clear()
    counted.site.peer = PROXY
    opened = Browser(counted.site)
    opened.ask("POST", "/sign-in", {"email": "owner@example.com", "password": PASSWORD})
    return opened


def report_of(browser: Browser) -> str:
    fields = {"view": "period=last7&zone=UTC", "name": "Spring", "password": "open sesame"}
    found = re.search(r"https://testserver[^/]*(/report/\w+)", browser.post(f"{DOMAIN}/reports", fields).text)
    assert found is not None
    return found[1]


def test_every_cookie_is_for_this_very_host_and_for_tls_alone(browser: Browser):
    report = report_of(browser)
    browser.ask("POST", report, {"password": "open sesame"})
    browser.ask("GET", "/dashboard/domains/1/links")
    browser.ask("GET", f"{DOMAIN}?zone=Asia%2FTokyo&remember=1")
    browser.post("/dashboard/settings/name", {"name": "Ann"})
    assert sorted(browser.lines) == [
        "__Host-linnet_domain",
        "__Host-linnet_notice",
        "__Host-linnet_report_1",
        "__Host-linnet_session",
        "__Host-linnet_zone",
    ]
    for line in browser.lines.values():
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes
        assert not any(part.startswith("domain=") for part in attributes)


def test_each_cookie_does_what_it_is_for(browser: Browser):
    report = report_of(browser)
    assert "Spring" not in browser.ask("GET", report).text
    browser.ask("POST", report, {"password": "open sesame"})
    assert "Spring" in browser.ask("GET", report).text
    browser.ask("GET", f"{DOMAIN}?zone=Asia%2FTokyo&remember=1")
    assert "zone=Asia%2FTokyo" in browser.ask("GET", DOMAIN).text
    browser.post("/dashboard/settings/name", {"name": "Ann"})
    assert "Your name was saved." in browser.ask("GET", "/dashboard/settings").text
    assert "Your name was saved." not in browser.ask("GET", "/dashboard/settings").text


def test_a_cookie_that_could_be_planted_over_plain_http_is_not_looked_at(browser: Browser):
    report = report_of(browser)
    browser.ask("POST", report, {"password": "open sesame"})
    browser.cookies = {name.removeprefix("__Host-"): value for name, value in browser.cookies.items()}
    assert browser.ask("GET", "/dashboard/overview").headers["location"].startswith("/sign-in")
    assert "Spring" not in browser.ask("GET", report).text


def test_what_is_signed_is_read_by_its_key_and_for_its_purpose_alone():
    value = signed(KEY, "notice", b"Saved.")
    assert unsigned(KEY, "notice", value) == b"Saved."
    assert unsigned(KEY, "ticket", value) is None
    assert unsigned(b"x" * 32, "notice", value) is None
    for broken in ("", "x", "é", "QUFB", value[:-4], "A" + value[1:]):
        assert unsigned(KEY, "notice", broken) is None
