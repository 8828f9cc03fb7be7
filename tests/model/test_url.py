"""Destinations. Addresses of encrypted links: whatever base64 may hold is taken, and nothing that no page could open."""

import time
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.errors import InvalidField
from linnet.model.url import clean_url, location, merged_query, with_captured


@pytest.mark.parametrize(
    "url",
    [
        "shortsecure://q83vEjRWeJA=?AAECAwQFBgcICQoL",
        "shortsecure:///begins+with/a/slash==?AAECAwQFBgcICQoL",
        "shortsecure:////two?/AECAwQFBgcICQo/",
        "shortsecure://url-safe_alphabet?AAECAwQFBgcICQoL",
    ],
)
def test_an_encrypted_address_is_kept_as_it_is(url: str):
    assert clean_url(f" {url}\n", field="originalURL", encrypted_allowed=True) == url
    assert location(url) == url


@pytest.mark.parametrize(
    "url", ["shortsecure://", "shortsecure://abc", "shortsecure://?abc", "shortsecure://abc?", "shortsecure://ä?b"]
)
def test_what_has_no_ciphertext_or_no_nonce_is_refused(url: str):
    with pytest.raises(InvalidField, match=r"shortsecure://<ciphertext>\?<iv>"):
        clean_url(url, field="originalURL", encrypted_allowed=True)


def test_an_encrypted_address_is_only_for_a_links_own_destination():
    with pytest.raises(InvalidField, match="http"):
        clean_url("shortsecure://abc?def", field="expiredURL")


@given(st.text(st.sampled_from("a%+&=26Fzé\x80"), max_size=40), st.text(st.sampled_from("ab%+&=26F"), max_size=40))
def test_names_are_compared_as_servers_read_them(own: str, visitors: str):
    names = {name for name, _ in parse_qsl(visitors, keep_blank_values=True)}
    kept = [pair for pair in own.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in names]
    sent = [pair for pair in visitors.split("&") if pair]
    expected = "&".join([*kept, *sent]) if sent else own
    assert merged_query(f"https://e.example/?{own}", visitors) == f"https://e.example/?{expected}"


def test_thousands_of_parameters_take_a_visit_a_few_milliseconds_at_most():
    for query in ("a&" * 4000, "%41&" * 2000, "&".join(f"%{number % 256:02x}%{number // 256:02x}" for number in range(1100))):
        took = []
        for _ in range(5):
            began = time.process_time()
            merged_query("https://e.example/?a=b", query)
            took.append(time.process_time() - began)
        assert min(took) < 0.004


@pytest.mark.parametrize(
    ("url", "rest", "expected"),
    [
        ("https://e.example/$1?v=$1#$1", "a/b", "https://e.example/a/b?v=a/b#a/b"),
        ("https://e.example$1", "a/b", "https://e.example/a/b"),
        ("https://e.example$1", ".evil.example/", "https://e.example/.evil.example/"),
        ("https://e.example$1", "@evil.example", "https://e.example/@evil.example"),
        ("https://e.example:80$1", "80@evil.example", "https://e.example:80/80@evil.example"),
        ("https://e.example$1/x", "y", "https://e.example/y/x"),
        ("https://$1.e.example/$1", "anna", "https://anna.e.example/anna"),
        ("https://$1.e.example/", "evil.example/", "https://$1.e.example/"),
        ("https://$1.e.example/", "evil:x@y", "https://$1.e.example/"),
        ("https://a$1b.example/", "evil.example/", "https://a$1b.example/"),
        ("https://$1", "other.example/x", "https://other.example/x"),
        ("https://$1/x", "other.example", "https://other.example/x"),
        ("https://e.example/?q", "$1", "https://e.example/?q"),
    ],
)
def test_what_a_wildcard_captured_chooses_no_host_unless_that_is_all_it_is_for(url: str, rest: str, expected: str):
    assert with_captured(url, rest) == expected
