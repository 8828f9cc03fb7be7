"""Clicks into the outbox, on both engines: each once, behind what was told before, and bounded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from linnet.actions import click_feed, webhooks
from linnet.actions.click_feed import ClickWriter, are_clicks_told, common_horizon, feed_clicks
from linnet.actions.context import Context
from linnet.actions.domain_settings import update_settings
from linnet.actions.webhooks import WebhookDraft
from linnet.api.webhook_wire import clicks_body, webhook_url_body
from linnet.model.click_record import ClickRecord
from linnet.model.webhook import Webhook
from linnet.storage.sealing import Seal
from tests.actions.conftest import House
from tests.support.moments import NOON

SECOND = timedelta(seconds=1)
WRITE = ClickWriter(many=clicks_body, one=webhook_url_body)


def a_click(at: datetime, **fields: Any) -> ClickRecord:
    values: dict[str, Any] = {name: "" if kind is str else 0 for name, kind in ClickRecord.__annotations__.items()}
    values |= {"clicked_at": at, "hostname": "go.example", "path": "/a", "human": True, "scan": False, "conversions": ()}
    return ClickRecord(**values | fields)


@dataclass
class Clicks:
    """A feed of clicks that are there; it remembers what it was asked."""

    clicks: list[ClickRecord] = field(default_factory=list)
    asked: list[tuple[int, datetime, datetime]] = field(default_factory=list)

    def between(self, domain_id: int, begin: datetime, end: datetime, /, *, most: int) -> tuple[list[ClickRecord], datetime]:
        self.asked.append((domain_id, begin, end))
        found = [each for each in self.clicks if begin <= each.clicked_at < end]
        return found[:most], (found[most].clicked_at if len(found) > most else end)


@pytest.fixture
def context(house: House) -> Context:
    return replace(house.context, seal=Seal(b"k" * 32), now=lambda: NOON)


def webhook_of(context: Context, house: House, **fields: Any) -> Webhook:
    draft = WebhookDraft(url="https://hooks.example.com/", events=["click"], **fields)
    return webhooks.create_webhook(context, house.domain.id, draft)[0]


def bodies(house: House, webhook: Webhook) -> list[Any]:
    with house.database.read() as work:
        found = work.deliveries.search(webhook.id, limit=1000)
    return [json.loads(each.payload) for each in reversed(found)]


def told(house: House, webhook: Webhook) -> list[str]:
    return [each["query"] for body in bodies(house, webhook) for each in body["data"]["clicks"]]


def seconds(*numbers: float) -> list[ClickRecord]:
    return [a_click(NOON + number * SECOND, query=str(number)) for number in numbers]


def test_each_click_is_told_once_from_when_the_webhook_was_made(house: House, context: Context):
    assert not are_clicks_told(context, "node")
    webhook = webhook_of(context, house)
    assert are_clicks_told(context, "node")
    feed = Clicks(seconds(-5, 0, 1, 2, 8))
    assert feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 5 * SECOND) == 1
    assert told(house, webhook) == ["0", "1", "2"]
    assert feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 5 * SECOND) == 0
    assert feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 9 * SECOND) == 1
    assert told(house, webhook) == ["0", "1", "2", "8"]
    assert feed.asked == [(1, NOON, NOON + 5 * SECOND), (1, NOON + 5 * SECOND, NOON + 9 * SECOND)]


def test_clicks_have_the_shape_of_exported_ones(house: House, context: Context):
    webhook = webhook_of(context, house)
    feed = Clicks([a_click(NOON, link_id="lnk_1_a", country="DE", user_agent='<b>"')])
    feed_clicks(context, feed, WRITE, store="node", horizon=NOON + SECOND)
    (body,) = bodies(house, webhook)
    (click,) = body["data"]["clicks"]
    assert (body["type"], body["timestamp"]) == ("click", "2026-05-01T12:00:00.000Z")
    assert list(click) == list(ClickRecord._fields)
    assert (click["clicked_at"], click["link_id"], click["user_agent"]) == ("2026-05-01T12:00:00.000Z", "lnk_1_a", '<b>"')


def test_clicks_of_each_store_are_told_and_those_of_none_twice(house: House, context: Context):
    webhook = webhook_of(context, house)
    for store, number in (("a", 1), ("b", 1.5), ("a", 2)):
        feed_clicks(context, Clicks(seconds(number)), WRITE, store=store, horizon=NOON + (number + 1) * SECOND)
    assert told(house, webhook) == ["1", "1.5", "2"]
    # Two nodes with one store: what the first told, the second does not.
    feed = Clicks(seconds(7))
    feed_clicks(context, feed, WRITE, store="shared", horizon=NOON + 8 * SECOND)
    feed_clicks(context, feed, WRITE, store="shared", horizon=NOON + 8 * SECOND)
    assert told(house, webhook).count("7") == 1


def test_what_another_node_told_meanwhile_is_not_told_again(house: House, context: Context):
    webhook = webhook_of(context, house)

    class Slow(Clicks):
        def between(self, *asked: Any, most: int) -> tuple[list[ClickRecord], datetime]:
            found = super().between(*asked, most=most)
            feed_clicks(context, Clicks(self.clicks), WRITE, store="shared", horizon=NOON + 5 * SECOND)
            return found

    assert feed_clicks(context, Slow(seconds(1, 2)), WRITE, store="shared", horizon=NOON + 5 * SECOND) == 0
    assert told(house, webhook) == ["1", "2"]


def test_clicks_are_told_by_the_hundred_and_a_thousand_at_a_time(house: House, context: Context):
    webhook = webhook_of(context, house)
    feed = Clicks(seconds(*(number / 100 for number in range(1_250))))
    horizon = NOON + 60 * SECOND
    assert feed_clicks(context, feed, WRITE, store="node", horizon=horizon) == 10
    assert feed_clicks(context, feed, WRITE, store="node", horizon=horizon) == 3
    assert len(told(house, webhook)) == len(set(told(house, webhook))) == 1_250
    assert {len(body["data"]["clicks"]) for body in bodies(house, webhook)} == {100, 50}


def test_who_does_not_hear_is_told_no_more_until_it_does(house: House, context: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(click_feed, "MAX_WAITING", dict.fromkeys(click_feed.MAX_WAITING, 3))
    webhook = webhook_of(context, house)
    feed = Clicks()
    for number in range(6):
        feed.clicks += seconds(number)
        feed_clicks(context, feed, WRITE, store="node", horizon=NOON + (number + 0.5) * SECOND)
    assert told(house, webhook) == ["0", "1", "2"]
    with house.database.write() as work:
        for delivery in work.deliveries.search(webhook.id, limit=9):
            work.deliveries.save(replace(delivery, due_at=None, finished_at=NOON))
    feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 9 * SECOND)
    assert told(house, webhook) == ["0", "1", "2", "3", "4", "5"]


def test_clicks_older_than_three_days_are_told_no_more(house: House, context: Context):
    webhook = webhook_of(context, house)
    feed = Clicks(seconds(1, 3 * 86_400))
    feed_clicks(context, feed, WRITE, store="node", horizon=NOON + timedelta(days=4))
    assert told(house, webhook) == [str(3 * 86_400)]


def test_what_happened_while_a_webhook_was_off_is_not_told(house: House, context: Context):
    webhook = webhook_of(context, house)
    webhooks.update_webhook(context, house.domain.id, webhook.id, WebhookDraft(enabled=False))
    assert not are_clicks_told(context, "node")
    feed = Clicks(seconds(1, 11))
    assert feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 20 * SECOND) == 0
    later = replace(context, now=lambda: NOON + 10 * SECOND)
    webhooks.update_webhook(later, house.domain.id, webhook.id, WebhookDraft(enabled=True))
    feed_clicks(later, feed, WRITE, store="node", horizon=NOON + 20 * SECOND)
    assert told(house, webhook) == ["11"]


def test_webhooks_that_are_as_far_share_what_is_read(house: House, context: Context):
    for _ in range(3):
        webhook_of(context, house)
    feed = Clicks(seconds(1))
    assert feed_clicks(context, feed, WRITE, store="node", horizon=NOON + 5 * SECOND) == 3
    assert len(feed.asked) == 1


def test_the_domains_webhook_url_is_told_each_click_by_itself(house: House, context: Context):
    update_settings(context, house.domain.id, {"webhookURL": "https://hooks.example.com/"})
    (webhook,) = webhooks.list_webhooks(context, house.domain.id)[1]
    clicks: Sequence[ClickRecord] = [
        a_click(NOON, address="192.0.2.0", user_agent="Chrome", referrer="https://r.example/", utm_source="mail"),
        a_click(NOON + SECOND, path="/b"),
    ]
    assert feed_clicks(context, Clicks(list(clicks)), WRITE, store="node", horizon=NOON + 5 * SECOND) == 2
    assert bodies(house, webhook) == [
        {
            "host": "192.0.2.0",
            "date": "2026-05-01T12:00:00.000Z",
            "referrer": "https://r.example/",
            "origin": "go.example",
            "user-agent": "Chrome",
            "path": "/a",
            "utm_source": "mail",
        },
        {
            "host": "",
            "date": "2026-05-01T12:00:01.000Z",
            "referrer": "",
            "origin": "go.example",
            "user-agent": "",
            "path": "/b",
        },
    ]


def test_a_shared_store_is_read_up_to_where_all_nodes_are(house: House, context: Context):
    within = timedelta(minutes=10)
    assert common_horizon(context, "a", NOON, within=within) == NOON
    assert common_horizon(context, "b", NOON - 30 * SECOND, within=within) == NOON - 30 * SECOND
    assert common_horizon(context, "a", NOON + SECOND, within=within) == NOON - 30 * SECOND
    # One that is not heard of any more is not waited for.
    later = replace(context, now=lambda: NOON + timedelta(hours=1))
    assert common_horizon(later, "a", NOON + timedelta(hours=1), within=within) == NOON + timedelta(hours=1)
