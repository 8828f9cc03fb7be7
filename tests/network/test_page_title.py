"""Titles of pages as they are in the wild, and of pages that mean no good."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.text import has_control_characters
from linnet.network.page_title import title_of


def read(html: str | bytes, charset: str = "", limit: int = 512) -> str:
    return title_of(html.encode() if isinstance(html, str) else html, charset, limit=limit)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<html><head><title>Plain</title>", "Plain"),
        ("<TITLE lang=en>Upper\n  and\tspaced </TITLE >", "Upper and spaced"),
        ("<title>Fish &amp; chips &#8211; caf&eacute; &lt;b&gt;</title>", "Fish & chips – café <b>"),
        ("<!-- <title>No</title> --><title>Yes</title>", "Yes"),
        ("<script>'<title>No</title>'</script><title>Yes</title>", "Yes"),
        ("<svg><title>Icon</title></svg><title>Page</title>", "Page"),
        ("<title>First</title><title>Second</title>", "First"),
        ("<title></title>", ""),
        ("<titles>No</titles><title>Yes</title>", "Yes"),
        ("<p>no title</p>", ""),
        ("<title>cut off by the bou", ""),
        ("<title", ""),
        ("<title>a\x00b\u202ec\x9fd\u2028e</title>", "a b c d e"),
        ("", ""),
        ("İİİ<title>after letters that grow</title>", "after letters that grow"),
    ],
)
def test_the_title_is_found_and_is_one_clean_line(html: str, title: str):
    assert read(html) == title


@pytest.mark.parametrize(
    ("body", "charset", "title"),
    [
        ("<title>Grüße</title>".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("<title>Привет</title>".encode("koi8-r"), "koi8-r", "Привет"),
        ('<meta charset="windows-1251"><title>Привет</title>'.encode("cp1251"), "", "Привет"),
        (
            '<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS"><title>日本</title>'.encode("shift_jis"),
            "",
            "日本",
        ),
        ("<title>日本</title>".encode("utf-16"), "", "日本"),
        ("<title>中文</title>".encode("gb18030"), "gbk", "中文"),
        ('<meta charset="latin1"><title>Grüße</title>'.encode(), "utf-8", "Grüße"),
        ("\ufeff<title>Grüße</title>".encode(), "windows-1252", "Grüße"),
        (b"<title>\xff\xfe\xe4</title>", "utf-8", "\ufffd\ufffd\ufffd"),
        (b"<title>plain</title>", "unicode_escape", "plain"),
        (b"<title>plain</title>", "zip", "plain"),
        ('<meta charset="utf-16"><title>Grüße</title>'.encode(), "", "Grüße"),
    ],
)
def test_it_is_read_in_the_pages_own_charset(body: bytes, charset: str, title: str):
    assert read(body, charset) == title


def test_it_is_no_longer_than_a_title_may_be():
    assert read(f"<title>{'word ' * 1000}</title>", limit=14) == "word word word"


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "utf-16", "iso-2022-jp", "gb18030", "x"]))
def test_whatever_a_page_holds_a_title_can_be_stored(body: bytes, charset: str):
    title = read(b"<title>" + body + b"</title>", charset, limit=50)
    assert len(title) <= 50
    assert not has_control_characters(title)


@pytest.mark.parametrize(
    "part", ["<title", "<!--", "<script>", "<title>", "<a", "<meta charset=", "&#38;", "<svg></svg>", "</title"]
)
def test_a_page_of_nothing_but_beginnings_takes_no_longer_than_another(part: str):
    began = time.process_time()
    read(part * (256 * 1024 // len(part)))
    assert time.process_time() - began < 1
