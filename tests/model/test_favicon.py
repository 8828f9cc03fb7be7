"""Icons: what they hold decides, not what they are called."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.errors import InvalidField
from linnet.model.favicon import MAX_ICON_BYTES, clean_favicon, icon_of, kind_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
ICO = b"\x00\x00\x01\x00\x01\x00" + bytes(30)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8 "
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("named", "kind", "content"),
    [
        ("image/png", "image/png", PNG),
        ("IMAGE/PNG", "image/png", PNG),
        ("image/gif", "image/gif", b"GIF89a..."),
        ("image/jpg", "image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/webp", "image/webp", WEBP),
        ("image/vnd.microsoft.icon", "image/x-icon", ICO),
        ("image/x-icon", "image/x-icon", ICO),
        ("image/svg+xml", "image/svg+xml", SVG),
        ("image/svg+xml", "image/svg+xml", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a --><!DOCTYPE svg>\n<svg>\n</svg>"),
    ],
)
def test_an_icon_is_kept_under_the_type_that_it_has(named: str, kind: str, content: bytes):
    kept = clean_favicon(data_url(named, content), "favicon")
    assert kept == data_url(kind, content)
    assert icon_of(kept) == (kind, content)


def test_an_svg_may_be_written_out():
    written = "data:image/svg+xml;charset=utf-8,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%3E%3C/svg%3E"
    kept = clean_favicon(written, "favicon")
    assert kept is not None
    assert icon_of(kept) == ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_removes_an_icon(nothing: str | None):
    assert clean_favicon(nothing, "favicon") is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1, "must be a data: URL"),
        ("https://example.com/favicon.ico", "must be a data: URL"),
        ("data:image/png", "must be a data: URL"),
        ("data:image/png;base64,", "none of them"),
        ("data:image/png;base64,AAA", "base64"),
        ("data:image/png;base64,*", "base64"),
        (data_url("text/html", b"<html><svg></html>"), "none of them"),
        (data_url("image/svg+xml", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>"), "none of them"),
        (data_url("image/svg+xml", b"<svgx/>"), "none of them"),
        (data_url("image/svg+xml", b"<!-- <svg>"), "none of them"),
        (data_url("image/svg+xml", b"<!---->" * 9000 + SVG), "none of them"),
        (data_url("image/png", b"GIF89a"), "image/gif"),
        (data_url("text/html", SVG), "holds image/svg"),
        (data_url("", PNG), "image/png"),
        (data_url("image/png", PNG + bytes(MAX_ICON_BYTES)), "more than 65536 bytes"),
        ("data:image/png;base64," + "A" * 300_000, "too large"),
    ],
)
def test_what_is_no_icon_is_refused_and_told_why(value: object, says: str):
    with pytest.raises(InvalidField, match=says) as refusal:
        clean_favicon(value, "favicon")
    assert refusal.value.field == "favicon"


@given(st.binary(max_size=200) | st.sampled_from([PNG, ICO, WEBP, SVG]), st.sampled_from(["image/png", "image/svg+xml", "x"]))
def test_whatever_is_sent_is_kept_as_it_is_or_refused(content: bytes, kind: str):
    try:
        kept = clean_favicon(data_url(kind, content), "favicon")
    except InvalidField:
        assert kind_of(content) != kind
    else:
        assert kept is not None
        assert icon_of(kept) == (kind, content)


@given(st.text(max_size=300))
def test_whatever_follows_the_scheme_is_taken_or_refused(text: str):
    for value in (f"data:{text}", f"data:image/svg+xml,{text}", f"data:image/png;base64,{text}"):
        with contextlib.suppress(InvalidField):
            kept = clean_favicon(value, "favicon")
            assert kept is not None
            assert icon_of(kept)[0] == kind_of(icon_of(kept)[1])
