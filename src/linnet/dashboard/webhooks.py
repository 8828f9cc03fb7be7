"""Webhooks of a domain: the list, one webhook with what it was told, and one delivery."""

import json
from datetime import timedelta
from typing import Any, Final

from litestar import Response

from linnet.actions import webhooks
from linnet.actions.webhooks import Told, WebhookDraft
from linnet.dashboard.forms import Form, errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import InvalidField, QuotaReached, Refusal
from linnet.model.webhook import MAX_WEBHOOKS, DeliveryState, Webhook, WebhookEvent, WebhookKind

_DELIVERIES: Final = 30
_HERE: Final = "/dashboard/domains/{domain_id:int}/webhooks"
_ONE: Final = f"{_HERE}/{{webhook_id:int}}"
_DELIVERY: Final = f"{_ONE}/deliveries/{{delivery_id:int}}"
_MOST_SHOWN: Final = 100_000
_NEAR: Final = timedelta(minutes=1)


def event_choices() -> list[tuple[str, str, str]]:
    """The events by name, as people call them, and what is told of each."""
    return [
        (WebhookEvent.CLICK, gettext("Clicks"), gettext("up to 100 at once, some seconds after they were made")),
        (WebhookEvent.LINK_CREATED, gettext("Link created"), gettext("also one that was restored")),
        (WebhookEvent.LINK_UPDATED, gettext("Link changed"), gettext("its fields, targeting, tags, folder, archiving")),
        (WebhookEvent.LINK_DELETED, gettext("Link deleted"), gettext("also by its end of life")),
        (WebhookEvent.DOMAIN_UPDATED, gettext("Domain changed"), gettext("its settings, its team, its proof")),
    ]


def why_off(webhook: Webhook) -> str:
    """Why a webhook was switched off by itself, "" when it was not."""
    reasons = {
        "gone": gettext("The receiver answered 410: it wants to hear no more."),
        "failing": gettext("Nothing could be delivered for five days."),
        "crowded": gettext("Too much was waiting for it."),
        "unsealable": gettext("Its secret cannot be read any more, because secrets.json was replaced. Make a new secret."),
    }
    return reasons.get(webhook.off_reason, "")


def _path(asked: Asked, *, one: bool = False) -> str:
    path = f"/dashboard/domains/{asked.path['domain_id']}/webhooks"
    return f"{path}/{asked.path['webhook_id']}" if one else path


def _list(asked: Asked) -> Response[Any]:
    return _list_page(asked)


def _list_page(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    domain, found = webhooks.list_webhooks(asked.context, asked.path["domain_id"])
    form = asked.form if refusal is not None else Form()
    return asked.page(
        "webhooks.html",
        status=200 if refusal is None else 400,
        domain=domain,
        webhooks=found,
        choices=event_choices,
        why_off=why_off,
        most=MAX_WEBHOOKS,
        full=sum(each.kind is WebhookKind.STANDARD for each in found) >= MAX_WEBHOOKS,
        form=form,
        errors=errors_of(refusal),
    )


def _create(asked: Asked) -> Response[Any]:
    form = asked.form
    draft = WebhookDraft(url=form.text("url"), events=form.all("events"), description=form.text("description"))
    try:
        webhook, secret = webhooks.create_webhook(asked.context, asked.path["domain_id"], draft)
    except (InvalidField, QuotaReached) as refusal:
        return _list_page(asked, refusal)
    return _secret_page(asked, webhook, secret, is_new=True)


def _secret_page(asked: Asked, webhook: Webhook, secret: str, *, is_new: bool) -> Response[Any]:
    """The secret, which is shown this once."""
    domain, _ = webhooks.get_webhook(asked.context, webhook.domain_id, webhook.id)
    return asked.page("webhook_secret.html", domain=domain, webhook=webhook, secret=secret, is_new=is_new)


def _show(asked: Asked) -> Response[Any]:
    return _show_page(asked)


def _show_page(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    state = asked.query.text("state")
    domain, webhook, page = webhooks.list_deliveries(
        asked.context,
        asked.path["domain_id"],
        asked.path["webhook_id"],
        limit=_DELIVERIES,
        before=asked.query.number("before"),
        state=DeliveryState(state) if state in list(DeliveryState) else None,
    )
    form = asked.form if refusal is not None else None
    return asked.page(
        "webhook.html",
        status=200 if refusal is None else 400,
        domain=domain,
        webhook=webhook,
        page=page,
        state=state,
        states=list(DeliveryState),
        state_text=_state_text,
        choices=event_choices,
        why_off=why_off,
        is_own=webhook.kind is WebhookKind.STANDARD,
        url=webhook.url if form is None else form.text("url"),
        events=[event.value for event in webhook.events] if form is None else form.all("events"),
        description=webhook.description if form is None else form.text("description"),
        enabled=webhook.enabled if form is None else form.flag("enabled"),
        errors=errors_of(refusal),
        outcome=_outcome,
        # What is asked for again is the first page.
        follows="before" not in asked.query and any(_follows(asked, each) for each in page.told),
    )


def _follows(asked: Asked, told: Told) -> bool:
    """Whether the page asks again by itself what came of it: while an attempt is near."""
    delivery = told.delivery
    if delivery.state is not DeliveryState.WAITING:
        return False
    return delivery.due_at is None or delivery.due_at - asked.context.now() < _NEAR


def _update(asked: Asked) -> Response[Any]:
    form = asked.form
    draft = WebhookDraft(
        url=form.text("url"),
        events=form.all("events"),
        description=form.text("description"),
        enabled=form.flag("enabled"),
    )
    # The domain's own address is told of among the domain's settings.
    if form.text("kind") == WebhookKind.WEBHOOK_URL:
        draft = WebhookDraft(enabled=form.flag("enabled"))
    try:
        webhooks.update_webhook(asked.context, asked.path["domain_id"], asked.path["webhook_id"], draft)
    except InvalidField as refusal:
        return _show_page(asked, refusal)
    return asked.go_to(_path(asked, one=True), notice=gettext("The webhook is saved."))


def _delete(asked: Asked) -> Response[Any]:
    webhooks.delete_webhook(asked.context, asked.path["domain_id"], asked.path["webhook_id"])
    return asked.go_to(_path(asked), notice=gettext("The webhook is deleted."))


def _rotate(asked: Asked) -> Response[Any]:
    webhook, secret = webhooks.rotate_secret(asked.context, asked.path["domain_id"], asked.path["webhook_id"])
    return _secret_page(asked, webhook, secret, is_new=False)


def _test(asked: Asked) -> Response[Any]:
    webhooks.send_test(asked.context, asked.path["domain_id"], asked.path["webhook_id"])
    return asked.go_to(
        _path(asked, one=True), notice=gettext("A test is on its way; what came of it is in the list of deliveries.")
    )


def _delivery(asked: Asked) -> Response[Any]:
    path = asked.path
    domain, webhook, told = webhooks.get_delivery(asked.context, path["domain_id"], path["webhook_id"], path["delivery_id"])
    return asked.page(
        "webhook_delivery.html",
        domain=domain,
        webhook=webhook,
        told=told,
        delivery=told.delivery,
        state_text=_state_text,
        body=_readable(told.delivery.payload),
        follows=_follows(asked, told),
    )


def _replay(asked: Asked) -> Response[Any]:
    path = asked.path
    webhooks.replay_delivery(asked.context, path["domain_id"], path["webhook_id"], path["delivery_id"])
    here = f"{_path(asked, one=True)}/deliveries/{path['delivery_id']}"
    return asked.go_to(here, notice=gettext("It is sent again; what came of it is the last of the attempts."))


def _state_text(state: DeliveryState) -> str:
    texts = {
        DeliveryState.WAITING: gettext("waiting"),
        DeliveryState.DELIVERED: gettext("delivered"),
        DeliveryState.FAILED: gettext("given up"),
    }
    return texts[state]


def _outcome(told: Told) -> str:
    """What the last attempt came to, in a few words."""
    if not told.attempts:
        return ""
    last = told.attempts[-1]
    return str(last.status) if last.status is not None else last.error


def _readable(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)[:_MOST_SHOWN]
    except ValueError:
        return ""


_RULE: Final = Rule(Subject.DOMAIN, Action.CONFIGURE)
PAGES: Final = (
    Page("GET", _HERE, _list, _RULE),
    Page("POST", _HERE, _create, _RULE),
    Page("GET", _ONE, _show, _RULE),
    Page("POST", _ONE, _update, _RULE),
    Page("POST", f"{_ONE}/delete", _delete, _RULE),
    Page("POST", f"{_ONE}/secret", _rotate, _RULE),
    Page("POST", f"{_ONE}/test", _test, _RULE),
    Page("GET", _DELIVERY, _delivery, _RULE),
    Page("POST", f"{_DELIVERY}/replay", _replay, _RULE),
)
