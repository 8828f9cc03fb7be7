"""A raw connection: exact bytes out, and answers read one by one, in the order in which they come."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A response; header names are in lower case, and a header that came twice is joined with a comma."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str | None:
        return self.headers.get("location")


class Wire:
    """One connection to a server on the loopback."""

    def __init__(self, port: int, *, timeout: float = 15) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self, *, head_only: bool = False) -> RawAnswer:
        """The next response; ``head_only`` when it answers a HEAD. Raises EOFError when the server has closed instead."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body = b"" if head_only else self._body(headers)
        return RawAnswer(int(status_line.split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the server closes without sending another byte; waits for it."""
        try:
            return self._received == b"" and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def stays_silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for that long, not even the end."""
        self._socket.settimeout(seconds)
        try:
            self._received += self._socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(15)
        return False

    def close(self) -> None:
        self._socket.close()

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._exactly(size + 2)[:-2]
            self._until(b"\r\n")
            return body
        return self._exactly(int(headers.get("content-length", "0")))

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._receive()
        found, _, self._received = self._received.partition(end)
        return found + end

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        found, self._received = self._received[:size], self._received[size:]
        return found

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise EOFError(f"the server closed the connection after {self._received!r}")
        self._received += data


@contextmanager
def wire(port: int) -> Iterator[Wire]:
    """A connection that is closed at the end of the block."""
    opened = Wire(port)
    try:
        yield opened
    finally:
        opened.close()


def get(target: str, host: str | None, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A request without a body; ``host`` None leaves out the Host header."""
    lines = [f"{method} {target} HTTP/{version}", *([f"Host: {host}"] if host is not None else []), *headers]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
