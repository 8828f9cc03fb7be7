"""What no text that people or clients send may hold."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def has_control_characters(text: str) -> bool:
    """Whether ``text`` holds control characters (Unicode category Cc) or lone surrogates, which no encoding can carry."""
    return _CONTROL.search(text) is not None
