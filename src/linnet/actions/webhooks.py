"""Webhooks of a domain: made, changed, tried out, and what they were told."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from linnet.actions.context import Context
from linnet.actions.domain_checks import domain_to_configure
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import DeliveryNotFound, InvalidField, QuotaReached, WebhookNotFound
from linnet.model.unset import UNSET, Unset
from linnet.model.webhook import (
    BOTH_SIGN_FOR,
    MAX_WEBHOOKS,
    PORTS,
    TEST,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
    WebhookEvent,
    WebhookKind,
    clean_description,
    clean_events,
    clean_webhook_url,
    literal_address,
    new_secret,
    origin_of,
    port_of,
)
from linnet.network.guard import is_allowed, is_reachable
from linnet.storage.unit_of_work import UnitOfWork

MAX_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDraft:
    """What is said of a webhook; what is UNSET stays as it is."""

    url: str | Unset = UNSET
    events: Collection[str] | Unset = UNSET
    description: str | Unset = UNSET
    enabled: bool | Unset = UNSET


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery with its attempts, oldest first."""

    delivery: Delivery
    attempts: list[Attempt]


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of what a webhook was told; behind ``next`` the following one begins, None on the last."""

    told: list[Told]
    next: int | None


def secret_purpose(webhook_id: int) -> str:
    """What the sealed secret of a webhook is for."""
    return f"webhook {webhook_id}"


def list_webhooks(context: Context, domain_id: int) -> tuple[Domain, list[Webhook]]:
    """A domain that the actor may configure, and its webhooks, oldest first."""
    with context.database.read() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
        return domain, work.webhooks.search(domain.id)


def get_webhook(context: Context, domain_id: int, webhook_id: int) -> tuple[Domain, Webhook]:
    """One of them; WebhookNotFound also for another domain's."""
    with context.database.read() as work:
        return _found(context, work, domain_id, webhook_id)


def create_webhook(context: Context, domain_id: int, draft: WebhookDraft) -> tuple[Webhook, str]:
    """A new webhook, and its secret, which is shown this once. ``url`` and ``events`` have to be given."""
    now = context.now()
    blank = Webhook(
        id=0,
        domain_id=domain_id,
        kind=WebhookKind.STANDARD,
        url="",
        events=frozenset(),
        description="",
        enabled=True,
        created_at=now,
        updated_at=now,
    )
    if isinstance(draft.url, Unset):
        raise InvalidField("url is required: where the webhook is told what happens.", field="url")
    if isinstance(draft.events, Unset):
        draft = replace(draft, events=())
    wanted = _with_draft(context, blank, draft)
    secret = new_secret(context.chooser)
    with context.database.write() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
        own = [each for each in work.webhooks.search(domain.id) if each.kind is WebhookKind.STANDARD]
        if len(own) >= MAX_WEBHOOKS:
            raise QuotaReached(f"{domain.hostname} has {MAX_WEBHOOKS} webhooks, as many as a domain may have.")
        webhook = work.webhooks.add(wanted)
        sealed = context.seal.close(secret.encode(), purpose=secret_purpose(webhook.id))
        work.webhooks.save_secrets(webhook.id, sealed, None, None)
        told = sorted(event.value for event in webhook.events)
        context.note(work, Event.WEBHOOK_CREATED, str(webhook.id), domain, url=origin_of(webhook.url), events=told)
    return webhook, secret


def update_webhook(context: Context, domain_id: int, webhook_id: int, draft: WebhookDraft) -> Webhook:
    """Change what the draft mentions. One that is switched on begins afresh: what happened while it was off is not told."""
    with context.database.write() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        if webhook.kind is WebhookKind.WEBHOOK_URL and draft != WebhookDraft(enabled=draft.enabled):
            raise InvalidField("This is the domain's webhookURL: it is changed among the domain's settings.", field="url")
        changed = _with_draft(context, webhook, draft)
        fields = [
            name for name in ("url", "events", "description", "enabled") if getattr(changed, name) != getattr(webhook, name)
        ]
        if fields:
            work.webhooks.save(changed)
            context.note(work, Event.WEBHOOK_UPDATED, str(webhook.id), domain, fields=fields, url=origin_of(changed.url))
    return changed


def delete_webhook(context: Context, domain_id: int, webhook_id: int) -> None:
    """Remove a webhook, with what it was told and waits to be told."""
    with context.database.write() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        if webhook.kind is WebhookKind.WEBHOOK_URL:
            raise InvalidField("This is the domain's webhookURL: it is cleared among the domain's settings.", field="url")
        work.webhooks.remove(webhook)
        context.note(work, Event.WEBHOOK_DELETED, str(webhook.id), domain, url=origin_of(webhook.url))


def rotate_secret(context: Context, domain_id: int, webhook_id: int) -> tuple[Webhook, str]:
    """A new secret, shown this once. For 24 hours what is sent is signed with the one before it as well."""
    secret = new_secret(context.chooser)
    with context.database.write() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        if webhook.kind is WebhookKind.WEBHOOK_URL:
            raise InvalidField("Calls of the domain's webhookURL are not signed: it has no secret.", field="url")
        former, _ = work.webhooks.secrets(webhook.id)
        sealed = context.seal.close(secret.encode(), purpose=secret_purpose(webhook.id))
        until = context.now() + BOTH_SIGN_FOR
        work.webhooks.save_secrets(webhook.id, sealed, former, until)
        context.note(work, Event.WEBHOOK_SECRET_ROTATED, str(webhook.id), domain)
    return replace(webhook, former_until=until), secret


def send_test(context: Context, domain_id: int, webhook_id: int) -> None:
    """Have a webhook told something, to see whether it hears."""
    with context.database.write() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        _refuse_off(webhook)
        work.outbox.add([webhook.id], TEST, context.now())
        _let_go_on(work, webhook)
        context.note(work, Event.WEBHOOK_TESTED, str(webhook.id), domain)


def list_deliveries(
    context: Context,
    domain_id: int,
    webhook_id: int,
    *,
    limit: int = 50,
    before: int | None = None,
    state: DeliveryState | None = None,
) -> tuple[Domain, Webhook, DeliveryPage]:
    """What a webhook was told and waits to be told, newest first, behind the delivery ``before``; of one state where given."""
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidField(f"limit must be between 1 and {MAX_PAGE}.", field="limit")
    with context.database.read() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        found = work.deliveries.search(webhook.id, limit=limit + 1, before=before, state=state)
        page = found[:limit]
        attempts = work.deliveries.attempts([each.id for each in page])
    told = [Told(each, attempts.get(each.id, [])) for each in page]
    return domain, webhook, DeliveryPage(told, page[-1].id if len(found) > limit else None)


def get_delivery(context: Context, domain_id: int, webhook_id: int, delivery_id: int) -> tuple[Domain, Webhook, Told]:
    """One of them; DeliveryNotFound also for another webhook's."""
    with context.database.read() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        delivery = work.deliveries.find(webhook.id, delivery_id)
        if delivery is None:
            raise _no_delivery()
        return domain, webhook, Told(delivery, work.deliveries.attempts([delivery.id]).get(delivery.id, []))


def replay_delivery(context: Context, domain_id: int, webhook_id: int, delivery_id: int) -> None:
    """Send once more what was sent or given up, under its own id: a receiver that heard it knows that. What waits is sent at
    once."""
    with context.database.write() as work:
        domain, webhook = _found(context, work, domain_id, webhook_id)
        _refuse_off(webhook)
        delivery = work.deliveries.find(webhook.id, delivery_id, hold=True)
        if delivery is None:
            raise _no_delivery()
        if delivery.type == WebhookEvent.CLICK and not delivery.payload:
            raise InvalidField("The clicks of this delivery are kept here no more.", field="delivery")
        work.deliveries.again(delivery, context.now())
        _let_go_on(work, webhook)
        context.note(work, Event.WEBHOOK_REPLAYED, str(webhook.id), domain, message=delivery.message_id)


def follow_webhook_url(work: UnitOfWork, domain: Domain, now: datetime) -> None:
    """Have the webhook that stands for the domain's ``webhookURL`` say what the domain says now."""
    there = next((each for each in work.webhooks.search(domain.id) if each.kind is WebhookKind.WEBHOOK_URL), None)
    if not domain.webhook_url:
        if there is not None:
            work.webhooks.remove(there)
        return
    wanted = Webhook(
        id=0 if there is None else there.id,
        domain_id=domain.id,
        kind=WebhookKind.WEBHOOK_URL,
        url=domain.webhook_url,
        events=frozenset({WebhookEvent.CLICK}),
        description="",
        enabled=True,
        created_at=now if there is None else there.created_at,
        updated_at=now,
        clicks_from=now if there is None or not there.enabled else there.clicks_from,
    )
    if there is None:
        work.webhooks.add(wanted)
    else:
        work.webhooks.save(wanted)


def _with_draft(context: Context, webhook: Webhook, draft: WebhookDraft) -> Webhook:
    changed = replace(webhook, updated_at=context.now())
    if not isinstance(draft.url, Unset):
        changed = replace(changed, url=_url(context, draft.url))
    if not isinstance(draft.events, Unset):
        changed = replace(changed, events=clean_events(draft.events))
    if not isinstance(draft.description, Unset):
        changed = replace(changed, description=clean_description(draft.description))
    if not isinstance(draft.enabled, Unset):
        changed = replace(changed, enabled=draft.enabled)
    switched_on = changed.enabled and not webhook.enabled
    if switched_on or changed.url != webhook.url:
        changed = replace(changed, failures=0, failing_since=None, paused_until=None, off_reason="")
    told_before = webhook.enabled and WebhookEvent.CLICK in webhook.events and webhook.clicks_from is not None
    if changed.enabled and WebhookEvent.CLICK in changed.events and not told_before:
        changed = replace(changed, clicks_from=context.now())
    return changed


def _url(context: Context, url: str) -> str:
    cleaned = clean_webhook_url(url)
    refuse_unreachable(context, cleaned, field="url")
    return cleaned


def refuse_unreachable(context: Context, url: str, *, field: str) -> None:
    """InvalidField for where nothing could ever be told; where a name leads is looked up when something is sent."""
    literal = literal_address(url)
    address = None if literal is None else ip_address(literal)
    if address is not None and not is_reachable(address, context.private_networks):
        raise InvalidField(
            f"{field} leads to an address that is not public, which this server does not connect to; the owner of the server "
            "can allow networks by LINNET_FETCH_ALLOWED_NETWORKS.",
            field=field,
        )
    # Allowed networks are reached on any port, and a name may lead there.
    any_port = bool(context.private_networks) if address is None else is_allowed(address, context.private_networks)
    if not any_port and port_of(url) not in PORTS:
        raise InvalidField(f"{field} must use one of the ports {', '.join(map(str, sorted(PORTS)))}.", field=field)


def _found(context: Context, work: UnitOfWork, domain_id: int, webhook_id: int) -> tuple[Domain, Webhook]:
    # The domain first and, where something is written, locked: its own knowledge of webhooks changes with them.
    domain = domain_to_configure(work, context.actor, domain_id)
    webhook = work.webhooks.find(webhook_id, hold=work.writing)
    if webhook is None or webhook.domain_id != domain.id:
        raise WebhookNotFound(f"There is no webhook {webhook_id} of {domain.hostname}.")
    return domain, webhook


def _refuse_off(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise InvalidField("The webhook is switched off, and is told nothing; switch it on first.", field="enabled")


def _let_go_on(work: UnitOfWork, webhook: Webhook) -> None:
    """Somebody wants to see now whether it hears again."""
    if webhook.paused_until is not None:
        work.webhooks.save_health(replace(webhook, paused_until=None))


def _no_delivery() -> DeliveryNotFound:
    return DeliveryNotFound("The webhook was told nothing under this number, or it is not known any more.")
