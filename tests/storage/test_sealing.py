"""Sealed secrets: they open under their key and purpose, and nowhere else."""

import pytest

from linnet.model.errors import Unsealable
from linnet.storage.sealing import NO_SEAL, Seal

SEAL = Seal(b"k" * 32)


def test_a_secret_opens_again():
    assert SEAL.open(SEAL.close(b"secret", purpose="webhook 1"), purpose="webhook 1") == b"secret"


def test_two_sealed_values_of_one_secret_differ():
    assert SEAL.close(b"secret", purpose="a") != SEAL.close(b"secret", purpose="a")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 60])
def test_what_was_never_sealed_does_not_open(sealed: bytes):
    with pytest.raises(Unsealable):
        SEAL.open(sealed, purpose="a")


def test_another_key_or_purpose_or_a_changed_byte_does_not_open_it():
    sealed = SEAL.close(b"secret", purpose="webhook 1")
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for seal, value, purpose in (
        (Seal(b"j" * 32), sealed, "webhook 1"),
        (SEAL, sealed, "webhook 2"),
        (SEAL, changed, "webhook 1"),
    ):
        with pytest.raises(Unsealable):
            seal.open(value, purpose=purpose)


def test_nothing_is_sealed_without_a_key():
    with pytest.raises(Unsealable):
        NO_SEAL.close(b"secret", purpose="a")
    assert "k" * 32 not in repr(SEAL)
