"""ClickHouse's HTTP interface over chDB, the engine in a process: run as a script, in a directory of its own.

It answers what clickhouse-connect asks: queries with bound parameters and settings, inserts of any format, errors with their
codes. Each request has a connection of its own, so that settings end with it. What the engine does is ClickHouse's doing; what
only a server has (users, sessions, replicas, clusters) is not here.
"""

import argparse
import gzip
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import chdb
import lz4.frame

# What the interface itself takes from the query string; all else are settings.
_OWN = frozenset(
    "query database default_format user password session_id session_timeout session_check query_id quota_key role compress "
    "decompress buffer_size wait_end_of_query client_protocol_version enable_http_compression send_progress_in_http_headers "
    "http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close".split()
)
_INSERT = re.compile(rb"\s*(INSERT\s+INTO\s.*?)\s+FORMAT\s+(\w+)\s*?(?:\n|$)", re.IGNORECASE | re.DOTALL)
_INPUT = re.compile(r"\binput\(('(?:[^'\\]|\\.)*')\)")
_CODE = re.compile(r"Code: (\d+)\.")
_MISSING = frozenset([60, 81])
_MAX_FIELD_BYTES = 128 * 1024


class Facade(ThreadingHTTPServer):
    """Serves one engine."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], path: str) -> None:
        super().__init__(address, _Handler)
        self.path = path
        # Kept, so that the engine does not stop and start between requests.
        self.kept = chdb.connect(path)
        self.version = self.kept.query("SELECT version()", "TSVRaw").bytes().decode().strip()


class _Handler(BaseHTTPRequestHandler):
    server: Facade
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n", {})
        else:
            self._ask()

    def do_POST(self) -> None:
        self._ask()

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _ask(self) -> None:
        given = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}
        body = self._body()
        if self.headers.get_content_type() == "multipart/form-data":
            given |= _fields(body, str(self.headers.get_param("boundary")))
            body = b""
        headers = {"X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Query-Id": given.get("query_id", "")}
        try:
            content, more = self._result(given, body)
        except Exception as error:
            text = str(error)
            code = int(found.group(1)) if (found := _CODE.search(text)) else 1002
            headers |= {"X-ClickHouse-Exception-Code": str(code), "Content-Type": "text/plain; charset=UTF-8"}
            self._answer(404 if code in _MISSING else 500, text.encode(), headers)
        else:
            self._answer(200, content, headers | more)

    def _result(self, given: dict[str, str], body: bytes) -> tuple[bytes, dict[str, str]]:
        query = given.get("query", "").encode()
        text = query + b"\n" + body if query and body else query or body
        with _connection(self.server.path, given) as connection:
            insert = _INSERT.match(text)
            if insert:
                _insert(connection, insert.group(1).decode(), insert.group(2).decode(), text[insert.end() :])
                return b"", {}
            bound = {name.removeprefix("param_"): value for name, value in given.items() if name.startswith("param_")}
            written = given.get("default_format", "TabSeparated")
            result = connection.query(text.decode("utf-8", "surrogateescape"), written, params=bound)
            return bytes(result.bytes() or b""), {"X-ClickHouse-Format": written}

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b"".join(self._chunks())
        else:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                # The client was killed while it sent: there is nobody to answer, and nothing that could be done by halves.
                raise ConnectionError("the request is not whole")
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "lz4":
            return bytes(lz4.frame.decompress(body))
        return gzip.decompress(body) if encoding == "gzip" else body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Server-Display-Name", "facade")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _insert(connection: Any, statement: str, kind: str, content: bytes) -> None:
    """Insert what came behind ``FORMAT kind``; the engine reads what a statement selects from ``input`` from a file."""
    told = _INPUT.search(statement)
    if told is None:
        with connection.send_insert(statement, kind) as inserting:
            inserting.append(content)
            inserting.finish()
        return
    with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
        file.write(content)
        file.flush()
        source = f"file('{file.name}', '{kind}', {told.group(1)})"
        connection.query(statement[: told.start()] + source + statement[told.end() :])


def _fields(body: bytes, boundary: str) -> dict[str, str]:
    """The values of a form, in which clients send what is too long for an address. Like a server's, they have a bound."""
    found = {}
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="(\w+)"', head)
        if len(value) - 2 > _MAX_FIELD_BYTES or name is None:
            raise ValueError("Code: 1000. A field of the form is too long or has no name.")
        found[name.group(1).decode()] = value[:-2].decode()
    return found


@contextmanager
def _connection(path: str, given: dict[str, str]) -> Iterator[Any]:
    connection = chdb.connect(path)
    try:
        if given.get("database"):
            connection.query(f"USE `{given['database']}`")
        settings = {name: value for name, value in given.items() if name not in _OWN and not name.startswith("param_")}
        # Last, because it forbids to set anything.
        readonly = settings.pop("readonly", None)
        for name, value in settings.items():
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            connection.query(f"SET {name} = '{quoted}'")
        if readonly is not None:
            connection.query(f"SET readonly = {int(readonly)}")
        yield connection
    finally:
        connection.close()


def _end_with_parent() -> None:
    # Whoever started it holds the other end of standard input.
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Serve until killed. The port is written to ``--told`` once it is listened on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--told", required=True)
    given = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = Facade(("127.0.0.1", given.port), given.path)
    draft = Path(f"{given.told}.draft")
    draft.write_text(str(server.server_port))
    os.replace(draft, given.told)
    server.serve_forever()


if __name__ == "__main__":
    main()
