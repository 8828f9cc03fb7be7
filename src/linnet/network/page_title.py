"""What a web page is called: read from the beginning of its HTML, whatever that holds."""

import re
from html import unescape
from typing import Final

# Where a page says how its characters are written, for what no header says (HTML, "prescan a byte stream").
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_WITHIN: Final = 1024
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
# Codecs of the web, by the names that pages use; Python's others do more than to read characters. What calls itself Latin-1 or
# ASCII is read as browsers do.
_CODECS: Final = {
    **{name: name for name in ("big5", "euc-jp", "euc-kr", "gb18030", "iso-2022-jp", "koi8-r", "koi8-u", "shift_jis", "utf-8")},
    **{f"windows-{number}": f"cp{number}" for number in (874, *range(1250, 1259))},
    **{f"iso-8859-{number}": f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **dict.fromkeys(("utf8", "unicode-1-1-utf-8"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("gbk", "gb2312", "x-gbk"), "gb18030"),
    **dict.fromkeys(("sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1987", "windows-949"), "cp949"),
    **dict.fromkeys(("utf-16", "utf-16le"), "utf-16-le"),
    "utf-16be": "utf-16-be",
    "macintosh": "mac-roman",
}
_TAG: Final = re.compile(r"<(?:(!--)|([a-z]+)(?=[\s/>]))", re.IGNORECASE)
# Of a title that never ends, more than enough.
_MAX_RAW: Final = 16 * 1024
# What stands in these is no title of the page, whatever it looks like.
_OPAQUE: Final = frozenset(("script", "style", "noscript", "template", "svg", "textarea", "iframe"))
_NO_TEXT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\s]+")


def title_of(body: bytes, charset: str = "", *, limit: int) -> str:
    """The title of a page as one line without control characters, of at most ``limit`` characters; "" when it has none.
    ``charset`` is the one in its Content-Type. Takes time in proportion to ``body``."""
    text = _decoded(body, charset)
    return _NO_TEXT.sub(" ", unescape(_raw_title(text))).strip()[:limit].rstrip()


def _decoded(body: bytes, charset: str) -> str:
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    named = _META_CHARSET.search(body[:_META_WITHIN])
    own = named[1].decode("ascii", "replace").lower() if named is not None else ""
    # A page that could be read to find this is not written in two bytes a character.
    own = "utf-8" if own.startswith("utf-16") else own
    return body.decode(_CODECS.get(charset) or _CODECS.get(own) or "utf-8", "replace")


def _raw_title(text: str) -> str:
    lowered = text.lower()
    if len(lowered) != len(text):
        # Few letters grow; positions in the one must be those in the other.
        lowered = "".join(each.lower() if each.isascii() else each for each in text)
    place = 0
    while (tag := _TAG.search(text, place)) is not None:
        name = (tag[2] or "").lower()
        if tag[1]:
            place = lowered.find("-->", tag.end())
        elif name in _OPAQUE:
            place = lowered.find(f"</{name}", tag.end())
        elif name == "title":
            start, end = text.find(">", tag.end()) + 1, lowered.find("</title", tag.end())
            return text[start : min(end, start + _MAX_RAW)] if 0 < start <= end else ""
        else:
            place = tag.end()
        if place < 0:
            break
    return ""
