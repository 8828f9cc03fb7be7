"""The text of a frame, in the fonts that there are."""

import threading
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from linnet.qr.symbol import Box

# Looked for where the system keeps fonts, for what the imaging library's own one does not have. Each is one that packages of
# fonts install under this name on some system; the first that has all of a text's characters draws it.
_FONTS: Final = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf", "Helvetica.ttc"),
    *("NotoSansCJK-Regular.ttc", "NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf"),
    *("NotoSansThai-Regular.ttf", "FreeSans.ttf", "Arial Unicode.ttf"),
)
# What no font has a picture for, so that its picture is the one for characters that the font lacks.
_NOWHERE: Final = "\U0010fffe"
_PROBE_PIXELS: Final = 24
_MOST_PIXELS: Final = 400
# Of the band's height, and of its width.
_TEXT_HEIGHT: Final = 0.58
_TEXT_WIDTH: Final = 0.9
# FreeType's faces are not for several threads at once.
_lock = threading.Lock()


def missing_characters(text: str) -> str:
    """Those of ``text`` that no font of this machine has, each once; "" when one font has all of them."""
    with _lock:
        lacking = [_lacking(name, text) for name in ("", *_FONTS) if _face(name, _PROBE_PIXELS) is not None]
    return min(lacking, key=len)


def label_mask(text: str, box: Box, size: float) -> tuple[Image.Image, int, int]:
    """``text`` in the middle of a box, as a mask (255 where it is) with its upper left corner, at ``size`` pixels a module.

    It is as large as it fits. A character that no font has is drawn as the font draws it, which is an empty box.
    """
    width, height = box.width * size, box.height * size
    with _lock:
        name = min(("", *_FONTS), key=lambda each: (_face(each, _PROBE_PIXELS) is None, len(_lacking(each, text))))
        pixels = max(2, min(round(height * _TEXT_HEIGHT), _MOST_PIXELS))
        font = _face(name, pixels)
        assert font is not None, "the library's own font is always there"
        length = font.getlength(text)
        if length > width * _TEXT_WIDTH:
            font = _face(name, max(2, int(pixels * width * _TEXT_WIDTH / length))) or font
        left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
        mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
        ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=font)
        ascent, descent = font.getmetrics()
    x = round(box.left * size + (width - mask.width) / 2)
    # By the font's line rather than by the letters, so that texts with and without descenders stand alike.
    line_top = box.top * size + (height - ascent - descent) / 2
    y = round(min(max(line_top + top, box.top * size), max(box.top * size, (box.top + box.height) * size - mask.height)))
    return mask, x, y


@lru_cache(64)
def _face(name: str, pixels: int) -> FreeTypeFont | None:
    """The font of that name, or the library's own one for ""; None where it is not installed."""
    if not name:
        own = ImageFont.load_default(pixels)
        return own if isinstance(own, FreeTypeFont) else None
    try:
        return ImageFont.truetype(name, pixels)
    except OSError:
        return None


def _lacking(name: str, text: str) -> str:
    font = _face(name, _PROBE_PIXELS)
    if font is None:
        return text
    nothing = bytes(font.getmask(_NOWHERE))
    return "".join(dict.fromkeys(each for each in text if not each.isspace() and bytes(font.getmask(each)) == nothing))
