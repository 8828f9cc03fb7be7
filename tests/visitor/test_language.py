"""The languages that visitors like best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.visitor.language import liked_languages


@pytest.mark.parametrize(
    ("header", "liked"),
    [
        (b"de", ("de",)),
        (b"de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", ("de-at",)),
        (b"en;q=0.5, fr ; q = 0.7 ,de;q=0.7", ("fr", "de")),
        (b"en, de", ("en", "de")),
        (b"de;q=0, en;q=0.001", ("en",)),
        (b"*", ()),
        (b"*, de;q=0.1", ("de",)),
        (b"de;q=7, en;q=0.5", ("en",)),
        (b"de;q=1.000,en;q=1.5", ("en", "de")),
        (b"de;q=x,en;q=0.2", ("en",)),
        (b"\xe4,en;q=0.2", ("en",)),
        (b"zh-Hant-TW,zh;q=0.9", ("zh-hant-tw",)),
        (b"", ()),
        (b"x" * 600 + b",de", ()),
        (b"de," + b"x-" * 600, ("de",)),
    ],
)
def test_the_best_liked_are_those_of_the_highest_weight(header: bytes, liked: tuple[str, ...]):
    assert sorted(liked_languages(header)) == sorted(liked)


@given(st.binary(max_size=600) | st.from_regex(rb"[a-z,;=q.0-9* -]{0,60}", fullmatch=True))
def test_whatever_is_sent_is_read(header: bytes):
    assert all(tag == tag.lower() and tag for tag in liked_languages(header))
