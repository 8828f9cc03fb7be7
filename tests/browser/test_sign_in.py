"""Signing in with a browser."""

from tests.browser.conftest import Reader, shoot


def test_the_owner_signs_in_and_out(reader: Reader):
    reader.open("/sign-in")
    shoot(reader.page, "sign-in")
    reader.sign_in()
    shoot(reader.page, "overview")
    reader.page.get_by_role("button", name="Sign out").first.click()
    reader.page.wait_for_url("**/sign-in")
    assert reader.page.get_by_role("heading", name="Sign in").is_visible()
