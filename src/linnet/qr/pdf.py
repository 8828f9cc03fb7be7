"""Codes as PDF files of one page, in outlines: sharp at every size."""

import zlib
from collections.abc import Iterable
from typing import Final

from PIL import Image

from linnet.qr.label import label_mask
from linnet.qr.logo import Logo
from linnet.qr.shapes import Shape, eyes_of, shapes_of
from linnet.qr.style import Frame, QrStyle, Rgba, rgba
from linnet.qr.symbol import Box, Symbol, banner_of

# CSS's pixel, by which a page is as large as the PNG on a screen.
_POINTS_PER_PIXEL: Final = 0.75
_LABEL_PIXELS: Final = 32
# How far a Bézier curve's handles are from its ends, for a quarter of a circle.
_KAPPA: Final = 0.5523


def pdf_file(symbol: Symbol, style: QrStyle, logo: Logo | None) -> bytes:
    """The code as a PDF 1.4 file without metadata."""
    height = symbol.side + symbol.band
    scale = style.size * _POINTS_PER_PIXEL
    light, dark = rgba(style.background_color, field="backgroundColor"), rgba(style.color, field="color")
    images: dict[str, list[bytes]] = {}
    # Modules from the upper left corner, as everywhere else.
    words = [f"{scale:g} 0 0 {-scale:g} 0 {height * scale:g} cm"]
    if light[3]:
        words += [_color(light), "/Light gs", f"0 0 {symbol.side} {height} re f"]
    words += [_color(dark), "/Dark gs", *_dark_paths(symbol, style), "f*"]
    if logo is not None and symbol.logo_box is not None:
        words += ["/Opaque gs", _image_at(symbol.logo_box, "Logo")]
        images["Logo"] = _picture(logo.image.convert("RGB"), logo.image.getchannel("A"))
    if symbol.band:
        words += _band(symbol, style, dark, light, images)
    page = f"/MediaBox [0 0 {symbol.side * scale:g} {height * scale:g}]"
    return _document(
        page, zlib.compress("\n".join(words).encode()), images, {"Light": light[3], "Dark": dark[3], "Opaque": 255}
    )


def _dark_paths(symbol: Symbol, style: QrStyle) -> Iterable[str]:
    for shape in shapes_of(symbol.modules, style.module_shape, style.quiet_zone):
        yield _path(shape)
    for eye in eyes_of(symbol.side, style.eye_shape, style.quiet_zone):
        yield from (_path(shape) for shape in eye)


def _band(symbol: Symbol, style: QrStyle, dark: Rgba, light: Rgba, images: dict[str, list[bytes]]) -> Iterable[str]:
    box, ink = banner_of(symbol), dark
    if style.frame is Frame.BANNER:
        radius = box.height * 0.22
        yield from (_path(Shape(box.left, box.top, box.width, box.height, (radius,) * 4)), "f")
        ink = light if light[3] else (255, 255, 255, 255)
    mask, x, y = label_mask(style.frame_text.strip(), box, _LABEL_PIXELS)
    images["Text"] = _picture(Image.new("RGB", (1, 1), ink[:3]), mask)
    yield "/Opaque gs"
    yield _image_at(Box(x / _LABEL_PIXELS, y / _LABEL_PIXELS, mask.width / _LABEL_PIXELS, mask.height / _LABEL_PIXELS), "Text")


def _color(color: Rgba) -> str:
    return " ".join(f"{channel / 255:.4g}" for channel in color[:3]) + " rg"


def _path(shape: Shape) -> str:
    left, top, right, bottom = shape.left, shape.top, shape.left + shape.width, shape.top + shape.height
    one, two, three, four = shape.radii
    if not any(shape.radii):
        return f"{left:g} {top:g} {shape.width:g} {shape.height:g} re"
    words = [f"{left + one:g} {top:g} m {right - two:g} {top:g} l"]
    for (corner_x, corner_y), radius, (into_x, into_y), (out_x, out_y) in (
        ((right, top), two, (-1, 0), (0, 1)),
        ((right, bottom), three, (0, -1), (-1, 0)),
        ((left, bottom), four, (1, 0), (0, -1)),
        ((left, top), one, (0, 1), (1, 0)),
    ):
        rest = radius * (1 - _KAPPA)
        begin = corner_x + into_x * radius, corner_y + into_y * radius
        end = corner_x + out_x * radius, corner_y + out_y * radius
        words.append(f"{begin[0]:.4g} {begin[1]:.4g} l")
        if radius:
            first = corner_x + into_x * rest, corner_y + into_y * rest
            second = corner_x + out_x * rest, corner_y + out_y * rest
            words.append(" ".join(f"{number:.4g}" for number in (*first, *second, *end)) + " c")
    return " ".join([*words, "h"])


def _image_at(box: Box, name: str) -> str:
    """An image upright: its own rows go upwards, ours downwards."""
    return f"q {box.width:.4f} 0 0 {-box.height:.4f} {box.left:.4f} {box.top + box.height:.4f} cm /{name} Do Q"


def _picture(colors: Image.Image, mask: Image.Image) -> list[bytes]:
    """Its two streams: the colours and how opaque they are."""
    return [_image_stream(colors, "/DeviceRGB", " /SMask {mask} 0 R"), _image_stream(mask, "/DeviceGray", "")]


def _image_stream(image: Image.Image, space: str, extra: str) -> bytes:
    size = f"/Width {image.width} /Height {image.height}"
    head = f"/Type /XObject /Subtype /Image {size} /ColorSpace {space} /BitsPerComponent 8{extra}"
    return _stream(head, zlib.compress(image.tobytes()))


def _stream(head: str, body: bytes) -> bytes:
    return f"<< {head} /Filter /FlateDecode /Length {len(body)} >>\nstream\n".encode() + body + b"\nendstream"


def _document(page: str, content: bytes, images: dict[str, list[bytes]], alphas: dict[str, int]) -> bytes:
    states = " ".join(f"/{name} << /ca {alpha / 255:.4g} >>" for name, alpha in alphas.items())
    first = 5
    names = " ".join(f"/{name} {first + 2 * number} 0 R" for number, name in enumerate(images))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {page} /Contents 4 0 R "
        f"/Resources << /ExtGState << {states} >> /XObject << {names} >> >> >>".encode(),
        _stream("", content),
    ]
    for picture, mask in images.values():
        objects += [picture.replace(b"{mask}", str(len(objects) + 2).encode(), 1), mask]
    parts, offsets, length = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], [], 15
    for number, body in enumerate(objects, 1):
        offsets.append(length)
        parts.append(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
        length += len(parts[-1])
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return b"".join(
        [*parts, f"{end}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{length}\n%%EOF\n".encode()]
    )
