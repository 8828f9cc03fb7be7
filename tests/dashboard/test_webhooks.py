"""The pages about webhooks, over a real database."""

import re
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions import webhooks
from linnet.model.webhook import Attempt, Delivery, DeliveryState
from tests.dashboard.conftest import Site

HERE = "/dashboard/domains/1/webhooks"
URL = "https://hooks.example.com/a"
NASTY = ['"><script>alert(1)</script>', "\u202egnp.exe <b>", "x" * 10_240]


def made(site: Site, **fields: Any) -> int:
    """A webhook, made on the page; its number."""
    answer = site.post(HERE, {"url": URL, "events": "link.created"} | fields)
    assert answer.status_code == 200, answer.text
    found = re.search(rf'href="{HERE}/(\d+)"', answer.text)
    assert found is not None
    return int(found[1])


def told(site: Site, webhook_id: int, **fields: Any) -> Delivery:
    """Something that the webhook was told."""
    with site.database.write() as work:
        work.outbox.add([webhook_id], "link.created", site.now(), payload='{"a":"<b>x</b>"}')
        delivery = work.deliveries.search(webhook_id, limit=1)[0]
        delivery = replace(delivery, **fields)
        work.deliveries.save(delivery)
    return delivery


def test_a_webhook_is_made_and_its_secret_shown_once(site: Site):
    site.enter()
    assert "No webhooks yet" in site.get(HERE).text
    answer = site.post(HERE, {"url": URL, "events": ["link.created", "click"], "description": "مرحبا <b>"})
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text))
    page = site.get(HERE).text
    assert URL in page
    assert "مرحبا &lt;b&gt;" in page
    assert secret not in page + site.get(f"{HERE}/1").text
    _, webhook = webhooks.get_webhook(site.options.make_context(site.options.find_actor(1, True)), 1, 1)
    assert {event.value for event in webhook.events} == {"link.created", "click"}


def test_a_form_that_is_sent_twice_makes_one_webhook(site: Site):
    site.enter()
    once = re.search(r'name="once" value="([\w-]+)"', site.get(HERE).text)
    assert once is not None
    fields = {"url": URL, "events": "click", "once": once[1]}
    assert site.post(HERE, fields).status_code == 200
    assert site.post(HERE, fields).status_code == 409
    assert site.get(HERE).text.count(f">{URL}<") == 1


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"url": "ftp://x/"}, "url", "absolute http"),
        ({"url": ""}, "url", "absolute http"),
        ({"url": "http://127.0.0.1:8000/"}, "url", "not public"),
        ({"events": "nothing"}, "events", "is none"),
        ({"events": []}, "events", "Choose at least one of these."),
        ({"description": "x" * 300}, "description", "200"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    site: Site, fields: dict[str, Any], field: str, part: str
):
    site.enter()
    answer = site.post(HERE, {"url": URL, "events": "click", "description": "mine"} | fields)
    assert answer.status_code == 400
    error = re.search(rf'id="{field}-error"[^>]*>([^<]*)', answer.text)
    assert error is not None
    assert part in error[1]
    if field != "url":
        assert f'value="{URL}"' in answer.text
    if field != "description":
        assert 'value="mine"' in answer.text
    number = made(site)
    changed = site.post(f"{HERE}/{number}", {"url": URL, "events": "click", "description": "mine", "enabled": "1"} | fields)
    assert changed.status_code == 400
    assert f'id="{field}-error"' in changed.text


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", ["url", "events", "description"])
def test_hostile_texts_are_refused_or_shown_as_text(site: Site, text: str, name: str):
    site.enter()
    number = made(site)
    for path in (HERE, f"{HERE}/{number}"):
        answer = site.post(path, {"url": URL, "events": "click", "description": ""} | {name: text})
        assert answer.status_code in (200, 303, 400)
        assert "<script>alert" not in answer.text
    assert "<script>alert" not in site.get(HERE).text + site.get(f"{HERE}/{number}").text


def test_a_webhook_is_changed_switched_off_and_deleted(site: Site):
    site.enter()
    number = made(site)
    one = f"{HERE}/{number}"
    answer = site.post(one, {"url": "https://b.example/", "events": "domain.updated", "description": "b"})
    assert answer.headers["location"] == one
    page = site.get(one).text
    assert "This webhook is off" in page
    assert "Send a test" not in page
    assert 'value="https://b.example/"' in page
    assert site.post(f"{one}/test").status_code == 400
    assert site.post(one, {"url": URL, "events": "click", "enabled": "1"}).status_code == 303
    assert site.post(f"{one}/test").status_code == 303
    assert "webhook.test" in site.get(one).text
    rotated = site.post(f"{one}/secret")
    assert len(set(re.findall(r"whsec_[A-Za-z0-9+/=]+", rotated.text))) == 1
    assert "24 hours" in rotated.text
    assert site.post(f"{one}/delete").headers["location"] == HERE
    assert site.get(one).status_code == 404


def test_deliveries_are_shown_with_their_attempts_and_sent_again(site: Site):
    site.enter()
    number = made(site)
    delivery = told(site, number)
    with site.database.write() as work:
        failed = replace(delivery, state=DeliveryState.FAILED, due_at=None, finished_at=site.now(), attempts=1)
        attempt = Attempt(number=1, at=site.now(), status=500, duration_ms=1234, excerpt="<script>alert(1)</script>\nno")
        work.deliveries.save_attempt(failed, attempt)
    page = site.get(f"{HERE}/{number}").text
    assert "given up" in page
    assert "1,234 ms" in page
    assert ">500<" in re.sub(r"\s*<(/?)", r"<\1", page)
    assert "Nothing here yet" in site.get(f"{HERE}/{number}?state=delivered").text
    one = site.get(f"{HERE}/{number}/deliveries/{delivery.id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in one
    assert "&lt;b&gt;x&lt;/b&gt;" in one
    assert delivery.message_id in one
    assert site.post(f"{HERE}/{number}/deliveries/{delivery.id}/replay").status_code == 303
    with site.database.read() as work:
        (again,) = work.deliveries.search(number, limit=5)
    assert (again.state, again.message_id) == (DeliveryState.WAITING, delivery.message_id)
    assert site.get(f"{HERE}/{number}/deliveries/999").status_code == 404
    assert site.get(f"{HERE}/999").status_code == site.get("/dashboard/domains/999/webhooks").status_code == 404


def test_older_deliveries_are_on_the_next_page(site: Site):
    site.enter()
    number = made(site)
    ids = [told(site, number).id for _ in range(35)]
    page = site.get(f"{HERE}/{number}").text
    following = re.search(rf'href="({HERE}/{number}\?before=\d+)"', page)
    assert following is not None
    rows = [int(each) for text in (page, site.get(following[1]).text) for each in re.findall(r"/deliveries/(\d+)\"", text)]
    assert rows == ids[::-1]
    for nonsense in ("before=x", "before=" + "9" * 40, "state=<b>"):
        assert site.get(f"{HERE}/{number}?{nonsense}").status_code == 200


def test_a_page_follows_what_is_about_to_be_sent_but_no_older_page(site: Site):
    site.enter()
    number = made(site)
    ids = [told(site, number, due_at=site.now()).id for _ in range(2)]
    assert 'hx-trigger="every 2s"' in site.get(f"{HERE}/{number}").text
    older = site.get(f"{HERE}/{number}?before={ids[1]}").text
    assert f"/deliveries/{ids[0]}" in older
    assert "hx-trigger" not in older


def test_the_domains_webhook_url_is_shown_and_can_be_switched_off(site: Site):
    site.enter()
    from linnet.actions.domain_settings import update_settings

    update_settings(site.options.make_context(site.options.find_actor(1, True)), 1, {"webhookURL": "https://old.example/"})
    assert "https://old.example/" in site.get(HERE).text
    page = site.get(f"{HERE}/1").text
    assert "as Short.io does" in page
    assert "New secret" not in page
    assert site.post(f"{HERE}/1", {"kind": "webhook_url"}).status_code == 303
    assert "This webhook is off" in site.get(f"{HERE}/1").text
    assert site.post(f"{HERE}/1/delete").status_code == 400
    assert site.post(f"{HERE}/1/secret").status_code == 400


@pytest.mark.parametrize("reason", ["gone", "failing", "crowded", "unsealable"])
def test_why_a_webhook_was_switched_off_is_said(site: Site, reason: str):
    site.enter()
    number = made(site)
    with site.database.write() as work:
        webhook = work.webhooks.find(number)
        assert webhook is not None
        work.webhooks.save(replace(webhook, enabled=False, off_reason=reason))
    words = {"gone": "410", "failing": "five days", "crowded": "Too much", "unsealable": "secrets.json"}[reason]
    assert words in site.get(HERE).text
    assert words in site.get(f"{HERE}/{number}").text
