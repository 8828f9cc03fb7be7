"""What must hold for the protocol class whatever bytes come: what comes back is HTTP, and depends on the bytes alone.

An input is what a client sends. ``CUT`` in it says where a piece ends, and ``TRUSTED`` before it that a trusted proxy sends it.
"""

import ast
import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import h11

from tests.fuzz.reduce import reduced
from tests.support.conformance import CASES, VISIT
from tests.support.edge import ROUTES, Bench, Response, responses

CUT = b"\x1f"
TRUSTED = b"\x1e"
PROXY, STRANGER = "10.0.0.1", "192.0.2.7"
CORPUS = Path(__file__).with_name("protocol.corpus")
# Longer inputs are slow, and find nothing that shorter ones do not: the bound of a head has tests of its own.
MAX_BYTES = 2048
# What may be cut at every byte besides; for longer inputs that takes too long.
_MAX_CUT_EVERYWHERE = 400


def check(data: bytes) -> tuple[tuple[int, ...], bool]:
    """Send ``data`` in its pieces, in one, and byte by byte. Raises when anything but HTTP comes back, or not the same.
    Returns the statuses of the answers, and whether the connection was closed."""
    peer = PROXY if data.startswith(TRUSTED) else STRANGER
    pieces = [piece for piece in data.removeprefix(TRUSTED).split(CUT) if piece]
    stream = b"".join(pieces)
    whole = _exchange([stream] if stream else [], peer)
    assert _exchange(pieces, peer) == whole, f"another answer in pieces: {pieces!r}"
    if len(stream) <= _MAX_CUT_EVERYWHERE:
        assert _exchange([bytes([byte]) for byte in stream], peer) == whole, f"another answer byte by byte: {stream!r}"
    answers, closed, records = whole
    assert not any(answer.status == 500 for answer in answers), f"a defect: {stream!r}"
    assert len(records) <= len(answers), f"clicks of no answer: {stream!r}"
    seen = requests_seen(stream)
    assert seen is None or len(answers) <= seen, f"more answers than requests: {stream!r}"
    return tuple(answer.status for answer in answers), closed


def requests_seen(stream: bytes) -> int | None:
    """How many requests, whole or begun, another parser finds; None where it finds an error. None of them may hide another."""
    server, number = h11.Connection(h11.SERVER), 0
    server.receive_data(stream)
    try:
        while True:
            event = server.next_event()
            if isinstance(event, h11.Request):
                number += 1
            elif isinstance(event, h11.EndOfMessage):
                # Refusals end no HTTP: with another answer, h11 would go over to the other protocol.
                server.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                server.send(h11.EndOfMessage())
                server.start_next_cycle()
            elif not isinstance(event, h11.Data):
                return number + (server.their_state is h11.IDLE and bool(server.trailing_data[0]))
    except h11.ProtocolError:
        return None


def read_corpus() -> list[bytes]:
    """The inputs that are kept, one in a line as Python writes bytes."""
    return [ast.literal_eval(line) for line in CORPUS.read_text().splitlines()]


def write_corpus(inputs: Iterable[bytes]) -> None:
    """Keep those of ``inputs`` that are needed instead; short ones first."""
    CORPUS.write_text("".join(f"{data!r}\n" for data in reduced(inputs, check)))


def seeds() -> list[bytes]:
    """What to start from: the corpus, and the table of cases, whole and cut behind each line."""
    plain = [data + VISIT for data, _, _ in CASES.values() if len(data) < MAX_BYTES]
    return [*read_corpus(), *plain, *(data.replace(b"\n", b"\n" + CUT) for data in plain)]


@cache
def _bench() -> Bench:
    # Without the link that changes with each visit.
    return Bench(Path(_directory().name), [route for route in ROUTES if route[1] != "once"])


@cache
def _directory() -> "tempfile.TemporaryDirectory[str]":
    """Removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="linnet-fuzz-")


def _exchange(pieces: Sequence[bytes], peer: str) -> tuple[list[Response], bool, list[Any]]:
    """Answers, whether the connection was closed, and clicks; without what depends on the moment when a body comes."""
    bench = _bench()
    bench.journal.records = []
    wire = bench.run(_watched(bench, pieces, peer))
    answers = [answer.without(b"connection") for answer in responses(wire.sent) if answer.status != 100]
    return answers, wire.closed, bench.journal.records


async def _watched(bench: Bench, pieces: Sequence[bytes], peer: str) -> Any:
    """Let nothing pass that only the event loop would log."""
    failures: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    wire = await bench.exchange(*pieces, peer=peer)
    assert not failures, failures
    return wire
