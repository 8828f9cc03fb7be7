"""Web servers of the tests, on addresses of this machine."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """A web server that answers as ``answer`` says, and remembers the headers that it was sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[dict[str, str]] = []

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def site(
    answer: Callable[[BaseHTTPRequestHandler], None], *, address: str = "127.0.0.1", context: ssl.SSLContext | None = None
) -> Iterator[Site]:
    """A running site."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        found = Site(server.server_address[1])
        found.seen = seen
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def respond(
    handler: BaseHTTPRequestHandler, body: bytes = b"pixels", *, status: int = 200, kind: str = "image/png", **headers: str
) -> None:
    """A whole response; underscores in the names of ``headers`` stand for hyphens."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
