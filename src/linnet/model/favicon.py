"""A domain's icon: a data: URL of an image, told by what it holds."""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from linnet.model.errors import InvalidField

MAX_ICON_BYTES: Final = 64 * 1024
SVG: Final = "image/svg+xml"
# Three characters for a byte, and some for the type.
_MAX_URL: Final = 3 * MAX_ICON_BYTES + 256
# What may stand before the first element of an SVG image.
_MAX_PRELUDE: Final = 32
_DATA_URL: Final = re.compile(r"data:([^,;]{0,128})((?:;[^,;]{0,128}){0,4}),(.*)", re.DOTALL | re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_NAMES: Final = {
    "image/png": ("image/png",),
    "image/gif": ("image/gif",),
    "image/jpeg": ("image/jpeg", "image/jpg"),
    "image/webp": ("image/webp",),
    "image/x-icon": ("image/x-icon", "image/vnd.microsoft.icon", "image/ico"),
    SVG: (SVG, "image/svg"),
}
_MUST_BE: Final = "must be a data: URL of a PNG, ICO, SVG, GIF, JPEG or WebP image"


def clean_favicon(value: object, field: str) -> str | None:
    """``value`` as a data: URL in base64, None to remove the icon; InvalidField for what is no such image, or a large one."""
    if value is None or value == "":
        return None
    found = _DATA_URL.fullmatch(value) if isinstance(value, str) and len(value) <= _MAX_URL else None
    if found is None:
        too_large = isinstance(value, str) and len(value) > _MAX_URL
        raise InvalidField(f"{field} is too large." if too_large else f"{field} {_MUST_BE}.", field=field)
    named, parameters, body = found.groups()
    content = _content(body, encoded=";base64" in parameters.lower(), field=field)
    if len(content) > MAX_ICON_BYTES:
        raise InvalidField(f"{field} is an image of more than {MAX_ICON_BYTES} bytes.", field=field)
    kind = kind_of(content)
    if kind is None:
        raise InvalidField(f"{field} {_MUST_BE}: what it holds is none of them.", field=field)
    if named.strip().lower() not in _NAMES[kind]:
        raise InvalidField(f"{field} says that it is '{named}', but it holds {kind}.", field=field)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def icon_of(url: str) -> tuple[str, bytes]:
    """The media type and the bytes of an icon that ``clean_favicon`` wrote."""
    head, _, body = url.partition(",")
    return head.removeprefix("data:").removesuffix(";base64"), base64.b64decode(body)


def kind_of(content: bytes) -> str | None:
    """The media type of an image, by its first bytes; None for none of those that an icon may be."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"\x00\x00\x01\x00") and len(content) > 22 and content[4:6] != b"\x00\x00":
        return "image/x-icon"
    return SVG if _is_svg(content) else None


def _content(body: str, *, encoded: bool, field: str) -> bytes:
    try:
        if encoded:
            return base64.b64decode(_SPACE.sub("", body) if "%" not in body else unquote_to_bytes(body), validate=True)
        return unquote_to_bytes(body.encode())
    except (binascii.Error, ValueError):
        raise InvalidField(f"{field} does not hold what it says: it is not valid base64 text.", field=field) from None


def _is_svg(content: bytes) -> bool:
    """Whether the first element is ``svg``: behind a declaration, comments and a document type that declares nothing itself."""
    try:
        text = content.decode("utf-8-sig").lstrip()
    except UnicodeDecodeError:
        return False
    for _ in range(_MAX_PRELUDE):
        if text.startswith("<svg"):
            return text[4:5] in (" ", "\t", "\r", "\n", ">", "/")
        if text.startswith("<!--"):
            _, end, text = text[4:].partition("-->")
        elif text.startswith("<?"):
            _, end, text = text.partition("?>")
        elif text.startswith("<!DOCTYPE"):
            declared, end, text = text.partition(">")
            if "[" in declared:
                return False
        else:
            return False
        if not end:
            return False
        text = text.lstrip()
    return False
