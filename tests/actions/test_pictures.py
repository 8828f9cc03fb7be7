"""Pictures of strangers: made anew, small, and refused when they are none."""

import io

import pytest
from PIL import Image

from linnet.actions.pictures import SHOWN, small_picture
from linnet.model.errors import InvalidField


def picture(kind: str, size: tuple[int, int], mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_comes_out_is_a_small_jpeg_whatever_came_in(kind: str):
    made = Image.open(io.BytesIO(small_picture(picture(kind, (3000, 1000)))))
    assert (made.format, made.size) == ("JPEG", (SHOWN[0], 267))


def test_a_thumbnail_that_is_small_already_stays_so_and_nothing_but_pixels_is_kept():
    source = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", (10, 20)).save(source, "JPEG", exif=exif, comment=b"secret place")
    made = small_picture(source.getvalue())
    assert Image.open(io.BytesIO(made)).size == (10, 20)
    assert b"secret" not in made


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        picture("PNG", (100, 100))[:60],
        picture("PNG", (5001, 5001), "1"),
        picture("TIFF", (10, 10)),
    ],
    ids=["nothing", "svg", "gif", "half", "large", "tiff"],
)
def test_what_is_no_picture_or_too_large_is_refused(data: bytes):
    with pytest.raises(InvalidField) as refusal:
        small_picture(data)
    assert refusal.value.field == "image"
