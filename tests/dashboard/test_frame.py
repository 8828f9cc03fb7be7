"""What every page has around it: who may send forms, what is kept of them, and what is sent twice."""

import html
import re
import threading
import time
from typing import Any

import pytest
from litestar import Litestar, Response, Router
from litestar.testing import TestClient

from linnet.dashboard.frame import Frame
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.session import Sessions
from linnet.model.access import Rule, Subject
from linnet.model.errors import InvalidField
from tests.dashboard.conftest import Site


class Desk:
    """A page with a form, which obeys it slowly."""

    def __init__(self, site: Site) -> None:
        self.taken: list[dict[str, Any]] = []
        rule = Rule(Subject.SELF)
        pages = (Page("GET", "/dashboard/desk", self.show, rule), Page("POST", "/dashboard/desk", self.take, rule, 50_000))
        frame = Frame(site.options, Sessions(site.options.session_key, site.options.find_session))
        router = Router("/", route_handlers=[frame.handler(page) for page in pages])
        self.client = TestClient(Litestar(route_handlers=[router]))
        self.share_cookies(site)

    def share_cookies(self, site: Site) -> None:
        """Know what the site's browser knows."""
        self.client.cookies.clear()
        for name, value in site.client.cookies.items():
            self.client.cookies.set(name, value)

    def show(self, asked: Asked) -> Response[Any]:
        return asked.page("resume.html", action="/dashboard/desk", fields=[], again=[], had_files=False)

    def take(self, asked: Asked) -> Response[Any]:
        if asked.form.text("path") == "bad":
            raise InvalidField("path must be good.", field="path")
        time.sleep(0.3)
        self.taken.append({name: asked.form.all(name) for name in ("title", "tag")})
        if asked.form.flag("secret"):
            return asked.page("resume.html", action="", fields=[], again=[], had_files=False)
        return asked.go_to(f"/dashboard/desk/{len(self.taken)}", notice="Saved <b>well</b>.")

    def post(self, fields: Any, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/dashboard/desk", data=fields, headers=sent, follow_redirects=False)


@pytest.fixture
def desk(site: Site) -> Desk:
    site.enter()
    return Desk(site)


def fields_of(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page, re.DOTALL)
    return [(name, html.unescape(value)) for name, value in found if name not in ("form_token", "once")]


def test_a_form_is_obeyed_once_however_often_it_is_sent(site: Site, desk: Desk):
    fields = {"form_token": site.form_token(), "once": "abc", "title": "One"}
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(desk.post(fields))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.taken) == 1
    assert {(each.status_code, each.headers["location"]) for each in answers} == {(303, "/dashboard/desk/1")}
    assert desk.post(fields | {"once": "abd"}).headers["location"] == "/dashboard/desk/2"
    # Who went back and chose something else on the same page means that.
    assert desk.post(fields | {"title": "Two"}).headers["location"] == "/dashboard/desk/3"


def test_a_page_that_a_form_led_to_is_not_made_twice(site: Site, desk: Desk):
    fields = {"form_token": site.form_token(), "once": "abc", "secret": "1"}
    assert [desk.post(fields).status_code for _ in range(2)] == [200, 409]
    assert len(desk.taken) == 1


def test_a_refused_form_may_be_sent_again(site: Site, desk: Desk):
    fields = {"form_token": site.form_token(), "once": "abc", "path": "bad"}
    answer = desk.post(fields)
    assert (answer.status_code, "path must be good." in answer.text) == (400, True)
    assert desk.post(fields | {"path": "good"}).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_of_another_session_is_kept_and_offered_again(site: Site, desk: Desk, token: str):
    typed = {"title": '"><script>\u202e' + "x" * 10_000, "tag": ["a", "b"]}
    answer = desk.post({"form_token": token, "once": "abc"} | typed)
    assert answer.status_code == 200
    assert desk.taken == []
    assert "<script>\u202e" not in answer.text
    sent = [(name, value) for name, values in typed.items() for value in ([values] if isinstance(values, str) else values)]
    assert fields_of(answer.text) == sent


def test_a_form_survives_that_the_session_was_lost(site: Site, desk: Desk):
    desk.client.cookies.clear()
    answer = desk.post({"form_token": "x", "title": "Kept", "tag": ["a", "b"]})
    assert answer.status_code == 401
    kept = dict(fields_of(answer.text))["kept"]
    fields = {"email": "owner@example.com", "password": "wrong", "kept": kept}
    again = site.client.post("/sign-in", data=fields)
    assert dict(fields_of(again.text))["kept"] == kept
    offered = site.client.post("/sign-in", data=fields | {"password": "correct horse"}, follow_redirects=False)
    assert 'action="/dashboard/desk"' in offered.text
    assert fields_of(offered.text) == [("title", "Kept"), ("tag", "a"), ("tag", "b")]
    token = re.search(r'name="form_token" value="(\w+)"', offered.text)
    assert token is not None
    desk.share_cookies(site)
    assert desk.post({"form_token": token[1], "title": "Kept", "tag": ["a", "b"]}).status_code == 303
    assert desk.taken == [{"title": ["Kept"], "tag": ["a", "b"]}]


@pytest.mark.parametrize("where", ["cross-site", "same-site"])
def test_a_form_of_another_site_that_hides_its_origin_does_nothing(site: Site, desk: Desk, where: str):
    assert desk.post({"form_token": site.form_token()}, Sec_Fetch_Site=where).status_code == 403
    assert desk.post({"form_token": site.form_token()}, Origin="null").status_code == 403
    assert desk.taken == []
    assert desk.post({"form_token": site.form_token()}, Sec_Fetch_Site="same-origin").status_code == 303


def test_neither_passwords_nor_codes_are_kept_in_a_page(site: Site, desk: Desk):
    typed = {"title": "Kept", "password": "hunter2-link", "new_password": "hunter2-own", "code": "271828", "secret": ""}
    answer = desk.post({"form_token": "x"} | typed)
    assert not re.search("hunter2|271828", answer.text)
    assert fields_of(answer.text) == [("title", "Kept")]
    assert "type them again" in answer.text
    again = re.findall(r'name="(\w+)" type="password"', answer.text)
    assert again == ["password", "new_password", "code"]
    desk.client.cookies.clear()
    kept = dict(fields_of(desk.post({"form_token": "x"} | typed).text))["kept"]
    assert not re.search("hunter2|271828", kept)
    offered = site.client.post("/sign-in", data={"email": "owner@example.com", "password": "correct horse", "kept": kept})
    assert re.findall(r'name="(\w+)" type="password"', offered.text) == again
    assert fields_of(offered.text) == [("title", "Kept")]


def test_what_is_about_a_password_and_holds_none_is_kept(desk: Desk):
    typed = [
        ("passwordContact", "1"),
        ("password.remove", "1"),
        ("visit.password", "1"),
        ("pageTexts.password", "Say the word"),
    ]
    answer = desk.post({"form_token": "x"} | dict(typed))
    assert fields_of(answer.text) == typed
    assert 'type="password"' not in answer.text


@pytest.mark.parametrize(
    "kept",
    [
        '["https://evil.example/", [], []]',
        '["/sign-out", [], []]',
        "[1]",
        "{}",
        "x",
        '["/dashboard/\\\\", 1, 1]',
        '["/dashboard/\\ud800", [], []]',
        "[" * 100_000,
    ],
)
def test_only_forms_of_ours_are_offered_again(site: Site, kept: str):
    assert site.sign_in(kept=kept).status_code == 303


def test_halves_of_characters_are_not_offered_again(site: Site):
    answer = site.sign_in(kept='["/dashboard/desk", [["a", "\\ud800"], ["b", "c"]], ["password\\ud800", 1]]')
    assert answer.status_code == 200
    assert fields_of(answer.text) == [("b", "c")]


def test_a_form_from_another_site_does_nothing(site: Site, desk: Desk):
    answer = desk.post({"form_token": site.form_token()}, Origin="https://evil.example")
    assert answer.status_code == 403
    assert desk.taken == []
    assert site.client.post("/sign-in", data={}, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("body", [b"x" * 60_000, b"&".join([b"a=1"] * 4000), b"\xff\xfe=%ff", b'{"a": 1}'])
@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "x/y"]
)
def test_a_form_that_is_none_of_ours_does_nothing(desk: Desk, body: bytes, kind: str):
    answer = desk.client.post("/dashboard/desk", content=body, headers={"content-type": kind}, follow_redirects=False)
    assert answer.status_code in (200, 400, 413)
    assert desk.taken == []


def part(text: str, encoding: str) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="email"\r\nContent-Type: text/plain; charset={encoding}\r\n\r\n'
    return f"{head}{text}\r\n--x--\r\n".encode()


@pytest.mark.parametrize("encoding", ["nope", "rot13", "zlib_codec", "idna", "undefined", "utf-16", "unicode_escape", "utf-7"])
def test_a_form_in_whatever_encoding_is_answered(site: Site, desk: Desk, encoding: str):
    kind = {"content-type": "multipart/form-data; boundary=x"}
    for text in ("abc", "\\ud800", "+2AA-"):
        assert site.client.post("/sign-in", content=part(text, encoding), headers=kind).status_code == 401
        assert desk.client.post("/dashboard/desk", content=part(text, encoding), headers=kind).status_code == 200
    assert desk.taken == []


def test_a_notice_is_shown_once(site: Site, desk: Desk):
    desk.post({"form_token": site.form_token()})
    assert "Saved &lt;b&gt;well&lt;/b&gt;." in desk.client.get("/dashboard/desk").text
    assert "Saved" not in desk.client.get("/dashboard/desk").text


def test_a_notice_of_somebody_else_is_not_shown(desk: Desk):
    desk.client.cookies.set("linnet_notice", "QUFBQUFBQUFBQUFBQUFBQVlvdSB3b24=")
    assert "You won" not in desk.client.get("/dashboard/desk").text


def test_a_script_is_told_to_sign_in_rather_than_shown_the_page(site: Site, desk: Desk):
    desk.client.cookies.clear()
    answer = desk.client.get("/dashboard/desk", headers={"HX-Request": "true"}, follow_redirects=False)
    assert answer.headers["hx-redirect"] == "/sign-in?back=%2Fdashboard%2Fdesk"


def test_a_script_is_told_of_a_refusal_at_the_top_of_its_page(site: Site, desk: Desk):
    answer = desk.post({"form_token": site.form_token(), "path": "bad"}, HX_Request="true")
    assert (answer.status_code, answer.headers["hx-retarget"]) == (400, "#notices")
    assert answer.text.count("<") == 2
