"""Whether phones will read a code: it is drawn, seen as cameras see it, and decoded."""

import io
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from linnet.qr.draw import draw
from linnet.qr.logo import Logo
from linnet.qr.style import EcLevel, EyeShape, ImageType, ModuleShape, QrStyle, Rgba, over, rgba
from linnet.qr.symbol import symbol_of

# WCAG 2.1 asks as much of graphics (1.4.11).
GOOD_CONTRAST: Final = 3.0
_READERS_QUIET_ZONE: Final = 4
# Pixels of a module: what is looked at, and as small as a camera far away sees it.
_NEAR: Final = 8
_CAMERA: Final = 4.0
_FAR: Final = 2.6
# Of a module. What is plain, black and white is read up to 0.45, and with twice the noise.
_BLUR: Final = 0.35
_TILT_DEGREES: Final = 17
_PAGE: Final[Rgba] = (255, 255, 255, 255)
_NOISE: Final = 8.0
_DIM: Final = 0.45


class View(StrEnum):
    """In which way a code is looked at."""

    STRAIGHT = "straight"
    SMALL = "small"
    BLURRED = "blurred"
    TILTED = "tilted"
    DIM = "dim"


class Advice(StrEnum):
    """What would make a code easier to read."""

    MORE_CONTRAST = "more_contrast"
    NOT_INVERTED = "not_inverted"
    PLAINER_SHAPES = "plainer_shapes"
    SMALLER_LOGO = "smaller_logo"
    MORE_CORRECTION = "more_correction"
    WIDER_QUIET_ZONE = "wider_quiet_zone"
    SHORTER_ADDRESS = "shorter_address"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``seen`` are the ways of looking in which the code was read, ``missed`` those in which it was not; ``contrast`` is the
    WCAG ratio of its colours on white paper, from 1 to 21."""

    seen: tuple[View, ...]
    missed: tuple[View, ...]
    contrast: float
    inverted: bool
    advice: tuple[Advice, ...]

    @property
    def readable(self) -> bool:
        """Whether it was read when looked at straight, by a reader that does not turn light and dark around."""
        return View.STRAIGHT in self.seen

    @property
    def scans_well(self) -> bool:
        """Whether it was read in every way, and nothing else speaks against it."""
        return not self.missed and not self.advice


def check(text: str, style: QrStyle, logo: Logo | None = None) -> Verdict:
    """Read the code as a camera would. The reader is not told to try light modules on dark ground, because many do not.

    Where it fails, the same code is read without what may be the reason, so that the advice is what helps; that takes at most
    some tenths of a second. InvalidField where no code can be drawn.
    """
    looked = replace(style, type=ImageType.PNG, size=_NEAR)
    results = _views(text, looked, logo)
    missed = tuple(view for view, read in results.items() if not read)
    dark, light = _seen_colors(style)
    contrast = _ratio(dark, light)
    inverted = _luminance(dark) > _luminance(light)
    advice = _plain_advice(style, contrast, inverted)
    if missed and not advice:
        advice = _found_advice(text, looked, logo, missed)
    return Verdict(tuple(view for view in results if view not in missed), missed, contrast, inverted, tuple(advice))


def _plain_advice(style: QrStyle, contrast: float, inverted: bool) -> list[Advice]:
    advice = []
    if inverted:
        advice.append(Advice.NOT_INVERTED)
    if contrast < GOOD_CONTRAST:
        advice.append(Advice.MORE_CONTRAST)
    if style.quiet_zone < _READERS_QUIET_ZONE:
        advice.append(Advice.WIDER_QUIET_ZONE)
    return advice


def _found_advice(text: str, style: QrStyle, logo: Logo | None, missed: tuple[View, ...]) -> list[Advice]:
    """What of the style keeps the code from being read in the ways that were missed."""
    without_logo = None if logo is None else (replace(style, logo_url=None), None)
    squares = replace(style, module_shape=ModuleShape.SQUARE, eye_shape=EyeShape.SQUARE)
    tried: list[tuple[Advice, QrStyle, Logo | None]] = []
    if without_logo is not None:
        tried.append((Advice.SMALLER_LOGO, *without_logo))
    if squares != style:
        tried.append((Advice.PLAINER_SHAPES, squares, logo))
    if logo is None and style.ec_level in (EcLevel.L, EcLevel.M):
        tried.append((Advice.MORE_CORRECTION, replace(style, ec_level=EcLevel.Q), None))
    found = [advice for advice, other, its_logo in tried if all(_views(text, other, its_logo, missed).values())]
    return found or [Advice.SHORTER_ADDRESS]


def _views(text: str, style: QrStyle, logo: Logo | None, wanted: tuple[View, ...] = tuple(View)) -> dict[View, bool]:
    style = _drawable(text, style, logo)
    with Image.open(io.BytesIO(draw(text, style, logo)), formats=("PNG",)) as image:
        drawn = image.convert("RGBA")
    seen = Image.alpha_composite(Image.new("RGBA", drawn.size, _PAGE), drawn).convert("L")
    return {view: _read(_seen(seen, view, style)) == text for view in wanted}


def _drawable(text: str, style: QrStyle, logo: Logo | None) -> QrStyle:
    """The style at a size at which the picture stays small, however long the address is."""
    symbol = symbol_of(text, style, logo)
    return replace(style, size=max(4, min(_NEAR, 1_200 // symbol.side)))


def _seen(image: Image.Image, view: View, style: QrStyle) -> Image.Image:
    if view is View.STRAIGHT:
        return image
    if view is View.TILTED:
        return image.rotate(_TILT_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    pixels = _FAR if view is View.SMALL else _CAMERA
    side = [round(length * pixels / style.size) for length in image.size]
    smaller = image.resize((side[0], side[1]), Image.Resampling.BICUBIC)
    if view is View.BLURRED:
        return smaller.filter(ImageFilter.GaussianBlur(_BLUR * pixels))
    if view is View.DIM:
        # The same noise every time, so that the same code gets the same verdict.
        noise = np.random.default_rng(7).normal(0.0, _NOISE, (smaller.height, smaller.width))
        return Image.fromarray(np.clip(np.asarray(smaller) * _DIM + 40 + noise, 0, 255).astype(np.uint8))
    return smaller


def _read(image: Image.Image) -> str | None:
    # Loaded when somebody designs a code: most processes never do.
    import zxingcpp

    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(image, formats=formats, try_invert=False)
    return found[0].text if found else None


def _seen_colors(style: QrStyle) -> tuple[Rgba, Rgba]:
    light = over(rgba(style.background_color, field="backgroundColor"), _PAGE)
    return over(rgba(style.color, field="color"), light), light


def _ratio(one: Rgba, other: Rgba) -> float:
    """WCAG 2's contrast ratio."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: Rgba) -> float:
    """WCAG 2's relative luminance."""
    shares = (channel / 255 for channel in color[:3])
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
