"""Many who watch, over one question for each domain."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

import pytest

from linnet.model.click import Click
from linnet.model.errors import NotAllowed, StatisticsUnavailable, TooManyRequests
from linnet.model.statistics import Question
from linnet.statistics import live as live_module
from linnet.statistics.live import LIMIT, LiveClicks, Watcher, Wish
from tests.statistics.clicks import NOON, click

MS = timedelta(milliseconds=1)


class Store:
    """An engine that knows clicks of domains, and how often it was asked."""

    def __init__(self) -> None:
        self.clicks: list[Click] = []
        self.asked: list[Question] = []
        self.refusing = False

    def __call__(self, question: Question) -> list[Click]:
        self.asked.append(question)
        if self.refusing:
            raise StatisticsUnavailable("not now")
        found = [each for each in self.clicks if each.domain_id == question.domain_id]
        found = [each for each in found if question.after is None or each.at > question.after]
        found = [each for each in found if question.link_number in (None, each.link_number)]
        if question.include:
            found = [each for each in found if each.human]
        return sorted(found, key=lambda each: each.at, reverse=True)[: question.limit]

    def visit(self, at: int, **fields: Any) -> None:
        self.clicks.append(click(at=NOON + at * MS, query=f"n={at}", **fields))


def write(domain_id: int, clicks: Sequence[Click]) -> list[bytes]:
    return [each.query.encode() for each in clicks]


def run(scenario: Coroutine[Any, Any, None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_module, "POLL_SECONDS", 0.02)
        asyncio.run(asyncio.wait_for(scenario, 30))


def live_over(store: Store, most: int = 10) -> LiveClicks:
    return LiveClicks(store, write, now=lambda: NOON + timedelta(seconds=1), most=most)


async def told(watcher: Watcher, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        batch = await watcher.next(5)
        assert batch is not None
        assert batch.events, f"only {found}"
        found += [event.text.decode() for event in batch.events]
    return found


def test_everybody_sees_what_fits_and_the_store_is_asked_once_for_all():
    async def scenario() -> None:
        store = Store()
        store.visit(1)
        live = live_over(store)
        wishes = [Wish(user_id=n, domain_id=1) for n in range(4)]
        watchers = [await live.watch(wish) for wish in wishes]
        of_link = await live.watch(Wish(user_id=1, domain_id=1, link_number=2))
        people = await live.watch(Wish(user_id=1, domain_id=1, humans=True))
        elsewhere = await live.watch(Wish(user_id=1, domain_id=2))
        store.visit(2)
        store.visit(3, link_number=2, human=False)
        store.visit(4, domain_id=2)
        for watcher in watchers:
            assert await told(watcher, 2) == ["n=2", "n=3"]
        assert await told(of_link, 1) == ["n=3"]
        assert await told(people, 1) == ["n=2"]
        assert await told(elsewhere, 1) == ["n=4"]
        before = len([each for each in store.asked if each.domain_id == 1])
        await asyncio.sleep(0.3)
        assert len([each for each in store.asked if each.domain_id == 1]) - before <= 16
        live.end()
        assert await watchers[0].next(5) is None

    run(scenario())


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same process", "another process"])
def test_who_comes_back_sees_what_was_missed_and_nothing_twice(elsewhere: bool):
    async def scenario() -> None:
        store = Store()
        live = live_over(store)
        first = await live.watch(Wish(user_id=1, domain_id=1))
        store.visit(1)
        store.visit(2)
        batch = await first.next(5)
        assert batch is not None
        while len(batch.events) < 2:
            more = await first.next(5)
            assert more is not None
            batch = live_module.Batch([*batch.events, *more.events])
        live.leave(first)
        store.visit(3, human=False)
        store.visit(4)
        if elsewhere:
            live.end()
            live = live_over(store)
        else:
            await asyncio.sleep(0.2)
        second = await live.watch(Wish(user_id=1, domain_id=1, last_id=batch.events[-1].id))
        people = await live.watch(Wish(user_id=1, domain_id=1, last_id=batch.events[0].id, humans=True))
        store.visit(5)
        assert await told(second, 3) == ["n=3", "n=4", "n=5"]
        assert await told(people, 3) == ["n=2", "n=4", "n=5"]
        assert not (await second.next(0.1) or live_module.Batch()).events
        live.end()

    run(scenario())


def test_who_comes_back_later_is_told_nothing_that_was_erased_meanwhile(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_module, "KEPT_SECONDS", 0.1)

    async def scenario() -> None:
        store = Store()
        live = live_over(store)
        stays = await live.watch(Wish(user_id=1, domain_id=1))
        store.visit(1)
        batch = await stays.next(5)
        assert batch is not None
        last_id = batch.events[-1].id
        store.visit(2)
        assert await told(stays, 1) == ["n=2"]
        del store.clicks[1:]
        await asyncio.sleep(0.2)
        back = await live.watch(Wish(user_id=1, domain_id=1, last_id=last_id))
        missed = await back.next(5)
        assert missed is not None
        assert not missed.events
        store.visit(3)
        assert await told(back, 1) == ["n=3"]
        live.end()

    run(scenario())


def test_who_missed_too_much_is_told_so():
    async def scenario() -> None:
        store = Store()
        for number in range(LIMIT + 10):
            store.visit(number)
        live = live_over(store)
        first = round(NOON.timestamp() * 1000)
        watcher = await live.watch(Wish(user_id=1, domain_id=1, last_id=f"{first}-0"))
        batch = await watcher.next(5)
        assert batch is not None
        assert batch.gap
        assert len(batch.events) == LIMIT
        live.end()

    run(scenario())


def test_who_reads_slowly_is_told_of_the_gap_and_fills_no_memory():
    async def scenario() -> None:
        store = Store()
        live = live_over(store)
        watcher = await live.watch(Wish(user_id=1, domain_id=1))
        for part in range(4):
            for number in range(400):
                store.visit(part * 400 + number)
            await asyncio.sleep(0.15)
        batch = await watcher.next(5)
        assert batch is not None
        assert batch.gap
        assert len(batch.events) <= LIMIT
        live.end()

    run(scenario())


def test_a_store_that_does_not_answer_is_waited_for():
    async def scenario() -> None:
        store = Store()
        live = live_over(store)
        watcher = await live.watch(Wish(user_id=1, domain_id=1))
        store.refusing = True
        store.visit(1)
        await asyncio.sleep(0.1)
        with pytest.raises(StatisticsUnavailable):
            await live.watch(Wish(user_id=1, domain_id=2))
        store.refusing = False
        assert await told(watcher, 1) == ["n=1"]
        await live.watch(Wish(user_id=1, domain_id=2))
        live.end()

    run(scenario())


def test_there_is_room_for_so_many_and_for_so_many_of_one_user():
    async def scenario() -> None:
        live = live_over(Store(), most=30)
        mine = [await live.watch(Wish(user_id=1, domain_id=1)) for _ in range(20)]
        with pytest.raises(TooManyRequests, match="20 times"):
            await live.watch(Wish(user_id=1, domain_id=1))
        for number in range(10):
            await live.watch(Wish(user_id=2 + number, domain_id=1))
        with pytest.raises(StatisticsUnavailable, match="no room"):
            await live.watch(Wish(user_id=50, domain_id=1))
        live.leave(mine[0])
        await live.watch(Wish(user_id=50, domain_id=1))
        live.end()
        with pytest.raises(StatisticsUnavailable):
            await live.watch(Wish(user_id=51, domain_id=1))
        with pytest.raises(NotAllowed, match="LINNET_LIVE_STREAMS"):
            await live_over(Store(), most=0).watch(Wish(user_id=1, domain_id=1))

    run(scenario())


def test_a_domain_that_nobody_watches_is_asked_about_no_more(monkeypatch: pytest.MonkeyPatch):
    async def scenario() -> None:
        monkeypatch.setattr(live_module, "_LINGER_SECONDS", 0.1)
        store = Store()
        live = live_over(store)
        live.leave(await live.watch(Wish(user_id=1, domain_id=1)))
        await asyncio.sleep(0.3)
        asked = len(store.asked)
        await asyncio.sleep(0.2)
        assert len(store.asked) == asked
        # And is asked about again for who comes later.
        watcher = await live.watch(Wish(user_id=1, domain_id=1))
        store.visit(9)
        assert await told(watcher, 1) == ["n=9"]
        live.end()

    run(scenario())


def test_a_defect_ends_those_who_watch_rather_than_leave_them_waiting():
    async def scenario() -> None:
        store = Store()

        def broken(domain_id: int, clicks: Sequence[Click]) -> list[bytes]:
            raise RuntimeError("a defect")

        live = LiveClicks(store, broken, now=lambda: NOON, most=10)
        watcher = await live.watch(Wish(user_id=1, domain_id=1))
        store.visit(1)
        assert await watcher.next(5) is None
        live.end()

    run(scenario())
