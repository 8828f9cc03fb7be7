"""Addresses that have no page, and pages that cannot be shown: what a browser gets, in the frame or before the sign-in."""

import re

import pytest

from tests.dashboard.conftest import Site

UNKNOWN = (
    "/dashboard/nowhere",
    "/dashboard/domains/1/links/new/more",
    "/dashboard/domains/first/links",
    "/dashboard/keys/1/revoke",
    "/dashboard/%3Cb%3E%E2%80%AE",
    "/dashboard/" + "x" * 4000,
)
NAVIGATION = '<nav aria-label="Main"'


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_address_without_a_page_is_told_in_the_frame(site: Site, path: str):
    site.enter()
    answer = site.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert NAVIGATION in answer.text
    assert re.search(r"<h1[^>]*>Not found</h1>", answer.text)
    assert "There is no page at this address." in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("path", UNKNOWN)
def test_who_is_not_signed_in_is_asked_to_there_as_well(site: Site, path: str):
    answer = site.get(path)
    assert (answer.status_code, answer.headers["location"].partition("=")[0]) == (303, "/sign-in?back")


def test_after_the_sign_in_the_same_address_says_that_there_is_none(site: Site):
    there = site.get("/dashboard/nowhere?x=1").headers["location"]
    assert there == "/sign-in?back=%2Fdashboard%2Fnowhere%3Fx%3D1"
    assert site.sign_in(back="/dashboard/nowhere?x=1").headers["location"] == "/dashboard/nowhere?x=1"


@pytest.mark.parametrize("path", ["/sign-in/nowhere", "/welcome/nowhere", "/report/a/b/c/d", "/invitation", "/reset/a/b"])
def test_pages_for_strangers_need_no_sign_in_to_be_missing(site: Site, path: str):
    answer = site.get(path)
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text
    assert NAVIGATION not in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/static/nowhere.js", "/dashboardnowhere", "/links/nowhere"])
def test_elsewhere_programs_are_answered(site: Site, path: str):
    site.enter()
    answer = site.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


def test_a_form_for_an_address_that_takes_none_is_refused_to_programs(site: Site):
    site.enter()
    assert site.post("/dashboard/keys").json()["code"] == "method_not_allowed"


def test_what_somebody_may_not_see_is_refused_in_the_frame_of_the_reader(site: Site):
    site.enter()
    for path in ("/dashboard/domains/77/links", "/dashboard/links/lnk_1_none"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert NAVIGATION in answer.text
        assert 'role="alert"' in answer.text
    part = site.get("/dashboard/domains/77/links", hx_request="true")
    assert NAVIGATION not in part.text
