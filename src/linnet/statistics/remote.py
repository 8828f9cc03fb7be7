"""Questions over a Unix socket: the click store's file admits one process, so the others ask that one."""

import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import structlog

from linnet.model.click import Click
from linnet.model.errors import InvalidField, StatisticsUnavailable, TooLarge
from linnet.model.periods import time_zone
from linnet.model.statistics import Breakdown, BucketTop, Clearing, Kind, Overview, Point, Question, Top
from linnet.statistics.admission import Admission, crowded
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.framing import receive, send
from linnet.statistics.streaming import Order, Stream, order, receive_parts, send_parts

# Room for as many link numbers as filters may have, and for other filters of the same size.
MAX_QUESTION_BYTES: Final = 2 << 20
# What an order may bring along.
MAX_ORDER_BYTES: Final = 16 << 20
MAX_ANSWER_BYTES: Final = 256 << 20
_TIMEOUT_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 2.0
_MAX_CONVERSATIONS: Final = 32
_ACCEPT_PAUSE_SECONDS: Final = 0.2
# Those that may take long, so that there is always room for questions.
_MAX_STREAMS: Final = 16
_log = structlog.get_logger("linnet.statistics")

_encode = msgspec.msgpack.Encoder().encode
Part = TypeVar("Part")
InTime = TypeVar("InTime", Point, BucketTop)


class _Asked(msgspec.Struct):
    """A question, or an order to clear, or one that is answered in parts."""

    question: Question | None = None
    clearing: Clearing | None = None
    order: Order | None = None


_read_asked = msgspec.msgpack.Decoder(_Asked).decode


class _Reply(msgspec.Struct):
    """An answer, or why there is none; ``field`` is set when the question is at fault."""

    overview: Overview | None = None
    clicks: list[Click] = []
    points: tuple[Point, ...] = ()
    tops: tuple[Top, ...] = ()
    buckets: tuple[BucketTop, ...] = ()
    counts: tuple[int, ...] = ()
    paths: dict[int, str] = {}
    breakdown: tuple[Breakdown, ...] = ()
    problem: str = ""
    field: str = ""


_read_reply = msgspec.msgpack.Decoder(_Reply).decode


class StatisticsServer:
    """Answers on a socket file that only this user may open; a thread for each conversation, up to a bound.

    ``streams`` are what can be ordered by name and is answered in parts (``statistics/streaming``).
    """

    def __init__(self, path: Path, engine: StatisticsEngine, streams: Mapping[str, Stream] | None = None) -> None:
        self._path = path
        self._engine = engine
        self._streams = streams or {}
        self._streaming = threading.BoundedSemaphore(_MAX_STREAMS)
        self._places = threading.BoundedSemaphore(_MAX_CONVERSATIONS)
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="statistics", daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone would not wake the thread that waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            self._path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            self._places.acquire()
            try:
                conversation, _ = listener.accept()
            except OSError as error:
                if self._listener is None:
                    return
                self._places.release()
                # Such as too many open files: to try again at once would keep a core busy and change nothing.
                _log.warning("statistics.not_accepting", error=str(error))
                time.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            threading.Thread(target=self._serve, args=(conversation,), daemon=True).start()

    def _serve(self, conversation: socket.socket) -> None:
        try:
            with conversation:
                conversation.settimeout(_TIMEOUT_SECONDS)
                if not conversation.recv(1, socket.MSG_PEEK):
                    # Nothing was asked: a readiness check looks only whether somebody is here.
                    return
                asked = _read_asked(receive(conversation, MAX_ORDER_BYTES))
                if asked.order is not None:
                    send_parts(conversation, self._parts(asked.order))
                else:
                    send(conversation, _encode(self._reply(asked)))
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            _log.warning("statistics.conversation_failed", error=str(error))
        finally:
            self._places.release()

    def _parts(self, ordered: Order) -> Generator[Any]:
        stream = self._streams.get(ordered.name)
        if stream is None:
            raise StatisticsUnavailable(f"The running server does not know how to {ordered.name}; start it again.")
        with _held(self._streaming):
            yield from stream(bytes(ordered.argument))

    def _reply(self, asked: _Asked) -> _Reply:
        try:
            if asked.clearing is not None:
                self._engine.clear(asked.clearing)
            return self._answer(asked.question) if asked.question is not None else _Reply()
        except InvalidField as refusal:
            return _Reply(problem=refusal.message, field=refusal.field or "")
        except StatisticsUnavailable as refusal:
            return _Reply(problem=refusal.message)
        except Exception as error:
            _log.error("statistics.failed", exc_info=error)
            return _Reply(problem="The question failed.")

    def _answer(self, question: Question) -> _Reply:
        engine = self._engine
        match question.kind:
            case Kind.OVERVIEW:
                return _Reply(overview=engine.overview(question))
            case Kind.LAST_CLICKS:
                return _Reply(clicks=engine.last_clicks(question))
            case Kind.BY_INTERVAL:
                return _Reply(points=engine.by_interval(question))
            case Kind.TOP:
                return _Reply(tops=engine.top(question))
            case Kind.TOP_BY_INTERVAL:
                return _Reply(buckets=engine.top_by_interval(question))
            case Kind.COUNTS:
                return _Reply(counts=engine.counts(question))
            case Kind.LINK_PATHS:
                return _Reply(paths=engine.link_paths(question))
            case Kind.BREAKDOWN:
                return _Reply(breakdown=engine.breakdown(question))


def _local(buckets: tuple[InTime, ...], question: Question) -> tuple[InTime, ...]:
    """What came by time, with the times in the question's zone again: on the way they are moments, which have none."""
    zone = time_zone(question.time_zone)
    return tuple(replace(each, at=each.at.astimezone(zone)) for each in buckets)


class RemoteStatistics:
    """The engine as other processes see it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._admission = Admission()

    def overview(self, question: Question, /) -> Overview:
        """Totals, previous totals, chart and top lists."""
        answer = self._ask(_Asked(question)).overview
        assert answer is not None
        return replace(answer, chart=_local(answer.chart, question))

    def last_clicks(self, question: Question, /) -> list[Click]:
        """The newest clicks, newest first."""
        return self._ask(_Asked(question)).clicks

    def by_interval(self, question: Question, /) -> tuple[Point, ...]:
        """A chart of people's clicks."""
        return _local(self._ask(_Asked(question)).points, question)

    def top(self, question: Question, /) -> tuple[Top, ...]:
        """One top list."""
        return self._ask(_Asked(question)).tops

    def top_by_interval(self, question: Question, /) -> tuple[BucketTop, ...]:
        """One top list for each bucket."""
        return _local(self._ask(_Asked(question)).buckets, question)

    def link_paths(self, question: Question, /) -> dict[int, str]:
        """How links were visited that nobody else can name."""
        return self._ask(_Asked(question)).paths

    def counts(self, question: Question, /) -> tuple[int, ...]:
        """People's clicks of links and paths."""
        return self._ask(_Asked(question)).counts

    def breakdown(self, question: Question, /) -> tuple[Breakdown, ...]:
        """Totals by the values of a column."""
        return self._ask(_Asked(question)).breakdown

    def clear(self, clearing: Clearing, /) -> None:
        """Forget clicks for good."""
        self._ask(_Asked(clearing=clearing))

    def stream(self, name: str, argument: object, part: type[Part], /) -> Iterator[Part]:
        """The parts of the answer to an order, as they come; closing the iterator before its end ends the work behind it."""
        with _unavailable_by_failure(), self._conversation() as conversation:
            send(conversation, _encode(_Asked(order=order(name, argument))))
            yield from receive_parts(conversation, part)

    def _ask(self, asked: _Asked) -> _Reply:
        message = _encode(asked)
        if len(message) > MAX_QUESTION_BYTES:
            raise TooLarge("The filters of this question are larger than 2 MB in all; ask with fewer values.")
        with self._admission:
            return self._converse(message)

    def _converse(self, message: bytes) -> _Reply:
        with _unavailable_by_failure(), self._conversation() as conversation:
            send(conversation, message)
            reply = _read_reply(receive(conversation, MAX_ANSWER_BYTES))
        if reply.field:
            raise InvalidField(reply.problem, field=reply.field)
        if reply.problem:
            raise StatisticsUnavailable(reply.problem)
        return reply

    @contextmanager
    def _conversation(self) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conversation:
            conversation.settimeout(_CONNECT_SECONDS)
            conversation.connect(str(self._path))
            conversation.settimeout(_TIMEOUT_SECONDS)
            yield conversation


@contextmanager
def _unavailable_by_failure() -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, msgspec.MsgspecError) as error:
        raise StatisticsUnavailable(f"The statistics cannot be asked now ({error}); no click is lost by that.") from None


@contextmanager
def _held(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        raise crowded()
    try:
        yield
    finally:
        places.release()
