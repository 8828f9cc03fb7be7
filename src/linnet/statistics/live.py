"""Clicks as they come, for many who watch: one question after the other for each domain that somebody watches."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import structlog

from linnet.model.click import Click
from linnet.model.errors import NotAllowed, StatisticsUnavailable, TooManyRequests
from linnet.model.statistics import Filter, Kind, Question
from linnet.statistics.tail import MILLISECOND, New, Tail, moment_of, since

POLL_SECONDS: Final = 0.5
# So that many domains are not asked about more often than the store can answer beside everything else.
_SECONDS_PER_DOMAIN: Final = 0.02
# What one question brings at most, what is kept for those who come back, and what waits for one who reads slowly.
LIMIT: Final = 1_000
# How long a domain is asked about when nobody watches any more, for those whose connection was lost.
_LINGER_SECONDS: Final = 15.0
# How long what was told is kept for them; later the store is asked, which knows what was erased or cleared since.
KEPT_SECONDS: Final = 30.0
_OF_ONE_USER: Final = 20
_THREADS: Final = 2
_RETRY_SECONDS: Final = 10
_log = structlog.get_logger("linnet.live")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Watched:
    """A click to tell: ``text`` is it in JSON."""

    id: str
    link_number: int
    human: bool
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who watches what: a domain, one link of it alone, people's clicks alone; behind the click ``last_id``, if it is told."""

    user_id: int
    domain_id: int
    link_number: int | None = None
    humans: bool = False
    last_id: str = ""

    def fits(self, event: Watched) -> bool:
        return self.link_number in (None, event.link_number) and (event.human or not self.humans)


@dataclass(frozen=True, slots=True)
class Batch:
    """What came since the last one; ``gap``: there was more, which is not told."""

    events: Sequence[Watched] = ()
    gap: bool = False


class Watcher:
    """Somebody who watches."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self._waiting: deque[Watched] = deque()
        self._gap = False
        self._told: set[str] = set()
        self._news = asyncio.Event()
        self.ended = False

    def catch_up(self, events: Sequence[Watched], *, gap: bool) -> None:
        """Put what was missed before what came since, which may be the same."""
        known = {event.id for event in events}
        self._waiting = deque([*events, *(event for event in self._waiting if event.id not in known)])
        self._told = known
        self._gap |= gap
        self._news.set()

    def tell(self, batch: Batch) -> None:
        fitting = [event for event in batch.events if self.wish.fits(event) and event.id not in self._told]
        self._waiting.extend(fitting)
        self._gap |= batch.gap
        if len(self._waiting) > LIMIT:
            self._waiting.clear()
            self._gap = True
        if fitting or self._gap:
            self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    async def next(self, seconds: float) -> Batch | None:
        """What came, nothing when nothing does for so long, None when there is no more."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return Batch()
        self._news.clear()
        if self.ended:
            return None
        batch = Batch(list(self._waiting), self._gap)
        self._waiting.clear()
        self._gap = False
        return batch


class LiveClicks:
    """All who watch in this process: at most ``most``. Lives on the event loop; ``ask`` asks the store for the last clicks and
    ``write`` makes their JSON, in threads of its own."""

    def __init__(
        self,
        ask: Callable[[Question], list[Click]],
        write: Callable[[int, Sequence[Click]], Sequence[bytes]],
        *,
        now: Callable[[], datetime],
        most: int,
    ) -> None:
        self.ask, self.write, self.now = ask, write, now
        self._most = most
        self._domains: dict[int, _Domain] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="live")
        self._watchers: Counter[int] = Counter()
        self._ended = False

    async def watch(self, wish: Wish) -> Watcher:
        """Begin to watch. Raises TooManyRequests and StatisticsUnavailable; ``leave`` ends it."""
        self._admit(wish)
        self._watchers[wish.user_id] += 1
        try:
            return await self._begun(wish)
        except BaseException:
            self._watchers[wish.user_id] -= 1
            raise

    def leave(self, watcher: Watcher) -> None:
        """Watch no more."""
        domain = self._domains.get(watcher.wish.domain_id)
        if domain is not None and watcher in domain.watchers:
            domain.watchers.remove(watcher)
            domain.left_at = time.monotonic()
        self._watchers[watcher.wish.user_id] -= 1

    def end(self) -> None:
        """End all that is watched, at once, for good."""
        self._ended = True
        for domain in self._domains.values():
            domain.end()
        self._domains.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        if self._ended:
            raise StatisticsUnavailable("The server is being stopped; try again.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @property
    def pause(self) -> float:
        """Seconds between two questions about one domain."""
        return max(POLL_SECONDS, _SECONDS_PER_DOMAIN * len(self._domains))

    @property
    def linger(self) -> float:
        """Seconds for which a domain is asked about that nobody watches any more."""
        return _LINGER_SECONDS if len(self._domains) <= self._most else 0.0

    def forget(self, domain: "_Domain") -> bool:
        """Ask no more about a domain that nobody watches."""
        if domain.watchers:
            return False
        self._domains.pop(domain.number, None)
        return True

    def _admit(self, wish: Wish) -> None:
        if self._most == 0:
            raise NotAllowed("Nobody may watch clicks here: LINNET_LIVE_STREAMS is 0.")
        if self._watchers[wish.user_id] >= _OF_ONE_USER:
            message = f"You watch clicks {_OF_ONE_USER} times at once already; end one before the next."
            raise TooManyRequests(message, retry_after_seconds=_RETRY_SECONDS)
        if self._ended or self._watchers.total() >= self._most:
            raise StatisticsUnavailable("So many watch clicks that there is no room for more; try again later.")
        if self._watchers[wish.user_id] == 0:
            # Else it would remember everybody who ever watched.
            self._watchers = +self._watchers

    async def _begun(self, wish: Wish) -> Watcher:
        domain = self._domains.get(wish.domain_id)
        if domain is None:
            domain = self._domains[wish.domain_id] = _Domain(self, wish.domain_id)
        watcher = Watcher(wish)
        domain.watchers.add(watcher)
        try:
            await domain.begun()
            if wish.last_id:
                await self._catch_up(domain, watcher)
        except BaseException:
            domain.watchers.discard(watcher)
            raise
        return watcher

    async def _catch_up(self, domain: "_Domain", watcher: Watcher) -> None:
        """What came behind the click that was told last: as this process told it, if it did, else as the store has it."""
        wish = watcher.wish
        known = domain.behind(wish.last_id)
        if known is not None:
            watcher.catch_up([event for event in known if wish.fits(event)], gap=False)
            return
        at = moment_of(wish.last_id)
        if at is None:
            return
        question = Question(
            kind=Kind.LAST_CLICKS,
            domain_id=wish.domain_id,
            link_number=wish.link_number,
            include=(Filter(column="human", values=(True,)),) if wish.humans else (),
            after=at - MILLISECOND,
            limit=LIMIT,
        )
        last = await self.in_thread(lambda: self.ask(question))
        events = await self.in_thread(lambda: self.written(wish.domain_id, since(last, wish.last_id)))
        watcher.catch_up(events, gap=len(last) >= LIMIT)

    def written(self, domain_id: int, new: Sequence[New]) -> list[Watched]:
        """The clicks as they are told."""
        texts = self.write(domain_id, [each.click for each in new]) if new else ()
        return [Watched(each.id, each.click.link_number, each.click.human, text) for each, text in zip(new, texts, strict=True)]


class _Domain:
    """A domain that is watched."""

    def __init__(self, live: LiveClicks, number: int) -> None:
        self.number = number
        self.watchers: set[Watcher] = set()
        self.left_at = 0.0
        self._live = live
        # With the moments until which they are kept.
        self._kept: deque[tuple[float, Watched]] = deque(maxlen=LIMIT)
        self._beginning: asyncio.Task[None] = asyncio.create_task(self._begin())
        self._asking: asyncio.Task[None] | None = None

    async def begun(self) -> None:
        """Wait until it is known what was there before."""
        await asyncio.shield(self._beginning)

    def behind(self, click_id: str) -> list[Watched] | None:
        """What was told behind a click; None when that is not known any more."""
        self._let_go()
        kept = [event for _, event in self._kept]
        place = next((place for place, event in enumerate(kept) if event.id == click_id), None)
        return None if place is None else kept[place + 1 :]

    def _let_go(self) -> None:
        while self._kept and self._kept[0][0] < time.monotonic():
            self._kept.popleft()

    def end(self) -> None:
        for task in (self._beginning, self._asking):
            if task is not None:
                task.cancel()
        for watcher in self.watchers:
            watcher.end()

    async def _begin(self) -> None:
        question = Question(kind=Kind.LAST_CLICKS, domain_id=self.number, limit=LIMIT)
        try:
            last = await self._live.in_thread(lambda: self._live.ask(question))
        except BaseException:
            self.watchers.clear()
            self._live.forget(self)
            raise
        self._asking = asyncio.create_task(self._ask_on(Tail(last, self._live.now(), limit=LIMIT)))

    async def _ask_on(self, tail: Tail) -> None:
        try:
            await self._ask_for_ever(tail)
        except Exception as error:
            _log.error("live.failed", domain_id=self.number, exc_info=error)
            watching = list(self.watchers)
            self.watchers.clear()
            self._live.forget(self)
            for watcher in watching:
                watcher.end()

    async def _ask_for_ever(self, tail: Tail) -> None:
        while True:
            await asyncio.sleep(self._live.pause)
            if not self.watchers and time.monotonic() - self.left_at > self._live.linger and self._live.forget(self):
                return
            try:
                batch = await self._live.in_thread(partial(self._ask, tail))
            except StatisticsUnavailable as refusal:
                # It is asked again; what comes meanwhile is told then.
                _log.info("live.waiting", domain_id=self.number, message=refusal.message)
                continue
            self._let_go()
            until = time.monotonic() + KEPT_SECONDS
            self._kept.extend((until, event) for event in batch.events)
            for watcher in self.watchers:
                watcher.tell(batch)

    def _ask(self, tail: Tail) -> Batch:
        question = Question(kind=Kind.LAST_CLICKS, domain_id=self.number, after=tail.after, limit=LIMIT)
        found = tail.take(self._live.ask(question), self._live.now())
        return Batch(self._live.written(self.number, found.new), found.gap)
