"""Shapes, frames and formats, judged by a reader: PNG as it is, SVG as a browser draws it, PDF as a viewer does."""

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Page

from linnet.model.errors import InvalidField
from linnet.qr.draw import draw
from linnet.qr.label import missing_characters
from linnet.qr.logo import read_logo
from linnet.qr.style import EyeShape, Frame, ImageType, ModuleShape, QrStyle
from tests.support.browser import chromium
from tests.support.codes import picture, seen_code

URL = "https://go.example.com/summer-sale"
LOGO = read_logo(picture(200, 200, "crimson"))
STYLES = [
    QrStyle(module_shape=modules, eye_shape=eyes, frame=frame, frame_text="Scan me", size=8, color="0f5132")
    for modules, (eyes, frame) in product(ModuleShape, zip(EyeShape, (Frame.TEXT, Frame.BANNER) * 2, strict=True))
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 900, "height": 900})


def in_browser(page: Page, svg: bytes) -> Image.Image:
    page.set_content(f'<img id="code" src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}">')
    page.wait_for_function("document.querySelector('#code').complete")
    return Image.open(io.BytesIO(page.locator("#code").screenshot(type="png")))


def in_viewer(pdf: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(pdf)[0].render(scale=1 / 0.75).to_pil()


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("logo", [None, LOGO])
def test_every_shape_is_read_in_every_format_and_looks_alike(page: Page, logo: object):
    for each in STYLES:
        its_logo = LOGO if logo is not None else None
        style = replace(each, logo_url="https://example.com/logo.png") if its_logo is not None else each
        png = opened(draw(URL, style, its_logo))
        svg = in_browser(page, draw(URL, replace(style, type=ImageType.SVG), its_logo))
        pdf = in_viewer(draw(URL, replace(style, type=ImageType.PDF), its_logo))
        assert [seen_code(image) for image in (png, svg, pdf)] == [URL] * 3, style
        assert png.size == svg.size == pdf.size
        assert draw(URL, style, its_logo) == draw(URL, style, its_logo)


def test_the_text_is_drawn_below_the_code_in_every_format(page: Page):
    for frame in Frame:
        style = QrStyle(frame=frame, frame_text="Scan me", size=8, color="8b0000")
        side = draw(URL, replace(style, frame_text=""))
        files = [draw(URL, replace(style, type=image_type)) for image_type in ImageType]
        for image in (opened(files[0]), in_browser(page, files[1]), in_viewer(files[2])):
            width, height = image.size
            assert width == opened(side).width
            band = image.convert("L").crop((0, width, width, height))
            dark = sum(band.histogram()[:128]) / (band.width * band.height)
            assert (0.5 < dark < 0.95) if frame is Frame.BANNER else (0.01 < dark < 0.3)


def test_transparent_ground_is_transparent_in_every_format(page: Page):
    style = QrStyle(background_color="ffffff00", module_shape=ModuleShape.ROUNDED, size=8)
    png = opened(draw(URL, style)).convert("RGBA")
    assert png.getpixel((0, 0))[3] == 0
    page.set_content('<body bgcolor="yellow"></body>')
    svg = base64.b64encode(draw(URL, replace(style, type=ImageType.SVG))).decode()
    page.set_content(f'<body bgcolor="yellow"><img src="data:image/svg+xml;base64,{svg}"></body>')
    seen = opened(page.locator("img").screenshot()).convert("RGB")
    assert seen.getpixel((2, 2)) == (255, 255, 0)
    assert seen_code(seen) == URL
    pdf = pypdfium2.PdfDocument(draw(URL, replace(style, type=ImageType.PDF)))[0]
    assert pdf.render(fill_color=(255, 255, 0, 255)).to_pil().convert("RGB").getpixel((2, 2)) == (255, 255, 0)


def test_a_quiet_zone_is_as_wide_as_asked():
    for zone in (0, 1, 9):
        image = opened(draw(URL, QrStyle(quiet_zone=zone, size=3, module_shape=ModuleShape.DOTS, eye_shape=EyeShape.SQUARE)))
        light = image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
        assert light is not None
        assert light[:2] == (zone * 3, zone * 3)


def test_a_text_that_no_font_has_is_known():
    assert missing_characters("Scan me") == ""
    assert "\U0010fffd" in missing_characters("a\U0010fffd")


def test_markup_in_a_text_is_text():
    svg = draw(URL, QrStyle(type=ImageType.SVG, frame_text="<script>\"&'</script>"))
    assert b"<script>" not in svg
    assert "‮" not in draw(URL, QrStyle(type=ImageType.SVG)).decode()


def test_shaped_images_are_bounded():
    with pytest.raises(InvalidField) as refused:
        draw("https://example.com/" + "x" * 1500, QrStyle(module_shape=ModuleShape.DOTS, size=99))
    assert refused.value.field == "size"
    assert draw(URL, QrStyle(module_shape=ModuleShape.DOTS, size=90))
