"""Replies of many parts over the statistics socket: rows as they are read, and the progress of long work.

Who asks sends an ``Order``: a name, and an argument that is one msgpack value of whatever type that name takes. The answer is a
sequence of messages, each behind its length as all are: parts, one after the other, and a last one that says that this was all,
or what went wrong. Between them come signs of life, so that work may take longer than the socket's timeout.

To add one: ``stream_of(Argument, function)`` under a name in the ``streams`` that ``compose`` hands to the server, where
``function`` takes the argument and yields parts (dataclasses, structs, tuples, bytes; at most some 1 MB each, because a part is
sent as one message), and ``RemoteStatistics.stream(name, argument, Part)`` on the other side, which yields them again. A part
None is a sign of life. When the other side is gone, the generator is closed at the next part: it has to yield now and then,
and give back in ``finally`` what it holds.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final, TypeVar

import msgspec
import structlog

from linnet.model.errors import InvalidField, Refusal, StatisticsUnavailable
from linnet.statistics.framing import receive, send

MAX_PART_BYTES: Final = 64 << 20
_SIGN_SECONDS: Final = 5.0
_NOTHING: Final = msgspec.Raw(b"\xc0")
_log = structlog.get_logger("linnet.statistics")
_encode = msgspec.msgpack.Encoder().encode
Argument = TypeVar("Argument")
Part = TypeVar("Part")

# Takes the argument's bytes; yields parts.
Stream = Callable[[bytes], Generator[Any]]


class Order(msgspec.Struct):
    """What is asked for: the name of a stream, and its argument."""

    name: str
    argument: msgspec.Raw


class _Message(msgspec.Struct, omit_defaults=True):
    """A part, a sign of life (no part), or the end; ``field`` is set when what was asked is at fault."""

    part: msgspec.Raw = _NOTHING
    last: bool = False
    problem: str = ""
    field: str = ""


_read_message = msgspec.msgpack.Decoder(_Message).decode


def stream_of(kind: type[Argument], function: Callable[[Argument], Generator[Any]]) -> Stream:
    """``function`` as the server calls it, with an argument of ``kind``."""
    read = msgspec.msgpack.Decoder(kind).decode
    return lambda argument: function(read(argument))


def order(name: str, argument: object) -> Order:
    """The order to send."""
    return Order(name, msgspec.Raw(_encode(argument)))


def send_parts(conversation: socket.socket, parts: Generator[Any]) -> None:
    """Send all parts and the end. Raises OSError when the other side is gone; ``parts`` is closed in any case."""
    writing, ended = threading.Lock(), threading.Event()

    def tell(message: _Message) -> None:
        with writing:
            send(conversation, _encode(message))

    def show_life() -> None:
        while not ended.wait(_SIGN_SECONDS):
            # Whoever is waiting for the other side to read is alive.
            if writing.acquire(blocking=False):
                try:
                    send(conversation, _encode(_Message()))
                except OSError:
                    # Perhaps in the middle of the message: nothing that could be read may follow.
                    with contextlib.suppress(OSError):
                        conversation.shutdown(socket.SHUT_RDWR)
                    return
                finally:
                    writing.release()

    life = threading.Thread(target=show_life, name="signs-of-life", daemon=True)
    life.start()
    try:
        tell(_told(parts, tell))
    finally:
        ended.set()
        life.join()
        parts.close()


def receive_parts(conversation: socket.socket, kind: type[Part]) -> Iterator[Part]:
    """The parts as they arrive. Raises InvalidField and StatisticsUnavailable as the other side says, and EOFError when it is
    gone before the end."""
    read = msgspec.msgpack.Decoder(kind).decode
    while True:
        message = _read_message(receive(conversation, MAX_PART_BYTES))
        if message.field:
            raise InvalidField(message.problem, field=message.field)
        if message.problem:
            raise StatisticsUnavailable(message.problem)
        if message.last:
            return
        if message.part != _NOTHING:
            yield read(message.part)


def _told(parts: Generator[Any], tell: Callable[[_Message], None]) -> _Message:
    """Tell all parts; returns the end. Only what the parts themselves raise is told to the other side."""
    while True:
        try:
            message = _Message(part=msgspec.Raw(_encode(next(parts))))
        except StopIteration:
            return _Message(last=True)
        except InvalidField as refusal:
            return _Message(last=True, problem=refusal.message, field=refusal.field or "")
        except Refusal as refusal:
            return _Message(last=True, problem=refusal.message)
        except Exception as error:
            _log.error("statistics.stream_failed", exc_info=error)
            return _Message(last=True, problem="The statistics cannot be told: see the server's log.")
        tell(message)
