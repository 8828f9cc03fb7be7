"""Webhooks of a domain on both engines: who may make them, their secrets, and what changes write into the outbox."""

import json
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from linnet.actions import webhooks
from linnet.actions.archiving import archive_link, archive_links
from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.context import Context
from linnet.actions.domain_settings import update_settings
from linnet.actions.links import update_link
from linnet.actions.removing import delete_link, delete_links, purge_due_links
from linnet.actions.restoring import restore_link
from linnet.actions.tags import tag_links
from linnet.actions.teams import create_team, save_member
from linnet.actions.webhooks import WebhookDraft
from linnet.model.access import Actor, Role
from linnet.model.audit import Event
from linnet.model.errors import (
    DeliveryNotFound,
    DomainNotFound,
    InvalidField,
    NotAllowed,
    QuotaReached,
    Refusal,
    Unsealable,
    WebhookNotFound,
)
from linnet.model.link import LinkDraft
from linnet.model.webhook import Delivery, DeliveryState, Webhook, WebhookEvent, WebhookKind
from linnet.storage.sealing import Seal
from tests.actions.conftest import House
from tests.support.moments import NOON

URL = "https://hooks.example.com/a"
ALL = tuple(event.value for event in WebhookEvent)


@pytest.fixture
def context(house: House) -> Context:
    return replace(house.context, seal=Seal(b"k" * 32))


def made(context: Context, house: House, *events: str, **fields: Any) -> Webhook:
    draft = WebhookDraft(url=URL, events=events or ALL, **fields)
    return webhooks.create_webhook(context, house.domain.id, draft)[0]


def waiting(house: House, webhook: Webhook) -> list[Delivery]:
    """Oldest first."""
    with house.database.read() as work:
        return list(reversed(work.deliveries.search(webhook.id, limit=1000)))


def told(house: House, webhook: Webhook) -> list[tuple[str, list[str]]]:
    """Types, and the paths of the links that they are about."""
    return [
        (each.type, [link["path"] for link in json.loads(each.snapshot).get("links", ())]) for each in waiting(house, webhook)
    ]


def noted(house: House, event: Event) -> list[Any]:
    with house.database.read() as work:
        entries = work.audit.search(user_id=None, domain_ids=(house.domain.id,), limit=100)
    return [entry for entry in entries if entry.event is event]


def test_a_webhook_is_kept_without_its_secret_in_the_clear(house: House, context: Context):
    webhook, secret = webhooks.create_webhook(
        context, house.domain.id, WebhookDraft(url=f" {URL} ", events=["link.created", "click"], description="Für <b>uns</b>")
    )
    assert (webhook.url, webhook.description, webhook.enabled, webhook.kind) == (
        URL,
        "Für <b>uns</b>",
        True,
        WebhookKind.STANDARD,
    )
    assert webhook.events == {WebhookEvent.LINK_CREATED, WebhookEvent.CLICK}
    assert secret.startswith("whsec_")
    assert webhooks.get_webhook(context, house.domain.id, webhook.id) == (replace(house.domain, webhook_events=3), webhook)
    with house.database.read() as work:
        sealed, former = work.webhooks.secrets(webhook.id)
    assert sealed is not None
    assert secret.encode() not in sealed
    assert former is None
    assert context.seal.open(sealed, purpose=webhooks.secret_purpose(webhook.id)) == secret.encode()
    with pytest.raises(Unsealable):
        context.seal.open(sealed, purpose=webhooks.secret_purpose(webhook.id + 1))
    (entry,) = noted(house, Event.WEBHOOK_CREATED)
    assert entry.details == {"url": "https://hooks.example.com", "events": ["click", "link.created"]}
    assert secret not in repr(noted(house, Event.WEBHOOK_CREATED))


def test_a_domain_has_a_bounded_number_of_webhooks(house: House, context: Context):
    for _ in range(10):
        made(context, house, "click")
    with pytest.raises(QuotaReached, match="10 webhooks"):
        made(context, house, "click")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "ftp://x/"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"events": ()}, "events"),
        ({"events": ["link.created", "<script>"]}, "events"),
        ({"description": "x" * 10_000}, "description"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_with_its_field(house: House, context: Context, fields: Any, field: str):
    draft = replace(WebhookDraft(url=URL, events=ALL), **fields)
    with pytest.raises(InvalidField) as refusal:
        webhooks.create_webhook(context, house.domain.id, draft)
    assert refusal.value.field == field
    kept = made(context, house)
    with pytest.raises(InvalidField):
        webhooks.update_webhook(context, house.domain.id, kept.id, WebhookDraft(**fields))
    assert webhooks.list_webhooks(context, house.domain.id)[1] == [kept]
    with pytest.raises(InvalidField, match="url is required"):
        webhooks.create_webhook(context, house.domain.id, WebhookDraft(events=ALL))


def test_private_addresses_are_taken_where_the_owner_of_the_server_allows_them(house: House, context: Context):
    allowed = replace(context, private_networks=(ip_network("127.0.0.0/8"),))
    webhook, _ = webhooks.create_webhook(allowed, house.domain.id, WebhookDraft(url="http://127.0.0.1:9/", events=["click"]))
    assert webhook.url == "http://127.0.0.1:9/"
    # A name may lead there, on any port.
    draft = WebhookDraft(url="http://inside.example:9/", events=["click"])
    assert webhooks.create_webhook(allowed, house.domain.id, draft)[0].url == draft.url


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("http://localhost/", "not public"),
        ("https://go.localhost:443/", "not public"),
        ("http://10.0.0.1/", "not public"),
        ("https://hooks.example.com:22/", "one of the ports 80, 443, 8080, 8443"),
        ("https://93.184.216.34:25/", "one of the ports"),
    ],
)
def test_where_nothing_could_ever_be_told_is_said_at_once(house: House, context: Context, url: str, match: str):
    with pytest.raises(InvalidField, match=match) as refusal:
        webhooks.create_webhook(context, house.domain.id, WebhookDraft(url=url, events=["click"]))
    assert refusal.value.field == "url"
    with pytest.raises(InvalidField, match=match) as refusal:
        update_settings(context, house.domain.id, {"webhookURL": url})
    assert refusal.value.field == "webhookURL"
    assert webhooks.list_webhooks(context, house.domain.id)[1] == []


EVERYTHING: list[Callable[[Context, int, int], Any]] = [
    lambda context, domain, _: webhooks.list_webhooks(context, domain),
    lambda context, domain, _: webhooks.create_webhook(context, domain, WebhookDraft(url=URL, events=ALL)),
    webhooks.get_webhook,
    webhooks.delete_webhook,
    webhooks.rotate_secret,
    webhooks.send_test,
    webhooks.list_deliveries,
    lambda context, domain, number: webhooks.update_webhook(context, domain, number, WebhookDraft(enabled=False)),
    lambda context, domain, number: webhooks.get_delivery(context, domain, number, 1),
    lambda context, domain, number: webhooks.replay_delivery(context, domain, number, 1),
]


@pytest.mark.parametrize("action", EVERYTHING)
def test_only_who_may_configure_the_domain_sees_and_changes_webhooks(
    house: House, context: Context, action: Callable[[Context, int, int], Any]
):
    webhook = made(context, house)
    other = house.add_user("other@example.com")
    with pytest.raises(DomainNotFound):
        action(replace(context, actor=Actor(user_id=other.id)), house.domain.id, webhook.id)
    team = create_team(house.as_user(house.domain.owner_id), "Shop")
    house.move_to(team)
    owner = house.as_user(house.domain.owner_id)
    for role, outcome in ((Role.READ_ONLY, NotAllowed), (Role.USER, NotAllowed)):
        member = house.add_user(f"{role.value}@example.com")
        save_member(owner, team.id, member.email, role)
        with pytest.raises(outcome):
            action(replace(house.as_user(member.id), seal=context.seal), house.domain.id, webhook.id)
    mine = house.add_domain("mine.example", owner_id=other.id)
    if action not in EVERYTHING[:2]:
        with pytest.raises(WebhookNotFound):
            action(replace(context, actor=Actor(user_id=other.id)), mine.id, webhook.id)
        with pytest.raises(WebhookNotFound):
            action(replace(owner, seal=context.seal), house.domain.id, 2**40)


def test_changes_are_stored_and_the_domain_knows_who_listens(house: House, context: Context):
    webhook = made(context, house, "link.created")
    changed = webhooks.update_webhook(
        context, house.domain.id, webhook.id, WebhookDraft(url="http://b.example/", events=["link.deleted"], description="b")
    )
    assert webhooks.get_webhook(context, house.domain.id, webhook.id)[1] == changed
    assert (changed.url, changed.events, changed.description) == (
        "http://b.example/",
        {WebhookEvent.LINK_DELETED},
        "b",
    )
    other = made(context, house, "domain.updated")
    with house.database.read() as work:
        found = work.domains.find(house.domain.id)
        assert found is not None
        assert found.webhook_events == WebhookEvent.LINK_DELETED.bit | WebhookEvent.DOMAIN_UPDATED.bit
    webhooks.update_webhook(context, house.domain.id, other.id, WebhookDraft(enabled=False))
    webhooks.delete_webhook(context, house.domain.id, webhook.id)
    with house.database.read() as work:
        found = work.domains.find(house.domain.id)
        assert found is not None
        assert found.webhook_events == 0
    assert [entry.details["fields"] for entry in noted(house, Event.WEBHOOK_UPDATED)] == [
        ["enabled"],
        ["url", "events", "description"],
    ]


def test_a_replaced_secret_signs_for_a_day(house: House, context: Context):
    webhook, first = webhooks.create_webhook(context, house.domain.id, WebhookDraft(url=URL, events=ALL))
    rotated, second = webhooks.rotate_secret(context, house.domain.id, webhook.id)
    assert first != second
    assert rotated.former_until is not None
    with house.database.read() as work:
        sealed = work.webhooks.secrets(webhook.id)
    purpose = webhooks.secret_purpose(webhook.id)
    assert [context.seal.open(each or b"", purpose=purpose).decode() for each in sealed] == [second, first]
    assert first not in repr(noted(house, Event.WEBHOOK_SECRET_ROTATED))


def test_each_change_of_a_link_is_told_with_what_the_link_is_like_then(house: House, context: Context):
    webhook = made(context, house)
    house = replace(house, context=context)
    link = house.create(path="a", title="Größe ☃").link
    update_link(context, link.id, LinkDraft(path="b"))
    update_link(context, link.id, LinkDraft(path="b"))  # changes nothing
    archive_link(context, link.id)
    tag_links(context, "t", [link.id])
    delete_link(context, link.id)
    restore_link(context, link.id)
    assert told(house, webhook) == [
        ("link.created", ["a"]),
        ("link.updated", ["b"]),
        ("link.updated", ["b"]),
        ("link.updated", ["b"]),
        ("link.deleted", ["b"]),
        ("link.created", ["b"]),
    ]
    snapshots = [json.loads(each.snapshot)["links"][0] for each in waiting(house, webhook)]
    assert [each.get("archived") for each in snapshots] == [False, False, True, True, True, True]
    assert [each["tags"] for each in snapshots][2:4] == [[], ["t"]]
    assert {each["title"] for each in snapshots} == {"Größe ☃"}
    assert len({each.message_id for each in waiting(house, webhook)}) == 6


def test_what_is_refused_or_undone_is_not_told(house: House, context: Context):
    webhook = made(context, house)
    house = replace(house, context=context)
    house.create(path="a")
    with pytest.raises(Refusal):
        house.create("https://other.example/", path="a")
    with pytest.raises(Refusal):
        tag_links(context, "t", [house.stored()[0].id, "lnk_1_unknown"])
    assert told(house, webhook) == [("link.created", ["a"])]


def test_many_links_are_told_by_the_hundred(house: House, context: Context):
    webhook = made(context, house)
    rows = [BulkRow(LinkDraft(original_url=URL, path=f"p{number}"), True) for number in range(250)]
    links = [each.link.id for each in create_links_bulk(context, "go.example", rows) if not isinstance(each, Refusal)]
    assert [(kind, len(paths)) for kind, paths in told(house, webhook)] == [("links.created", 100)] * 2 + [
        ("links.created", 50)
    ]
    assert {path for _, paths in told(house, webhook) for path in paths} == {f"p{number}" for number in range(250)}
    archive_links(context, links[:120])
    delete_links(context, links[:1])
    delete_links(context, links[1:121])
    kinds = [(kind, len(paths)) for kind, paths in told(house, webhook)][3:]
    assert kinds == [
        ("links.updated", 100),
        ("links.updated", 20),
        ("link.deleted", 1),
        ("links.deleted", 100),
        ("links.deleted", 20),
    ]


def test_what_housekeeping_removes_is_told(house: House, context: Context):
    webhook = made(context, house, "link.deleted")
    house = replace(house, context=context)
    house.create(path="soon", delete_at=context.now().replace(year=2200))
    system = replace(context, actor=Actor(user_id=0), now=lambda: NOON.replace(year=2201))
    assert purge_due_links(system, limit=10) == 1
    assert told(house, webhook) == [("link.deleted", ["soon"])]


def test_changes_of_the_domain_are_told_once(house: House, context: Context):
    webhook = made(context, house, "domain.updated")
    update_settings(context, house.domain.id, {"cloaking": True, "robots": "noindex"})
    update_settings(context, house.domain.id, {"cloaking": True})
    assert told(house, webhook) == [("domain.updated", [])]


def test_each_webhook_is_told_what_it_asked_for_and_nothing_while_it_is_off(house: House, context: Context):
    both, updates = made(context, house), made(context, house, "link.updated")
    off = made(context, house, enabled=False)
    other = house.add_domain("other.example")
    foreign = webhooks.create_webhook(context, other.id, WebhookDraft(url=URL, events=ALL))[0]
    house = replace(house, context=context)
    link = house.create(path="a").link
    update_link(context, link.id, LinkDraft(title="t"))
    assert [kind for kind, _ in told(house, both)] == ["link.created", "link.updated"]
    assert [kind for kind, _ in told(house, updates)] == ["link.updated"]
    assert told(house, off) == told(house, foreign) == []
    webhooks.update_webhook(context, house.domain.id, off.id, WebhookDraft(enabled=True))
    update_link(context, link.id, LinkDraft(title="u"))
    assert [kind for kind, _ in told(house, off)] == ["link.updated"]


def test_the_domains_webhook_url_is_a_webhook_of_clicks(house: House, context: Context):
    def listed() -> list[Webhook]:
        return webhooks.list_webhooks(context, house.domain.id)[1]

    update_settings(context, house.domain.id, {"webhookURL": URL})
    (webhook,) = listed()
    assert (webhook.kind, webhook.url, webhook.events, webhook.enabled) == (
        WebhookKind.WEBHOOK_URL,
        URL,
        {WebhookEvent.CLICK},
        True,
    )
    assert webhook.clicks_from is not None
    update_settings(context, house.domain.id, {"webhookURL": "https://other.example/"})
    assert [(each.id, each.url) for each in listed()] == [(webhook.id, "https://other.example/")]
    for forbidden in (
        lambda: webhooks.update_webhook(context, house.domain.id, webhook.id, WebhookDraft(url=URL)),
        lambda: webhooks.delete_webhook(context, house.domain.id, webhook.id),
        lambda: webhooks.rotate_secret(context, house.domain.id, webhook.id),
    ):
        with pytest.raises(InvalidField, match="webhookURL"):
            forbidden()
    assert not webhooks.update_webhook(context, house.domain.id, webhook.id, WebhookDraft(enabled=False)).enabled
    update_settings(context, house.domain.id, {"webhookURL": ""})
    assert listed() == []
    with house.database.read() as work:
        found = work.domains.find(house.domain.id)
        assert found is not None
        assert found.webhook_events == 0


def test_tests_and_replays_wait_to_be_sent(house: House, context: Context):
    webhook = made(context, house)
    webhooks.send_test(context, house.domain.id, webhook.id)
    (delivery,) = waiting(house, webhook)
    assert (delivery.type, delivery.state) == ("webhook.test", DeliveryState.WAITING)
    with house.database.write() as work:
        work.deliveries.save(replace(delivery, state=DeliveryState.FAILED, due_at=None, finished_at=NOON, attempts=3))
    webhooks.replay_delivery(context, house.domain.id, webhook.id, delivery.id)
    _, _, again = webhooks.get_delivery(context, house.domain.id, webhook.id, delivery.id)
    assert (again.delivery.state, again.delivery.message_id, again.delivery.attempts) == (
        DeliveryState.WAITING,
        delivery.message_id,
        3,
    )
    assert again.delivery.due_at is not None
    for unknown in (0, -1, delivery.id + 1, 2**70):
        with pytest.raises(DeliveryNotFound):
            webhooks.replay_delivery(context, house.domain.id, webhook.id, unknown)
        with pytest.raises(DeliveryNotFound):
            webhooks.get_delivery(context, house.domain.id, webhook.id, unknown)
    foreign = made(context, house)
    with pytest.raises(DeliveryNotFound):
        webhooks.get_delivery(context, house.domain.id, foreign.id, delivery.id)
    webhooks.update_webhook(context, house.domain.id, webhook.id, WebhookDraft(enabled=False))
    for refused in (
        lambda: webhooks.send_test(context, house.domain.id, webhook.id),
        lambda: webhooks.replay_delivery(context, house.domain.id, webhook.id, delivery.id),
    ):
        with pytest.raises(InvalidField, match="switched off"):
            refused()


def test_deliveries_are_listed_in_pages_newest_first(house: House, context: Context):
    webhook = made(context, house)
    for _ in range(7):
        webhooks.send_test(context, house.domain.id, webhook.id)
    found: list[int] = []
    before = None
    while True:
        _, _, page = webhooks.list_deliveries(context, house.domain.id, webhook.id, limit=3, before=before)
        found += [each.delivery.id for each in page.told]
        before = page.next
        if before is None:
            break
    assert found == sorted(found, reverse=True)
    assert len(found) == 7
    _, _, page = webhooks.list_deliveries(context, house.domain.id, webhook.id, state=DeliveryState.FAILED)
    assert page.told == []
    with pytest.raises(InvalidField):
        webhooks.list_deliveries(context, house.domain.id, webhook.id, limit=101)


def test_a_removed_webhook_takes_what_it_was_told_with_it(house: House, context: Context):
    webhook = made(context, house)
    webhooks.send_test(context, house.domain.id, webhook.id)
    webhooks.delete_webhook(context, house.domain.id, webhook.id)
    assert waiting(house, webhook) == []
    with pytest.raises(WebhookNotFound):
        webhooks.get_webhook(context, house.domain.id, webhook.id)
