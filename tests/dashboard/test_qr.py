"""The QR designer, over a real database; codes are read by a reader."""

import base64
import io
import re
import zipfile
from itertools import product
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from linnet.actions.folders import create_folder
from linnet.actions.qr import QrWish, generate_qr_code, generate_qr_codes_bulk
from linnet.model.audit import Event
from linnet.model.link import Link
from tests.dashboard.conftest import Site
from tests.support.codes import picture, read_code, seen_code

PLAIN = {
    "color": "#000000",
    "backgroundColor": "#ffffff",
    "moduleShape": "square",
    "eyeShape": "square",
    "logo": "none",
    "logoSize": "20",
    "frame": "text",
    "frameText": "",
    "size": "8",
    "quietZone": "4",
    "ecLevel": "M",
    "excavate": "1",
}
HOSTILE = ['<script>alert("x")</script>', "‮txet", "'\"><b>", "x" * 10_240, "=1+1", "\u202e\u2066"]


@pytest.fixture
def signed(site: Site) -> Site:
    site.enter()
    return site


def preview(site: Site, path: str, **changes: str) -> Any:
    return site.post(f"{path}/preview", PLAIN | changes, hx_request="true")


def shown_code(text: str) -> str | None:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', text)
    assert found is not None
    return found[1]


def api_code(site: Site, link_id: str, **wish: Any) -> bytes:
    context = site.options.make_context(site.options.find_actor(1, True))
    return generate_qr_code(context, site.options.studio, link_id, QrWish(**wish)).data


def test_the_page_shows_a_code_that_scans_well(signed: Site):
    link = signed.add_link("summer")
    page = signed.get(f"/dashboard/links/{link.id}/qr")
    assert page.status_code == 200
    assert read_code(base64.b64decode(shown_code(page.text) or "")) == "http://go.example/summer?_qr"
    assert "Scans well" in page.text
    assert f'action="/dashboard/links/{link.id}/qr"' in page.text
    assert f'hx-post="/dashboard/links/{link.id}/qr/preview"' in page.text


@pytest.mark.parametrize("shape", ["square", "rounded", "dots", "bars"])
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_each_format_of_each_shape_can_be_downloaded_and_read(signed: Site, shape: str, kind: str):
    link = signed.add_link("summer")
    fields = PLAIN | {"moduleShape": shape, "eyeShape": "circle", "frameText": "Scan me", "format": kind}
    answer = signed.post(f"/dashboard/links/{link.id}/qr/file", fields)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="go.example-summer.{kind}"'
    if kind == "png":
        assert seen_code(Image.open(io.BytesIO(answer.content))) == "http://go.example/summer?_qr"
    elif kind == "pdf":
        assert seen_code(pypdfium2.PdfDocument(answer.content)[0].render(scale=2).to_pil()) == "http://go.example/summer?_qr"
    else:
        assert answer.content.startswith(b"<svg")
        assert b"Scan me" in answer.content


def test_a_saved_design_is_that_of_the_link_in_the_api_and_of_the_public_image(signed: Site):
    link = signed.add_link("summer")
    fields = PLAIN | {"color": "#8b0000", "moduleShape": "dots", "frameText": "Scan me"}
    assert signed.post(f"/dashboard/links/{link.id}/qr", fields).status_code == 303
    image = Image.open(io.BytesIO(api_code(signed, link.id))).convert("RGB")
    assert seen_code(image) == "http://go.example/summer?_qr"
    assert image.height > image.width
    assert (0x8B, 0, 0) in {color for _, color in image.getcolors(1 << 20)}
    assert "design of its own" in signed.get(f"/dashboard/links/{link.id}/qr").text
    # Asking without the settings draws in the request's own colours, and forgets no design.
    plain = Image.open(io.BytesIO(api_code(signed, link.id, use_domain_settings=False, color="00008b"))).convert("RGB")
    assert plain.height == plain.width
    assert Image.open(io.BytesIO(api_code(signed, link.id))).size == image.size


def test_links_follow_their_folder_then_their_domain(signed: Site):
    context = signed.options.make_context(signed.options.find_actor(1, True))
    folder = create_folder(context, 1, "Posters", {})
    inside, outside = signed.add_link("inside", folder_id=folder.id), signed.add_link("outside")
    of_domain = signed.post("/dashboard/domains/1/qr", PLAIN | {"color": "#006400", "eyeShape": "leaf"})
    assert (of_domain.status_code, of_domain.headers["location"]) == (303, "/dashboard/domains/1/qr")

    def colors(link: Link) -> set[Any]:
        image = Image.open(io.BytesIO(api_code(signed, link.id))).convert("RGB")
        return {color for _, color in image.getcolors(1 << 20)}

    assert (0, 0x64, 0) in colors(inside) & colors(outside)
    of_folder = signed.post("/dashboard/domains/1/qr", PLAIN | {"color": "#4b0082", "moduleShape": "bars", "folder": folder.id})
    assert of_folder.headers["location"] == f"/dashboard/domains/1/qr?folder={folder.id}"
    assert (0x4B, 0, 0x82) in colors(inside)
    assert (0, 0x64, 0) in colors(outside)
    signed.post("/dashboard/domains/1/qr", {"remove": "1", "folder": folder.id})
    assert (0, 0x64, 0) in colors(inside)
    events = [entry.event for entry in signed.entries()]
    assert events.count(Event.QR_CHANGED) == 2
    assert Event.DOMAIN_UPDATED in events


def test_an_uploaded_logo_is_encoded_anew_and_kept_with_the_design(signed: Site):
    link = signed.add_link("summer")
    secret = b"<script>geheim</script>"
    file = ("logo.png", picture(900, 900, "crimson") + secret, "image/png")
    body = {"form_token": signed.form_token()} | PLAIN | {"logo": "upload"}
    address = f"/dashboard/links/{link.id}/qr"
    answer = signed.client.post(address, data=body, files={"file": file}, follow_redirects=False)
    assert answer.status_code == 303
    page = signed.get(address).text
    kept = re.search(r'name="kept_logo" value="data:image/png;base64,([^"]+)"', page)
    assert kept is not None
    stored = base64.b64decode(kept[1])
    assert secret not in stored
    assert max(Image.open(io.BytesIO(stored)).size) <= 320
    drawn = Image.open(io.BytesIO(api_code(signed, link.id))).convert("RGB")
    assert drawn.getpixel((drawn.width // 2, drawn.height // 2)) == (220, 20, 60)
    # Sent again without a file, the design keeps it.
    assert signed.post(address, PLAIN | {"logo": "keep", "kept_logo": f"data:image/png;base64,{kept[1]}"}).status_code == 303
    assert "The present one" in signed.get(address).text


def test_files_that_are_no_pictures_are_refused_beside_the_field(signed: Site):
    link = signed.add_link("summer")
    body = {"form_token": signed.form_token()} | PLAIN | {"logo": "upload", "frameText": "Kept words"}
    address = f"/dashboard/links/{link.id}/qr"
    for content in (
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" * 40,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
    ):
        answer = signed.client.post(address, data=body, files={"file": ("x.png", content, "image/png")}, follow_redirects=False)
        assert answer.status_code == 400
        assert 'id="logo-error"' in answer.text
        assert "Kept words" in answer.text


def test_hostile_texts_are_answered_in_words_and_shown_escaped(signed: Site):
    link = signed.add_link("summer")
    for field, text in product(("frameText", "color", "backgroundColor", "logoUrl", "size", "quietZone", "ecLevel"), HOSTILE):
        fields = PLAIN | {field: text, "logo": "address" if field == "logoUrl" else "none"}
        for end in ("", "/preview", "/file"):
            answer = signed.post(f"/dashboard/links/{link.id}/qr{end}", fields | {"format": "svg"})
            assert answer.status_code in (200, 303, 400), (field, text, end)
            assert "<script>alert" not in answer.text
            assert "<b>" not in answer.text


def test_light_codes_on_dark_ground_are_warned_of(signed: Site):
    link = signed.add_link("summer")
    text = preview(signed, f"/dashboard/links/{link.id}/qr", color="#ffffff", backgroundColor="#000000").text
    assert "Does not scan with every phone" in text
    assert "darker than its background" in text


def test_characters_that_no_font_has_are_told_before_a_file_is_made(signed: Site):
    link = signed.add_link("summer")
    path = f"/dashboard/links/{link.id}/qr"
    assert "No font of this server" not in preview(signed, path, frameText="Größte Auswahl").text
    warned = preview(signed, path, frameText="a\U0010fffd").text
    assert "No font of this server has \U0010fffd" in warned
    assert "Scans well" in warned


def test_colours_too_much_alike_are_refused(signed: Site):
    link = signed.add_link("summer")
    answer = signed.post(f"/dashboard/links/{link.id}/qr", PLAIN | {"color": "#f0f0f0"})
    assert answer.status_code == 400
    assert 'id="color-error"' in answer.text
    weak = preview(signed, f"/dashboard/links/{link.id}/qr", color="#c0c0c0").text
    assert "May fail to scan" in weak
    assert "colours further apart" in weak


def test_a_preview_saves_nothing(signed: Site):
    link = signed.add_link("summer")
    path = f"/dashboard/links/{link.id}/qr"
    part = preview(signed, path, moduleShape="dots")
    assert "<html" not in part.text
    whole = signed.post(f"{path}/preview", PLAIN | {"moduleShape": "dots"})
    assert "<html" in whole.text
    assert '<option value="dots" selected>' in whole.text
    assert '<option value="square" selected>' in signed.get(path).text


def test_what_is_not_there_is_not_found(signed: Site):
    for path in ("/dashboard/links/lnk_x_y/qr", "/dashboard/domains/999/qr", "/dashboard/domains/1/qr?folder=nope"):
        assert signed.get(path).status_code == 404
    assert signed.post("/dashboard/links/0/qr", PLAIN).status_code == 404


def test_zip_files_hold_codes_in_the_designs_of_their_links(signed: Site):
    first, second = signed.add_link("one"), signed.add_link("two")
    signed.post("/dashboard/domains/1/qr", PLAIN | {"moduleShape": "rounded", "frameText": "Scan me"})
    signed.post(f"/dashboard/links/{second.id}/qr", PLAIN | {"moduleShape": "dots", "frameText": ""})
    context = signed.options.make_context(signed.options.find_actor(1, True))
    archive = generate_qr_codes_bulk(context, signed.options.studio, [first.id, second.id], QrWish())
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        images = {name: Image.open(io.BytesIO(opened.read(name))) for name in opened.namelist()}
    assert {name: seen_code(image) for name, image in images.items()} == {
        "go.example-one.png": "http://go.example/one?_qr",
        "go.example-two.png": "http://go.example/two?_qr",
    }
    assert images["go.example-one.png"].height > images["go.example-one.png"].width
    assert images["go.example-two.png"].height == images["go.example-two.png"].width
