"""Designing QR codes as people do; what is downloaded is read by a reader."""

import io
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Reader, shoot
from tests.support.codes import picture, seen_code


def downloaded(owner: Reader, kind: str) -> bytes:
    with owner.page.expect_download() as begun:
        owner.page.get_by_role("button", name=f"{kind} to download").click()
    return Path(begun.value.path()).read_bytes()


def test_a_code_is_designed_downloaded_saved_and_read(owner: Reader, tmp_path: Path):
    page, link = owner.page, owner.server.create("poster")
    owner.open(f"/dashboard/links/{link['id']}/qr")
    page.get_by_text("Scans well").wait_for()
    before = page.get_by_role("img", name="The QR code").get_attribute("src")
    page.get_by_label("Modules", exact=True).select_option("dots")
    page.get_by_label("Corners").select_option("circle")
    page.get_by_label("Text", exact=True).fill("Scan me")
    page.get_by_label("Code", exact=True).fill("#0f5132")
    logo = tmp_path / "logo.png"
    logo.write_bytes(picture(400, 400, "crimson"))
    page.get_by_label("File", exact=True).set_input_files(logo)
    assert page.get_by_label("Picture").input_value() == "upload"
    page.wait_for_function("(before) => document.querySelector('.qr-image').getAttribute('src') !== before", arg=before)
    page.get_by_text("Scans well").wait_for()
    address = page.locator("code", has_text="poster").inner_text()
    assert seen_code(Image.open(io.BytesIO(downloaded(owner, "PNG")))) == address
    assert seen_code(pypdfium2.PdfDocument(downloaded(owner, "PDF"))[0].render(scale=2).to_pil()) == address
    assert downloaded(owner, "SVG").startswith(b"<svg")
    # What is changed after a download is shown, and not where the button for it leads.
    shown = page.locator(".qr-image").get_attribute("src")
    page.get_by_label("Corners").select_option("leaf")
    expect(page.locator(".qr-image")).not_to_have_attribute("src", shown or "")
    page.get_by_label("Corners").select_option("circle")
    expect(page.locator(".qr-image")).to_have_attribute("src", shown or "")
    # A file that no logo can have is refused before it is sent.
    large = tmp_path / "large.png"
    large.write_bytes(bytes(1_000_001))
    page.get_by_label("File", exact=True).set_input_files(large)
    assert (
        page.get_by_label("File", exact=True).evaluate("field => field.validationMessage").startswith("This file is too large")
    )
    page.get_by_label("File", exact=True).set_input_files(logo)
    page.get_by_text("Scans well").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The design is saved.").wait_for()
    page.get_by_text("Scans well").wait_for()
    assert page.get_by_label("Modules", exact=True).input_value() == "dots"
    shown = page.locator(".qr-image").screenshot()
    assert seen_code(Image.open(io.BytesIO(shown))) == address
    shoot(page, "qr-designer")


def test_a_code_that_cannot_be_read_is_told_and_why(owner: Reader):
    page, link = owner.page, owner.server.create("night")
    owner.open(f"/dashboard/links/{link['id']}/qr")
    page.get_by_label("Code", exact=True).fill("#ffffff")
    page.get_by_label("Background", exact=True).fill("#000000")
    page.get_by_text("Does not scan with every phone").wait_for()
    page.get_by_text("Make the code darker than its background").wait_for()
    shoot(page, "qr-warning")
    page.get_by_label("Background", exact=True).fill("#fafafa")
    page.get_by_text("too much alike").wait_for()


def test_the_style_of_a_domain_holds_for_its_links(owner: Reader):
    page, link = owner.page, owner.server.create("follower")
    owner.open("/dashboard/domains/1/qr")
    page.get_by_label("Code", exact=True).fill("#4b0082")
    page.get_by_label("Modules", exact=True).select_option("rounded")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The design is saved.").wait_for()
    shoot(page, "qr-domain")
    owner.open(f"/dashboard/links/{link['id']}/qr")
    page.get_by_text("This link follows the style").wait_for()
    assert page.get_by_label("Code", exact=True).input_value() == "#4b0082"
    answer = httpx.post(
        f"{owner.server.base_url}/links/qr/{link['id']}",
        json={"type": "png"},
        headers={"authorization": owner.server.secret_key, "accept": "image/png"},
    )
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert (0x4B, 0, 0x82) in {color for _, color in image.getcolors(1 << 20)}
    page.on("dialog", lambda dialog: dialog.accept())
    owner.open("/dashboard/domains/1/qr")
    page.get_by_role("button", name="Remove this design").click()
    page.get_by_text("The design is removed.").wait_for()


def test_without_scripts_the_page_works_plainly(owner: Reader):
    link = owner.server.create("plain")
    assert owner.context.browser is not None
    state: Any = owner.context.storage_state()
    plain = owner.context.browser.new_context(java_script_enabled=False, storage_state=state)
    page = plain.new_page()
    page.goto(f"{owner.server.base_url}/dashboard/links/{link['id']}/qr")
    page.get_by_label("Modules", exact=True).select_option("bars")
    page.get_by_role("button", name="Look again").click()
    assert page.get_by_label("Modules", exact=True).input_value() == "bars"
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The design is saved.").wait_for()
    assert page.get_by_label("Modules", exact=True).input_value() == "bars"
    plain.close()
