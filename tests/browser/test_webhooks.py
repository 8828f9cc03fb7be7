"""Webhooks with a browser: made, tried out, and what came of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader, shoot
from tests.support.receiver import answers, in_turn, receiving
from tests.support.server import Server, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"LINNET_FETCH_ALLOWED_NETWORKS": "127.0.0.1/32"}
    with running_server(tmp_path_factory.mktemp("browser") / "linnet", workers=1, settings=settings) as running:
        yield running


def test_a_webhook_is_made_tried_out_and_looked_at(owner: Reader, server: Server):
    page = owner.page
    with receiving(in_turn(answers(500, b"Not today, sorry."), answers(200, b"Heard."))) as receiver:
        owner.open(f"/dashboard/domains/{server.domain_id}/webhooks")
        shoot(page, "webhooks-none")
        page.get_by_label("Address").fill("ftp://example.com/")
        page.get_by_role("button", name="Create webhook").click()
        assert page.get_by_text("must be an absolute http:// or https:// URL").is_visible()
        page.get_by_label("Address").fill(receiver.url("/hooks/linnet"))
        page.get_by_label("Link created").check()
        page.get_by_label("Clicks").check()
        page.get_by_label("Description").fill("Tells the shop")
        page.get_by_role("button", name="Create webhook").click()
        secret = page.locator("#secret").inner_text()
        assert secret.startswith("whsec_")
        shoot(page, "webhook-secret")
        page.get_by_role("link", name="Go on to the webhook").click()
        server.create("told", title="A title")
        heard = receiver.wait(lambda heard: len(heard) >= 2, seconds=30)
        assert heard[-1].verified(secret)["data"]["path"] == "told"

        # Who sent something sees what came of it without loading the page again, and then it is left in peace.
        page.reload()
        expect(page.get_by_text("✓ delivered")).to_have_count(1, timeout=30_000)
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("✓ delivered")).to_have_count(2, timeout=30_000)
        expect(page.locator("#deliveries[hx-get]")).to_have_count(0)
        shoot(page, "webhook")
        page.locator("tr", has_text="link.created").get_by_role("link").click()
        assert page.get_by_text("Not today, sorry.").is_visible()
        assert page.get_by_text("Attempt 2").is_visible()
        shoot(page, "webhook-delivery")
        page.get_by_role("button", name="Send again").click()
        receiver.wait(lambda heard: len(heard) >= 4)
        assert receiver.heard[-1].id == heard[-1].id
        owner.open(f"/dashboard/domains/{server.domain_id}/webhooks")
        shoot(page, "webhooks")
        page.get_by_role("link", name=receiver.url("/hooks/linnet")).click()
        page.get_by_text("Delete…").click()
        page.get_by_role("button", name="Delete this webhook").click()
        assert page.get_by_text("The webhook is deleted.").is_visible()
