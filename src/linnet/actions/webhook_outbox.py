"""What waits in the outbox of webhooks: claimed, sent by somebody, and what came of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from linnet.actions.context import Context
from linnet.actions.notes import caretakers, tell
from linnet.actions.webhooks import secret_purpose
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import Unsealable
from linnet.model.link import Link
from linnet.model.profile import NoteKind
from linnet.model.webhook import (
    FAILING_FOR,
    MAX_AGE,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    next_attempt,
    origin_of,
    pause_after,
)
from linnet.storage.link_rows import recorded
from linnet.storage.unit_of_work import UnitOfWork

# Longer than an attempt may take: who was killed with a delivery in its hands is waited for so long.
LEASE: Final = timedelta(seconds=25)
# What one webhook is told at once; one that fails is asked whether it hears again by one.
AT_ONCE: Final = 4
# Deliveries that may wait for one webhook. One more, and it is switched off.
MAX_WAITING: Final = 20_000
# What is kept of deliveries that were made or given up; of clicks, the body for as long.
KEPT: Final = timedelta(days=30)
CLICKS_KEPT: Final = timedelta(days=3)
MAX_KEPT: Final = 2_000
_STEP: Final = 500
# Makes the body of a delivery: of its type, the time, the domain, and the links that it is about.
Writer = Callable[[Delivery, Domain, list[Link]], str]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is to be sent now, and by nobody else for a while. ``secrets`` sign it."""

    delivery: Delivery
    webhook: Webhook
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deliveries wait for webhooks that are on, when the oldest was made, and how many were given up just now because
    nobody could send them in time."""

    waiting: int
    oldest_at: datetime | None
    given_up: int


def claim_deliveries(context: Context, write: Writer, busy: Mapping[int, int], *, limit: int) -> list[Claimed]:
    """At most ``limit`` deliveries that are due, oldest first for each webhook, with their bodies made. ``busy`` counts what is
    on its way to webhooks already."""
    now = context.now()
    with context.database.read() as work:
        due = work.deliveries.webhooks_due(now, limit=limit + len(busy))
    claimed: list[Claimed] = []
    for webhook_id in due:
        if len(claimed) >= limit:
            break
        try:
            claimed += _claimed(context, write, webhook_id, busy.get(webhook_id, 0), limit - len(claimed))
        except Unsealable:
            # Others can still be told.
            switch_off(context, webhook_id, "unsealable")
    return claimed


def _claimed(context: Context, write: Writer, webhook_id: int, busy: int, room: int) -> list[Claimed]:
    now = context.now()
    with context.database.write() as work:
        webhook = work.webhooks.find(webhook_id)
        domain = work.domains.find(webhook.domain_id) if webhook is not None else None
        if webhook is None or domain is None or not webhook.enabled:
            return []
        most = min(room, (1 if webhook.failures else AT_ONCE) - busy)
        if most <= 0:
            return []
        found = work.deliveries.claim(webhook_id, now, now + LEASE, limit=most)
        secrets = _secrets(context, work, webhook)
        claimed = []
        for delivery in found:
            if not delivery.payload:
                links = [recorded(each) for each in json.loads(delivery.snapshot).get("links", ())]
                delivery = replace(delivery, payload=write(delivery, domain, links))
                work.deliveries.save_payload(delivery)
            claimed.append(Claimed(delivery, webhook, secrets))
    return claimed


def _secrets(context: Context, work: UnitOfWork, webhook: Webhook) -> tuple[str, ...]:
    secret, former = work.webhooks.secrets(webhook.id)
    signs = webhook.former_until is not None and webhook.former_until > context.now()
    sealed = [each for each in (secret, former if signs else None) if each is not None]
    return tuple(context.seal.open(each, purpose=secret_purpose(webhook.id)).decode() for each in sealed)


def save_attempt(context: Context, claimed: Claimed, attempt: Attempt, *, chance: float) -> DeliveryState | None:
    """Note what came of sending a delivery: it is done, waits for the next attempt, or is given up; None where its webhook was
    removed meanwhile. ``chance``, between 0 and 1, spreads attempts."""
    now = context.now()
    with context.database.write() as work:
        webhook = work.webhooks.find(claimed.webhook.id, hold=True)
        delivery = work.deliveries.find(claimed.webhook.id, claimed.delivery.id, hold=True)
        if webhook is None or delivery is None:
            return None
        attempt = replace(attempt, number=delivery.attempts + 1)
        delivery = _after(replace(delivery, attempts=attempt.number), attempt, chance=chance)
        work.deliveries.save_attempt(delivery, attempt)
        if attempt.succeeded:
            if webhook.failures or webhook.failing_since is not None:
                work.webhooks.save_health(replace(webhook, failures=0, failing_since=None, paused_until=None))
            return delivery.state
        failures = webhook.failures + 1
        pause = now + pause_after(failures)
        failing = replace(webhook, failures=failures, failing_since=webhook.failing_since or now, paused_until=pause)
        work.webhooks.save_health(failing)
    reason = _why_off(failing, attempt, now - FAILING_FOR)
    if reason:
        switch_off(context, webhook.id, reason)
    return delivery.state


def _after(delivery: Delivery, attempt: Attempt, *, chance: float) -> Delivery:
    if attempt.succeeded:
        return replace(delivery, state=DeliveryState.DELIVERED, due_at=None, finished_at=attempt.at)
    pause = None if attempt.is_gone else next_attempt(attempt, chance=chance)
    if pause is None:
        return replace(delivery, state=DeliveryState.FAILED, due_at=None, finished_at=attempt.at)
    return replace(delivery, due_at=attempt.at + pause)


def _why_off(webhook: Webhook, attempt: Attempt, before: datetime) -> str:
    """Why a webhook is switched off after a failed attempt; "" when it is not."""
    if attempt.is_gone:
        return "gone"
    return "failing" if webhook.failing_since is not None and webhook.failing_since <= before else ""


def switch_off(context: Context, webhook_id: int, reason: str) -> None:
    """Switch a webhook off by itself: ``reason`` is ``gone``, ``failing``, ``crowded`` or ``unsealable``. What waits
    for it waits on."""
    with context.database.read() as work:
        found = work.webhooks.find(webhook_id)
    if found is None:
        return
    with context.database.write() as work:
        # In this order everywhere: the domain, then its webhooks.
        domain = work.domains.lock(found.domain_id)
        webhook = work.webhooks.find(webhook_id, hold=True)
        if domain is None or webhook is None or not webhook.enabled:
            return
        work.webhooks.save(replace(webhook, enabled=False, off_reason=reason, updated_at=context.now()))
        context.note(work, Event.WEBHOOK_SWITCHED_OFF, str(webhook.id), domain, url=origin_of(webhook.url), reason=reason)
        told = {"domain": domain.unicode_hostname, "domain_id": domain.id, "url": webhook.url}
        tell(context, work, caretakers(work, domain), NoteKind.WEBHOOK_DISABLED, **told)


def tidy_deliveries(context: Context) -> Backlog:
    """Give up what waits for too long, switch off webhooks for which too much waits, and forget what is old; what there is
    then."""
    now = context.now()
    with context.database.write() as work:
        given_up = work.deliveries.give_up(now, now - MAX_AGE, limit=_STEP)
    with context.database.write() as work:
        work.deliveries.forget(now, kept=KEPT, clicks_kept=CLICKS_KEPT, limit=_STEP)
    with context.database.read() as work:
        crowded, full = work.deliveries.crowded(waiting=MAX_WAITING, kept=MAX_KEPT)
    for webhook_id in crowded:
        switch_off(context, webhook_id, "crowded")
    for webhook_id in full:
        with context.database.write() as work:
            work.deliveries.forget_beyond(webhook_id, MAX_KEPT, limit=_STEP)
    with context.database.read() as work:
        waiting, oldest_at = work.deliveries.waiting()
    return Backlog(waiting, oldest_at, given_up)
