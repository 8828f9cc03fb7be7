"""A mail server on a loopback port, that keeps what it is handed."""

import base64
import datetime
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    """A letter as it came over the wire; ``tls`` is whether the connection was encrypted, ``login`` who signed in."""

    sender: str
    recipients: list[str]
    wire: bytes
    tls: bool
    login: tuple[str, str] | None

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.wire, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def text(self) -> str:
        return str(self.message.get_content())


@dataclass
class MailServer:
    """``refusals`` are replies that the next recipients get instead of being accepted, such as ``451 later``."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    password: str | None = None
    refusals: list[str] = field(default_factory=list)
    letters: list[Received] = field(default_factory=list)
    connections: int = 0

    def wait_for(self, number: int, *, seconds: float = 10) -> list[Received]:
        """The letters, as soon as there are so many."""
        ends_at = time.monotonic() + seconds
        while len(self.letters) < number:
            assert time.monotonic() < ends_at, f"{len(self.letters)} letters came, not {number}"
            time.sleep(0.01)
        return self.letters


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Listener"

    def handle(self) -> None:  # noqa: C901 (a protocol is a list of cases)
        site = self.server.site
        site.connections += 1
        encrypted, login, sender = False, None, ""
        recipients: list[str] = []
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline(2000):
            words = line.decode("utf-8", "replace").strip()
            verb = words.upper().partition(" ")[0]
            if verb == "EHLO":
                offers = ["mail.test", "SMTPUTF8", "8BITMIME"]
                offers += ["STARTTLS"] if site.tls is not None and not encrypted else []
                offers += ["AUTH PLAIN"] if site.password is not None else []
                for each in offers[:-1]:
                    self._say(f"250-{each}")
                self._say(f"250 {offers[-1]}")
            elif verb == "STARTTLS":
                self._say("220 go on")
                assert site.tls is not None
                try:
                    self.connection = site.tls.wrap_socket(self.connection, server_side=True)
                except (ssl.SSLError, OSError):
                    return
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
                encrypted = True
            elif verb == "AUTH":
                _, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
                login = (user, password)
                self._say("235 welcome" if password == site.password else "535 no")
            elif verb == "MAIL":
                sender, recipients = _path(words), []
                self._say("250 ok")
            elif verb == "RCPT":
                refusal = site.refusals.pop(0) if site.refusals else None
                if refusal is None:
                    recipients.append(_path(words))
                self._say(refusal or "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                wire = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    wire += part.removeprefix(b".")
                site.letters.append(Received(sender, recipients, wire, encrypted, login))
                self._say("250 kept")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    site: MailServer


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, password: str | None = None) -> Iterator[MailServer]:
    """A running server, which offers STARTTLS with ``tls`` and takes ``password`` from whoever."""
    site = MailServer(tls=tls, password=password)
    with _Listener(("127.0.0.1", 0), _Conversation) as listener:
        listener.site = site
        site.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            listener.shutdown()
            thread.join()


def certificate(directory: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server with a certificate of ``name`` shows, and what trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = directory / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(file)
    return shown, ssl.create_default_context(cafile=str(file))


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _path(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]
