"""The protocol class against inputs that fuzzing has found, and against a few more."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import httptools
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from linnet.edge.protocol import EdgeProtocol
from linnet.edge.visit import Edge
from tests.fuzz import protocol
from tests.support.conformance import VISIT, A, H
from tests.support.needs import leave_out

MAX_CORPUS_BYTES = 300_000
# A few seconds' worth beyond those that are kept; with a seed, so that CI tries the same ones each time.
RUNS = 2500


def test_whatever_was_found_is_answered_as_http_asks():
    corpus = protocol.read_corpus()
    assert len(corpus) > 100
    for data in corpus:
        protocol.check(data)


def test_the_corpus_stays_small():
    assert protocol.CORPUS.stat().st_size < MAX_CORPUS_BYTES


def test_new_inputs_are_answered_as_http_asks(tmp_path: Path):
    if importlib.util.find_spec("atheris") is None:
        leave_out("atheris is not installed")
    command = [sys.executable, "-m", "tests.fuzz", str(tmp_path / "found"), f"-runs={RUNS}", "-seed=1"]
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/"], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    tried = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert tried is not None, done.stderr[-4000:]
    assert int(tried[1]) >= RUNS


def test_the_check_notices_answers_that_depend_on_pieces(monkeypatch: pytest.MonkeyPatch):
    # Leaves white space at the end of values.
    monkeypatch.setattr(EdgeProtocol, "on_header", HttpToolsProtocol.on_header)
    with pytest.raises(AssertionError, match="byte by byte"):
        protocol.check(b"GET /abc HTTP/1.1\r\n" + H + b"User-Agent: a \r\n\r\n")


def test_the_check_notices_requests_that_are_hidden_in_others(monkeypatch: pytest.MonkeyPatch):
    class Gullible(EdgeProtocol):
        """Believes the parser that what follows a wish for another protocol is no body."""

        def on_headers_complete(self) -> None:
            self._answered = True
            self._take_head()
            self._in_head = False

        def _parse(self, data: bytes) -> bytes:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as wish:
                return data[wish.args[0] :]
            return b""

    wish = b"POST /x HTTP/1.1\r\n" + A + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 39\r\n\r\n" + VISIT
    protocol.check(wish)
    for name in ("on_headers_complete", "_parse"):
        monkeypatch.setattr(EdgeProtocol, name, vars(Gullible)[name])
    with pytest.raises(AssertionError, match="more answers"):
        protocol.check(wish)


def test_the_check_notices_defects(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("a record that cannot be read")

    monkeypatch.setattr(Edge, "answer", fail)
    with pytest.raises(AssertionError, match="defect"):
        protocol.check(b"GET /a%20b HTTP/1.1\r\n" + H + b"\r\n")
