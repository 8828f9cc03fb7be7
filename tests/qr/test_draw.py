"""Drawn codes, judged by a reader."""

import io
import string
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from linnet.model.errors import InvalidField
from linnet.qr.draw import draw
from linnet.qr.logo import Logo, read_logo
from linnet.qr.style import EcLevel, ImageType, QrStyle
from linnet.qr.symbol import MAX_LOGO_AREA
from tests.support.codes import picture, raster, read_code

QUIET_ZONE = 4
URL = "http://go.localhost:8000/summer-sale"

hexes = st.text("0123456789abcdefABCDEF", min_size=6, max_size=8)
urls = st.builds(
    "https://{}.example/{}".format,
    st.text(string.ascii_lowercase, min_size=1, max_size=30),
    st.text(string.ascii_letters + string.digits + "-_%/", max_size=60),
)
logos = st.builds(
    lambda width, height, color, alpha: Logo(Image.new("RGBA", (width, height), (*color, alpha))),
    st.integers(1, 320),
    st.integers(1, 320),
    st.sampled_from([(0, 0, 0), (255, 255, 255), (220, 20, 60), (128, 128, 128)]),
    st.sampled_from([255, 128, 0]),
)


@st.composite
def styles(draw_from: st.DrawFn, logo: bool) -> QrStyle:
    values = {
        "logo_url": "https://example.com/logo.png" if logo else None,
        "size": draw_from(st.integers(1, 12)),
        "type": draw_from(st.sampled_from([ImageType.PNG, ImageType.SVG])),
        "ec_level": draw_from(st.sampled_from(EcLevel)),
        "logo_width": draw_from(st.integers(1, 100)),
        "logo_height": draw_from(st.integers(1, 100)),
        "excavate": draw_from(st.booleans()),
    }
    try:
        return QrStyle(color=draw_from(hexes), background_color=draw_from(hexes), **values)
    except InvalidField:
        assume(False)
        raise


def is_read(text: str, data: bytes) -> bool:
    """Whether a reader finds the text on a white page, or, for what was made for one, on a black page."""
    return text in (read_code(data), read_code(data, page="black"))


@settings(max_examples=60)
@given(urls, styles(logo=False))
@example(URL, QrStyle(color="d0d0d0"))
@example(URL, QrStyle(color="000000", background_color="2a2a2a"))
@example(URL, QrStyle(color="0000ff", background_color="ff0000"))
def test_every_style_that_is_allowed_can_be_read(text: str, style: QrStyle):
    data = draw(text, style)
    assert is_read(text, data), (text, style)
    assert draw(text, style) == data


@settings(max_examples=100)
@given(urls, styles(logo=True), logos)
def test_every_logo_that_is_allowed_leaves_a_code_that_can_be_read(text: str, style: QrStyle, logo: Logo):
    data = draw(text, style, logo)
    assert is_read(text, data), (text, style, logo.image.size, logo.image.getpixel((0, 0)))
    assert draw(text, style, logo) == data


@pytest.mark.parametrize("size", range(1, 100))
def test_every_size_can_be_read_and_is_in_pixels_per_module(size: int):
    plain = draw(URL, QrStyle(size=size))
    assert read_code(plain) == URL
    assert raster(plain).width == (29 + 2 * QUIET_ZONE) * size
    assert read_code(draw(URL, QrStyle(size=size), read_logo(picture()))) == URL


def test_the_quiet_zone_has_four_modules_of_the_background():
    image = raster(draw(URL, QrStyle(size=3, background_color="ffee00")))
    edge = image.crop((0, 0, image.width, QUIET_ZONE * 3))
    assert edge.getcolors() == [(edge.width * edge.height, (255, 238, 0, 255))]
    assert image.getpixel((QUIET_ZONE * 3, QUIET_ZONE * 3)) == (0, 0, 0, 255)


def test_colours_are_those_that_were_asked_for():
    assert {color for _, color in raster(draw(URL, QrStyle(color="8b0000", background_color="f0f8ff80"))).getcolors()} == {
        (0x8B, 0, 0, 255),
        (0xF0, 0xF8, 0xFF, 0x80),
    }


@pytest.mark.parametrize("logo", [None, read_logo(picture(color="#00ff0080", mode="RGBA"))])
def test_png_and_svg_show_the_same(logo: Logo | None):
    style = QrStyle(size=7, color="00008bcc", background_color="ffffe0ee")
    png = raster(draw(URL, style, logo))
    svg = raster(draw(URL, replace(style, type=ImageType.SVG), logo))
    assert png.size == svg.size
    difference = ImageChops.difference(png, svg).point(lambda value: 255 * (value > 2))
    different = sum(count for count, color in difference.getcolors() if any(color))
    assert different < 0.01 * png.width * png.height


def test_the_file_is_a_png_that_other_programs_take():
    with Image.open(io.BytesIO(draw(URL, QrStyle(size=17)))) as image:
        image.verify()
    with Image.open(io.BytesIO(draw(URL, QrStyle(size=17), read_logo(picture())))) as image:
        image.verify()


def test_an_svg_is_as_large_as_the_png_and_holds_nothing_but_shapes():
    data = draw(URL, QrStyle(type=ImageType.SVG, size=7), read_logo(picture()))
    svg = ElementTree.fromstring(data)
    assert (svg.attrib["width"], svg.attrib["height"]) == (
        str(raster(draw(URL, QrStyle(size=7), read_logo(picture()))).width),
    ) * 2
    assert {shape.tag.partition("}")[2] for shape in svg.iter()} == {"svg", "path", "image"}
    assert data.count(b"http") == 1, "only the name space"


def test_a_logo_is_in_the_middle_and_in_its_own_proportions():
    image = raster(draw(URL, QrStyle(size=10, logo_width=25, logo_height=25), read_logo(picture(90, 30, "red"))))
    red = [(x, y) for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == (255, 0, 0, 255)]
    left, right = min(x for x, _ in red), max(x for x, _ in red)
    top, bottom = min(y for _, y in red), max(y for _, y in red)
    assert abs((left + right + 1) - image.width) <= 1
    assert abs((top + bottom + 1) - image.height) <= 1
    assert (right - left + 1) / (bottom - top + 1) == pytest.approx(3, rel=0.03)


def test_a_logo_that_would_hide_too_much_is_made_smaller():
    image = raster(draw(URL, QrStyle(size=10, logo_width=100, logo_height=100), read_logo(picture(color="red"))))
    red = sum(count for count, color in image.getcolors() if color == (255, 0, 0, 255))
    assert red <= (MAX_LOGO_AREA + 0.005) * (image.width - 20 * QUIET_ZONE) ** 2


def test_modules_under_a_transparent_logo_are_cleared_unless_told_otherwise():
    ghost = Logo(Image.new("RGBA", (50, 50)))
    plain = draw(URL, QrStyle(ec_level=EcLevel.H))
    assert raster(draw(URL, QrStyle(excavate=False), ghost)).tobytes() == raster(plain).tobytes()
    cleared = raster(draw(URL, QrStyle(), ghost))
    middle = cleared.width // 2
    assert cleared.crop((middle - 30, middle - 30, middle + 30, middle + 30)).getcolors() == [(3600, (255, 255, 255, 255))]


def test_a_text_that_no_code_can_hold_is_refused():
    with pytest.raises(InvalidField, match="too long"):
        draw("https://go.example/" + "a" * 3000, QrStyle())


def test_a_long_text_makes_a_code_that_fits_its_bound_or_a_refusal_that_says_what_would():
    text = "https://go.example/" + "a" * 1024
    with pytest.raises(InvalidField, match=r"choose at most (\d+)") as refusal:
        draw(text, QrStyle(size=99))
    assert refusal.value.field == "size"
    largest = int(refusal.value.message.partition("at most ")[2].split(",")[0])
    assert read_code(draw(text, QrStyle(size=4))) == text
    assert draw(text, QrStyle(size=largest))
    assert read_code(draw(text, QrStyle(size=99, type=ImageType.SVG))) == text
