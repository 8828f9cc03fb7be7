"""Mail: letters that a thread of its own brings to an SMTP server, so that nobody waits for one."""

import queue
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

_MAX_WAITING: Final = 1000
_MAX_TEXT: Final = 64 * 1024
_MAX_SUBJECT: Final = 250
_TIMEOUT_SECONDS: Final = 10.0
_PAUSES_SECONDS: Final = (2.0, 10.0)
_CLOSING_SECONDS: Final = 5.0
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_PORTS: Final = {"smtp": 587, "smtps": 465}
_log = structlog.get_logger("linnet.mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter in plain text to one address."""

    to: str
    subject: str
    text: str


# A function is called when its turn comes, by the thread that sends; None is no letter after all.
Letter = Mail | Callable[[], Mail | None]


def no_mail(letter: Letter) -> bool:
    """What becomes of letters where no SMTP server is set."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed in. ``tls`` from the first byte, or else by STARTTLS: where the server offers it, and always where
    there is a password, unless the server is this machine."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_here(self) -> bool:
        """Whether nobody can listen on the way."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_smtp_url(text: str) -> SmtpServer | None:
    """The server of ``smtp://user:password@host:587`` or ``smtps://…``, None of ""; ValueError for anything else."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # What Python says of it may quote a password.
        raise ValueError("must hold a host and a number of a port; signs such as / in a password are written %2F") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must be smtp://HOST:PORT or smtps://HOST:PORT, with USER:PASSWORD@ before the host if there is one")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must end after the port; signs such as / ? # in a password are written %2F %3F %23")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if _CONTROLS.search(user + password):
        raise ValueError("must hold no control characters")
    if bool(user) != bool(password):
        raise ValueError("must hold both a user and a password, or neither")
    port = port or _PORTS[parts.scheme]
    return SmtpServer(host=parts.hostname, port=port, tls=parts.scheme == "smtps", user=user, password=password)


def read_sender(text: str) -> Address | None:
    """The sender of ``linnet@example.com`` or ``Linnet <linnet@example.com>``, None of ""; ValueError for anything else."""
    if not text:
        return None
    name, spec = parseaddr(text)
    if _CONTROLS.search(text) or not spec:
        raise ValueError("must be an e-mail address such as linnet@example.com or Linnet <linnet@example.com>")
    return _address(spec, name)


def composed(mail: Mail, sender: Address) -> EmailMessage:
    """The message of a letter. ValueError for an address that is none; nothing in a letter can add a header or a recipient."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _address(mail.to)
    message["Subject"] = _CONTROLS.sub(" ", mail.subject)[:_MAX_SUBJECT]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.domain or "localhost")
    # So that no holiday notice answers it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text[:_MAX_TEXT])
    return message


def _address(spec: str, name: str = "") -> Address:
    local, _, domain = spec.rpartition("@")
    try:
        return Address(display_name=name, addr_spec=f"{local}@{domain.encode('idna').decode() if domain else ''}")
    except (ValueError, IndexError, HeaderParseError, UnicodeError):
        raise ValueError(f"{spec[:254]!r} is not an e-mail address") from None


def count_nothing(outcome: str) -> None:
    """For who keeps no metrics."""


class Postman:
    """Brings letters to ``server``, one after the other, and tries again a few times what the server may take later.

    At most 1000 letters wait; those of a killed process are lost. ``pauses`` are the seconds before each further attempt.
    ``count`` is told of each letter what became of it: ``sent``, ``failed``, or ``dropped`` where too many wait.
    """

    def __init__(
        self,
        server: SmtpServer,
        sender: Address,
        *,
        pauses: tuple[float, ...] = _PAUSES_SECONDS,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        trust: ssl.SSLContext | None = None,
        count: Callable[[str], None] = count_nothing,
    ) -> None:
        self._server = server
        self._sender = sender
        self._pauses = pauses
        self._timeout = timeout_seconds
        self._trust = trust
        self._count = count
        self._waiting: queue.Queue[Letter | None] = queue.Queue(_MAX_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def send(self, letter: Letter) -> bool:
        """Accept a letter for sending, at once; False when too many wait already, or the process is about to end."""
        with self._lock:
            if self._closed.is_set():
                return False
            try:
                self._waiting.put_nowait(letter)
            except queue.Full:
                self._count("dropped")
                _log.error("mail.too_many_wait", most=_MAX_WAITING)
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()
        return True

    def close(self) -> None:
        """Send what waits, for a few seconds, and no more after that."""
        with self._lock:
            self._closed.set()
            thread = self._thread
        if thread is not None:
            try:
                self._waiting.put(None, timeout=_CLOSING_SECONDS)
            except queue.Full:
                return
            thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        while (letter := self._waiting.get()) is not None:
            try:
                mail = letter if isinstance(letter, Mail) else letter()
                if mail is not None:
                    self._deliver(composed(mail, self._sender))
            except Exception as error:
                # Nobody is there to be told, and the next letter must go out. What the server said may quote the letter.
                self._count("failed")
                _log.error("mail.not_sent", error=type(error).__name__)

    def _deliver(self, message: EmailMessage) -> None:
        for pause in (*self._pauses, None):
            try:
                self._hand_in(message)
            except (OSError, smtplib.SMTPException) as error:
                code = _code_of(error)
                lasting = isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError)
                lasting = lasting or (code is not None and code >= 500)
                if pause is None or lasting or self._closed.is_set():
                    self._count("failed")
                    _log.error("mail.not_sent", error=type(error).__name__, code=code, server=self._server.host)
                    return
                time.sleep(pause)
            else:
                self._count("sent")
                _log.info("mail.sent")
                return

    def _hand_in(self, message: EmailMessage) -> None:
        server = self._server
        trust = self._trust or ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout, context=trust)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        ) as connection:
            connection.ehlo()
            if not server.tls and not server.is_here and (server.user or connection.has_extn("starttls")):
                connection.starttls(context=trust)
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)


def _code_of(error: Exception) -> int | None:
    """What the server answered: 4xx for what it may take later (RFC 5321, 4.2.1). None where it did not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=None)
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) else None
