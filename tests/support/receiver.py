"""A receiver of webhooks, as others run them: verifies signatures with the library for that, and answers as it is told."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that came: when (monotonic), the path, headers by lower-case names, and the body."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body, once its signature was found to fit."""
        return Verifier(secret).verify(self.body, self.headers)


Answer = Callable[[BaseHTTPRequestHandler, Heard], None]


@dataclass
class Receiver:
    """What was heard, in the order in which it came; ``answer`` may be changed at any time."""

    port: int
    answer: Answer
    heard: list[Heard] = field(default_factory=list)

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def wait(self, condition: Callable[[list[Heard]], object], *, seconds: float = 15) -> list[Heard]:
        """What was heard once ``condition`` holds of it."""
        deadline = time.monotonic() + seconds
        while not condition(heard := list(self.heard)):
            assert time.monotonic() < deadline, [(each.path, each.body[:200]) for each in heard]
            time.sleep(0.02)
        return heard


def answers(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Answers always so; underscores in the names of ``headers`` stand for hyphens."""

    def answer(handler: BaseHTTPRequestHandler, _: Heard) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def in_turn(*turns: Answer) -> Answer:
    """Answers by one after the other, and then always by the last."""
    left = list(turns)

    def answer(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler, heard)

    return answer


def hangs(seconds: float) -> Answer:
    """Says nothing for so long, and then goes away."""

    def answer(handler: BaseHTTPRequestHandler, _: Heard) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return answer


def breaks_off(handler: BaseHTTPRequestHandler, _: Heard) -> None:
    """Closes the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def drips(head: bytes, body: bytes, seconds: float) -> Answer:
    """Sends a head at once, and a body byte by byte, with pauses."""

    def answer(handler: BaseHTTPRequestHandler, _: Heard) -> None:
        handler.wfile.write(head)
        handler.wfile.flush()
        for byte in body:
            time.sleep(seconds)
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
        handler.close_connection = True

    return answer


@contextmanager
def receiving(answer: Answer | None = None) -> Iterator[Receiver]:
    """A receiver that runs."""
    receiver = Receiver(0, answer or answers(204))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            heard = Heard(time.monotonic(), self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            receiver.heard.append(heard)
            try:
                receiver.answer(self, heard)
            except OSError:
                self.close_connection = True

        def do_GET(self) -> None:
            raise AssertionError("a webhook is told by POST, and follows no redirect")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    receiver.port = server.server_address[1]
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
