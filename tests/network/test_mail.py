"""Mail over a real SMTP server: what arrives, how it is protected on the way, and what nobody can smuggle into it."""

import socket
import ssl
import threading
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest

from linnet.network.mail import Mail, Postman, SmtpServer, composed, read_sender, read_smtp_url
from tests.support.mail_server import certificate, closed_port, mail_server

SENDER = Address("Linnet", "linnet", "example.com")
NAME = "mail.example"


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a mail server that is on this machine, and does not look so."""
    real = socket.getaddrinfo

    def found(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)


def postman(server: SmtpServer, trust: ssl.SSLContext | None = None, counts: list[str] | None = None) -> Postman:
    count = ([] if counts is None else counts).append
    return Postman(server, SENDER, pauses=(0.01, 0.01), timeout_seconds=5, trust=trust, count=count)


def letter(**fields: str) -> Mail:
    return Mail(**{"to": "ann@example.com", "subject": "Hello", "text": "A line.\n"} | fields)


def test_a_letter_arrives_as_it_was_written():
    with mail_server() as server:
        sending = postman(SmtpServer(host="127.0.0.1", port=server.port))
        assert sending.send(letter(subject="Grüße ✓", text="Käse\nhttps://example.com/" + "x" * 1200))
        received = server.wait_for(1)[0]
        sending.close()
    assert (received.sender, received.recipients) == ("linnet@example.com", ["ann@example.com"])
    message = received.message
    assert (message["subject"], message["to"], message["from"]) == ("Grüße ✓", "ann@example.com", "Linnet <linnet@example.com>")
    assert message["auto-submitted"] == "auto-generated"
    assert message["date"]
    assert message["message-id"].endswith("@example.com>")
    assert received.text.replace("\r\n", "\n").strip() == "Käse\nhttps://example.com/" + "x" * 1200


@pytest.mark.parametrize("text", [f"Hello{end}Bcc: eve@example.com" for end in ("\r\n", "\n", "\r", "\u2028")])
def test_a_subject_adds_no_header(text: str):
    message = composed(letter(subject=text), SENDER)
    assert message["bcc"] is None
    assert message["subject"].startswith("Hello Bcc")
    assert b"\nBcc" not in message.as_bytes()


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com, eve@example.com",
        "ann@example.com>\r\nRCPT TO:<eve@example.com",
        "<ann@example.com>",
        "ann",
        "",
        "@example.com",
        "ann@",
    ],
)
def test_an_address_is_one_address_or_refused(to: str):
    with pytest.raises(ValueError, match="not an e-mail address"):
        composed(letter(to=to), SENDER)


def test_a_refused_address_does_not_keep_back_the_next_letter():
    with mail_server() as server:
        sending = postman(SmtpServer(host="127.0.0.1", port=server.port))
        sending.send(letter(to="ann@example.com\r\nDATA"))
        sending.send(lambda: None)
        sending.send(lambda: letter(subject="Late"))
        assert server.wait_for(1)[0].message["subject"] == "Late"
        sending.close()
    assert server.connections == 1


def test_what_the_server_takes_later_is_tried_again():
    with mail_server() as server:
        server.refusals = ["450 later"]
        sending = postman(SmtpServer(host="127.0.0.1", port=server.port))
        sending.send(letter(subject="First"))
        sending.send(letter(subject="Second"))
        subjects = [each.message["subject"] for each in server.wait_for(2)]
        sending.close()
    assert subjects == ["First", "Second"]


def test_a_server_that_is_away_holds_nobody_up():
    counts: list[str] = []
    sending = postman(SmtpServer(host="127.0.0.1", port=closed_port()), counts=counts)
    assert sending.send(letter())
    sending.close()
    assert not sending.send(letter())
    assert counts == ["failed"]


def test_letters_are_counted_by_what_became_of_them():
    counts: list[str] = []
    with mail_server() as server:
        server.refusals = ["550 nobody here"]
        sending = postman(SmtpServer(host="127.0.0.1", port=server.port), counts=counts)
        for to in ("nobody@example.com", "not an address", "ann@example.com"):
            sending.send(letter(to=to))
        server.wait_for(1)
        sending.close()
    assert counts == ["failed", "failed", "sent"]


def test_no_more_letters_wait_than_a_bound():
    gate = threading.Event()
    with mail_server() as server:
        sending = postman(SmtpServer(host="127.0.0.1", port=server.port))

        def waits() -> None:
            gate.wait(10)

        accepted = [sending.send(waits) for _ in range(1010)]
        assert 1000 <= sum(accepted) <= 1001
        gate.set()
        sending.close()


@pytest.mark.usefixtures("named")
def test_a_password_goes_over_tls_alone(tmp_path: Path):
    shown, trust = certificate(tmp_path, NAME)
    with mail_server(tls=shown, password="sesame") as server:
        sending = postman(SmtpServer(host=NAME, port=server.port, user="linnet", password="sesame"), trust)
        sending.send(letter())
        received = server.wait_for(1)[0]
        sending.close()
    assert received.tls
    assert received.login == ("linnet", "sesame")


@pytest.mark.usefixtures("named")
def test_a_password_is_kept_from_a_server_without_tls():
    with mail_server(password="sesame") as server:
        sending = postman(SmtpServer(host=NAME, port=server.port, user="linnet", password="sesame"))
        sending.send(letter())
        sending.close()
        assert server.letters == []


@pytest.mark.usefixtures("named")
def test_a_certificate_that_nobody_vouches_for_gets_no_letter(tmp_path: Path):
    shown, _ = certificate(tmp_path, NAME)
    with mail_server(tls=shown) as server:
        sending = postman(SmtpServer(host=NAME, port=server.port))
        sending.send(letter())
        sending.close()
        assert server.letters == []


@pytest.mark.usefixtures("named")
def test_tls_is_used_where_it_is_offered(tmp_path: Path):
    shown, trust = certificate(tmp_path, NAME)
    with mail_server(tls=shown) as server:
        sending = postman(SmtpServer(host=NAME, port=server.port), trust)
        sending.send(letter())
        assert server.wait_for(1)[0].tls
        sending.close()


def test_addresses_of_servers_are_read():
    assert read_smtp_url("") is None
    expected = SmtpServer(host="mail.example.com", port=587, user="me@example.com", password="a/b:c")
    assert read_smtp_url("smtp://me%40example.com:a%2Fb%3Ac@mail.example.com") == expected
    assert read_smtp_url("smtps://mail.example.com") == SmtpServer(host="mail.example.com", port=465, tls=True)
    assert read_smtp_url("smtp://[::1]:25") == SmtpServer(host="::1", port=25)


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://h:99999",
        "smtp://user@h",
        "smtp://u:p@h/x",
        "smtp://u:a%0Ab@h",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(text: str):
    with pytest.raises(ValueError, match=r"must|not an"):
        read_smtp_url(text)


def test_senders_are_read():
    assert read_sender("") is None
    assert read_sender("linnet@example.com") == Address("", "linnet", "example.com")
    assert read_sender("Our links <linnet@example.com>") == Address("Our links", "linnet", "example.com")
    for text in ("nobody", "a@b\r\nBcc: c@d", "a b"):
        with pytest.raises(ValueError, match=r"must|not an"):
            read_sender(text)


def test_a_password_is_in_no_description_of_a_server():
    assert "sesame" not in repr(SmtpServer(host="h", port=25, user="u", password="sesame"))
