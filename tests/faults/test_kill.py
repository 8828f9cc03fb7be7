"""``kill -9`` at any moment: every answered redirect is one stored click, whatever was killed."""

import os
import random
import time
from pathlib import Path

from tests.support.load import Load, Outcomes
from tests.support.server import Server, running_server
from tests.support.stored import journal_bytes, stored_numbers, totals

KILLS = int(os.environ.get("LINNET_KILLS", "20"))


def test_no_click_is_lost_or_counted_twice_over_many_kills(tmp_path: Path):
    # Small segments, so that some are finished, taken in and removed between the kills.
    with running_server(tmp_path / "linnet", settings={"LINNET_JOURNAL_SEGMENT_BYTES": "65536"}) as server:
        links = [server.create(f"kill-{number}") for number in range(5)]
        load = Load(server, [f"/{link['path']}" for link in links])
        with load.running() as outcomes:
            killed = kill_at_random(server, KILLS, random.Random(20_260_701))
            time.sleep(0.5)
        server.wait(lambda: all(server.pid(name) for name in ("web-0", "web-1", "clicks")), "all workers to be back")
        expect_the_least(server, len(outcomes.answered))
        by_link = sum(server.link_clicks(link["idString"]) for link in links)
        by_domain = server.domain_clicks()
    stored = check_stored(tmp_path / "linnet", outcomes)
    assert killed == KILLS
    assert len(outcomes.answered) > KILLS * 20, f"too little load to prove anything: {outcomes}"
    assert by_link == by_domain == stored


def kill_at_random(server: Server, kills: int, chance: random.Random) -> int:
    """Kill a worker, wait a moment, kill another; the number of processes that died."""
    killed = 0
    deadline = time.monotonic() + 30 + kills * 5
    while killed < kills and time.monotonic() < deadline:
        time.sleep(chance.uniform(0.1, 0.7))
        # Now and then two at once; a worker that is not back yet cannot be killed.
        for name in chance.sample(["web-0", "web-1", "clicks"], chance.choice([1, 1, 1, 2])):
            killed += killed < kills and server.kill(name)
    return killed


def expect_the_least(server: Server, answered: int) -> None:
    """Wait until the statistics show at least the answered requests, and a little longer for what should not come."""
    server.wait(server.answers_questions, "an answer about statistics")
    server.wait(lambda: server.domain_clicks() >= answered, f"{answered} clicks in the statistics", seconds=30)
    time.sleep(1)


def check_stored(directory: Path, outcomes: Outcomes) -> int:
    """Hold the click store of a stopped server against what clients saw; returns the number of stored clicks."""
    stored = stored_numbers(directory)
    lost = outcomes.answered - stored.keys()
    twice = [number for number, times in stored.items() if times > 1]
    unasked = stored.keys() - outcomes.answered - outcomes.cut
    assert outcomes.wrong == {}, str(outcomes)
    assert outcomes.refused == 0, str(outcomes)
    assert not lost, f"{len(lost)} clicks were lost, such as {sorted(lost)[:5]}; {outcomes}"
    assert not twice, f"{len(twice)} clicks were counted twice, such as {sorted(twice)[:5]}; {outcomes}"
    assert not unasked
    assert len(outcomes.answered) <= len(stored) <= len(outcomes.answered) + len(outcomes.cut)
    assert set(totals(directory).values()) == {len(stored)}, "the roll-ups differ from the raw clicks"
    assert journal_bytes(directory) == 0 or not lost
    return len(stored)
