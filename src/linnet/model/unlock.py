"""What a visitor keeps who gave a link's password: a signed token, which opens that link with that password for a while."""

import base64
import hashlib
import hmac
import struct
from typing import Final

LIFETIME_SECONDS: Final = 3600
_EXPIRY: Final = struct.Struct(">Q")
_SUBJECT: Final = struct.Struct(">QQ")
# With the expiry 24 bytes: base64 without padding.
_SIGNATURE_BYTES: Final = 16
_LENGTH: Final = 32


def unlock_token(link_number: int, password_hash: str, expires_at: int, key: bytes) -> str:
    """The token of a link, good until ``expires_at`` (seconds since the epoch), or until the link gets another password."""
    signed = _EXPIRY.pack(expires_at) + _signature(link_number, password_hash, expires_at, key)
    return base64.urlsafe_b64encode(signed).decode()


def unlocks(token: bytes, link_number: int, password_hash: str, now: float, key: bytes) -> bool:
    """Whether ``token`` opens the link at ``now`` (seconds since the epoch). Any bytes may be asked about."""
    if len(token) != _LENGTH:
        return False
    try:
        signed = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return False
    (expires_at,) = _EXPIRY.unpack_from(signed)
    genuine = hmac.compare_digest(signed[_EXPIRY.size :], _signature(link_number, password_hash, expires_at, key))
    return genuine and now < expires_at


def _signature(link_number: int, password_hash: str, expires_at: int, key: bytes) -> bytes:
    # The hash has a salt of its own: a link that gets the same password again is locked again, too.
    message = b"unlock:" + _SUBJECT.pack(link_number, expires_at) + password_hash.encode()
    return hmac.digest(key, message, hashlib.sha256)[:_SIGNATURE_BYTES]
