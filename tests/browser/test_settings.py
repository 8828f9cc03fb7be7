"""A person's settings with a browser."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import WIDE, Reader, shoot
from tests.support.mail_server import mail_server
from tests.support.server import PASSWORD, running_server


def test_name_time_zone_and_mail_are_set(owner: Reader):
    page = owner.page
    owner.open("/dashboard/settings")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_text("Your name was saved.")).to_be_visible()
    page.get_by_role("combobox", name="Time zone").fill("Mars/Base")
    page.get_by_role("button", name="Save language and zone").click()
    expect(page.get_by_text("such as Europe/Berlin")).to_be_visible()
    assert page.get_by_role("combobox", name="Time zone").input_value() == "Mars/Base"
    page.get_by_role("combobox", name="Time zone").fill("Asia/Tokyo")
    page.get_by_role("button", name="Save language and zone").click()
    expect(page.get_by_text("Language and time zone were saved.")).to_be_visible()
    page.get_by_label("On Mondays, the human clicks of the week").check()
    page.get_by_role("button", name="Save the choice").click()
    expect(page.get_by_label("On Mondays, the human clicks of the week")).to_be_checked()
    shoot(page, "settings")


def test_who_signs_in_with_a_new_browser_is_told_of(owner: Reader):
    browser = owner.context.browser
    assert browser is not None
    other = browser.new_context(user_agent="Another/1.0")
    Reader(other.new_page(), owner.server).sign_in()
    other.close()
    owner.open("/dashboard")
    owner.page.get_by_role("link", name="1 new notification").click()
    expect(owner.page.get_by_text("Browser: Another/1.0")).to_be_visible()
    shoot(owner.page, "notifications")
    owner.page.get_by_role("button", name="Mark all as read").click()
    expect(owner.page.get_by_role("link", name="Notifications", exact=True).first).to_be_visible()
    assert owner.page.get_by_text("new", exact=True).count() == 0


def test_another_address_counts_once_its_letter_was_followed(tmp_path: Path, browser: Browser):
    with mail_server() as post:
        settings = {"LINNET_SMTP_URL": f"smtp://127.0.0.1:{post.port}", "LINNET_MAIL_FROM": "Linnet <linnet@example.com>"}
        with running_server(tmp_path / "linnet", workers=1, settings=settings) as server:
            context = browser.new_context(viewport=WIDE)
            reader = Reader(context.new_page(), server)
            page = reader.page
            reader.sign_in()
            reader.open("/dashboard/settings")
            page.get_by_label("E-mail address").first.fill("ada@example.com")
            page.get_by_label("Your password, to change the address").fill(PASSWORD)
            page.get_by_role("button", name="Change the address").click()
            letters = (letter.text for letter in post.wait_for(1) if letter.recipients == ["ada@example.com"])
            link = re.search(r"http://localhost:\d+(/dashboard/settings/email/[\w-]+)", next(letters))
            assert link is not None
            reader.open(link[1])
            shoot(page, "settings-email")
            page.get_by_role("button", name="Confirm the address").click()
            reader.open("/dashboard/settings")
            expect(page.get_by_label("E-mail address").first).to_have_value("ada@example.com")
            context.close()
