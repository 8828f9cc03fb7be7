"""Forms that visitors send: read within bounds of size and time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl

# Room for a password of 256 letters, of which each takes four bytes and each byte three letters, and for its name.
MAX_FORM_BYTES: Final = 4096
MAX_FORM_SECONDS: Final = 10
_MAX_FIELDS: Final = 10
_FORM: Final = b"application/x-www-form-urlencoded"

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class FormRefused(Exception):
    """A form that cannot be taken; ``status`` says why: 400, 408, 413 or 415."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    @property
    def unread(self) -> bool:
        """Whether the rest of the form is left on the connection."""
        return self.status in (408, 413)


async def read_form(headers: Mapping[bytes, bytes], receive: Receive) -> dict[str, str]:
    """The fields of a form, the last of each name. Raises FormRefused."""
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _FORM:
        raise FormRefused(415)
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > MAX_FORM_BYTES:
        raise FormRefused(413)
    try:
        async with asyncio.timeout(MAX_FORM_SECONDS):
            body = await _body(receive)
    except TimeoutError:
        raise FormRefused(408) from None
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise FormRefused(400) from None
    return dict(fields)


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody will read it.
            raise FormRefused(400)
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_FORM_BYTES:
            raise FormRefused(413)
    return body
