"""Destinations. Addresses of encrypted links: whatever base64 may hold is taken, and nothing that no page could open."""

import time
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.errors import InvalidField
from linnet.model.url import clean_url, location, merged_query


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
