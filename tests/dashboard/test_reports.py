"""Shared reports: for whom they open, what is not in them, and how passwords are tried."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from linnet.dashboard.statistics_parts import PARTS
from tests.dashboard.conftest import Site
from tests.dashboard.test_statistics import DOMAIN, Counted, counted

__all__ = ["counted"]
PASSWORD = "open sesame"


@pytest.fixture
def sharing(counted: Counted) -> Counted:
    """Two clicks from France and three from Germany."""
    counted.add(2, country="FR")
    counted.add(3)
    return counted


def share(site: Site, address: str = DOMAIN, **fields: str) -> Any:
    view = {"view": "period=last7&zone=UTC&country=DE", "name": "Spring"}
    return site.post(f"{address}/reports", view | fields)


def address_in(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r"http://testserver[^/]*(/report/\w+)", answer.text)
    assert found is not None
    return found[1]


def signed_out(site: Site) -> None:
    site.client.cookies.clear()


def test_a_report_shows_the_numbers_of_its_filters_to_anybody(sharing: Counted):
    report = address_in(share(sharing.site))
    signed_out(sharing.site)
    page = sharing.get(report)
    assert "Spring" in page
    assert "/dashboard" not in page
    assert "data-live" not in page
    assert "/clicks" not in page
    assert sharing.totals(f"{report}/numbers")["Human clicks"] == "3"
    assert sharing.totals(f"{report}/numbers?country=FR")["Human clicks"] == "0"
    assert sharing.totals(f"{report}/numbers?period=total&bots=1&os=Linux")["Human clicks"] == "3"
    assert "/dashboard" not in sharing.get(f"{report}/lists") + sharing.get(f"{report}/more")


def test_no_part_of_a_report_is_found_by_search_engines_or_told_to_other_sites(sharing: Counted):
    report = address_in(share(sharing.site, password=PASSWORD))
    open_address = address_in(share(sharing.site))
    signed_out(sharing.site)
    for part in ("", *(f"/{name}" for name in PARTS), "/numbers.csv"):
        shown = sharing.site.get(f"{open_address}{part}?column=country")
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in shown.headers["x-robots-tag"]
        assert "unsafe" not in shown.headers["content-security-policy"]
        locked = sharing.site.get(f"{report}{part}?column=country")
        assert "noindex" in locked.headers["x-robots-tag"]
        assert "Spring" not in locked.text
        assert "Germany" not in locked.text


def test_the_password_opens_its_report_and_no_other(sharing: Counted):
    site = sharing.site
    first = address_in(share(site, password=PASSWORD))
    second = address_in(share(site, password=PASSWORD))
    signed_out(site)
    assert site.client.post(first, data={"password": "open barley"}, follow_redirects=False).status_code == 403
    answer = site.client.post(first, data={"password": PASSWORD}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, first)
    assert "Spring" in sharing.get(first)
    assert "Spring" not in site.get(second).text
    value = site.client.cookies["linnet_report_1"]
    assert "Spring" not in site.get(second, Cookie=f"linnet_report_2={value}").text


def test_passwords_are_not_tried_without_end(sharing: Counted):
    report = address_in(share(sharing.site, password=PASSWORD))
    signed_out(sharing.site)
    sharing.site.attempts.left = 0
    answer = sharing.site.client.post(report, data={"password": PASSWORD}, follow_redirects=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "170")


def test_while_too_many_passwords_are_looked_at_the_page_asks_again(sharing: Counted, monkeypatch: pytest.MonkeyPatch):
    report = address_in(share(sharing.site, password=PASSWORD))
    signed_out(sharing.site)
    monkeypatch.setattr("linnet.actions.passwords._QUEUE", threading.Semaphore(0))
    answer = sharing.site.client.post(report, data={"password": PASSWORD}, follow_redirects=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert 'name="password"' in answer.text


def test_a_password_from_a_page_of_another_site_is_not_looked_at(sharing: Counted):
    report = address_in(share(sharing.site, password=PASSWORD))
    signed_out(sharing.site)
    headers = {"Origin": "https://evil.example"}
    answer = sharing.site.client.post(report, data={"password": PASSWORD}, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert "linnet_report" not in answer.headers.get("set-cookie", "")


def test_a_revoked_report_is_gone_also_for_who_had_opened_it(sharing: Counted):
    site = sharing.site
    report = address_in(share(site))
    listed = site.get(f"{DOMAIN}/reports").text
    number = re.search(r'name="report" value="(\d+)"', listed)
    assert number is not None
    assert site.post(f"{DOMAIN}/reports/revoke", {"report": number[1]}).status_code == 303
    assert site.post(f"{DOMAIN}/reports/revoke", {"report": number[1]}).status_code == 303
    assert site.get(report).status_code == 404
    assert site.get(f"{report}/numbers").status_code == 404


def test_fixed_days_stay_and_all_time_has_none(sharing: Counted):
    site = sharing.site
    report = address_in(share(site, dates="fixed"))
    assert "Last 7 days" not in site.get(report).text
    refused = share(site, view="period=total&zone=UTC", dates="fixed", name="All")
    assert refused.status_code == 400
    assert 'value="All"' in refused.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "<b>" * 40}, "needs a name"),
        ({"password": "abc"}, "A password of a report"),
        ({"expires": "tomorrow"}, "must be a day"),
        ({"expires": "2001-01-01"}, "in the future"),
        ({"expires": "9999-12-31"}, "must be a day"),
    ],
)
def test_what_cannot_be_shared_is_told_beside_its_field(sharing: Counted, fields: dict[str, str], words: str):
    answer = share(sharing.site, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert "<b><b>" not in answer.text


def test_no_report_is_made_of_a_view_that_cannot_be(sharing: Counted):
    assert share(sharing.site, view="period=never").status_code == 400
    assert share(sharing.site, view="&".join(["os=a"] * 5000)).status_code == 400


def test_a_report_of_a_link_is_listed_with_it(sharing: Counted, tmp_path: Path):
    report = address_in(share(sharing.site, sharing.page, name="Only abc"))
    assert sharing.totals(f"{report}/numbers")["Human clicks"] == "3"
    assert "Only abc" in sharing.get(f"{sharing.page}/reports")
    assert "/abc" in sharing.get(f"{DOMAIN}/reports")
