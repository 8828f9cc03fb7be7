"""A code laid out: its modules, where its logo stands, and how high it is with its frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Final

import segno

from linnet.model.errors import InvalidField
from linnet.qr.logo import Logo
from linnet.qr.style import EcLevel, QrStyle, Rgba, over, rgba

# Shares of the code that a logo may cover, and of its width; what is asked for beyond is made smaller. Level H repairs 30 % of
# the code words, and a module that is covered in part spoils a word whole. Timing patterns and corners stay free.
MAX_LOGO_AREA: Final = 0.08
MAX_LOGO_SIDE: Final = 0.5
# Of the code's width.
_BAND: Final = 0.17


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in modules, from the upper left corner of the quiet zone."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Symbol:
    """``modules`` are rows with the quiet zone, 1 for dark; ``band`` is the height in modules of what is below them."""

    modules: Sequence[bytearray]
    logo_box: Box | None
    band: int

    @property
    def side(self) -> int:
        """The width in modules, and the height without the band."""
        return len(self.modules)


def symbol_of(text: str, style: QrStyle, logo: Logo | None) -> Symbol:
    """The code of ``text``; a logo raises the error correction to H. InvalidField when ``text`` is too long for a code."""
    level = style.ec_level if logo is None else EcLevel.H
    try:
        code = segno.make_qr(text, error=level.value)
    except segno.DataOverflowError:
        raise InvalidField(f"The short URL is too long for a QR code with error correction level {level}.") from None
    modules = [bytearray(row) for row in code.matrix_iter(scale=1, border=style.quiet_zone)]
    box = None if logo is None else _logo_box(len(modules) - 2 * style.quiet_zone, style, logo)
    if box is not None and style.excavate:
        _clear(modules, box)
    return Symbol(modules, box, ceil(len(modules) * _BAND) if style.frame_text.strip() else 0)


def banner_of(symbol: Symbol) -> Box:
    """Where the banner stands: in the band, as wide as the code without its quiet zone but for a module."""
    margin = 1.0
    return Box(margin, symbol.side, symbol.side - 2 * margin, symbol.band - margin)


def colors_of(style: QrStyle) -> tuple[Rgba, Rgba]:
    """Those of light and of dark modules; what is behind shines through dark ones that are not opaque."""
    light = rgba(style.background_color, field="backgroundColor")
    return light, over(rgba(style.color, field="color"), light)


def _logo_box(modules: int, style: QrStyle, logo: Logo) -> Box:
    """The middle of the code, as large as the style says and the code bears, in the logo's own proportions."""
    width, height = modules * style.logo_width / 100, modules * style.logo_height / 100
    width, height = min(width, height * logo.aspect), min(height, width / logo.aspect)
    shrink = min(1.0, sqrt(MAX_LOGO_AREA * modules**2 / (width * height)), MAX_LOGO_SIDE * modules / max(width, height))
    width, height = width * shrink, height * shrink
    middle = style.quiet_zone + modules / 2
    return Box(middle - width / 2, middle - height / 2, width, height)


def _clear(modules: Sequence[bytearray], box: Box) -> None:
    left, right = floor(box.left), ceil(box.left + box.width)
    for y in range(floor(box.top), ceil(box.top + box.height)):
        modules[y][left:right] = bytes(right - left)
