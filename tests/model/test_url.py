"""Addresses of encrypted links: whatever base64 may hold is taken, and nothing that no page could open."""

import pytest

from linnet.model.errors import InvalidField
from linnet.model.url import clean_url, location


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
