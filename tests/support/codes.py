"""Reading QR codes as a visitor's phone does: from a raster, on a white page or on a black one."""

import base64
import io
import re
from xml.etree import ElementTree

import zxingcpp
from PIL import Image, ImageDraw

_SVG = "{http://www.w3.org/2000/svg}"
_RECTANGLE = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)[hH]-?\d+z")
_SVG_SCALE = 7
# Readers average blocks of eight pixels. A camera's pixels never fall on a code's; those of a file can, block for module.
_CAMERA = 2.3


def read_code(data: bytes, *, page: str = "white") -> str | None:
    """The text in a drawn code (PNG or SVG), None when it cannot be read: neither as it is nor as a camera sees it."""
    image = raster(data)
    seen = Image.alpha_composite(Image.new("RGBA", image.size, page), image).convert("L")
    return _read(seen) or _read(seen.resize((round(seen.width * _CAMERA),) * 2, Image.Resampling.BICUBIC))


def seen_code(image: Image.Image) -> str | None:
    """The text in a picture of a code, as ``read_code`` finds it."""
    seen = image.convert("RGBA")
    seen = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("L")
    return _read(seen) or _read(
        seen.resize((round(seen.width * _CAMERA), round(seen.height * _CAMERA)), Image.Resampling.BICUBIC)
    )


def _read(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0].text if found else None


def raster(data: bytes) -> Image.Image:
    """The pixels of a drawn code."""
    if data.startswith(b"<svg"):
        return _rendered(ElementTree.fromstring(data))
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        image.load()
        return image.convert("RGBA")


def picture(width: int = 64, height: int = 64, color: str = "red", kind: str = "PNG", mode: str = "RGB") -> bytes:
    """An image file of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), color).save(buffer, kind)
    return buffer.getvalue()


def _rendered(svg: ElementTree.Element) -> Image.Image:
    left, top, side, height = (int(number) for number in svg.attrib["viewBox"].split())
    assert (left, top, side) == (0, 0, height)
    image = Image.new("RGBA", (side * _SVG_SCALE, side * _SVG_SCALE))
    for shape in svg:
        layer = Image.new("RGBA", image.size)
        if shape.tag == f"{_SVG}path":
            _fill_path(layer, shape)
        else:
            assert shape.tag == f"{_SVG}image", f"a shape that this renderer does not know: {shape.tag}"
            _paste(layer, shape)
        image = Image.alpha_composite(image, layer)
    return image


def _fill_path(layer: Image.Image, shape: ElementTree.Element) -> None:
    path = shape.attrib["d"]
    assert _RECTANGLE.sub("", path) == "", "a path that is not made of rectangles"
    color = shape.attrib["fill"] + f"{round(float(shape.attrib.get('fill-opacity', 1)) * 255):02x}"
    draw = ImageDraw.Draw(layer)
    for numbers in _RECTANGLE.findall(path):
        x, y, width, height = (int(number) * _SVG_SCALE for number in numbers)
        draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)


def _paste(layer: Image.Image, shape: ElementTree.Element) -> None:
    head, _, body = shape.attrib["href"].partition(",")
    assert head == "data:image/png;base64"
    x, y, width, height = (max(1, round(float(shape.attrib[name]) * _SVG_SCALE)) for name in ("x", "y", "width", "height"))
    with Image.open(io.BytesIO(base64.b64decode(body, validate=True))) as logo:
        layer.paste(logo.resize((width, height)), (x, y))
