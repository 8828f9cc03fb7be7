"""Rate limits over two worker processes."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests.support.server import Answer, Server


class Connection:
    """A kept connection to one worker; ``key`` may be replaced by another that calls with its own count."""

    def __init__(self, server: Server) -> None:
        self.key = server.secret_key
        self._connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
        self._connection.connect()
        self.ask("GET", "/health/live")
        self.worker = server.worker_of(self._connection.sock)

    def ask(self, method: str, target: str, value: object = None) -> Answer:
        headers = {"Authorization": self.key, "Content-Type": "application/json"}
        self._connection.request(method, target, None if value is None else json.dumps(value), headers)
        response = self._connection.getresponse()
        return Answer(response.status, {name.lower(): text for name, text in response.getheaders()}, response.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def both(server: Server) -> Iterator[list[Connection]]:
    """A connection to each of the two workers."""
    with ExitStack() as stack:
        found: dict[str | None, Connection] = {}
        for _ in range(200):
            connection = stack.enter_context(closing(Connection(server)))
            found.setdefault(connection.worker, connection)
            if len(found) == 2:
                break
        assert set(found) == {"web-0", "web-1"}
        yield list(found.values())


def draft(server: Server) -> dict[str, object]:
    return {"domain": server.domain, "originalURL": "https://example.com/", "allowDuplicates": True}


def test_workers_count_exactly_together(server: Server, both: list[Connection]):
    call = {"domain": server.domain, "links": [{"originalURL": "https://example.com/"}]}

    def ask_often(connection: Connection) -> list[Answer]:
        return [connection.ask("POST", "/links/bulk", call) for _ in range(30)]

    with ThreadPoolExecutor(2) as threads:
        answers = [answer for each in threads.map(ask_often, both) for answer in each]
    assert Counter(answer.status for answer in answers) == {200: 40, 429: 20}
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"40"}
    assert min(int(answer.headers["x-ratelimit-remaining"]) for answer in answers if answer.status == 200) == 0


def test_a_key_makes_fifty_links_in_a_window_and_is_refused_the_next_one(server: Server, both: list[Connection]):
    made = server.api("POST", "/api/keys", {"type": "secret", "description": "A count of its own"})
    for connection in both:
        connection.key = made.json["key"]
    answers = [both[number % 2].ask("POST", "/links", draft(server)) for number in range(51)]
    assert [answer.status for answer in answers] == [200] * 50 + [429]
    assert [int(answer.headers["x-ratelimit-remaining"]) for answer in answers] == [*range(49, -1, -1), 0]
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-limit"] == "50"
    assert abs(int(refused.headers["x-ratelimit-reset"]) - time.time() - int(refused.headers["retry-after"])) <= 3
    assert refused.json["code"] == "too_many_requests"


def test_a_refused_call_is_welcome_when_the_seconds_that_it_was_told_are_over(both: list[Connection]):
    nothing: dict[str, object] = {"link_ids": []}
    calls = (both[number % 2].ask("POST", "/links/archive_bulk", nothing) for number in range(100))
    refused = next(answer for answer in calls if answer.status == 429)
    time.sleep(int(refused.headers["retry-after"]))
    assert both[0].ask("POST", "/links/archive_bulk", nothing).status == 200


def test_redirects_have_no_limit(server: Server):
    server.create("unlimited")
    assert {server.visit("/unlimited").status for _ in range(150)} == {302}
