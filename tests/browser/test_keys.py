"""API keys with a browser: made, copied, used by a program, revoked."""

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import Reader, shoot


def test_a_key_is_made_used_and_revoked(owner: Reader):
    page = owner.page
    owner.open("/dashboard")
    page.get_by_role("link", name="Integrations & API").first.click()
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Newsletter <b>‮")
    page.get_by_label("A domain", exact=False).check()
    page.get_by_label("Domain", exact=True).last.fill("other.example")
    page.get_by_role("button", name="Create API key").click()
    assert page.get_by_text("There is no domain 'other.example'").is_visible()
    assert page.get_by_label("Description").input_value() == "Newsletter <b>‮"
    owner.open("/dashboard/keys/new")
    page.get_by_label("Description").fill("Newsletter")
    page.get_by_label("A domain", exact=False).check()
    page.get_by_label("Domain", exact=True).last.fill("go.localhost")
    shoot(page, "key-form")
    page.get_by_role("button", name="Create API key").click()
    key = page.locator("#new-key").inner_text()
    shoot(page, "key-created")
    assert "?" not in page.url
    assert key not in page.url

    base = owner.server.base_url
    made = httpx.post(
        f"{base}/links",
        headers={"authorization": key},
        json={"domain": "go.localhost", "originalURL": "https://example.com/by-key", "path": "by-key"},
    )
    assert made.status_code == 200, made.text
    led = httpx.get(f"{base}/by-key", headers={"host": f"go.localhost:{base.rpartition(':')[2]}"})
    assert led.headers["location"] == "https://example.com/by-key"

    page.get_by_role("link", name="back to the keys").click()
    assert key not in page.content()
    shoot(page, "keys")
    page.get_by_role("link", name="Guides", exact=True).click()
    page.get_by_role("link", name="Create a link", exact=True).click()
    expect(page.locator("#variables")).to_contain_text(f"export LINNET_URL={base}\n")
    expect(page.locator("#variables")).to_contain_text("export LINNET_DOMAIN=go.localhost")
    shoot(page, "guide")
    page.get_by_role("link", name="index").click()
    page.wait_for_url("**/dashboard/guides#errors-that-any-call-may-get")
    shoot(page, "guides")
    assert owner.open("/dashboard/guides/of-nothing").status == 404
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    assert owner.open("/dashboard/nowhere").status == 404
    expect(page.get_by_text("There is no page at this address.")).to_be_visible()
    shoot(page, "not-found")
    page.get_by_role("link", name="Integrations & API").first.click()
    owner.server.run("key", "create", "--description", "Odd <b>\u202e")
    page.reload()
    assert page.get_by_text("Odd <b>").first.is_visible()
    row = page.get_by_role("row", name="Newsletter")
    row.get_by_text("Revoke", exact=False).first.click()
    row.get_by_role("button", name="Revoke the key").click()
    assert page.get_by_text("The key is revoked").is_visible()
    page.wait_for_timeout(1500)
    assert httpx.get(f"{base}/api/domains", headers={"authorization": key}).status_code == 401
