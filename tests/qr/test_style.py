"""Styles: what is allowed, and how JSON says it."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.errors import InvalidField
from linnet.qr.style import EcLevel, ImageType, QrStyle, data_logo, over, rgba, style_json, style_of
from tests.support.codes import picture

LOGO = "data:image/png;base64," + base64.b64encode(picture()).decode()


def test_what_is_not_said_is_black_on_white_ten_pixels_a_module():
    assert style_of({}) == QrStyle()
    assert style_of({"color": None, "size": None, "elsewhere": 1}) == QrStyle()
    assert (QrStyle().color, QrStyle().background_color, QrStyle().size) == ("000000", "FFFFFF", 10)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("color", "#000000"),
        ("color", "red"),
        ("color", "12345"),
        ("color", "000000000"),
        ("color", "00000\n"),
        ("color", 0),
        ("backgroundColor", "ffff"),
        ("backgroundColor", ["ffffff"]),
        ("size", 0),
        ("size", 100),
        ("size", -1),
        ("size", 2.5),
        ("size", True),
        ("size", "many"),
        ("size", 10**30),
        ("type", "gif"),
        ("type", 1),
        ("ecLevel", "Z"),
        ("logoWidth", 0),
        ("logoHeight", 101),
        ("noExcavate", "yes"),
        ("logoUrl", "ftp://example.com/logo.png"),
        ("logoUrl", "javascript:alert(1)"),
        ("logoUrl", "data:image/svg+xml;base64,PHN2Zy8+"),
        ("logoUrl", "data:image/png;base64,***"),
        ("logoUrl", "data:text/html,hello"),
        ("logoUrl", "data:image/png;base64," + "A" * 1_400_000),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(field: str, value: Any):
    with pytest.raises(InvalidField) as refusal:
        style_of({field: value})
    assert refusal.value.field == field
    assert field in refusal.value.message


@pytest.mark.parametrize("size", [1, 99, "7", 5.0])
def test_sizes_within_the_bounds_are_kept(size: Any):
    assert style_of({"size": size}).size == int(size)


def test_a_seventh_digit_is_the_alpha_in_short():
    assert rgba("1122338", field="color") == (0x11, 0x22, 0x33, 0x88)
    assert rgba("11223380", field="color") == (0x11, 0x22, 0x33, 0x80)


@pytest.mark.parametrize(
    ("color", "background"),
    [("ffffff", "ffffff"), ("101010", "000000"), ("00000000", "ffffff"), ("777777", "777777ff"), ("ffff00", "ffffff")],
)
def test_colours_that_cannot_be_told_apart_are_refused(color: str, background: str):
    with pytest.raises(InvalidField, match="alike"):
        style_of({"color": color, "backgroundColor": background})


def test_light_on_dark_and_light_on_nothing_are_allowed():
    assert style_of({"color": "FFFFFF", "backgroundColor": "000000"})
    assert style_of({"color": "ffffff", "backgroundColor": "ffffff00"})


@given(
    st.builds(
        QrStyle,
        color=st.sampled_from(["000000", "123456cc", "0a0b0cF"]),
        background_color=st.sampled_from(["FFFFFF", "ffff0080"]),
        size=st.integers(1, 99),
        type=st.sampled_from([ImageType.PNG, ImageType.SVG]),
        ec_level=st.sampled_from(EcLevel),
        logo_url=st.sampled_from([None, LOGO, "https://example.com/logo.png"]),
        logo_width=st.integers(1, 100),
        logo_height=st.integers(1, 100),
        excavate=st.booleans(),
    )
)
def test_a_style_survives_its_json(style: QrStyle):
    assert style_of(style_json(style)) == style
    assert style_of({}, style) == style


def test_what_is_said_changes_a_style_and_the_rest_stays():
    folder = QrStyle(color="00008b", ec_level=EcLevel.Q, logo_url=LOGO)
    assert style_of({"type": "SVG", "size": 3, "noExcavate": True}, folder) == QrStyle(
        color="00008b", ec_level=EcLevel.Q, logo_url=LOGO, type=ImageType.SVG, size=3, excavate=False
    )


def test_the_image_in_a_data_url_is_read():
    assert data_logo(LOGO) == picture()
    assert data_logo("https://example.com/logo.png") is None


def test_colours_are_laid_over_each_other():
    assert over((0, 0, 0, 0), (255, 255, 255, 255)) == (255, 255, 255, 255)
    assert over((255, 0, 0, 255), (0, 0, 255, 255)) == (255, 0, 0, 255)
    assert over((255, 0, 0, 128), (0, 0, 255, 255)) == (128, 0, 127, 255)
    assert over((255, 0, 0, 128), (9, 9, 9, 0)) == (255, 0, 0, 128)
    assert over((1, 2, 3, 0), (4, 5, 6, 0)) == (0, 0, 0, 0)
