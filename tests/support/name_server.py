"""A name server on a loopback port, over UDP and TCP, that answers what a test tells it to."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.support.server import free_port

_TTL = 60
_UDP_BYTES = 1232


@dataclass
class NameServer:
    """``zones`` maps a name to its records, as ``{"go.example": [("A", "192.0.2.1")]}``; a name that is not there does not
    exist, unless a longer one does. ``silent``, ``failing`` and ``broken`` names get no answer, SERVFAIL and rubbish.

    Like a recursive server it follows aliases, but for ``lazy`` ones, where it answers as an authoritative one.
    """

    port: int = 0
    zones: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    failing_kinds: set[tuple[str, str]] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    lazy: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What a setting takes."""
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, *, most_bytes: int) -> bytes | None:
        """The answer to a message, truncated to ``most_bytes``."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        if name in self.broken:
            return b"\0rubbish"
        response = dns.message.make_response(query, recursion_available=True)
        if name in self.failing or (name, kind) in self.failing_kinds:
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._fill(response, name, kind)
        whole = response.to_wire(max_size=65535)
        if len(whole) <= most_bytes:
            return whole
        response.answer.clear()
        response.flags |= dns.flags.TC
        return response.to_wire()

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            records = self.zones.get(name)
            if records is None:
                if not any(other.endswith(f".{name}") for other in self.zones):
                    response.set_rcode(dns.rcode.NXDOMAIN)
                return
            target = next((value for of_kind, value in records if of_kind == "CNAME"), None)
            of_kind = "CNAME" if target is not None else kind
            values = [value for each, value in records if each == of_kind]
            if values:
                response.answer.append(dns.rrset.from_text(f"{name}.", _TTL, "IN", of_kind, *values))
            if target is None or self.lazy:
                return
            name = target.removesuffix(".").lower()


@contextmanager
def running_name_server(**zones: Any) -> Iterator[NameServer]:
    """A name server with the given attributes, until the block ends."""
    server = NameServer(**zones)

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, listener = self.request
            answer = server.answer(wire, most_bytes=_UDP_BYTES)
            if answer is not None:
                listener.sendto(answer, self.client_address)

    class Stream(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", _exactly(self.request, 2))
            answer = server.answer(_exactly(self.request, length), most_bytes=65535)
            if answer is not None:
                self.request.sendall(struct.pack("!H", len(answer)) + answer)

    server.port = free_port()
    place = ("127.0.0.1", server.port)
    with _TcpServer(place, Stream) as streams, socketserver.ThreadingUDPServer(place, Datagram) as datagrams:
        threads = [threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True) for each in (datagrams, streams)]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            datagrams.shutdown()
            streams.shutdown()
            for thread in threads:
                thread.join(5)


class _TcpServer(socketserver.ThreadingTCPServer):
    # Connections of an earlier test may linger on the port.
    allow_reuse_address = True


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionError("The client left.")
        received += part
    return received
