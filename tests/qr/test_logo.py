"""Logos: which files are read, and what is left of them."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from linnet.model.errors import InvalidField
from linnet.qr.logo import KEPT_SIDE, read_logo
from tests.support.codes import picture


@pytest.mark.parametrize(
    ("kind", "mode", "color"),
    [
        ("PNG", "RGB", "blue"),
        ("PNG", "L", "white"),
        ("PNG", "RGBA", "#ff000080"),
        ("PNG", "P", "red"),
        ("PNG", "1", "white"),
        ("JPEG", "RGB", "blue"),
        ("JPEG", "CMYK", "red"),
        ("GIF", "P", "red"),
        ("WEBP", "RGB", "blue"),
        ("WEBP", "RGBA", "#ff000080"),
    ],
)
def test_raster_images_of_the_web_are_read(kind: str, mode: str, color: str):
    logo = read_logo(picture(30, 20, color, kind, mode))
    assert (logo.image.mode, logo.image.size, logo.aspect) == ("RGBA", (30, 20), 1.5)


def test_what_is_larger_than_can_be_seen_is_made_smaller_in_proportion():
    assert read_logo(picture(2000, 1000)).image.size == (KEPT_SIDE, KEPT_SIDE // 2)


def test_a_very_long_image_keeps_a_pixel_of_its_other_side():
    assert read_logo(picture(4000, 1)).image.size == (KEPT_SIDE, 1)


def test_metadata_does_not_survive():
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info, icc_profile=b"secret profile")
    assert b"taken at home" in buffer.getvalue()
    kept = read_logo(buffer.getvalue()).png
    with Image.open(io.BytesIO(kept)) as image:
        image.load()
        assert image.info == {}
    assert b"at home" not in kept


def test_a_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turned by 90 degrees.
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
    assert read_logo(buffer.getvalue()).image.size == (20, 40)


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims many pixels and holds none."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [4001, 20_000, 100_000])
def test_images_of_too_many_pixels_are_refused_before_they_are_unpacked(side: int):
    with pytest.raises(InvalidField, match="16,000,000 pixels"):
        read_logo(bomb(side, side))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.7",
        picture()[:60],
        picture(300, 300, kind="JPEG")[:400],
        picture(kind="BMP"),
        picture(kind="TIFF"),
        bomb(10, 10),
    ],
)
def test_what_is_no_image_of_the_web_is_refused(data: bytes):
    with pytest.raises(InvalidField, match="PNG, JPEG, GIF or WebP") as refusal:
        read_logo(data)
    assert refusal.value.field == "logoUrl"


def test_a_file_of_more_than_a_megabyte_is_refused():
    with pytest.raises(InvalidField, match="1,000,000 bytes"):
        read_logo(picture() + bytes(1_000_000))


@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=12)
)
def test_a_damaged_file_gives_an_image_or_a_refusal(kind: str, damage: list[tuple[int, int]]):
    data = bytearray(picture(24, 24, kind=kind))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        logo = read_logo(bytes(data))
    except InvalidField:
        return
    assert max(logo.image.size) <= KEPT_SIDE
