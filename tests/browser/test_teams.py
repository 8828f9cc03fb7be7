"""Teams with browsers: somebody is invited, joins, and may do what its role says."""

import re

import httpx
from playwright.sync_api import Browser

from tests.browser.conftest import WIDE, Reader, shoot
from tests.support.server import PASSWORD, Server


def test_who_is_invited_to_read_makes_no_links(owner: Reader, browser: Browser):
    page = owner.page
    owner.open("/dashboard/teams")
    page.get_by_label("Name").fill("Shop")
    page.get_by_role("button", name="Create team").click()
    page.get_by_label("Role", exact=True).first.select_option("Read-only")
    page.get_by_role("button", name="Create invitation link").click()
    link = page.locator("#invitation-link").inner_text()
    shoot(page, "invitation-created")

    # The owner's domain goes to the team, by the API.
    page.get_by_role("link", name="Integrations & API").first.click()
    page.get_by_role("link", name="Create API key").click()
    page.get_by_role("button", name="Create API key").click()
    key = page.locator("#new-key").inner_text()
    team_id = _team_id(owner)
    moved = httpx.post(f"{owner.server.base_url}/domains/settings/1", headers={"authorization": key}, json={"teamId": team_id})
    assert moved.status_code == 200, moved.text

    context = browser.new_context(viewport=WIDE, locale="en-GB")
    context.set_default_timeout(15_000)
    guest = Reader(context.new_page(), owner.server)
    guest.page.goto(link)
    shoot(guest.page, "invitation")
    guest.page.get_by_label("Your name").fill("Ada")
    guest.page.get_by_label("E-mail address").fill("ada@example.com")
    guest.page.get_by_label("Password").fill("a long password")
    guest.page.get_by_role("button", name="Make my account and join").click()
    guest.page.wait_for_url("**/dashboard/teams")
    assert guest.page.get_by_text("Read-only").is_visible()
    shoot(guest.page, "teams")
    guest.page.get_by_role("link", name="Shop").click()
    assert guest.page.get_by_text("go.localhost").last.is_visible()
    assert guest.page.get_by_role("button", name="Create invitation link").count() == 0

    guest.page.get_by_role("link", name="Integrations & API").first.click()
    guest.page.get_by_role("link", name="Create API key").click()
    guest.page.get_by_role("button", name="Create API key").click()
    theirs = {"authorization": guest.page.locator("#new-key").inner_text()}
    read = httpx.get(f"{owner.server.base_url}/api/domains", headers=theirs)
    assert [domain["hostname"] for domain in read.json()] == ["go.localhost"]
    refused = httpx.post(
        f"{owner.server.base_url}/links",
        headers=theirs,
        json={"domain": "go.localhost", "originalURL": "https://example.com/"},
    )
    assert refused.status_code in (403, 404), refused.text
    context.close()

    owner.open(f"/dashboard/teams/{team_id}")
    assert page.get_by_role("row", name="ada@example.com").is_visible()
    page.get_by_label("Name", exact=True).first.fill("Stock robot")
    page.get_by_role("button", name="Create service account").click()
    page.get_by_label("E-mail address (optional)").fill("bea@example.com")
    page.get_by_role("button", name="Create invitation link").click()
    page.get_by_role("link", name="Back to the team").click()
    shoot(page, "team")
    page.get_by_label("Role of Ada").select_option("User, own links only")
    page.get_by_role("button", name="Change the role of Ada").click()
    assert page.get_by_text("The role of Ada is changed").is_visible()

    made = httpx.post(
        f"{owner.server.base_url}/links",
        headers={"authorization": key},
        json={"domain": "go.localhost", "originalURL": "https://example.com/spring", "title": "Spring"},
    ).json()
    owner.open(f"/dashboard/links/{made['idString']}/permissions")
    shoot(page, "permissions")
    page.get_by_role("button", name="Let see and change Ada").click()
    assert page.get_by_text("Sees and changes it, by a permission").is_visible()


def test_who_has_an_account_and_no_domain_joins_with_it(server: Server, browser: Browser):
    server.run("team", "create", "Press")
    server.run("user", "create", "eve@example.com", "--password", PASSWORD)
    link = server.run("team", "invite", "--team", "Press", "--role", "user").stdout
    context = browser.new_context(viewport=WIDE, locale="en-GB")
    guest = Reader(context.new_page(), server)
    guest.sign_in("eve@example.com")
    assert guest.page.get_by_text("You have no domain yet.").is_visible()
    shoot(guest.page, "no-domains")
    path = re.search(r"/invitation/[\w-]+", link)
    assert path is not None
    guest.open(path[0])
    guest.page.wait_for_url("**/dashboard/invitation/**")
    shoot(guest.page, "invitation-accept")
    guest.page.get_by_role("button", name="Join the team").click()
    guest.page.wait_for_url("**/dashboard/teams/*")
    assert guest.page.get_by_role("heading", name="Press").is_visible()
    assert guest.open("/dashboard/teams/999999").status == 404
    shoot(guest.page, "not-found")
    context.close()


def _team_id(owner: Reader) -> int:
    owner.open("/dashboard/teams")
    address = owner.page.get_by_role("link", name="Shop").get_attribute("href")
    assert address is not None
    return int(address.rpartition("/")[2])
