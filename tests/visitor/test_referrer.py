"""Referrers: the host that is named, and the social network it belongs to."""

import pytest

from linnet.visitor.referrer import referrer_of


@pytest.mark.parametrize(
    ("referrer", "host", "social"),
    [
        ("", "", ""),
        ("https://www.Facebook.com/story?id=1", "facebook.com", "facebook"),
        ("https://l.facebook.com/", "l.facebook.com", "facebook"),
        ("https://t.co/abc", "t.co", "twitter"),
        ("https://x.com/somebody", "x.com", "twitter"),
        ("https://notx.com/", "notx.com", ""),
        ("https://facebook.com.evil.example/", "facebook.com.evil.example", ""),
        ("https://pinterest.de/pin/1", "pinterest.de", "pinterest"),
        ("android-app://com.reddit.frontpage/", "com.reddit.frontpage", "reddit"),
        ("https://blog.example.com:8443/a", "blog.example.com", ""),
        ("not a url", "", ""),
        ("http://[broken", "", ""),
        ("https://" + "a" * 400 + ".example/", "a" * 253, ""),
    ],
)
def test_a_referrer_is_told_by_host_and_network(referrer: str, host: str, social: str) -> None:
    told = referrer_of(referrer)
    assert (told.host, told.social) == (host, social)
