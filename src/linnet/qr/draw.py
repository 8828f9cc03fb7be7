"""QR codes as PNG, SVG and PDF files; the same input gives the same bytes."""

from collections.abc import Iterator
from typing import Final

from PIL import Image

from linnet.model.errors import InvalidField
from linnet.qr.logo import Logo, resized
from linnet.qr.pdf import pdf_file
from linnet.qr.png import rgba_png, two_colors_png
from linnet.qr.raster import shaped_png
from linnet.qr.style import EyeShape, ImageType, ModuleShape, QrStyle
from linnet.qr.svg import svg_file
from linnet.qr.symbol import Box, Symbol, colors_of, symbol_of

MAX_PNG_SIDE: Final = 10_000


def draw(text: str, style: QrStyle, logo: Logo | None = None) -> bytes:
    """The code of ``text`` as a file of the style's type.

    A logo stands in the middle and raises the error correction to H. InvalidField when ``text`` is too long for a code, or the
    PNG would be wider than 10,000 pixels, 4,000 with shapes or a frame (a code for a very long address, with a large ``size``).
    """
    symbol = symbol_of(text, style, logo)
    if style.type is ImageType.SVG:
        return svg_file(symbol, style, logo)
    if style.type is ImageType.PDF:
        return pdf_file(symbol, style, logo)
    if (style.module_shape, style.eye_shape, symbol.band) != (ModuleShape.SQUARE, EyeShape.SQUARE, 0):
        return shaped_png(symbol, style, logo)
    return _plain_png(symbol, style, logo)


def _plain_png(symbol: Symbol, style: QrStyle, logo: Logo | None) -> bytes:
    side = symbol.side * style.size
    if side > MAX_PNG_SIDE:
        raise InvalidField(
            f"size {style.size} would make an image of {side} pixels for so long an address; choose at most "
            f"{MAX_PNG_SIDE // symbol.side}, or svg.",
            field="size",
        )
    light, dark = colors_of(style)
    if logo is None or symbol.logo_box is None:
        rows = ((_bits(row, style.size), style.size) for row in symbol.modules)
        return two_colors_png(side, rows, light, dark)
    return rgba_png(side, _rows_with_logo(symbol, style, logo, symbol.logo_box))


def _bits(row: bytearray, size: int) -> bytes:
    bits = "".join(("1" if module else "0") * size for module in row)
    return int(bits.ljust(-len(bits) % 8 + len(bits), "0"), 2).to_bytes((len(bits) + 7) // 8, "big")


def _rows_with_logo(symbol: Symbol, style: QrStyle, logo: Logo, box: Box) -> Iterator[tuple[bytes, int]]:
    size = style.size
    light, dark = colors_of(style)
    wide = [b"".join(bytes(dark if module else light) * size for module in row) for row in symbol.modules]
    left, top = round(box.left * size), round(box.top * size)
    width, height = max(1, round(box.width * size)), max(1, round(box.height * size))
    under = b"".join(wide[y // size][4 * left : 4 * (left + width)] for y in range(top, top + height))
    covered = Image.alpha_composite(
        Image.frombytes("RGBA", (width, height), under), resized(logo.image, width, height)
    ).tobytes()
    for y, row in enumerate(wide):
        first, last = max(top, y * size), min(top + height, (y + 1) * size)
        if first >= last:
            yield row, size
            continue
        if first > y * size:
            yield row, first - y * size
        parts = (covered[4 * width * (each - top) : 4 * width * (each - top + 1)] for each in range(first, last))
        yield from _counted(row[: 4 * left] + part + row[4 * (left + width) :] for part in parts)
        if last < (y + 1) * size:
            yield row, (y + 1) * size - last


def _counted(rows: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    current, times = next(rows), 1
    for row in rows:
        if row == current:
            times += 1
        else:
            yield current, times
            current, times = row, 1
    yield current, times
