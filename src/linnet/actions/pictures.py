"""Pictures that links name for previews, fetched within bounds and made anew: nothing but their pixels reaches the reader."""

import io
import threading
from dataclasses import replace
from typing import Final

from PIL import Image, ImageOps

from linnet.model.errors import InvalidField, Unfetchable
from linnet.network.fetch import FetchOptions, fetch

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 25_000_000
# What is shown: twice the size of a card in a chat.
SHOWN: Final = (800, 600)
SECONDS: Final = 4.0
_MEDIA_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"})
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
# A fraction of a process's threads; a picture of 25 megapixels takes some 100 MB for a moment.
_AT_ONCE: Final = 2


class Pictures:
    """Fetches pictures. May be shared by threads."""

    def __init__(self, options: FetchOptions) -> None:
        self._options = replace(options, total_seconds=min(SECONDS, options.total_seconds))
        self._fetching = threading.BoundedSemaphore(_AT_ONCE)

    def fetch(self, url: str) -> bytes:
        """The picture at ``url`` as a small JPEG file; Unfetchable or InvalidField when there is none to be had."""
        if not self._fetching.acquire(timeout=self._options.total_seconds):
            raise Unfetchable("Too many pictures are being fetched now. Please try again.")
        try:
            data = fetch(url, self._options, max_bytes=MAX_BYTES, media_types=_MEDIA_TYPES, name="image").body
            return small_picture(data)
        finally:
            self._fetching.release()


def small_picture(data: bytes) -> bytes:
    """A picture of a stranger's as a JPEG file of at most ``SHOWN`` pixels; InvalidField for what is none, or too large."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidField(f"image has more than {MAX_PIXELS:,} pixels.", field="image")
            # Lets JPEG skip detail that is not shown.
            image.draft("RGB", SHOWN)
            upright = ImageOps.exif_transpose(image).convert("RGBA")
            upright.thumbnail(SHOWN, Image.Resampling.LANCZOS)
            flat = Image.new("RGB", upright.size, "white")
            flat.paste(upright, mask=upright.getchannel("A"))
            made = io.BytesIO()
            flat.save(made, "JPEG", quality=80)
            return made.getvalue()
    except InvalidField:
        raise
    # Broken files make the decoders raise almost anything.
    except Exception:
        raise InvalidField("image is no picture that can be read: PNG, JPEG, GIF or WebP, no SVG.", field="image") from None
