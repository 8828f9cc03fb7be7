"""Threads that go round and round."""

import threading
import time
from collections.abc import Callable

from structlog.testing import capture_logs

from linnet.compose.rounds import Rounds


def within(seconds: float, is_true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not is_true() and time.monotonic() < end:
        time.sleep(0.01)
    return is_true()


def test_a_thread_that_fails_says_so_once_and_goes_on():
    turns: list[int] = []

    def go_round(ended: threading.Event) -> None:
        turns.append(len(turns))
        if len(turns) < 4:
            raise OSError("no room")

    with capture_logs() as logged:
        rounds = Rounds("sweeping", go_round, pause_seconds=0.01)
        assert within(5, lambda: len(turns) >= 6)
        rounds.stop()
    told = [(entry["event"], entry.get("error")) for entry in logged]
    assert told == [("sweeping.waiting", "no room"), ("sweeping.goes_on", None)]


def test_a_round_may_ask_for_another_turn_at_once():
    turns: list[float] = []

    def go_round(ended: threading.Event) -> float:
        turns.append(time.monotonic())
        return 0.01

    rounds = Rounds("sweeping", go_round, pause_seconds=0.2)
    assert within(5, lambda: len(turns) >= 5)
    rounds.stop()
    assert turns[4] - turns[0] < 0.2


def test_who_stops_a_thread_waits_for_the_round_that_is_under_way():
    began, done = threading.Event(), threading.Event()

    def go_round(ended: threading.Event) -> None:
        began.set()
        assert ended.wait(5)
        done.set()

    rounds = Rounds("sweeping", go_round, pause_seconds=0.01)
    assert began.wait(5)
    rounds.stop()
    assert done.is_set()
