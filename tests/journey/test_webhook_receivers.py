"""The receivers that the page about webhooks shows, run as they stand: they hear what is signed, and nothing else."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest

from linnet.model.webhook import new_secret, signed_headers
from linnet.network.fetch import FetchOptions
from linnet.network.post import post
from tests.support.needs import program
from tests.support.server import free_port

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
OPEN = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),))
SECRET = new_secret(Random(1))
BODY = b'{"type":"link.created","data":{"title":"Gr\xc3\xb6\xc3\x9fe"}}'


def status(port: int, secret: str, body: bytes, *, signed: bytes = b"", ago: timedelta = timedelta()) -> int:
    headers = signed_headers("msg_1", datetime.now(UTC) - ago, signed or body, [secret])
    return asyncio.run(post(f"http://127.0.0.1:{port}/", body, headers, OPEN)).status


@contextmanager
def running(language: str, file: Path) -> Iterator[int]:
    """The program of the page in this language, on a port."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    file.write_text(found[1])
    command = [sys.executable] if language == "python" else [program("node", "nodejs")]
    port = free_port()
    environment = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    process = subprocess.Popen([*command, str(file)], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        told = process.communicate(timeout=10)[0]
    assert told == "msg_1 link.created\n"


@pytest.mark.parametrize(("language", "name"), [("python", "receiver.py"), ("js", "receiver.mjs")])
def test_what_is_signed_is_heard_and_nothing_else(language: str, name: str, tmp_path: Path):
    with running(language, tmp_path / name) as port:
        assert status(port, SECRET, BODY) == 204
        assert status(port, new_secret(Random(2)), BODY) == 401
        assert status(port, SECRET, BODY, signed=b"{}") == 401
        assert status(port, SECRET, BODY, ago=timedelta(hours=1)) == 401
