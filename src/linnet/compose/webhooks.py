"""The clicks worker's care for webhooks: clicks are put into their outbox, and what waits there is sent."""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from linnet.actions.click_feed import ClickWriter, Feed, are_clicks_told, common_horizon, feed_clicks
from linnet.actions.context import Context
from linnet.actions.raw_clicks import link_ids
from linnet.actions.webhook_outbox import Claimed, Writer, claim_deliveries, save_attempt, tidy_deliveries
from linnet.api.webhook_wire import clicks_body, delivery_writer, webhook_url_body
from linnet.clicks.journal import JournalReader
from linnet.clicks.waiting import oldest_waiting_ms
from linnet.compose.click_stores import OpenedStore
from linnet.compose.metrics import WebhookMetrics
from linnet.compose.names import api_options
from linnet.compose.places import Places, load_secrets
from linnet.compose.rounds import Rounds
from linnet.model.access import Actor
from linnet.model.errors import Unfetchable
from linnet.model.webhook import PORTS, Attempt, WebhookKind, signed_headers
from linnet.network.fetch import FetchOptions
from linnet.network.post import Posted, post
from linnet.settings import Settings
from linnet.statistics.feed import ClickFeed
from linnet.storage.database import Database

AT_ONCE: Final = 16
TIMEOUT_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 0.5
_FAILED_SECONDS: Final = 2.0
_ENDING_SECONDS: Final = 5.0
_TIDY_SECONDS: Final = 60.0
_FEED_SECONDS: Final = 2.0
# A round of feeding is followed by a pause that is so many times as long.
_FEED_SHARE: Final = 4
# How late a click may reach the journal that has its time already.
_MARGIN: Final = timedelta(seconds=2)
_EXCERPT: Final = 500
_MOST_HEADER: Final = 1_000
_log = structlog.get_logger("linnet.webhooks")


class Delivering:
    """A thread that sends what is due to webhooks, several at once; ``stop`` ends it."""

    def __init__(self, context: Context, write: Writer, options: FetchOptions, metrics: WebhookMetrics) -> None:
        self._context = context
        self._write = write
        self._metrics = metrics
        self._options = replace(options, total_seconds=TIMEOUT_SECONDS, ports=PORTS, max_redirects=0)
        self._busy: Counter[int] = Counter()
        self._ended = threading.Event()
        self._failing = False
        self._tidied_at = -_TIDY_SECONDS
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more, and wait a moment for what is on its way. What is not answered by then is sent again later."""
        self._ended.set()
        self._thread.join(2 * _ENDING_SECONDS)

    async def _run(self) -> None:
        sending: set[asyncio.Task[None]] = set()
        while not self._ended.is_set():
            claimed = await asyncio.to_thread(self._claim, AT_ONCE - len(sending))
            for each in claimed:
                self._busy[each.webhook.id] += 1
                task = asyncio.create_task(self._send(each))
                sending.add(task)
                task.add_done_callback(sending.discard)
            if sending and len(sending) == AT_ONCE:
                await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED, timeout=_IDLE_SECONDS)
            elif not claimed:
                await asyncio.sleep(_FAILED_SECONDS if self._failing else _IDLE_SECONDS)
        if sending:
            await asyncio.wait(sending, timeout=_ENDING_SECONDS)
        for task in sending:
            task.cancel()

    def _claim(self, room: int) -> list[Claimed]:
        try:
            if time.monotonic() - self._tidied_at >= _TIDY_SECONDS:
                self._tidied_at = time.monotonic()
                self._metrics.show(tidy_deliveries(self._context), self._context.now())
            claimed = claim_deliveries(self._context, self._write, dict(self._busy), limit=room) if room else []
        except Exception as error:
            # Whatever it was (a locked database, a full disk): what is due is sent when it is over.
            if not self._failing:
                _log.error("webhooks.waiting", error=str(error))
            self._failing = True
            return []
        self._failing = False
        return claimed

    async def _send(self, claimed: Claimed) -> None:
        try:
            attempt = await self._attempt(claimed)
            save = partial(save_attempt, self._context, claimed, attempt, chance=random.random())  # noqa: S311 (spreads attempts)
            state = await asyncio.to_thread(save)
            if state is not None:
                self._metrics.count(state)
        except Exception as error:
            # It is sent again when nobody has it in his hands any more.
            _log.error("webhooks.not_noted", webhook_id=claimed.webhook.id, error=str(error))
        finally:
            self._busy[claimed.webhook.id] -= 1
            self._busy = +self._busy

    async def _attempt(self, claimed: Claimed) -> Attempt:
        body, at = claimed.delivery.payload.encode(), datetime.now(UTC)
        headers = {"Content-Type": "application/json"} | headers_of(claimed, body, at)
        began = time.monotonic()
        posted: Posted | None = None
        error = ""
        try:
            posted = await post(claimed.webhook.url, body, headers, self._options)
        except Unfetchable as refusal:
            error = refusal.message
        return Attempt(
            number=claimed.delivery.attempts + 1,
            at=at,
            status=posted.status if posted is not None else None,
            duration_ms=round((time.monotonic() - began) * 1000),
            excerpt=_text(posted.beginning) if posted is not None else "",
            error=error,
            retry_after_seconds=posted.retry_after_seconds if posted is not None else None,
        )


def headers_of(claimed: Claimed, body: bytes, now: datetime) -> dict[str, str]:
    """What is sent with a body: the headers of Standard Webhooks and, to a domain's ``webhookURL``, those of the visitor."""
    headers = signed_headers(claimed.delivery.message_id, now, body, claimed.secrets)
    if claimed.webhook.kind is WebhookKind.STANDARD:
        return headers
    click = json.loads(claimed.delivery.payload)
    told = {
        "User-Agent": click["user-agent"],
        "Referer": click["referrer"],
        "Origin": click["origin"],
        "X-Forwarded-For": click["host"],
    }
    # What a visitor sent may be anything; what no header can hold is in the body alone.
    fitting = {name: text for name, text in told.items() if text and text.isascii() and text.isprintable()}
    return headers | {name: text[:_MOST_HEADER] for name, text in fitting.items()}


def _text(beginning: bytes) -> str:
    """The beginning of an answer as text that can be stored and shown."""
    text = beginning.decode("utf-8", "replace")
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text)[:_EXCERPT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Up to which moment all clicks are in the click store: of this node, or of all ``node``s that share one."""

    reader: JournalReader
    offsets: Callable[[], Mapping[str, int]]
    shared_as: str = ""
    within: timedelta = timedelta(minutes=10)

    def now(self, context: Context) -> datetime:
        """The moment; what is in the journal and not in the store is behind it."""
        horizon = datetime.now(UTC)
        waiting = oldest_waiting_ms(self.reader, self.offsets())
        if waiting is not None:
            horizon = min(horizon, datetime.fromtimestamp(waiting / 1000, UTC))
        horizon -= _MARGIN + timedelta(microseconds=horizon.microsecond % 1000)
        return common_horizon(context, self.shared_as, horizon, within=self.within) if self.shared_as else horizon


class Feeding:
    """A thread that puts new clicks into the outbox of webhooks; ``stop`` ends it. ``store`` names the click store."""

    def __init__(self, context: Context, feed: Feed, write: ClickWriter, horizon: Horizon, *, store: str) -> None:
        self._context = context
        self._feed = feed
        self._write = write
        self._horizon = horizon
        self._store = store
        self._rounds = Rounds("webhook_clicks", self._go_round, pause_seconds=_FEED_SECONDS)

    def stop(self) -> None:
        """End the work and wait for the step that is under way."""
        self._rounds.stop()

    def _go_round(self, ended: threading.Event) -> float:
        began = time.monotonic()
        if are_clicks_told(self._context, self._store):
            horizon = self._horizon.now(self._context)
            feed_clicks(self._context, self._feed, self._write, store=self._store, horizon=horizon)
        return max(_FEED_SECONDS, _FEED_SHARE * (time.monotonic() - began))


def start_webhooks(
    settings: Settings,
    places: Places,
    database: Database,
    opened: OpenedStore,
    reader: JournalReader,
    metrics: WebhookMetrics,
) -> tuple[Feeding, Delivering]:
    """The threads that look after webhooks, on the system's behalf."""
    secrets = load_secrets(places)
    shared = settings.clickhouse_url is not None
    context = Context(actor=Actor(user_id=0), database=database, publish=lambda _: None, signing_key=b"", seal=secrets.seal)
    feed = ClickFeed(opened.source, partial(link_ids, database))
    horizon = Horizon(reader=reader, offsets=opened.retention.offsets, shared_as=secrets.node if shared else "")
    write = ClickWriter(many=clicks_body, one=webhook_url_body)
    feeding = Feeding(context, feed, write, horizon, store="clickhouse" if shared else secrets.node)
    options = FetchOptions(allowed_networks=settings.fetch_allowed_networks)
    return feeding, Delivering(context, delivery_writer(api_options(settings)), options, metrics)
