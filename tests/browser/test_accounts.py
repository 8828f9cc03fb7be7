"""Accounts, as people with a browser see to them: second factor, sessions, and a password that was forgotten."""

import re
import time
from pathlib import Path

import pyotp
from playwright.sync_api import Browser

from tests.browser.conftest import WIDE, Reader, shoot
from tests.support.codes import read_code
from tests.support.mail_server import mail_server
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, openid_provider
from tests.support.server import EMAIL, PASSWORD, running_server

NEW = "a password that is new"


def next_code(app: pyotp.TOTP) -> str:
    """A code that was not used yet, as soon as the app shows one."""
    shown = app.now()
    while app.now() == shown:
        time.sleep(0.2)
    return app.now()


def sign_out(reader: Reader) -> None:
    reader.page.get_by_role("button", name="Sign out", exact=True).first.click()
    reader.page.wait_for_url("**/sign-in")


def give_password(reader: Reader, password: str = PASSWORD) -> None:
    reader.open("/sign-in")
    reader.page.get_by_label("E-mail address").fill(EMAIL)
    reader.page.get_by_label("Password", exact=True).fill(password)
    reader.page.get_by_role("button", name="Sign in").click()


def test_a_second_factor_is_set_up_used_and_done_without(owner: Reader):
    page = owner.page
    owner.open("/dashboard/security")
    shoot(page, "security")
    page.set_viewport_size(WIDE)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up an app").click()
    image = page.get_by_role("img", name=re.compile("QR code"))
    shoot(page, "second-factor")
    page.set_viewport_size(WIDE)
    app = pyotp.parse_uri(read_code(image.screenshot()) or "")
    assert isinstance(app, pyotp.TOTP)
    page.get_by_label("Enter the code").fill("000000")
    page.get_by_role("button", name="Switch it on").click()
    assert page.get_by_text("not the app's code").is_visible()
    page.get_by_label("Enter the code").fill(app.now())
    page.get_by_role("button", name="Switch it on").click()
    codes = page.locator("#codes").inner_text().split()
    assert len(codes) == 10
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    assert kept.value.path().read_text().split()[-10:] == codes
    shoot(page, "recovery-codes")
    page.set_viewport_size(WIDE)
    page.get_by_role("link", name="I have kept them").click()
    assert page.get_by_text("10 recovery codes are left").is_visible()
    shoot(page, "security-second-factor")
    page.set_viewport_size(WIDE)

    sign_out(owner)
    give_password(owner)
    shoot(page, "second-step")
    page.get_by_label("Code").fill(next_code(app))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/dashboard/domains/1/links")

    sign_out(owner)
    give_password(owner)
    page.get_by_label("Code").fill(codes[0].upper())
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/domains/1/links")

    owner.open("/dashboard/security")
    page.get_by_text("Switch off", exact=True).click()
    form = page.locator("form[action$='/off']")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_label("Code of the app").fill(codes[1])
    form.get_by_role("button").click()
    assert page.get_by_text("The second factor is off.").is_visible()


def test_another_session_is_seen_and_ended(owner: Reader, browser: Browser):
    elsewhere = browser.new_context(viewport=WIDE)
    other = Reader(elsewhere.new_page(), owner.server)
    other.sign_in()
    owner.open("/dashboard/security")
    assert owner.page.get_by_text("This one", exact=True).count() == 1
    assert owner.page.get_by_text("Chrome").first.is_visible()
    owner.page.get_by_role("button", name="Sign out everywhere else").click()
    assert owner.page.get_by_text("All other sessions are over.").is_visible()
    other.open("/dashboard")
    assert "/sign-in" in other.page.url
    elsewhere.close()


def test_a_forgotten_password_is_changed_by_a_link_from_the_command_line(reader: Reader):
    page = reader.page
    reader.open("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    assert page.get_by_text("linnet user reset-password").first.is_visible()
    shoot(page, "reset-without-mail")
    link = reader.server.run("user", "reset-password", EMAIL).stdout.strip()
    path = re.sub(r"^http://localhost:\d+", "", link)
    for password in (NEW, PASSWORD):
        reader.open(path)
        shoot(page, "reset-choose")
        page.get_by_label("New password").fill(password)
        page.get_by_role("button", name="Change the password").click()
        page.wait_for_url("**/sign-in")
        assert page.get_by_text("Your password is changed.").is_visible()
        give_password(reader, password)
        page.wait_for_url("**/dashboard/domains/1/links")
        sign_out(reader)
        path = re.sub(r"^http://localhost:\d+", "", reader.server.run("user", "reset-password", EMAIL).stdout.strip())


def test_a_forgotten_password_is_changed_by_a_letter(tmp_path: Path, browser: Browser):
    with mail_server() as post:
        settings = {"LINNET_SMTP_URL": f"smtp://127.0.0.1:{post.port}", "LINNET_MAIL_FROM": "Linnet <linnet@example.com>"}
        with running_server(tmp_path / "linnet", workers=1, settings=settings) as server:
            context = browser.new_context(viewport=WIDE)
            reader = Reader(context.new_page(), server)
            page = reader.page
            reader.open("/reset")
            page.get_by_label("E-mail address").fill(EMAIL)
            shoot(page, "reset")
            page.get_by_role("button", name="Send the link").click()
            assert page.get_by_text("a link is on its way").is_visible()
            letter = post.wait_for(1)[0]
            assert letter.recipients == [EMAIL]
            server.wait(lambda: server.metric("linnet_mail_total", 'outcome="sent"') == 1, "the metric of letters")
            link = re.search(r"http://localhost:\d+(/reset/[\w-]+)", letter.text)
            assert link is not None
            reader.open(link[1])
            page.get_by_label("New password").fill(NEW)
            page.get_by_role("button", name="Change the password").click()
            give_password(reader, NEW)
            page.wait_for_url("**/dashboard/domains/1/links")
            context.close()


def test_somebody_signs_in_with_an_account_elsewhere(tmp_path: Path, browser: Browser):
    with openid_provider() as provider:
        provider.person["email"] = EMAIL
        settings = {
            "LINNET_OIDC_ISSUER": provider.issuer,
            "LINNET_OIDC_CLIENT_ID": CLIENT_ID,
            "LINNET_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "LINNET_OIDC_NAME": "Keycloak",
        }
        with running_server(tmp_path / "linnet", workers=1, settings=settings) as server:
            context = browser.new_context(viewport=WIDE)
            reader = Reader(context.new_page(), server)
            reader.open("/dashboard/security")
            shoot(reader.page, "sign-in-provider")
            reader.page.get_by_role("link", name="Sign in with Keycloak").click()
            reader.page.wait_for_url("**/dashboard/security")
            assert reader.page.get_by_text(provider.issuer).is_visible()
            shoot(reader.page, "security-provider")
            context.close()
