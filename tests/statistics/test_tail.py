"""What is new among the last clicks."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from linnet.model.click import Click
from linnet.statistics.tail import OVERLAP, Tail, moment_of, since
from tests.statistics.clicks import NOON, click

LIMIT = 50
MS = timedelta(milliseconds=1)


class Store:
    """Clicks in the order of their arrival, asked as an engine is."""

    def __init__(self) -> None:
        self.clicks: list[Click] = []

    def last(self, tail: Tail | None = None, limit: int = LIMIT) -> list[Click]:
        after = tail.after if tail is not None else NOON - timedelta(days=1)
        found = [each for each in self.clicks if each.at > after]
        random.shuffle(found)
        return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9_000), st.integers(1, 3)), max_size=8).map(lambda batch: batch[:8]),
        max_size=5,
    )
)
def test_each_click_is_told_once_however_late_and_however_often_it_is_equal(batches: list[list[tuple[int, int]]]):
    # No click is older than OVERLAP before another that was there; equal ones are several visits.
    store = Store()
    store.clicks = [click(at=NOON - MS)]
    now = NOON + timedelta(minutes=1)
    tail = Tail(store.last(), now, limit=LIMIT)
    told: list[str] = []
    clicks: list[Click] = []
    for batch in batches:
        store.clicks += [click(at=NOON + at * MS, link_number=link) for at, link in batch]
        found = tail.take(store.last(tail), now)
        assert not found.gap
        clicks += [each.click for each in found.new]
        told += [each.id for each in found.new]
        assert [each.click.at for each in found.new] == sorted(each.click.at for each in found.new)
        assert tail.take(store.last(tail), now).new == []
    assert Counter(clicks) == Counter(store.clicks[1:])
    assert len(set(told)) == len(told)


def test_what_was_there_before_is_not_told():
    store = Store()
    store.clicks = [click(at=NOON - timedelta(seconds=n)) for n in range(20)]
    tail = Tail(store.last(), NOON, limit=LIMIT)
    assert tail.take(store.last(tail), NOON).new == []


def test_a_click_that_is_judged_again_or_leads_to_a_goal_is_not_new():
    store = Store()
    tail = Tail([], NOON, limit=LIMIT)
    store.clicks = [click(at=NOON + MS, nonce=5)]
    assert len(tail.take(store.last(tail), NOON).new) == 1
    store.clicks = [click(at=NOON + MS, nonce=5, human=False, bot="a rule", browser="", goal_completed="signup", address="")]
    assert tail.take(store.last(tail), NOON).new == []


def test_more_clicks_than_can_be_seen_are_a_gap():
    store = Store()
    tail = Tail([], NOON, limit=LIMIT)
    store.clicks = [click(at=NOON + n * MS) for n in range(1, LIMIT + 20)]
    found = tail.take(store.last(tail), NOON + timedelta(seconds=1))
    assert found.gap
    assert len(found.new) == LIMIT
    store.clicks += [click(at=NOON + timedelta(seconds=1))]
    found = tail.take(store.last(tail), NOON + timedelta(seconds=2))
    assert (len(found.new), found.gap) == (1, False)


def test_a_click_from_the_future_does_not_hide_those_of_now():
    store = Store()
    store.clicks = [click(at=NOON + timedelta(days=1))]
    tail = Tail(store.last(), NOON, limit=LIMIT)
    assert tail.after == NOON - OVERLAP
    store.clicks += [click(at=NOON + MS)]
    assert [each.click.at for each in tail.take(store.last(tail), NOON + MS).new] == [NOON + MS]


def test_ids_are_the_same_in_every_process_and_lead_on_from_where_one_was():
    store, first, second = Store(), Tail([], NOON, limit=LIMIT), Tail([], NOON, limit=LIMIT)
    store.clicks = [click(at=NOON + n // 2 * MS, link_number=n % 3) for n in range(2, 12)]
    told = [each.id for each in first.take(store.last(first), NOON).new]
    assert told == [each.id for each in second.take(store.last(second), NOON).new]
    for place, click_id in enumerate(told):
        assert [each.id for each in since(store.last(), click_id)] == told[place + 1 :]


def test_what_is_no_id_leads_nowhere():
    for text in ("", "x", "12", "-", "a-b", "1" * 15 + "-a", "٣-a"):
        assert moment_of(text) is None
        assert since([click()], text) == []
    assert moment_of(f"{round(NOON.timestamp() * 1000)}-a") == NOON
