"""QR codes as PNG and SVG files; the same input gives the same bytes."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Final

import segno
from PIL import Image

from linnet.model.errors import InvalidField
from linnet.qr.logo import Logo
from linnet.qr.png import rgba_png, two_colors_png
from linnet.qr.style import EcLevel, ImageType, QrStyle, Rgba, over, rgba

QUIET_ZONE: Final = 4
MAX_PNG_SIDE: Final = 10_000
# Shares of the code that a logo may cover, and of its width; what is asked for beyond is made smaller. Level H repairs 30 % of
# the code words, and a module that is covered in part spoils a word whole. Timing patterns and corners stay free.
MAX_LOGO_AREA: Final = 0.08
MAX_LOGO_SIDE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in modules, from the upper left corner of the quiet zone."""

    left: float
    top: float
    width: float
    height: float


def draw(text: str, style: QrStyle, logo: Logo | None = None) -> bytes:
    """The code of ``text`` as a file of the style's type, with a quiet zone of four modules.

    A logo stands in the middle and raises the error correction to H. InvalidField when ``text`` is too long for a code, or the
    PNG would be wider than 10,000 pixels (a code for a very long address, with a large ``size``).
    """
    level = style.ec_level if logo is None else EcLevel.H
    try:
        symbol = segno.make_qr(text, error=level.value)
    except segno.DataOverflowError:
        raise InvalidField(f"The short URL is too long for a QR code with error correction level {level}.") from None
    modules = [bytearray(row) for row in symbol.matrix_iter(scale=1, border=QUIET_ZONE)]
    box = None if logo is None else _logo_box(len(modules) - 2 * QUIET_ZONE, style, logo)
    if box is not None and style.excavate:
        _clear(modules, box)
    if style.type is ImageType.SVG:
        return _svg(modules, style, logo, box)
    side = len(modules) * style.size
    if side > MAX_PNG_SIDE:
        raise InvalidField(
            f"size {style.size} would make an image of {side} pixels for so long an address; choose at most "
            f"{MAX_PNG_SIDE // len(modules)}, or svg.",
            field="size",
        )
    light, dark = _colors(style)
    if logo is None or box is None:
        rows = ((_bits(row, style.size), style.size) for row in modules)
        return two_colors_png(side, rows, light, dark)
    return rgba_png(side, _rows_with_logo(modules, style, logo, box))


def _colors(style: QrStyle) -> tuple[Rgba, Rgba]:
    """Those of light and of dark modules; what is behind shines through dark ones that are not opaque."""
    light = rgba(style.background_color, field="backgroundColor")
    return light, over(rgba(style.color, field="color"), light)


def _logo_box(modules: int, style: QrStyle, logo: Logo) -> Box:
    """The middle of the code, as large as the style says and the code bears, in the logo's own proportions."""
    width, height = modules * style.logo_width / 100, modules * style.logo_height / 100
    width, height = min(width, height * logo.aspect), min(height, width / logo.aspect)
    shrink = min(1.0, sqrt(MAX_LOGO_AREA * modules**2 / (width * height)), MAX_LOGO_SIDE * modules / max(width, height))
    width, height = width * shrink, height * shrink
    middle = QUIET_ZONE + modules / 2
    return Box(middle - width / 2, middle - height / 2, width, height)


def _clear(modules: Sequence[bytearray], box: Box) -> None:
    left, right = floor(box.left), ceil(box.left + box.width)
    for y in range(floor(box.top), ceil(box.top + box.height)):
        modules[y][left:right] = bytes(right - left)


def _bits(row: bytearray, size: int) -> bytes:
    bits = "".join(("1" if module else "0") * size for module in row)
    return int(bits.ljust(-len(bits) % 8 + len(bits), "0"), 2).to_bytes((len(bits) + 7) // 8, "big")


def _rows_with_logo(modules: Sequence[bytearray], style: QrStyle, logo: Logo, box: Box) -> Iterator[tuple[bytes, int]]:
    size = style.size
    light, dark = _colors(style)
    wide = [b"".join(bytes(dark if module else light) * size for module in row) for row in modules]
    left, top = round(box.left * size), round(box.top * size)
    width, height = max(1, round(box.width * size)), max(1, round(box.height * size))
    under = b"".join(wide[y // size][4 * left : 4 * (left + width)] for y in range(top, top + height))
    covered = Image.alpha_composite(
        Image.frombytes("RGBA", (width, height), under), _resized(logo.image, width, height)
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


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    """Smaller smoothly; larger in squares, which are small in a code that is so large, and leave rows equal."""
    smaller = width < image.width or height < image.height
    return image.resize((width, height), Image.Resampling.LANCZOS if smaller else Image.Resampling.NEAREST)


def _counted(rows: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    current, times = next(rows), 1
    for row in rows:
        if row == current:
            times += 1
        else:
            yield current, times
            current, times = row, 1
    yield current, times


def _svg(modules: Sequence[bytearray], style: QrStyle, logo: Logo | None, box: Box | None) -> bytes:
    side = len(modules)
    pixels = side * style.size
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels}" height="{pixels}" viewBox="0 0 {side} {side}">',
        f'<path {_fill(style.background_color)} d="M0 0h{side}v{side}H0z"/>',
        f'<path {_fill(style.color)} shape-rendering="crispEdges" d="{"".join(_runs(modules))}"/>',
    ]
    if logo is not None and box is not None:
        place = f'x="{box.left:.3f}" y="{box.top:.3f}" width="{box.width:.3f}" height="{box.height:.3f}"'
        data = base64.b64encode(logo.png).decode()
        parts.append(f'<image {place} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>')
    return "".join([*parts, "</svg>\n"]).encode()


def _fill(color: str) -> str:
    *rgb, alpha = rgba(color, field="color")
    opacity = "" if alpha == 255 else f' fill-opacity="{alpha / 255:.4g}"'
    return f'fill="#{bytes(rgb).hex()}"{opacity}'


def _runs(modules: Sequence[bytearray]) -> Iterator[str]:
    """Dark modules, each row's neighbours as one rectangle."""
    for y, row in enumerate(modules):
        x = row.find(1)
        while x >= 0:
            end = row.find(0, x)
            yield f"M{x} {y}h{end - x}v1h{x - end}z"
            x = row.find(1, end)
