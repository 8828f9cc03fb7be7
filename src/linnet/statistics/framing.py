"""Messages over a stream socket, each behind its length."""

import socket
import struct
from typing import Final

_LENGTH: Final = struct.Struct("<I")


def send(conversation: socket.socket, message: bytes) -> None:
    """Send a message; the socket's timeout is for all of it."""
    conversation.sendall(_LENGTH.pack(len(message)) + message)


def receive(conversation: socket.socket, limit: int) -> bytes:
    """The next message. Raises EOFError when it is longer than ``limit`` bytes, or the other side hung up."""
    (length,) = _LENGTH.unpack(_exactly(conversation, _LENGTH.size))
    if length > limit:
        raise EOFError(f"a message of {length} bytes is too long")
    return _exactly(conversation, length)


def _exactly(conversation: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = conversation.recv(min(1 << 20, length - len(received)))
        if not part:
            raise EOFError("the other side hung up")
        received += part
    return bytes(received)
