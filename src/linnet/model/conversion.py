"""Conversions: the id of a click that travels with the visitor, and the goal that the visitor reached after it."""

import base64
import hashlib
import hmac
import struct
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

PATH: Final = b"/.shortio/conversion"
MAX_GOAL: Final = 128
NONCE_BITS: Final = 48
# What a conversion is called whose beacon gives no ``c``.
UNNAMED: Final = "conversion"
_PARTS: Final = struct.Struct(">QQQ")
_SIGNATURE_BYTES: Final = 6
_ID_LENGTH: Final = 40
_MAX_FIELDS: Final = 50


class ClickId(NamedTuple):
    """Which click: of which link, when (milliseconds since the epoch), and which of that moment (``nonce``, 48 bits)."""

    link_number: int
    at_ms: int
    nonce: int


class Goal(NamedTuple):
    """What the beacon says (contract e): after which click, which goal (``c``), and what it is worth (``v``, 0 if not said)."""

    click: ClickId
    name: str
    value: float


def click_id(click: ClickId, key: bytes) -> str:
    """The ``clid`` of a click: signed, so that nobody can report conversions of clicks that never were."""
    packed = _PARTS.pack(*click)
    return base64.urlsafe_b64encode(packed + _signature(packed, key)).decode()


def read_click_id(text: str, key: bytes) -> ClickId | None:
    """The click of a ``clid``; None for one that this installation did not give out."""
    if len(text) != _ID_LENGTH or not text.isascii():
        return None
    try:
        signed = base64.urlsafe_b64decode(text)
    except ValueError:
        return None
    packed, signature = signed[: _PARTS.size], signed[_PARTS.size :]
    return ClickId(*_PARTS.unpack(packed)) if hmac.compare_digest(signature, _signature(packed, key)) else None


def read_goal(query: str, key: bytes) -> Goal | None:
    """What the query of a conversion beacon says; None when it names no click of this installation."""
    try:
        sent = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return None
    click = read_click_id(sent.get("clid", ""), key)
    if click is None:
        return None
    name = "".join(letter for letter in sent.get("c", "") if letter.isprintable())[:MAX_GOAL]
    return Goal(click, name or UNNAMED, _number(sent.get("v", "")))


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e15 else 0.0


def _signature(packed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"click-id:" + packed, hashlib.sha256)[:_SIGNATURE_BYTES]
