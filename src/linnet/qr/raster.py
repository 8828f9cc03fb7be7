"""Codes with shapes and frames as PNG files, edges smoothed."""

import io
from collections.abc import Iterable, Sequence
from math import ceil, cos, floor, pi, sin
from typing import Final

from PIL import Image, ImageDraw

from linnet.model.errors import InvalidField
from linnet.qr.label import label_mask
from linnet.qr.logo import Logo, resized
from linnet.qr.shapes import Shape, eyes_of, shapes_of
from linnet.qr.style import Frame, QrStyle, Rgba, over
from linnet.qr.symbol import Box, Symbol, banner_of, colors_of

# A byte a pixel, or four with a logo: 64 MB for a moment.
MAX_SHAPED_SIDE: Final = 4_000
_FINER: Final = 6
_FINEST_TILE: Final = 3_000
_ARC_STEPS: Final = 12


def shaped_png(symbol: Symbol, style: QrStyle, logo: Logo | None) -> bytes:
    """The code as a PNG file; InvalidField when it would be wider or higher than 4,000 pixels."""
    size = style.size
    width, height = symbol.side * size, (symbol.side + symbol.band) * size
    if max(width, height) > MAX_SHAPED_SIDE:
        raise InvalidField(
            f"size {size} would make an image of {max(width, height)} pixels for so long an address, and with shapes or a "
            f"frame it may have {MAX_SHAPED_SIDE}; choose at most {MAX_SHAPED_SIDE // (symbol.side + symbol.band)}, or svg.",
            field="size",
        )
    mask = _mask(symbol, style)
    light, dark = colors_of(style)
    image = _colored(mask, light, dark)
    if logo is not None and symbol.logo_box is not None:
        image = _with_logo(image.convert("RGBA"), logo, symbol.logo_box, size)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _mask(symbol: Symbol, style: QrStyle) -> Image.Image:
    """How dark each pixel is, from 0 to 255."""
    size = style.size
    mask = Image.new("L", (symbol.side * size, (symbol.side + symbol.band) * size))
    tiles: dict[object, Image.Image] = {}
    for shape in shapes_of(symbol.modules, style.module_shape, style.quiet_zone):
        _paste(mask, (shape,), size, tiles)
    for eye in eyes_of(symbol.side, style.eye_shape, style.quiet_zone):
        _paste(mask, eye, size, tiles)
    if symbol.band:
        _draw_band(mask, symbol, style)
    return mask


def _draw_band(mask: Image.Image, symbol: Symbol, style: QrStyle) -> None:
    size, box = style.size, banner_of(symbol)
    if style.frame is Frame.BANNER:
        radius = box.height * 0.22
        _paste(mask, (Shape(box.left, box.top, box.width, box.height, (radius,) * 4),), size, {})
    text, x, y = label_mask(style.frame_text.strip(), box, size)
    mask.paste(0 if style.frame is Frame.BANNER else 255, (x, y), text)


def _paste(mask: Image.Image, nested: Sequence[Shape], size: int, tiles: dict[object, Image.Image]) -> None:
    """Draw shapes, each in the one before and by turns dark and light, into the whole modules on which they stand."""
    outer = nested[0]
    left, top = floor(outer.left), floor(outer.top)
    placed = tuple((each.left - left, each.top - top, each.width, each.height, each.radii) for each in nested)
    if placed not in tiles:
        box = ceil(outer.left + outer.width) - left, ceil(outer.top + outer.height) - top
        tiles[placed] = _tile(nested, left, top, box, size)
    mask.paste(tiles[placed], (left * size, top * size))


def _tile(nested: Iterable[Shape], left: int, top: int, box: tuple[int, int], size: int) -> Image.Image:
    finer = max(1, min(_FINER, _FINEST_TILE // (max(box) * size)))
    scale = size * finer
    tile = Image.new("L", (box[0] * scale, box[1] * scale))
    draw, fill = ImageDraw.Draw(tile), 255
    for shape in nested:
        points = [((x - left) * scale - 0.5, (y - top) * scale - 0.5) for x, y in _outline(shape)]
        draw.polygon(points, fill=fill)
        fill = 255 - fill
    return tile.reduce(finer) if finer > 1 else tile


def _outline(shape: Shape) -> Iterable[tuple[float, float]]:
    right, bottom = shape.left + shape.width, shape.top + shape.height
    corners = (
        (shape.left, shape.top, 1, 1, pi),
        (right, shape.top, -1, 1, 1.5 * pi),
        (right, bottom, -1, -1, 0.0),
        (shape.left, bottom, 1, -1, 0.5 * pi),
    )
    for (x, y, to_right, to_bottom, begin), radius in zip(corners, shape.radii, strict=True):
        if not radius:
            yield x, y
            continue
        middle_x, middle_y = x + to_right * radius, y + to_bottom * radius
        for step in range(_ARC_STEPS + 1):
            angle = begin + step / _ARC_STEPS * pi / 2
            yield middle_x + radius * cos(angle), middle_y + radius * sin(angle)


def _colored(mask: Image.Image, light: Rgba, dark: Rgba) -> Image.Image:
    """A picture with 256 colours, from light to dark: one byte a pixel."""
    between = [over((*dark[:3], round(dark[3] * share / 255)), light) for share in range(1, 255)]
    palette = [light, *between, dark]
    image = mask.copy()
    image.putpalette([channel for color in palette for channel in color[:3]])
    if any(color[3] < 255 for color in palette):
        image.info["transparency"] = bytes(color[3] for color in palette)
    return image


def _with_logo(image: Image.Image, logo: Logo, box: Box, size: int) -> Image.Image:
    left, top = round(box.left * size), round(box.top * size)
    width, height = max(1, round(box.width * size)), max(1, round(box.height * size))
    image.alpha_composite(resized(logo.image, width, height), (left, top))
    return image
