"""What waits in the outbox, on both engines: claimed by one, tried again, given up, and forgotten."""

import json
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from linnet.actions import webhook_outbox, webhooks
from linnet.actions.context import Context, utc_now
from linnet.actions.links import update_link
from linnet.actions.notes import list_notes
from linnet.actions.webhook_outbox import LEASE, Backlog, Claimed, claim_deliveries, save_attempt, switch_off, tidy_deliveries
from linnet.actions.webhooks import WebhookDraft
from linnet.api.options import ApiOptions
from linnet.api.webhook_wire import delivery_writer
from linnet.model.audit import Event
from linnet.model.link import LinkDraft
from linnet.model.profile import NoteKind
from linnet.model.webhook import DELAYS, MAX_ATTEMPTS, Attempt, Delivery, DeliveryState, Webhook, WebhookEvent
from linnet.storage.database import Database
from linnet.storage.sealing import Seal
from tests.actions.conftest import House
from tests.support.moments import NOON

WRITE = delivery_writer(ApiOptions(public_scheme="https", public_port=443))
SECOND = timedelta(seconds=1)


@dataclass
class Outbox:
    """An installation with a webhook, at a time that tests move on."""

    house: House
    context: Context
    webhook: Webhook
    secret: str
    now: datetime = NOON

    def claim(self, *, limit: int = 100, busy: int = 0, context: Context | None = None) -> list[Claimed]:
        return claim_deliveries(context or self.context, WRITE, {self.webhook.id: busy} if busy else {}, limit=limit)

    def add(self, *fields: Any) -> None:
        with self.house.database.write() as work:
            for number in fields or (0,):
                work.outbox.add([self.webhook.id], "webhook.test", self.now + number * SECOND / 1000)

    def answer(self, claimed: Claimed, status: int | None = 200, *, retry_after: int | None = None) -> DeliveryState | None:
        attempt = Attempt(number=1, at=self.now, status=status, duration_ms=5, excerpt="no", retry_after_seconds=retry_after)
        return save_attempt(self.context, claimed, attempt, chance=0.5)

    def deliveries(self) -> list[Delivery]:
        """Oldest first."""
        with self.house.database.read() as work:
            return list(reversed(work.deliveries.search(self.webhook.id, limit=1000)))

    def again(self) -> Webhook:
        return webhooks.get_webhook(self.context, self.house.domain.id, self.webhook.id)[1]

    def noted(self, event: Event) -> list[dict[str, Any]]:
        with self.house.database.read() as work:
            entries = work.audit.search(user_id=None, domain_ids=(self.house.domain.id,), limit=100)
        return [entry.details for entry in entries if entry.event is event]


@pytest.fixture
def outbox(house: House) -> Outbox:
    unmade: Any = None
    made = Outbox(house, house.context, unmade, "")
    made.context = replace(house.context, seal=Seal(b"k" * 32), now=lambda: made.now)
    draft = WebhookDraft(url="https://hooks.example.com/", events=[event.value for event in WebhookEvent])
    made.webhook, made.secret = webhooks.create_webhook(made.context, house.domain.id, draft)
    return made


def test_a_delivery_is_claimed_with_its_body_made_and_what_signs_it(outbox: Outbox):
    house = replace(outbox.house, context=outbox.context)
    link = house.create("https://example.com/?a=1", path="ü/b").link
    outbox.now = utc_now() + SECOND
    (claimed,) = outbox.claim()
    assert (claimed.webhook.url, claimed.secrets) == ("https://hooks.example.com/", (outbox.secret,))
    body = json.loads(claimed.delivery.payload)
    assert (body["type"], body["timestamp"][:19]) == ("link.created", claimed.delivery.created_at.isoformat()[:19])
    assert body["data"]["idString"] == link.id
    assert body["data"]["secureShortURL"] == "https://go.example/%C3%BC/b"
    assert body["data"]["hasPassword"] is False
    assert outbox.claim() == []


def test_bodies_of_all_types_have_the_shapes_of_the_api(outbox: Outbox):
    house = replace(outbox.house, context=outbox.context)
    webhooks.send_test(outbox.context, house.domain.id, outbox.webhook.id)
    link = house.create(path="a").link
    update_link(outbox.context, link.id, LinkDraft(title="t", password="secret"))
    with house.database.write() as work:
        work.outbox.record(house.domain.id, WebhookEvent.DOMAIN_UPDATED)
        work.outbox.record(house.domain.id, WebhookEvent.LINK_DELETED, [link.id, "lnk_1_unknown"])
        work.outbox.record(house.domain.id, WebhookEvent.LINK_UPDATED, ["lnk_1_unknown", link.id])
    outbox.now = utc_now() + 60 * SECOND
    bodies = [json.loads(each.delivery.payload) for _ in range(3) for each in outbox.claim()]
    by_type = {body["type"]: body["data"] for body in bodies}
    assert by_type["webhook.test"] == {"webhookId": outbox.webhook.id, "domainId": house.domain.id, "hostname": "go.example"}
    assert by_type["domain.updated"]["hostname"] == "go.example"
    assert by_type["domain.updated"]["state"] == house.domain.state
    assert (by_type["link.updated"]["title"], by_type["link.updated"]["hasPassword"]) == ("t", True)
    assert "argon2" not in json.dumps(bodies)
    assert [each["idString"] for each in by_type["links.updated"]["links"]] == [link.id]


def test_both_secrets_sign_until_a_day_is_over(outbox: Outbox):
    outbox.now = NOON
    _, second = webhooks.rotate_secret(outbox.context, outbox.house.domain.id, outbox.webhook.id)
    outbox.add()
    outbox.now = NOON + timedelta(hours=23)
    (claimed,) = outbox.claim()
    assert claimed.secrets == (second, outbox.secret)
    outbox.now = NOON + timedelta(hours=25)
    (claimed,) = outbox.claim()
    assert claimed.secrets == (second,)


def test_what_somebody_took_and_never_answered_for_is_taken_again_after_a_while(outbox: Outbox):
    outbox.add()
    (first,) = outbox.claim()
    outbox.now += LEASE - SECOND
    assert outbox.claim() == []
    outbox.now += 2 * SECOND
    (second,) = outbox.claim()
    assert second.delivery.message_id == first.delivery.message_id
    assert second.delivery.payload == first.delivery.payload


def test_several_nodes_never_hold_the_same_delivery(outbox: Outbox):
    outbox.add(*range(60))
    outbox.now += SECOND
    nodes = [Database(outbox.house.database.url) for _ in range(4)]
    held: list[int] = []
    going = threading.Event()

    def work(node: Database) -> None:
        going.wait()
        for _ in range(10):
            held.extend(each.delivery.id for each in outbox.claim(context=replace(outbox.context, database=node)))

    threads = [threading.Thread(target=work, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    going.set()
    for thread in threads:
        thread.join()
    for node in nodes:
        node.close()
    assert len(held) == len(set(held)) == 60


def test_what_succeeds_is_done(outbox: Outbox):
    outbox.add()
    (claimed,) = outbox.claim()
    outbox.answer(claimed, 204)
    (delivery,) = outbox.deliveries()
    assert (delivery.state, delivery.attempts, delivery.due_at, delivery.finished_at) == (
        DeliveryState.DELIVERED,
        1,
        None,
        outbox.now,
    )
    outbox.now += timedelta(days=1)
    assert outbox.claim() == []
    told = webhooks.get_delivery(outbox.context, outbox.house.domain.id, outbox.webhook.id, delivery.id)[2]
    assert [(each.number, each.status, each.duration_ms, each.excerpt) for each in told.attempts] == [(1, 204, 5, "no")]


@pytest.mark.parametrize("status", [None, 301, 307, 400, 404, 429, 500])
def test_what_fails_is_tried_again_until_it_is_given_up(outbox: Outbox, status: int | None):
    outbox.add()
    waits = []
    for number in range(1, MAX_ATTEMPTS + 1):
        (claimed,) = outbox.claim()
        outbox.answer(claimed, status)
        (delivery,) = outbox.deliveries()
        assert delivery.attempts == number
        if delivery.due_at is None:
            break
        waits.append(delivery.due_at - outbox.now)
        outbox.now = delivery.due_at + timedelta(minutes=6)
    assert waits == list(DELAYS)
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, MAX_ATTEMPTS)
    assert outbox.again().enabled
    told = webhooks.get_delivery(outbox.context, outbox.house.domain.id, outbox.webhook.id, delivery.id)[2]
    assert [each.status for each in told.attempts] == [status] * MAX_ATTEMPTS


def test_who_asks_to_be_left_alone_is(outbox: Outbox):
    outbox.add()
    (claimed,) = outbox.claim()
    outbox.answer(claimed, 429, retry_after=100)
    (delivery,) = outbox.deliveries()
    assert delivery.due_at == outbox.now + timedelta(seconds=100)


def test_a_webhook_that_fails_is_asked_by_one_delivery_after_pauses(outbox: Outbox):
    outbox.add(*range(10))
    outbox.now += SECOND
    first, *others = outbox.claim()
    assert len(others) == 3, "several at once while all is well"
    outbox.answer(first, 500)
    assert outbox.claim(busy=3) == [], "a pause"
    outbox.now += 3 * SECOND
    assert outbox.claim(busy=1) == []
    (probe,) = outbox.claim()
    outbox.answer(probe, 200)
    assert (outbox.again().failures, outbox.again().failing_since) == (0, None)
    assert len(outbox.claim()) == 4


def test_one_that_fails_does_not_keep_others_waiting(outbox: Outbox):
    draft = WebhookDraft(url="https://other.example.com/", events=["click"])
    other, _ = webhooks.create_webhook(outbox.context, outbox.house.domain.id, draft)
    outbox.add(*range(50))
    with outbox.house.database.write() as work:
        work.outbox.add([other.id], "webhook.test", outbox.now)
    outbox.now += SECOND
    for claimed in outbox.claim(limit=4):
        if claimed.webhook.id == outbox.webhook.id:
            outbox.answer(claimed, None)
    outbox.now += timedelta(minutes=10)
    assert other.id in {claimed.webhook.id for claimed in outbox.claim(limit=2)}


def test_gone_switches_the_webhook_off_and_says_so(outbox: Outbox):
    outbox.add(0, 1)
    outbox.now += SECOND
    claimed, _ = outbox.claim()
    outbox.answer(claimed, 410)
    webhook = outbox.again()
    assert (webhook.enabled, webhook.off_reason) == (False, "gone")
    assert outbox.deliveries()[0].state is DeliveryState.FAILED
    assert outbox.noted(Event.WEBHOOK_SWITCHED_OFF) == [{"url": "https://hooks.example.com", "reason": "gone"}]
    (note,) = list_notes(outbox.context)
    assert (note.kind, note.details["url"]) == (NoteKind.WEBHOOK_DISABLED, "https://hooks.example.com/")
    with outbox.house.database.read() as work:
        found = work.domains.find(outbox.house.domain.id)
        assert found is not None
        assert found.webhook_events == 0
    outbox.now += timedelta(hours=1)
    assert outbox.claim() == []
    on = webhooks.update_webhook(outbox.context, outbox.house.domain.id, webhook.id, WebhookDraft(enabled=True))
    assert (on.off_reason, on.failures) == ("", 0)
    assert len(outbox.claim()) == 1


def test_days_of_failures_switch_the_webhook_off(outbox: Outbox):
    for day in range(7):
        outbox.now = NOON + timedelta(days=day)
        outbox.add()
        for claimed in outbox.claim():
            outbox.answer(claimed, 500)
        if not outbox.again().enabled:
            break
    assert day == 5
    assert [each["reason"] for each in outbox.noted(Event.WEBHOOK_SWITCHED_OFF)] == ["failing"]


def test_one_success_begins_the_count_of_days_anew(outbox: Outbox):
    for day in range(10):
        outbox.now = NOON + timedelta(days=day)
        outbox.add()
        for claimed in outbox.claim():
            outbox.answer(claimed, 200 if day == 4 else 500)
        if day == 4:
            assert outbox.again().failing_since is None
        if day < 9:
            assert outbox.again().enabled, day


def test_a_secret_that_cannot_be_opened_switches_off_that_webhook_alone(outbox: Outbox):
    draft = WebhookDraft(url="https://other.example.com/", events=["click"])
    other_key = replace(outbox.context, seal=Seal(b"x" * 32))
    other, _ = webhooks.create_webhook(other_key, outbox.house.domain.id, draft)
    outbox.add()
    with outbox.house.database.write() as work:
        work.outbox.add([other.id], "webhook.test", outbox.now)
    assert [claimed.webhook.id for claimed in outbox.claim()] == [outbox.webhook.id]
    assert [each["reason"] for each in outbox.noted(Event.WEBHOOK_SWITCHED_OFF)] == ["unsealable"]


def test_a_webhook_that_is_removed_while_it_is_told_leaves_nothing(outbox: Outbox):
    outbox.add()
    (claimed,) = outbox.claim()
    webhooks.delete_webhook(outbox.context, outbox.house.domain.id, outbox.webhook.id)
    outbox.answer(claimed, 200)
    assert outbox.deliveries() == []


def test_what_waits_for_too_long_is_given_up_and_what_is_old_forgotten(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    outbox.add()
    (claimed,) = outbox.claim()
    outbox.answer(claimed, 200)
    outbox.add()
    outbox.now += timedelta(days=2)
    tidy_deliveries(outbox.context)
    assert [each.state for each in outbox.deliveries()] == [DeliveryState.DELIVERED, DeliveryState.WAITING]
    outbox.now += timedelta(days=2)
    tidy_deliveries(outbox.context)
    assert [each.state for each in outbox.deliveries()] == [DeliveryState.DELIVERED, DeliveryState.FAILED]
    outbox.now += timedelta(days=27)
    tidy_deliveries(outbox.context)
    assert [each.state for each in outbox.deliveries()] == [DeliveryState.FAILED]
    monkeypatch.setattr(webhook_outbox, "MAX_KEPT", 3)
    for _ in range(5):
        outbox.add()
        outbox.answer(outbox.claim()[0], 200)
    tidy_deliveries(outbox.context)
    assert len(outbox.deliveries()) == 3


def test_a_webhook_for_which_too_much_waits_is_switched_off(outbox: Outbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhook_outbox, "MAX_WAITING", 5)
    outbox.add(*range(6))
    tidy_deliveries(outbox.context)
    assert (outbox.again().enabled, outbox.again().off_reason) == (False, "crowded")


def test_what_waits_is_counted_with_the_age_of_the_oldest(outbox: Outbox):
    assert tidy_deliveries(outbox.context) == Backlog(waiting=0, oldest_at=None, given_up=0)
    began = outbox.now
    outbox.add()
    outbox.now += timedelta(days=1)
    outbox.add()
    assert tidy_deliveries(outbox.context) == Backlog(waiting=2, oldest_at=began, given_up=0)
    outbox.answer(outbox.claim(limit=1)[0], 200)
    assert tidy_deliveries(outbox.context) == Backlog(waiting=1, oldest_at=began + timedelta(days=1), given_up=0)
    outbox.now += timedelta(days=4)
    assert tidy_deliveries(outbox.context) == Backlog(waiting=0, oldest_at=None, given_up=1)


def test_what_waits_for_a_webhook_that_is_off_is_not_late(outbox: Outbox):
    outbox.add()
    switch_off(outbox.context, outbox.webhook.id, "failing")
    assert tidy_deliveries(outbox.context).waiting == 0


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, DeliveryState.DELIVERED), (500, DeliveryState.WAITING), (410, DeliveryState.FAILED)],
)
def test_what_came_of_an_attempt_is_told(outbox: Outbox, status: int, state: DeliveryState):
    outbox.add()
    (claimed,) = outbox.claim()
    assert outbox.answer(claimed, status) is state


def test_clicks_are_kept_for_three_days_and_not_sent_again_after(outbox: Outbox):
    with outbox.house.database.write() as work:
        work.outbox.add([outbox.webhook.id], "click", outbox.now, payload='{"data":{"clicks":[]}}')
    (claimed,) = outbox.claim()
    outbox.answer(claimed, 200)
    outbox.now += timedelta(days=2)
    tidy_deliveries(outbox.context)
    assert outbox.deliveries()[0].payload
    outbox.now += timedelta(days=2)
    tidy_deliveries(outbox.context)
    assert outbox.deliveries()[0].payload == ""
    with pytest.raises(Exception, match="kept here no more"):
        webhooks.replay_delivery(outbox.context, outbox.house.domain.id, outbox.webhook.id, claimed.delivery.id)


def test_who_erases_a_visitor_has_the_clicks_of_webhooks_forgotten(outbox: Outbox):
    with outbox.house.database.write() as work:
        for _ in range(2):
            work.outbox.add([outbox.webhook.id], "click", outbox.now, payload="{}")
    outbox.answer(outbox.claim(limit=1)[0], 200)
    outbox.add()
    with outbox.house.database.write() as work:
        work.deliveries.forget_clicks(outbox.house.domain.id, outbox.now)
    assert [(each.type, each.state, each.payload) for each in outbox.deliveries()] == [
        ("click", DeliveryState.DELIVERED, ""),
        ("click", DeliveryState.FAILED, ""),
        ("webhook.test", DeliveryState.WAITING, ""),
    ]
