"""Creates that come at the same time, through both workers: what only one can have, only one gets."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Answer, Server, running_server

AT_ONCE = 32


@pytest.fixture(scope="module")
def unlimited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers, without limits."""
    directory: Path = tmp_path_factory.mktemp("at-once") / "linnet"
    with running_server(directory, workers=2, settings={"LINNET_MAX_LINKS": "40"}) as server:
        yield server


def create_all(server: Server, drafts: list[dict[str, Any]]) -> list[Answer]:
    """All drafts at once, each on a connection of its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda draft: server.api("POST", "/links", {"domain": server.domain} | draft), drafts))


def test_of_a_hundred_creates_of_one_path_one_succeeds(unlimited: Server):
    answers = create_all(unlimited, [{"originalURL": f"https://example.com/{n}", "path": "wanted"} for n in range(100)])
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 99}
    (made,) = [answer.json for answer in answers if answer.status == 200]
    assert {answer.json["linkId"] for answer in answers if answer.status == 409} == {made["idString"]}
    assert unlimited.visit("/wanted").location == made["originalURL"]


def test_a_hundred_creates_of_one_destination_make_one_link(unlimited: Server):
    answers = create_all(unlimited, [{"originalURL": "https://example.com/same"}] * 100)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["idString"] for answer in answers}) == 1
    assert Counter(answer.json["duplicate"] for answer in answers) == {False: 1, True: 99}


def test_nobody_gets_a_link_over_the_limit(unlimited: Server):
    before = unlimited.api("GET", f"/api/links?domain_id={unlimited.domain_id}").json["count"]
    answers = create_all(unlimited, [{"originalURL": f"https://example.com/quota/{n}"} for n in range(80)])
    assert Counter(answer.status for answer in answers) == {200: 40 - before, 402: 40 + before}
    assert unlimited.api("GET", f"/api/links?domain_id={unlimited.domain_id}").json["count"] == 40
