"""Forms for links with a password, through the application of the edge: behind proxies, in a crowd, and at odd addresses."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.application import EdgeApplication
from linnet.edge.attempts import OF_VISITOR, PasswordAttempts
from linnet.edge.password import _MAX_WAITING, PasswordForms, matches, same_address
from linnet.edge.rates import NodeAttempts
from linnet.model.route import Needs
from tests.support.small_edge import PROXY, SmallEdge

KEY = b"k" * 32
# Of "sesame", as cheap as the library makes it: these tests are not about its cost.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("sesame")
LOCKED = int(Needs.PASSWORD)


async def nothing(*_: Any) -> None:
    raise AssertionError("no request of these tests is for the application")


class Door:
    """An edge whose application answers forms."""

    def __init__(self, directory: Path) -> None:
        self.small = SmallEdge(directory, unlock_key=KEY)
        self.small.domain(wildcard_depths=(0,))
        self.table = NodeAttempts(directory / "attempts.mdb")
        forms = PasswordForms(self.small.edge, PasswordAttempts(self.table.passwords, clock=lambda: 5.0), KEY)
        self.application = EdgeApplication(self.small.edge, nothing, nothing, lambda peer: peer == PROXY, forms)

    async def post(
        self, target: str, password: str, *, peer: str = "192.0.2.7", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str]]:
        """The status and the headers of the answer to a form."""
        given = {"host": "go.example", "content-type": "application/x-www-form-urlencoded"} | (headers or {})
        scope = {
            "type": "http",
            "method": "POST",
            "client": (peer, 4711),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "state": {"visit": target.encode("latin-1")},
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": urlencode({"password": password}).encode(), "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}

    def close(self) -> None:
        self.small.close()
        self.table.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    made.small.route(1, "locked", needs=LOCKED, password_hash=HASH)
    yield made
    made.close()


def test_a_cookie_is_for_https_alone_where_the_visitor_came_by_it(door: Door):
    secure = {"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}
    behind_proxy = asyncio.run(door.post("/locked", "sesame", peer=PROXY, headers=secure))
    claimed = asyncio.run(door.post("/locked", "sesame", headers=secure))
    assert behind_proxy[0] == claimed[0] == 303
    assert "; Secure" in behind_proxy[1]["set-cookie"]
    assert "; Secure" not in claimed[1]["set-cookie"]


def test_a_password_that_came_by_http_opens_nothing_where_the_domain_wants_https(door: Door):
    door.small.domain(https_level="redirect")
    status, headers = asyncio.run(door.post("/locked?a=1", "sesame"))
    assert (status, headers["location"]) == (301, "https://go.example/locked?a=1")
    assert "set-cookie" not in headers
    secure = {"x-forwarded-proto": "https"}
    assert asyncio.run(door.post("/locked", "sesame", peer=PROXY, headers=secure))[0] == 303


def test_visitors_behind_a_trusted_proxy_have_attempts_of_their_own(door: Door):
    async def guess(address: str, times: int) -> list[int]:
        headers = {"x-forwarded-for": address}
        return [(await door.post("/locked", "wrong", peer=PROXY, headers=headers))[0] for _ in range(times)]

    assert asyncio.run(guess("203.0.113.1", OF_VISITOR.amount + 1)) == [403] * OF_VISITOR.amount + [429]
    assert asyncio.run(guess("203.0.113.2", 1)) == [403]


def test_an_address_that_a_stranger_claims_gives_no_new_attempts(door: Door):
    async def guess() -> list[int]:
        claims = [{"x-forwarded-for": f"203.0.113.{number}"} for number in range(OF_VISITOR.amount + 1)]
        return [(await door.post("/locked", "wrong", headers=claim))[0] for claim in claims]

    assert asyncio.run(guess()) == [403] * OF_VISITOR.amount + [429]


def test_a_crowd_is_turned_away_at_the_door_and_costs_nobody_an_attempt(door: Door):
    async def rush() -> list[tuple[int, dict[str, str]]]:
        peers = [f"10.1.0.{number}" for number in range(_MAX_WAITING + 10)]
        return await asyncio.gather(*(door.post("/locked", "sesame", peer=peer) for peer in peers))

    answers = asyncio.run(rush())
    statuses = [status for status, _ in answers]
    assert (statuses.count(303), statuses.count(429)) == (_MAX_WAITING, 10)
    assert {headers["retry-after"] for status, headers in answers if status == 429} == {"1"}
    assert door.table.passwords.window("all links", now=5.0)[0] == _MAX_WAITING
    assert door.table.passwords.window("link 1", now=5.0)[0] == 0


def test_a_form_is_no_visit(door: Door):
    asyncio.run(door.post("/locked", "sesame"))
    asyncio.run(door.post("/locked", "wrong"))
    asyncio.run(door.post("/nowhere", "wrong"))
    assert door.small.journal.clicks == []
    assert door.small.edge.counts.passwords == {"right": 1, "wrong": 1}


def test_a_hash_that_is_none_opens_for_nobody(door: Door):
    door.small.route(2, "broken", needs=LOCKED, password_hash="plain")
    door.small.route(3, "missing", needs=LOCKED)
    assert [asyncio.run(door.post(target, "plain"))[0] for target in ("/broken", "/missing")] == [403, 403]
    assert not matches("", "")


def test_words_of_the_domain_are_on_the_page(door: Door):
    door.small.domain(page_texts={"password": "Members <only>."})
    assert b"Members &lt;only&gt;." in door.small.visit("/locked").body


@given(st.binary(max_size=30))
def test_the_way_back_stays_on_the_host_and_leads_to_what_was_asked(raw: bytes):
    target = b"/" + raw
    location = same_address(target).decode("ascii")
    assert location.isprintable()
    assert " " not in location
    assert "\\" not in location
    assert not location.startswith("//")
    assert urljoin("http://go.example/any", location).startswith("http://go.example/")


@pytest.mark.parametrize("target", ["/a/b%20c?d=e%2f&f", "/", "/?a=//b", "/x//y"])
def test_an_ordinary_address_is_its_own_way_back(target: str):
    assert same_address(target.encode()).decode() == target
