"""What is stored so that it can be read again, but not by who has the database alone."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from linnet.model.errors import Unsealable

_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals secrets that have to be read again: AES-256-GCM under a key of 32 bytes from ``secrets.json``.

    ``purpose`` says what a sealed value is for, down to the row that it belongs to; it opens under that purpose alone, so that
    who can write to the database cannot put one secret in another's place. Without a key, nothing is sealed or opened.
    """

    key: bytes = field(default=b"", repr=False)

    def close(self, secret: bytes, *, purpose: str) -> bytes:
        """``secret`` as it may be stored; Unsealable without a key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._usable_key()).encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """What was sealed for this purpose; Unsealable when it was not, or was changed since, or under another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._usable_key()).decrypt(nonce, text, purpose.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("A stored secret cannot be opened: secrets.json is not the one that it was sealed with.") from None

    def _usable_key(self) -> bytes:
        if not self.key:
            raise Unsealable("Secrets cannot be sealed or opened here: there is no secrets.json.")
        return self.key


NO_SEAL: Final = Seal()
