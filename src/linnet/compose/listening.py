"""Listening: a socket for each web worker, all on one address, and help for a worker that does not accept.

Workers that accept from one socket do not share evenly: whoever wakes first takes all that wait, and a proxy that keeps its
connections keeps them all with that one. The kernel deals connections out evenly over sockets instead. A socket outlives its
worker, because the supervisor holds it as well, and the other workers accept for one that has died or stands still.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

BACKLOG: Final = 4096
# A look costs a system call for each other worker.
LOOK_SECONDS: Final = 0.1
# Of Linux's tcp_info: for a socket that listens, how many connections wait to be accepted.
_WAITING_OFFSET: Final = 24
_BALANCES: Final = sys.platform == "linux"


def listen(host: str, port: int, number: int) -> list[socket.socket]:
    """As many listening TCP sockets as there are workers to inherit them, on one address (with port 0, on one that is free).
    Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Alone first: sockets that share an address would share it with another server of this user, too.
    first = _bound(family, host, port)
    if number == 1 or not _BALANCES:
        return [_listening(first), *(_listening(first.dup()) for _ in range(number - 1))]
    port = first.getsockname()[1]
    first.close()
    return [_listening(_bound(family, host, port, shared=True)) for _ in range(number)]


def waiting_at(listener: socket.socket) -> int:
    """How many connections wait to be accepted from ``listener``; 0 where the system does not tell."""
    if not _BALANCES:
        return 0
    facts = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WAITING_OFFSET + 4)
    return int(struct.unpack_from("=I", facts, _WAITING_OFFSET)[0])


class Neighbours:
    """The other workers' sockets. Where connections wait at two looks in a row, this worker accepts from there as well, until
    nobody waits there."""

    def __init__(self, listeners: Sequence[socket.socket], make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listeners = listeners
        self._make_protocol = make_protocol
        self._waited: set[socket.socket] = set()
        self._helping: dict[socket.socket, asyncio.Server] = {}

    async def look(self) -> None:
        """Look after them once."""
        for listener in self._listeners:
            waits = waiting_at(listener) > 0
            if waits and listener in self._waited and listener not in self._helping:
                server = await asyncio.get_running_loop().create_server(
                    self._make_protocol, sock=listener.dup(), backlog=BACKLOG
                )
                self._helping[listener] = server
            elif not waits and listener not in self._waited and listener in self._helping:
                self._helping.pop(listener).close()
            (self._waited.add if waits else self._waited.discard)(listener)

    def leave(self) -> None:
        """Accept nothing more."""
        for server in self._helping.values():
            server.close()
        self._helping.clear()

    def close(self) -> None:
        """Accept nothing more, and forget the sockets."""
        self.leave()
        for listener in self._listeners:
            with suppress(OSError):
                listener.close()


def _bound(family: socket.AddressFamily, host: str, port: int, *, shared: bool = False) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _listening(listener: socket.socket) -> socket.socket:
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener
