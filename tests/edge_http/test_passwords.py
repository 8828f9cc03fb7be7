"""Links with a password, opened as a browser opens them: by a form, and from then on with a cookie."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest

from linnet.compose.places import Places
from linnet.edge.attempts import OF_VISITOR
from linnet.edge.rates import NodeAttempts
from linnet.model.unlock import LIFETIME_SECONDS
from tests.support.server import EMAIL, Answer, Server
from tests.support.wire import get, wire

PASSWORD = "Öffne dich, ✓"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet(server: Server) -> None:
    # All tests ask from one address, which may send fifty passwords in ten seconds.
    attempts = NodeAttempts(Places(server.directory).attempts)
    attempts.passwords.forget_all()
    attempts.close()


def give(
    server: Server, target: str, password: str | None = PASSWORD, *, body: bytes | None = None, host: str = "", **headers: str
) -> Answer:
    """Send the page's form as a browser does."""
    sent = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    content = urlencode({"password": password}).encode() if body is None else body
    return server.request("POST", target, host=host or server.host, headers=sent, body=content)


def cookie_of(answer: Answer) -> str:
    """The cookie that an answer gave, as it is sent back."""
    return answer.headers["set-cookie"].partition(";")[0]


def attributes(answer: Answer) -> dict[str, str]:
    parts = answer.headers["set-cookie"].split("; ")[1:]
    return {part.partition("=")[0]: part.partition("=")[2] for part in parts}


def opened(server: Server, target: str) -> str:
    answer = give(server, target)
    assert answer.status == 303, answer
    return cookie_of(answer)


def test_a_link_with_a_password_asks_for_it_and_tells_nothing(server: Server):
    server.create("asks", "https://example.com/hidden", password=PASSWORD, title="Title of it")
    answer = server.visit("/asks?a=1")
    assert (answer.status, answer.location) == (403, None)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    page = answer.body.decode()
    assert re.search(r'<form method="post">', page)
    assert re.search(r'<label for="password">.*<input id="password" name="password" type="password"[^>]* autofocus', page)
    for secret in ("example.com/hidden", "Title of it", EMAIL, PASSWORD, "argon2"):
        assert secret not in page


def test_the_page_may_load_and_run_nothing(server: Server):
    server.create("strict", password=PASSWORD)
    answer = server.visit("/strict")
    policy = answer.headers["content-security-policy"]
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert directives["form-action"].startswith("'self'")
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert b"<script" not in answer.body


def test_head_is_answered_like_get_and_opens_nothing(server: Server):
    server.create("headed-lock", password=PASSWORD)
    with wire(server.port) as connection:
        connection.send(get("/headed-lock", server.host, method="HEAD"))
        answer = connection.answer(head_only=True)
        assert connection.stays_silent()
    assert (answer.status, answer.location) == (403, None)
    assert int(answer.headers["content-length"]) == len(server.visit("/headed-lock").body)
    cookie = opened(server, "/headed-lock")
    assert server.visit("/headed-lock", method="HEAD", Cookie=cookie).location == "https://example.com/"


def test_the_right_password_leads_back_with_a_cookie_that_opens_the_link(server: Server):
    server.create("opens", "https://example.com/there?b=2", password=PASSWORD)
    answer = give(server, "/opens?a=1&b=%C3%BC")
    assert (answer.status, answer.location) == (303, "/opens?a=1&b=%C3%BC")
    assert answer.headers["cache-control"] == "no-store"
    assert PASSWORD.encode() not in answer.body
    kept = attributes(answer)
    assert (kept["Path"], kept["SameSite"], kept["Max-Age"]) == ("/opens", "Lax", str(LIFETIME_SECONDS))
    assert "HttpOnly" in kept
    assert "Secure" not in kept
    followed = server.visit("/opens?a=1&b=%C3%BC", Cookie=cookie_of(answer))
    assert (followed.status, followed.location) == (302, "https://example.com/there?a=1&b=%C3%BC")
    assert "no-store" in followed.headers["cache-control"]
    assert server.visit("/opens").status == 403


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.lower(), PASSWORD + " ", "x" * 300, "a\x00b", "argon2"])
def test_a_wrong_password_opens_nothing_and_says_so(server: Server, password: str):
    path = server.create(password=PASSWORD)["path"]
    answer = give(server, f"/{path}", password)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers
    assert b"That is not the password." in answer.body
    assert b'aria-invalid="true"' in answer.body


@pytest.mark.parametrize("query", ["?pw={}", "?password={}", "?password={}&pw={}"])
def test_a_password_in_the_address_does_nothing(server: Server, query: str):
    path = server.create(password="simple")["path"]
    target = f"/{path}{query.replace('{}', 'simple')}"
    assert server.visit(target).status == 403
    assert give(server, target, "wrong").status == 403
    assert give(server, target, body=b"").status == 400


def test_a_cookie_opens_one_link_alone(server: Server):
    server.create("mine", password=PASSWORD)
    server.create("theirs", password=PASSWORD)
    name, value = opened(server, "/mine").split("=")
    their_name = opened(server, "/theirs").partition("=")[0]
    assert name != their_name
    assert server.visit("/mine", Cookie=f"{name}={value}").status == 302
    assert server.visit("/theirs", Cookie=f"{name}={value}").status == 403
    assert server.visit("/theirs", Cookie=f"{their_name}={value}").status == 403


def test_a_cookie_that_was_tampered_with_opens_nothing(server: Server):
    server.create("tampered", password=PASSWORD)
    name, value = opened(server, "/tampered").split("=")
    for place in range(len(value)):
        forged = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        assert server.visit("/tampered", Cookie=f"{name}={forged}").status == 403
    for forged in ("", value[:-1], value + "A", value.upper(), "%00", '"' + value + '"'):
        assert server.visit("/tampered", Cookie=f"{name}={forged}").status == 403


@pytest.mark.parametrize("changed", ["another", PASSWORD])
def test_a_new_password_locks_the_link_again(server: Server, changed: str):
    link = server.create(password=PASSWORD)
    target = f"/{link['path']}"
    cookie = opened(server, target)
    assert server.visit(target, Cookie=cookie).status == 302
    assert server.api("POST", f"/links/{link['idString']}", {"password": changed}).status == 200
    assert server.visit(target, Cookie=cookie).status == 403
    assert give(server, target, changed).status == 303


def test_a_link_whose_password_is_taken_away_is_followed_by_everybody(server: Server):
    link = server.create("no-more", password=PASSWORD)
    assert server.api("POST", f"/links/{link['idString']}", {"password": ""}).status == 200
    assert server.visit("/no-more").status == 302
    assert give(server, "/no-more").status == 405


def test_the_owner_is_shown_where_he_wants_to_be_asked(server: Server):
    server.create("ask-me", password=PASSWORD, passwordContact=True)
    server.create("do-not-ask", password=PASSWORD, passwordContact=False)
    for answer in (server.visit("/ask-me"), give(server, "/ask-me", "wrong")):
        assert f'<a href="mailto:{EMAIL}">{EMAIL}</a>'.encode() in answer.body
    assert EMAIL.encode() not in server.visit("/do-not-ask").body


@pytest.mark.parametrize("redirect_type", [301, 302, 307, 308])
def test_no_cache_may_keep_where_a_protected_link_leads(server: Server, redirect_type: int):
    path = server.create(password=PASSWORD, redirectType=redirect_type)["path"]
    answer = server.visit(f"/{path}", Cookie=opened(server, f"/{path}"))
    assert (answer.status, answer.headers["cache-control"]) == (redirect_type, "private, no-store")


def test_a_form_for_no_link_or_for_one_without_password_is_refused(server: Server):
    server.create("without")
    for target in ("/without", "/not-there-at-all", "/", "/%ff"):
        answer = give(server, target)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert give(server, "/without", host="who.localhost").status == 421


def test_a_form_for_an_expired_link_gets_the_expired_page(server: Server):
    over = {"password": PASSWORD, "expiresAt": int(time.time() * 1000) - 1000}
    server.create("locked-over", **over)
    server.create("locked-elsewhere", expiredURL="https://example.com/sorry", **over)
    assert give(server, "/locked-over").status == server.visit("/locked-over").status == 410
    assert give(server, "/locked-elsewhere").location == "https://example.com/sorry"


def test_the_password_uses_up_no_click_and_the_visit_after_it_does(server: Server):
    server.create("locked-once", password=PASSWORD, clicksLimit=1)
    assert [server.visit("/locked-once").status for _ in range(3)] == [403] * 3
    first, second = opened(server, "/locked-once"), opened(server, "/locked-once")
    assert server.visit("/locked-once", Cookie=first).status == 302
    assert server.visit("/locked-once", Cookie=second).status == 410
    assert server.visit("/locked-once").status == 410
    assert give(server, "/locked-once").status == 410


def test_a_wildcard_link_is_open_below_its_prefix(server: Server):
    server.create("vault/*", "https://example.com/v/$1", password=PASSWORD)
    assert server.visit("/vault/a").status == 403
    answer = give(server, "/vault/a/b%20c?q=1")
    assert (answer.status, answer.location) == (303, "/vault/a/b%20c?q=1")
    assert attributes(answer)["Path"] == "/vault"
    cookie = cookie_of(answer)
    assert server.visit("/vault/a/b%20c?q=1", Cookie=cookie).location == "https://example.com/v/a/b%20c?q=1"
    assert server.visit("/vault/other", Cookie=cookie).location == "https://example.com/v/other"


@pytest.mark.parametrize("target", ["//evil.example/x", "/\\evil.example/x", "//evil.example", "///evil.example//y?z=//a"])
def test_a_catch_all_never_leads_to_another_host_after_its_password(server: Server, target: str):
    hostname = "locked-all.localhost"
    if server.api("POST", "/domains", {"hostname": hostname}).status == 200:
        link: dict[str, Any] = {"domain": hostname, "path": "*", "originalURL": "https://example.com/", "password": PASSWORD}
        assert server.api("POST", "/links", link).status == 200
    host = f"{hostname}:{server.port}"
    answer = give(server, target, host=host)
    assert answer.status == 303
    assert answer.location is not None
    led = urljoin(f"http://{host}/", answer.location)
    assert led.startswith(f"http://{host}/")
    assert not answer.location.startswith(("//", "/\\"))
    assert attributes(answer)["Path"] == "/"


@pytest.fixture(scope="module")
def forms(server: Server) -> None:
    server.create("forms", password=PASSWORD)


@pytest.mark.usefixtures("forms")
class TestForms:
    """What is no form of the page."""

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            (FORM, 303),
            (FORM.upper() + "; charset=UTF-8", 303),
            ("multipart/form-data; boundary=x", 415),
            ("application/json", 415),
            ("text/plain", 415),
            ("", 415),
        ],
    )
    def test_only_a_form_is_read(self, server: Server, content_type: str, status: int):
        assert give(server, "/forms", Content_Type=content_type).status == status

    @pytest.mark.parametrize(
        "body", [b"", b"pw=x", b"password=%ff", b"password=\xff", b"Password=x", b"&".join([b"a=b"] * 20), b"=", b"%"]
    )
    def test_a_form_without_a_readable_password_is_refused(self, server: Server, body: bytes):
        answer = give(server, "/forms", body=body)
        assert (answer.status, "set-cookie" in answer.headers) == (400, False)

    def test_a_large_form_is_refused_however_it_comes(self, server: Server):
        large = b"password=" + b"x" * 4096
        assert give(server, "/forms", body=large).status == 413
        assert give(server, "/forms", body=b"password=" + b"x" * 4000).status == 403
        head = f"POST /forms HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {FORM}\r\n"
        for rest in (b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2000\r\n" + b"x" * 0x2000):
            with wire(server.port) as connection:
                connection.send(head.encode() + rest)
                answer = connection.answer()
                assert (answer.status, answer.headers["connection"]) == (413, "close")
                assert connection.is_closed()

    def test_a_form_in_pieces_and_one_that_waits_to_be_asked_for_are_read(self, server: Server):
        body = urlencode({"password": PASSWORD}).encode()
        head = f"POST /forms HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n"
        with wire(server.port) as connection:
            connection.send(head.encode() + b"\r\n" + body[:5])
            time.sleep(0.1)
            connection.send(body[5:] + get("/forms", server.host))
            assert [connection.answer().status for _ in range(2)] == [303, 403]
            connection.send(head.encode() + b"Expect: 100-continue\r\n\r\n")
            assert connection.answer().status == 100
            connection.send(body)
            assert connection.answer().status == 303

    def test_a_form_that_never_ends_is_not_waited_for(self, server: Server):
        head = f"POST /forms HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {FORM}\r\nContent-Length: 100\r\n\r\n"
        with wire(server.port) as connection:
            connection.send(head.encode())
            answer = connection.answer()
            assert (answer.status, connection.is_closed()) == (408, True)


class TestLimits:
    """How many passwords may be tried."""

    def test_guesses_are_counted_together_by_both_workers(self, server: Server):
        path = server.create(password=PASSWORD)["path"]
        connections = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(24)]
        body = b"password=wrong"
        head = f"POST /{path} HTTP/1.1\r\nHost: {server.host}\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
        for connection in connections:
            connection.sendall(head.encode() + body)
        statuses = [connection.recv(12).decode().split()[1] for connection in connections]
        workers = {server.worker_of(connection) for connection in connections}
        for connection in connections:
            connection.close()
        assert workers == {"web-0", "web-1"}, "the connections did not reach both workers, so this proved nothing"
        assert sorted(statuses) == ["403"] * OF_VISITOR.amount + ["429"] * (24 - OF_VISITOR.amount)

    def test_who_guesses_too_often_has_to_wait_even_with_the_right_one(self, server: Server):
        path = server.create(password=PASSWORD)["path"]
        other = server.create(password=PASSWORD)["path"]
        cookie = opened(server, f"/{path}")
        statuses = [give(server, f"/{path}", "wrong").status for _ in range(OF_VISITOR.amount + 1)]
        assert statuses == [403] * OF_VISITOR.amount + [429]
        answer = give(server, f"/{path}")
        assert (answer.status, "set-cookie" in answer.headers) == (429, False)
        assert 0 < int(answer.headers["retry-after"]) <= OF_VISITOR.seconds
        assert answer.headers["cache-control"] == "no-store"
        assert b"Too many passwords were tried. Try again in" in answer.body
        assert server.visit(f"/{path}", Cookie=cookie).status == 302
        assert give(server, f"/{other}").status == 303

    def test_many_who_know_it_come_in_from_one_address(self, server: Server):
        path = server.create(password=PASSWORD)["path"]
        with ThreadPoolExecutor(4) as visitors:
            statuses = list(visitors.map(lambda _: give(server, f"/{path}").status, range(OF_VISITOR.amount * 2)))
        assert statuses == [303] * OF_VISITOR.amount * 2

    def test_redirects_go_on_while_passwords_are_looked_at(self, server: Server):
        path = server.create(password=PASSWORD)["path"]
        server.create("meanwhile")
        with ThreadPoolExecutor(8) as visitors, wire(server.port) as connection:
            guesses = [visitors.submit(give, server, f"/{path}") for _ in range(16)]
            slowest = 0.0
            while not all(guess.done() for guess in guesses):
                began = time.monotonic()
                connection.send(get("/meanwhile", server.host))
                assert connection.answer().status == 302
                slowest = max(slowest, time.monotonic() - began)
        assert {guess.result().status for guess in guesses} == {303}
        assert slowest < 1.0


def test_the_visit_that_is_led_on_is_the_one_of_a_person(server: Server):
    link = server.create("counted-lock", password=PASSWORD)
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert server.visit("/counted-lock", User_Agent=browser).status == 403
    cookie = cookie_of(give(server, "/counted-lock", User_Agent=browser))
    assert server.visit("/counted-lock", User_Agent=browser, Cookie=cookie).status == 302
    server.wait(lambda: server.link_clicks(link["idString"]) == 2, "two visits to be counted")
    answer = server.api("GET", f"/statistics/link/{link['idString']}?period=total")
    assert (answer.json["totalClicks"], answer.json["humanClicks"]) == (2, 1)


def test_a_password_is_written_nowhere(server: Server):
    password = "unforgettable-7301"
    server.create("nowhere", password=password)
    assert give(server, "/nowhere", password).status == 303
    assert give(server, "/nowhere", password + "x").status == 403
    server.wait(lambda: server.metric("linnet_link_passwords_total", 'outcome="right"') > 0, "the metric")
    kept = [server.log, *(each for each in server.directory.rglob("*") if each.is_file())]
    assert [each for each in kept if password.encode() in each.read_bytes()] == []
