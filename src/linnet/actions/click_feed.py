"""Clicks into the outbox of webhooks: from the click store, behind the moment up to which each webhook was told them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from linnet.actions.context import Context
from linnet.model.click_record import ClickRecord
from linnet.model.webhook import MAX_CLICKS, Webhook, WebhookEvent, WebhookKind

# What is read at once of a domain, and what may wait for a webhook before it is told no more: the clicks wait in their store.
MOST_READ: Final = 1_000
MAX_WAITING: Final = {WebhookKind.STANDARD: 100, WebhookKind.WEBHOOK_URL: 2_000}
# Clicks that were made longer ago are not told any more.
OLDEST: Final = timedelta(days=3)
# How often the position of a webhook is noted that is told nothing.
_NOTED_EVERY: Final = timedelta(minutes=1)


class Feed(Protocol):
    """Where clicks come from, in the order of their time: see ``statistics.feed.ClickFeed``."""

    def between(
        self, domain_id: int, begin: datetime, end: datetime, /, *, most: int
    ) -> tuple[list[ClickRecord], datetime]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickWriter:
    """Makes bodies: of several clicks and the time, and of a click for a domain's ``webhookURL``."""

    many: Callable[[Sequence[ClickRecord], datetime], str]
    one: Callable[[ClickRecord], str]


def feed_clicks(context: Context, feed: Feed, write: ClickWriter, *, store: str, horizon: datetime) -> int:
    """Put the clicks of ``store`` that were made before ``horizon`` into the outbox of those webhooks that are told clicks,
    each once; how many deliveries that made. All clicks of that time must be in the store by now."""
    with context.database.read() as work:
        targets = [
            (webhook, max(position, horizon - OLDEST))
            for webhook, position in work.webhooks.click_positions(store)
            if position < horizon
            and work.deliveries.count_waiting(webhook.id, limit=MAX_WAITING[webhook.kind]) < MAX_WAITING[webhook.kind]
        ]
    made = 0
    for domain_id, begin, webhooks in _alike(targets):
        clicks, until = feed.between(domain_id, begin, horizon, most=MOST_READ)
        if clicks or until - begin >= _NOTED_EVERY:
            made += _add(context, webhooks, clicks, write, store=store, begin=begin, until=until)
    return made


def are_clicks_told(context: Context, store: str) -> bool:
    """Whether any webhook is told the clicks of ``store``."""
    with context.database.read() as work:
        return bool(work.webhooks.click_positions(store))


def common_horizon(context: Context, node: str, horizon: datetime, *, within: timedelta) -> datetime:
    """Up to where all nodes that share a click store have brought their clicks there, as far as they said within a span of
    time; ``horizon`` is where this one is."""
    now = context.now()
    with context.database.write() as work:
        work.horizons.tell(node, horizon, now)
        least = work.horizons.least(now, within=within)
    return horizon if least is None else min(least, horizon)


def _alike(targets: Sequence[tuple[Webhook, datetime]]) -> list[tuple[int, datetime, list[Webhook]]]:
    """Webhooks of one domain that were told up to the same moment: their clicks are read once."""
    found: dict[tuple[int, datetime], list[Webhook]] = {}
    for webhook, position in targets:
        found.setdefault((webhook.domain_id, position), []).append(webhook)
    return [(domain_id, position, webhooks) for (domain_id, position), webhooks in found.items()]


def _add(
    context: Context,
    webhooks: Sequence[Webhook],
    clicks: Sequence[ClickRecord],
    write: ClickWriter,
    *,
    store: str,
    begin: datetime,
    until: datetime,
) -> int:
    now = context.now()
    made = 0
    for webhook in webhooks:
        bodies = _bodies(webhook, clicks, write, now)
        # The clicks and the position behind them, or neither.
        with context.database.write() as work:
            if work.webhooks.find(webhook.id) is None or not work.webhooks.move_position(webhook.id, store, begin, until):
                continue
            for body in bodies:
                work.outbox.add([webhook.id], WebhookEvent.CLICK, now, payload=body)
        made += len(bodies)
    return made


def _bodies(webhook: Webhook, clicks: Sequence[ClickRecord], write: ClickWriter, now: datetime) -> list[str]:
    if webhook.kind is WebhookKind.WEBHOOK_URL:
        return [write.one(click) for click in clicks]
    return [write.many(clicks[first : first + MAX_CLICKS], now) for first in range(0, len(clicks), MAX_CLICKS)]
