"""How a QR code looks: a value that is whole and within its bounds, or is refused."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from linnet.model.errors import InvalidField
from linnet.model.link import clean_text
from linnet.model.url import clean_url

MAX_SIZE: Final = 99
MAX_QUIET_ZONE: Final = 16
# More would be too small to be read below a code.
MAX_FRAME_TEXT: Final = 40
MAX_LOGO_BYTES: Final = 1_000_000
# Brightness from 0 to 255, as readers compute it: what they were seen to need, more where a logo is brighter or darker still.
MIN_CONTRAST: Final = 40
MIN_CONTRAST_WITH_LOGO: Final = 90
_HEX: Final = re.compile(r"[0-9A-Fa-f]{6,8}")
_DATA_LOGO: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)

Rgba = tuple[int, int, int, int]
_WHITE: Final[Rgba] = (255, 255, 255, 255)
_BLACK: Final[Rgba] = (0, 0, 0, 255)


class ImageType(StrEnum):
    """The format of a code's image."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """What a Content-Type header says."""
        return {ImageType.PNG: "image/png", ImageType.SVG: "image/svg+xml", ImageType.PDF: "application/pdf"}[self]


class EcLevel(StrEnum):
    """How much of a code may be damaged: about 7, 15, 25 and 30 %."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


class ModuleShape(StrEnum):
    """What dark modules look like: ``rounded`` ones and ``bars`` grow together with their neighbours."""

    SQUARE = "square"
    ROUNDED = "rounded"
    DOTS = "dots"
    BARS = "bars"


class EyeShape(StrEnum):
    """What the three corners look like by which readers find a code; a ``leaf`` keeps its inner and outer corners."""

    SQUARE = "square"
    ROUNDED = "rounded"
    CIRCLE = "circle"
    LEAF = "leaf"


class Frame(StrEnum):
    """Where a frame's text stands below the code: on the background, or light on a banner of the code's colour."""

    TEXT = "text"
    BANNER = "banner"


@dataclass(frozen=True, slots=True, kw_only=True)
class QrStyle:
    """Contract b.2 (generateQrCode) and b.5 (the style of a folder). InvalidField, by wire spelling, for what cannot be.

    Colours are RRGGBB or RRGGBBAA, without ``#``; of seven digits the last is the whole alpha, as in CSS's short form. The two
    must be far enough apart for a reader, on a white page or on a black one (for transparent ones). ``size`` is in pixels
    per module, without the logo's sizes, which are per cent of the code's width. ``logo_url`` is an http(s) address or a
    ``data:`` URL of a raster image. ``excavate`` clears the modules under the logo. ``quiet_zone`` is in modules, and there is
    no frame without a ``frame_text``; these and the shapes are Linnet's own.
    """

    color: str = "000000"
    background_color: str = "FFFFFF"
    size: int = 10
    type: ImageType = ImageType.PNG
    ec_level: EcLevel = EcLevel.M
    logo_url: str | None = None
    logo_width: int = 20
    logo_height: int = 20
    excavate: bool = True
    module_shape: ModuleShape = ModuleShape.SQUARE
    eye_shape: EyeShape = EyeShape.SQUARE
    quiet_zone: int = 4
    frame: Frame = Frame.TEXT
    frame_text: str = ""

    def __post_init__(self) -> None:
        dark, light = rgba(self.color, field="color"), rgba(self.background_color, field="backgroundColor")
        if not 1 <= self.size <= MAX_SIZE:
            raise InvalidField(
                f"size must be between 1 and {MAX_SIZE}: it is in pixels per module, not of the whole image.", field="size"
            )
        for field, value in (("logoWidth", self.logo_width), ("logoHeight", self.logo_height)):
            if not 1 <= value <= 100:
                raise InvalidField(f"{field} must be between 1 and 100: it is in per cent of the code's width.", field=field)
        if not 0 <= self.quiet_zone <= MAX_QUIET_ZONE:
            raise InvalidField(
                f"quietZone must be between 0 and {MAX_QUIET_ZONE}: it is in modules, and readers want 4.", field="quietZone"
            )
        clean_text(self.frame_text, field="frameText", limit=MAX_FRAME_TEXT)
        if self.logo_url is not None:
            clean_logo_url(self.logo_url)
        needed = MIN_CONTRAST if self.logo_url is None else MIN_CONTRAST_WITH_LOGO
        if max(_contrast(dark, light, _WHITE), _contrast(dark, light, _BLACK)) < needed:
            raise InvalidField(
                "color and backgroundColor are too much alike to be read: one must be much darker than the other.",
                field="color",
            )


def rgba(color: str, *, field: str) -> Rgba:
    """Red, green, blue and alpha of a colour, each from 0 to 255; InvalidField naming ``field``."""
    if not _HEX.fullmatch(color):
        raise InvalidField(f"{field} must be a colour as RRGGBB or RRGGBBAA in hexadecimal digits, without '#'.", field=field)
    digits = {6: color + "FF", 7: color + color[6:], 8: color}[len(color)]
    red, green, blue, alpha = bytes.fromhex(digits)
    return red, green, blue, alpha


def style_of(sent: Mapping[str, Any], style: QrStyle | None = None) -> QrStyle:
    """``style`` (the default one when None) changed by what a JSON object says, in wire spellings: color, backgroundColor,
    size, type, ecLevel, logoUrl, logoWidth, logoHeight, noExcavate, moduleShape, eyeShape, quietZone, frame and frameText;
    null stands for what is not said, and other names are passed over. InvalidField for a value that is malformed."""
    values: dict[str, Any] = {}
    for spelling, (field, read) in _FIELDS.items():
        if (value := sent.get(spelling)) is not None:
            values[field] = read(value, spelling)
    base = QrStyle() if style is None else style
    kept = {name: getattr(base, name) for name in QrStyle.__slots__}
    return QrStyle(**kept | values)


def style_json(style: QrStyle) -> dict[str, Any]:
    """The JSON object that ``style_of`` reads as ``style``."""
    return {
        "color": style.color,
        "backgroundColor": style.background_color,
        "size": style.size,
        "type": style.type.value,
        "ecLevel": style.ec_level.value,
        "logoUrl": style.logo_url,
        "logoWidth": style.logo_width,
        "logoHeight": style.logo_height,
        "noExcavate": not style.excavate,
        "moduleShape": style.module_shape.value,
        "eyeShape": style.eye_shape.value,
        "quietZone": style.quiet_zone,
        "frame": style.frame.value,
        "frameText": style.frame_text,
    }


def clean_logo_url(url: str, *, field: str = "logoUrl") -> str:
    """``url`` if a logo can be there: http, https, or ``data:`` with a raster image of at most 1 MB; InvalidField otherwise."""
    if url[:5].lower() == "data:":
        data_logo(url, field=field)
        return url
    return clean_url(url, field=field)


def data_logo(url: str, *, field: str = "logoUrl") -> bytes | None:
    """The bytes in a ``data:`` URL, None when ``url`` is of another scheme; InvalidField for a malformed or large one."""
    if url[:5].lower() != "data:":
        return None
    head = _DATA_LOGO.match(url)
    if head is None:
        raise InvalidField(
            f"{field} must be a PNG, JPEG, GIF or WebP image: data:image/png;base64,... or an http(s) address.", field=field
        )
    if len(url) - head.end() > (MAX_LOGO_BYTES + 2) // 3 * 4:
        raise InvalidField(f"{field} holds an image of more than {MAX_LOGO_BYTES:,} bytes.", field=field)
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidField(f"{field} is not valid base64.", field=field) from None


def over(above: Rgba, below: Rgba) -> Rgba:
    """What is seen of a colour drawn on another."""
    alpha = above[3] + below[3] * (255 - above[3]) / 255
    if alpha == 0:
        return 0, 0, 0, 0
    share = above[3] / alpha
    red, green, blue = (round(top * share + bottom * (1 - share)) for top, bottom in zip(above[:3], below[:3], strict=True))
    return red, green, blue, round(alpha)


def _contrast(dark: Rgba, light: Rgba, page: Rgba) -> float:
    """How far apart a reader sees the two on a page of that colour."""
    behind = over(light, page)
    return abs(_brightness(over(dark, behind)) - _brightness(behind))


def _brightness(color: Rgba) -> float:
    """ITU-R BT.601's luma."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidField(f"{field} must be a text.", field=field)
    return value


def _whole(value: object, field: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidField(f"{field} must be a whole number.", field=field)
    return value


def _image_type(value: object, field: str) -> ImageType:
    if _text(value, field).lower() not in ("png", "svg"):
        raise InvalidField(f"{field} must be png or svg.", field=field)
    return ImageType(_text(value, field).lower())


def _one_of(choices: type[StrEnum]) -> Callable[[object, str], StrEnum]:
    def read(value: object, field: str) -> StrEnum:
        try:
            return choices(_text(value, field).lower())
        except ValueError:
            raise InvalidField(f"{field} must be one of {', '.join(choices)}.", field=field) from None

    return read


def _ec_level(value: object, field: str) -> EcLevel:
    try:
        return EcLevel(_text(value, field).upper())
    except ValueError:
        raise InvalidField(f"{field} must be L, M, Q or H.", field=field) from None


def _excavate(value: object, field: str) -> bool:
    if value not in (True, False):
        raise InvalidField(f"{field} must be true or false.", field=field)
    return not value


_FIELDS: Final = {
    "color": ("color", _text),
    "backgroundColor": ("background_color", _text),
    "size": ("size", _whole),
    "type": ("type", _image_type),
    "ecLevel": ("ec_level", _ec_level),
    "logoUrl": ("logo_url", _text),
    "logoWidth": ("logo_width", _whole),
    "logoHeight": ("logo_height", _whole),
    "noExcavate": ("excavate", _excavate),
    "moduleShape": ("module_shape", _one_of(ModuleShape)),
    "eyeShape": ("eye_shape", _one_of(EyeShape)),
    "quietZone": ("quiet_zone", _whole),
    "frame": ("frame", _one_of(Frame)),
    "frameText": ("frame_text", _text),
}
