"""Logos: images of strangers, read within bounds and reduced to their pixels."""

import base64
import io
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from PIL import Image, ImageOps

from linnet.model.errors import InvalidField
from linnet.qr.style import MAX_LOGO_BYTES

MAX_LOGO_PIXELS: Final = 16_000_000
# What is kept: more would not be seen in a code, and is made bigger when a code is.
KEPT_SIDE: Final = 320
MAX_STORED_LOGO: Final = 60_000
_STORED_SIDES: Final = (KEPT_SIDE, 240, 160, 100)
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
# What a web server may call them.
MEDIA_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "application/octet-stream"})


@dataclass(frozen=True, eq=False)
class Logo:
    """A logo as it is drawn: RGBA, at most 320 pixels wide and high, without metadata."""

    image: Image.Image

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.image.width / self.image.height

    @cached_property
    def png(self) -> bytes:
        """The logo as a PNG file."""
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG")
        return buffer.getvalue()


def read_logo(data: bytes, *, field: str = "logoUrl") -> Logo:
    """The logo in a PNG, JPEG, GIF (its first frame) or WebP file; InvalidField naming ``field`` for anything else, more than
    1 MB, more than 16 megapixels, or a broken file. Vector images are refused: they can hold scripts and addresses."""
    if len(data) > MAX_LOGO_BYTES:
        raise InvalidField(f"{field} is an image of more than {MAX_LOGO_BYTES:,} bytes.", field=field)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_LOGO_PIXELS:
                raise _TooManyPixels
            # Lets JPEG skip detail that is not kept.
            image.draft(None, (2 * KEPT_SIDE, 2 * KEPT_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (_TooManyPixels, Image.DecompressionBombError):
        raise InvalidField(f"{field} is an image of more than {MAX_LOGO_PIXELS:,} pixels.", field=field) from None
    # Broken files make the decoders raise almost anything.
    except Exception:
        raise InvalidField(f"{field} is not an image that can be read: PNG, JPEG, GIF or WebP, no SVG.", field=field) from None
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    # A new image: what the file said beside its pixels stays behind.
    return Logo(Image.frombytes("RGBA", upright.size, upright.tobytes()))


def logo_url(logo: Logo) -> str:
    """The logo as a ``data:`` URL of at most 60,000 characters, smaller if need be: domains are read whole by many."""
    for side in _STORED_SIDES:
        image = logo.image.copy()
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        for candidate in (image, image.quantize(256, Image.Quantize.FASTOCTREE)):
            buffer = io.BytesIO()
            candidate.save(buffer, "PNG", optimize=True)
            encoded = base64.b64encode(buffer.getvalue()).decode()
            if len(encoded) < MAX_STORED_LOGO:
                return f"data:image/png;base64,{encoded}"
    raise AssertionError("the smallest of all is never so large")


def resized(image: Image.Image, width: int, height: int) -> Image.Image:
    """Smaller smoothly; larger in squares, which are small in a code that is so large, and leave rows equal."""
    smaller = width < image.width or height < image.height
    return image.resize((width, height), Image.Resampling.LANCZOS if smaller else Image.Resampling.NEAREST)


class _TooManyPixels(Exception):
    pass
