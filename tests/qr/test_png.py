"""PNG files from rows that repeat."""

import io

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from linnet.qr.png import rgba_png, two_colors_png


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 40)), min_size=1, max_size=12))
def test_every_row_stands_as_often_as_it_was_told(runs: list[tuple[int, int]]):
    side = sum(times for _, times in runs)
    rows = [(bytes((value, 255 - value, 7, 255)) * side, times) for value, times in runs]
    with Image.open(io.BytesIO(rgba_png(side, rows))) as image:
        image.load()
        assert (image.mode, image.size) == ("RGBA", (side, side))
        assert image.tobytes() == b"".join(row * times for row, times in rows)


@given(st.integers(1, 70))
def test_two_colours_take_one_bit_a_pixel(side: int):
    row = b"\xaa" * ((side + 7) // 8)
    with Image.open(io.BytesIO(two_colors_png(side, [(row, side)], (1, 2, 3, 255), (4, 5, 6, 128)))) as image:
        pixels = image.convert("RGBA")
    assert pixels.size == (side, side)
    assert [pixels.getpixel((x, side - 1)) for x in range(side)] == [
        ((4, 5, 6, 128), (1, 2, 3, 255))[x % 2] for x in range(side)
    ]
